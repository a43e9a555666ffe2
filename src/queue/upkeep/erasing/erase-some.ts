import type { Redis } from 'ioredis';
import type { JobContract } from '../../../jobs/contract.ts';
import type { StoredJob } from '../../../jobs/stored-job.ts';
import { cancelledKey, erasuresKey, queueKey } from '../../../redis/keys.ts';
import type { Storage } from '../../../storage/storage.ts';
import { type EraseOptions, eraseJob } from '../../erase-job.ts';
import { withFlow } from '../../flows/with-flow.ts';
import { readAnyJob, readJob } from '../../read/read-job.ts';
import type { WithCallback } from '../callbacks/callback-state.ts';
import { withTrueHolders } from '../holds.ts';
import { ENDED_SETS } from './takers.ts';

/** Erased at the same time: Redis syncs its file once for all of them. */
export const TOGETHER = 20;

export interface EraseSomeDeps {
  redis: Redis;
  contracts: readonly JobContract[];
  storage: Storage;
  derivedJobs: (job: StoredJob) => string[];
  /** Reads the webhook that may hold a job. */
  withCallback: WithCallback;
}

/** Erases jobs of a kind by their ids; how many were erased. */
export async function eraseSome(
  deps: EraseSomeDeps,
  kind: string,
  ids: readonly string[],
  options: EraseOptions = {},
): Promise<number> {
  let erased = 0;
  for (let first = 0; first < ids.length; first += TOGETHER) {
    const some = ids.slice(first, first + TOGETHER);
    erased += (await Promise.all(some.map((id) => eraseById(deps, kind, id, options)))).filter(Boolean).length;
  }
  return erased;
}

async function eraseById(deps: EraseSomeDeps, kind: string, id: string, options: EraseOptions): Promise<boolean> {
  const { redis, contracts } = deps;
  const job = await readJob(redis, kind, id);
  if (job) return eraseJob({ ...deps, find: (other) => readAnyJob(redis, contracts, other) }, job, options);
  // An id in a set without a record behind it: cleaned away.
  await Promise.all(ENDED_SETS.map((set) => redis.zrem(queueKey(kind, set), id)));
  await Promise.all([erasuresKey(kind), cancelledKey(kind)].map((key) => redis.srem(key, id)));
  return false;
}

/**
 * Reads those of the jobs that may be held: they have a webhook, or are one, a file of theirs is sent, others name them, a
 * link leads to them, or a flow has asked for them.
 */
export async function readHeld(
  { redis, contracts, withCallback }: Pick<EraseSomeDeps, 'redis' | 'contracts' | 'withCallback'>,
  kind: string,
  ids: readonly string[],
): Promise<StoredJob[]> {
  const found: StoredJob[] = [];
  const read = async (id: string) => {
    const job = await readJob(redis, kind, id);
    const whole =
      job && (await withTrueHolders(redis, contracts, await withCallback(redis, await withFlow(redis, job))));
    if (whole && isKeptByOthers(whole)) found.push(whole);
  };
  for (let first = 0; first < ids.length; first += TOGETHER) {
    await Promise.all(ids.slice(first, first + TOGETHER).map(read));
  }
  return found;
}

const isKeptByOthers = ({ callback, told, deliveries, heldUntil, linkedUntil, flowEndedAt }: StoredJob): boolean =>
  Boolean(callback || told || deliveries || heldUntil || linkedUntil) || flowEndedAt !== undefined;
