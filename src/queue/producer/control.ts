import type { Redis } from 'ioredis';
import { toProblem } from '../../errors.ts';
import { subjectsOf } from '../../jobs/options.ts';
import type { StoredJob } from '../../jobs/stored-job.ts';
import { queueKey } from '../../redis/keys.ts';
import { resultKey, uploadFolders } from '../../storage/keys.ts';
import type { Storage } from '../../storage/storage.ts';
import { cancelScript, eraseScript, retryScript } from '../scripts/scripts.ts';
import { forgetWaiter, wakeWaiters } from '../upkeep/dependents.ts';
import { forgetInLane } from '../worker/heavy-slots.ts';
import { cancelledError } from '../worker/run-record.ts';
import { removeFromIndex } from './job-index.ts';

/** How many erased-by-age ids are remembered, for "it was here, and is gone" (410) instead of "no such job" (404). */
export const REMEMBERED = 100_000;

/** What came of a cancellation: done, under way (the run hears of it within a second), or too late. */
export type Cancellation = 'cancelled' | 'stopping' | 'ended';

/** Cancels a job wherever it is. */
export async function cancelJob(redis: Redis, { kind, id }: Pick<StoredJob, 'kind' | 'id'>): Promise<Cancellation> {
  const keys = [id, 'wait', 'paused', 'delayed', 'priority', 'active', 'failed'].map((name) => queueKey(kind, name));
  const reason = JSON.stringify(toProblem(cancelledError()));
  const done = ((await cancelScript(redis, keys, [id, reason, Date.now()])) ?? 'ended') as Cancellation;
  if (done === 'cancelled') await wakeWaiters(redis, { kind, id });
  return done;
}

/** Runs an ended job again, with all its attempts; false when it is not in that set (any more). */
export async function retryJob(redis: Redis, { kind, id }: StoredJob, from: 'failed' | 'completed'): Promise<boolean> {
  const keys = [from, id, 'delayed'].map((name) => queueKey(kind, name));
  return (await retryScript(redis, keys, [id, Date.now()])) === 1;
}

export interface EraseDeps {
  redis: Redis;
  storage: Pick<Storage, 'remove'>;
  /** Ids of other jobs that hold copies of this one (its callbacks), and go with it. */
  copiesOf: (job: StoredJob) => string[];
  find: (id: string) => Promise<StoredJob | null>;
}

/** Whether a running job is to be erased as soon as it has stopped. */
export const isToBeErased = async (redis: Redis, { kind, id }: StoredJob): Promise<boolean> =>
  (await redis.sismember(queueKey(kind, 'erase'), id)) === 1;

/**
 * Erases a job: its files, its data, its log, its places in queue and index, and its copies. False while it runs: then
 * it is stopped, and the janitor erases it when it has. `remember` leaves the bare id, so that asking for it says that
 * it expired, and says how many such ids are kept; 0 leaves no trace.
 */
export async function eraseJob(deps: EraseDeps, job: StoredJob, { remember = 0 } = {}): Promise<boolean> {
  const { redis, storage, copiesOf, find } = deps;
  const { kind, id, state, envelope } = job;
  if (remember === 0) {
    for (const copy of await Promise.all(copiesOf(job).map(find))) if (copy) await eraseJob(deps, copy);
  }
  // Files first: what is left after a crash in between is still found by its record.
  if (state !== 'active') {
    await Promise.all([resultKey(id), ...uploadFolders(envelope)].map((key) => storage.remove(key)));
  }
  const names = [
    id,
    `${id}:logs`,
    `${id}:lock`,
    'wait',
    'paused',
    'delayed',
    'priority',
    'active',
    'completed',
    'failed',
  ];
  const keys = [...names, 'erase', 'expired'].map((name) => queueKey(kind, name));
  const erased = await eraseScript(redis, keys, [id, remember > 0 ? Date.now() : '', remember, state]);
  if (erased !== 1) return false;
  await Promise.all([
    removeFromIndex(redis, { id, caller: envelope.caller, subjects: subjectsOf(envelope) }),
    forgetWaiter(redis, { kind, id }, job.waitingFor),
    forgetInLane(redis, kind, id),
  ]);
  return true;
}
