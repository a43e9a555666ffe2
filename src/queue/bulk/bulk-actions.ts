import type { Redis } from 'ioredis';
import { AppError } from '../../errors.ts';
import { randomJobId } from '../../jobs/id.ts';
import type { JobState } from '../../jobs/stored-job.ts';
import { watchAnswers } from '../../redis/answers.ts';
import { readLatestTime } from '../../redis/clock.ts';
import { createGuards } from '../../redis/guards.ts';
import { BULK_ACTIONS, type BulkAction, type BulkVerb, createBulkStore } from './bulk-store.ts';
import { type BulkFilter, countJobs } from './walk-jobs.ts';

/** The states in which a job can be cancelled, erased, or run again. */
export const STATES_OF: Readonly<Record<BulkVerb, readonly JobState[]>> = {
  cancel: ['waiting', 'delayed', 'active'],
  erase: ['waiting', 'delayed', 'active', 'completed', 'failed', 'cancelled'],
  retry: ['failed', 'cancelled'],
};
export { BULK_ACTIONS, type BulkAction, type BulkFilter, type BulkVerb };

const ID_PREFIX = 'act';

/** What is asked for: `expect` is the number of jobs that it is thought to be. */
export interface BulkRequest {
  caller: string;
  verb: BulkVerb;
  filter: Omit<BulkFilter, 'createdTo'> & { createdTo?: number | undefined };
  expect: number;
}

/** Which jobs are meant. */
export type Counted = Pick<BulkRequest, 'caller' | 'verb' | 'filter'>;

/** Actions on all jobs that a filter names: counted at once, done in the background. */
export interface BulkActions {
  /**
   * Accepts an action on the jobs that match now, and on none that come later. Rejects with conflict, and the count, when
   * another number matches than was expected, or another action of the caller is under way.
   */
  begin(request: BulkRequest): Promise<BulkAction>;
  /** Counts the jobs that match now. Rejects with rate_limited while others are counted for the caller. */
  count(request: Counted): Promise<number>;
  /** Finds an action that is under way, or ended within a day; null otherwise. */
  find(id: string): Promise<BulkAction | null>;
}

/** Makes them over a connection of `openProducerRedis`; `createBulkRunner` does what was accepted. */
export function createBulkActions(redis: Redis): BulkActions {
  const { read, write } = createGuards(watchAnswers(redis));
  const store = createBulkStore(redis);

  /** The time of the last job that there can be: Redis' own, behind which this process' idea of it may be while much is done. */
  const readNow = read(({ kinds }: Counted['filter']) => readLatestTime(redis, kinds));

  /** Nobody has Redis count twice at a time, or begins two actions at once. */
  const alone = async <T>(caller: string, accept: () => Promise<T>): Promise<T> => {
    const token = randomJobId(ID_PREFIX);
    if (!(await write(() => store.claim(caller, token))())) {
      throw new AppError('rate_limited', 'Your jobs are being counted for another action. Try again in a moment.', {
        retryAfterSeconds: 1,
      });
    }
    // One that is not let go ends by itself.
    return accept().finally(() => store.letGo(caller, token).catch(() => {}));
  };
  const accept = async ({ caller, verb, filter: { createdTo, ...given }, expect }: BulkRequest) => {
    const running = await read(store.findRunning)(caller);
    if (running) throw new AppError('conflict', `An action of yours is under way: ${running.id}. Wait for its end.`);
    const createdAt = await readNow(given);
    const filter = toFilter({ verb, filter: { ...given, createdTo } }, createdAt);
    const total = await read(countJobs)(redis, filter);
    if (total !== expect) throw mismatch(total, expect);
    const id = randomJobId(ID_PREFIX);
    const action = { id, caller, verb, filter, total, done: 0, position: null, createdAt, finishedAt: null };
    await write((_isRepeated) => store.add(action))();
    return action;
  };

  return {
    begin: (request) => alone(request.caller, () => accept(request)),
    count: (request) =>
      alone(request.caller, async () => read(countJobs)(redis, toFilter(request, await readNow(request.filter)))),
    find: read(store.find),
  };
}

/** The jobs of the states that the action is for, and none that comes later. */
const toFilter = ({ verb, filter: { createdTo, ...given } }: Omit<Counted, 'caller'>, at: number): BulkFilter => ({
  ...given,
  states: given.states.filter((state) => STATES_OF[verb].includes(state)),
  createdTo: Math.min(createdTo ?? at, at),
});

const mismatch = (count: number, expect: number): AppError => {
  const jobs = count === 1 ? '1 job matches' : `${count} jobs match`;
  return new AppError('conflict', `${jobs}, and ${expect} were expected. Nothing was done.`, { count });
};
