import { setTimeout as delay } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import { AppError, toAppError } from '../../errors.ts';
import type { Log } from '../../log.ts';
import { bulkLockKey } from '../../redis/keys.ts';
import { createLoop, type Loop } from '../loop.ts';
import type { Producer } from '../producer/producer.ts';
import { createJanitorLock } from '../upkeep/janitor-lock.ts';
import { type BulkAction, type BulkVerb, createBulkStore } from './bulk-store.ts';
import { walkJobs } from './walk-jobs.ts';

const LOOK_EVERY_MS = 500;
/** After a death another process goes on so soon. */
const LOCK_MS = 5000;
/** How far an action is gets noted so often, and the lock renewed: a page of jobs may take longer than that holds. */
const NOTE_EVERY_MS = 100;
/** Jobs at the same time: few, since whoever asks for something else meanwhile waits for them. */
const TOGETHER = 5;

export interface BulkRunnerDeps {
  redis: Redis;
  producer: Pick<Producer, 'find' | 'cancel' | 'erase' | 'retry'>;
  log: Log;
  /** Is told of each action that has ended. */
  onDone?: (action: BulkAction) => void;
}

/**
 * Does accepted bulk actions, in one web process at a time: a step of each in turn, so that a large one holds up no other.
 * One that is broken off goes on where it was, in whichever process runs then.
 */
export function createBulkRunner(deps: BulkRunnerDeps): Loop {
  const { redis, log } = deps;
  const lock = createJanitorLock(redis, bulkLockKey(), LOCK_MS);
  const store = createBulkStore(redis);

  const step = async (id: string) => {
    const action = await store.find(id);
    const walk = action && walkJobs(redis, action.filter, action.position);
    const { value: page } = walk ? await walk.next() : { value: undefined };
    if (!action || !page) {
      await store.finish(id);
      if (!action) return;
      log.info({ action: id, verb: action.verb, total: action.total, done: action.done }, 'bulk action done');
      deps.onDone?.(action);
      return;
    }
    const left = await actOn(deps, action, page.ids, async (done) => {
      await store.advance(action, done, null);
      await lock.renew();
    });
    await store.advance(action, left, page.next);
  };

  const round = async (signal: AbortSignal) => {
    if (redis.status !== 'ready') return;
    let ids = await store.running();
    if (ids.length === 0 || !(await lock.acquire())) return;
    try {
      for (; ids.length > 0 && !signal.aborted; ids = await store.running()) {
        for (const id of ids) {
          await step(id);
          await lock.renew();
        }
      }
    } finally {
      await lock.release();
    }
  };

  return createLoop({
    everyMs: LOOK_EVERY_MS,
    run: round,
    onError: (err) => log.warn({ err }, 'a bulk action rests; it goes on in a moment'),
  });
}

/**
 * Does it to these jobs, and notes now and then to how many; answers to how many more it was done then. One that is not
 * what it was any more is left alone.
 */
async function actOn(
  { producer, log }: BulkRunnerDeps,
  { verb, filter }: BulkAction,
  ids: string[],
  note: (done: number) => Promise<void>,
): Promise<number> {
  let done = 0;
  let notedAt = performance.now();
  for (let first = 0; first < ids.length; first += TOGETHER) {
    const act = async (id: string): Promise<boolean> => {
      const job = await producer.find(id);
      return job !== null && filter.states.includes(job.state) && (await ACT[verb](producer, job));
    };
    const startedAt = performance.now();
    const acts = ids.slice(first, first + TOGETHER).map((id) => act(id).catch((error) => leaveOut(log, id, error)));
    done += (await Promise.all(acts)).filter(Boolean).length;
    // As long as it took, everybody else has the process and Redis.
    await delay(performance.now() - startedAt);
    if (performance.now() - notedAt < NOTE_EVERY_MS) continue;
    await note(done);
    done = 0;
    notedAt = performance.now();
  }
  return done;
}

/** Redis that does not answer is waited for; a job that alone can't be done (its files, say) holds up no other. */
function leaveOut(log: Log, job: string, error: unknown): false {
  const { code } = toAppError(error);
  if (code === 'queue_unavailable' || code === 'outcome_unknown') throw error;
  log.warn({ job, err: error, code }, 'left out of a bulk action');
  return false;
}

type Act = (producer: BulkRunnerDeps['producer'], job: Parameters<Producer['erase']>[0]) => Promise<boolean>;

const ACT: Readonly<Record<BulkVerb, Act>> = {
  cancel: async (producer, job) => (await producer.cancel(job)) !== 'ended',
  // One that runs is stopped, and goes when it has.
  async erase(producer, job) {
    await producer.erase(job);
    return true;
  },
  async retry(producer, job) {
    try {
      return await producer.retry(job);
    } catch (error) {
      if (error instanceof AppError && error.code === 'retry_useless') return false;
      throw error;
    }
  },
};
