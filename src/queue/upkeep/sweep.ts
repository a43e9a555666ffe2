import type { Redis } from 'ioredis';
import { now } from '../../clock.ts';
import type { JobContract } from '../../jobs/contract.ts';
import { untouchedUntil } from '../../jobs/retention.ts';
import { hasEnded, type StoredJob } from '../../jobs/stored-job.ts';
import { measureClock } from '../../redis/clock.ts';
import { cancelledKey, erasuresKey, queueKey } from '../../redis/keys.ts';
import type { Storage } from '../../storage/storage.ts';
import { eraseJob } from '../erase-job.ts';
import { readAnyJob, readJob } from '../read-job.ts';
import type { WithCallback } from './callback-state.ts';

/** One sweep erases at most so many records of a kind; the next goes on, at once when there were as many. */
export const BATCH = 200;
/** Erased at the same time: Redis syncs its file once for all of them. */
const TOGETHER = 20;
/**
 * Where Bull keeps ended jobs, scored by when they ended (ms); `failed` has the cancelled ones too. One that is held by
 * its webhook is given a later score once it would have gone, so that no sweep meets it again before its time.
 */
const ENDED_SETS = ['completed', 'failed'] as const;

export interface SweepDeps {
  redis: Redis;
  contracts: readonly JobContract[];
  storage: Storage;
  derivedJobs: (job: StoredJob) => string[];
  /** Reads the webhook that may hold a job. */
  withCallback: WithCallback;
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
  await measureClock(deps.redis);
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
    const key = queueKey(kind, set);
    const ids = await redis.zrangebyscore(key, 0, now() - resultTtlMs, 'LIMIT', 0, BATCH);
    const untilOf = new Map(
      (await readWithCallback(deps, kind, ids)).map((job) => [job.id, untouchedUntil(job, resultTtlMs)]),
    );
    const held = ids.filter((id) => (untilOf.get(id) ?? 0) > now());
    await Promise.all(held.map((id) => redis.zadd(key, 'XX', (untilOf.get(id) ?? 0) - resultTtlMs, id)));
    const going = ids.filter((id) => !held.includes(id));
    erased += await eraseTogether(deps, kind, going, tombstones);
  }
  return erased;
}

/** Reads those of the jobs that have a webhook, or are one. */
async function readWithCallback(deps: SweepDeps, kind: string, ids: readonly string[]): Promise<StoredJob[]> {
  const { redis, withCallback } = deps;
  const found: StoredJob[] = [];
  const read = async (id: string) => {
    const job = await readJob(redis, kind, id);
    const whole = job && (await withCallback(redis, job));
    if (whole?.callback) found.push(whole);
  };
  for (let first = 0; first < ids.length; first += TOGETHER) {
    await Promise.all(ids.slice(first, first + TOGETHER).map(read));
  }
  return found;
}

/**
 * Erases the oldest ended jobs over all kinds, as many as there are too many of; those that a webhook holds only where
 * they are most of the oldest.
 */
async function sweepExcess(deps: SweepDeps): Promise<number> {
  const { redis, contracts, maxRecords, tombstones } = deps;
  const sets = contracts.flatMap(({ kind }) => ENDED_SETS.map((set) => ({ kind, key: queueKey(kind, set) })));
  const sizes = await Promise.all(sets.map(({ key }) => redis.zcard(key)));
  const excess = Math.min(BATCH, sizes.reduce((sum, size) => sum + size, 0) - maxRecords);
  if (excess <= 0) return 0;
  const ended = await Promise.all(sets.map(({ kind, key }) => readOldest(redis, kind, key, 2 * excess)));
  const oldest = ended
    .flat()
    .sort((a, b) => a.endedAt - b.endedAt)
    .slice(0, 2 * excess);
  const byKind = [...Map.groupBy(oldest, (job) => job.kind)].map(([kind, jobs]) => ({
    kind,
    ids: jobs.map(({ id }) => id),
  }));
  const whole = await Promise.all(byKind.map(({ kind, ids }) => readWithCallback(deps, kind, ids)));
  const held = new Set(
    whole
      .flat()
      .filter(({ callback }) => callback && !hasEnded(callback.state))
      .map(({ id }) => id),
  );
  const going = new Set(
    oldest
      .map(({ id }) => id)
      .sort((a, b) => Number(held.has(a)) - Number(held.has(b)))
      .slice(0, excess),
  );
  let erased = 0;
  for (const { kind, ids } of byKind) {
    const some = ids.filter((id) => going.has(id));
    erased += await eraseTogether(deps, kind, some, tombstones);
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
