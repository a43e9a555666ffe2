import type { Redis } from 'ioredis';
import type { JobContract } from '../../jobs/contract.ts';
import type { StoredJob } from '../../jobs/stored-job.ts';
import { cancelledKey, erasuresKey, queueKey } from '../../redis/keys.ts';
import type { Storage } from '../../storage/storage.ts';
import { eraseJob } from '../erase-job.ts';
import { readAnyJob, readJob } from '../read-job.ts';

/** One sweep erases at most so many records of a kind; the next goes on, at once when there were as many. */
export const BATCH = 200;
/** Erased at the same time: Redis syncs its file once for all of them. */
const TOGETHER = 20;
/** Where Bull keeps ended jobs, scored by when they ended (ms); `failed` has the cancelled ones too. */
const ENDED_SETS = ['completed', 'failed'] as const;

export interface SweepDeps {
  redis: Redis;
  contracts: readonly JobContract[];
  storage: Storage;
  derivedJobs: (job: StoredJob) => string[];
  /** Ended jobs are kept this long. */
  resultTtlMs: number;
  /** Ended jobs kept at most, over all kinds. */
  maxRecords: number;
  /** Tombstones kept for each kind. */
  tombstones: number;
}

/**
 * Erases jobs: those that stopped to be erased, those that ended too long ago, and the oldest of too many; how many.
 */
export async function sweepJobs(deps: SweepDeps): Promise<number> {
  let erased = 0;
  for (const { kind } of deps.contracts) {
    erased += await eraseTogether(deps, kind, await deps.redis.smembers(erasuresKey(kind)), 0);
    erased += await sweepExpired(deps, kind);
  }
  return erased + (await sweepExcess(deps));
}

async function sweepExpired(deps: SweepDeps, kind: string): Promise<number> {
  const { redis, resultTtlMs, tombstones } = deps;
  let erased = 0;
  for (const set of ENDED_SETS) {
    const ids = await redis.zrangebyscore(queueKey(kind, set), 0, Date.now() - resultTtlMs, 'LIMIT', 0, BATCH);
    erased += await eraseTogether(deps, kind, ids, tombstones);
  }
  return erased;
}

/** Erases the oldest ended jobs over all kinds, as many as there are too many of. */
async function sweepExcess(deps: SweepDeps): Promise<number> {
  const { redis, contracts, maxRecords, tombstones } = deps;
  const sets = contracts.flatMap(({ kind }) => ENDED_SETS.map((set) => ({ kind, key: queueKey(kind, set) })));
  const sizes = await Promise.all(sets.map(({ key }) => redis.zcard(key)));
  const excess = Math.min(BATCH, sizes.reduce((sum, size) => sum + size, 0) - maxRecords);
  if (excess <= 0) return 0;
  const ended = await Promise.all(sets.map(({ kind, key }) => readOldest(redis, kind, key, excess)));
  const oldest = ended
    .flat()
    .sort((a, b) => a.endedAt - b.endedAt)
    .slice(0, excess);
  let erased = 0;
  for (const [kind, jobs] of Map.groupBy(oldest, (job) => job.kind)) {
    const ids = jobs.map(({ id }) => id);
    erased += await eraseTogether(deps, kind, ids, tombstones);
  }
  return erased;
}

async function readOldest(redis: Redis, kind: string, key: string, count: number) {
  const page = await redis.zrange(key, 0, count - 1, 'WITHSCORES');
  return page.flatMap((id, index) => (index % 2 === 0 ? [{ kind, id, endedAt: Number(page[index + 1]) }] : []));
}

async function eraseTogether(deps: SweepDeps, kind: string, ids: string[], tombstones: number): Promise<number> {
  let erased = 0;
  for (let first = 0; first < ids.length; first += TOGETHER) {
    const some = ids.slice(first, first + TOGETHER);
    erased += (await Promise.all(some.map((id) => eraseById(deps, kind, id, tombstones)))).filter(Boolean).length;
  }
  return erased;
}

async function eraseById(deps: SweepDeps, kind: string, id: string, tombstones: number): Promise<boolean> {
  const { redis, contracts } = deps;
  const job = await readJob(redis, kind, id);
  if (job) return eraseJob({ ...deps, find: (other) => readAnyJob(redis, contracts, other) }, job, { tombstones });
  // An id in a set without a record behind it: cleaned away.
  await Promise.all(ENDED_SETS.map((set) => redis.zrem(queueKey(kind, set), id)));
  await Promise.all([erasuresKey(kind), cancelledKey(kind)].map((key) => redis.srem(key, id)));
  return false;
}
