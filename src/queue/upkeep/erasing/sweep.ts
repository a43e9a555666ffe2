import { now } from '../../../clock.ts';
import { UPLOADS } from '../../../jobs/files/upload-record.ts';
import { untouchedUntil } from '../../../jobs/retention/retention.ts';
import { measureClock } from '../../../redis/clock.ts';
import { erasuresKey, indexKey, jobKey, queueKey, UNFINISHED_INDEX } from '../../../redis/keys.ts';
import { eraseSome, readHeld } from './erase-some.ts';
import { BATCH, type EvictDeps, evictJobs } from './evict.ts';
import { askMemory, tombstonesIn } from './memory.ts';
import { ENDED_SETS } from './takers.ts';

export interface SweepDeps extends EvictDeps {
  /** Tombstones kept for each kind, where the memory allows as many. */
  tombstones: number;
}

/**
 * Erases jobs: those that stopped to be erased, those that ended too long ago, and some of what is too much; how many.
 */
export async function sweepJobs(deps: SweepDeps): Promise<number> {
  await measureClock(deps.redis);
  const tombstones = tombstonesIn(await askMemory(deps.redis), deps.contracts.length, deps.tombstones);
  let erased = 0;
  for (const { kind } of deps.contracts) {
    erased += await eraseSome(deps, kind, await deps.redis.smembers(erasuresKey(kind)));
    erased += await sweepExpired(deps, kind, tombstones);
  }
  erased += await sweepUnfinished(deps, tombstones);
  return erased + (await evictJobs(deps, await askMemory(deps.redis), tombstones));
}

/** Erases uploads that nobody has finished in time, nor goes on with at this moment. */
async function sweepUnfinished(deps: SweepDeps, tombstones: number): Promise<number> {
  const key = indexKey(UPLOADS.kind, UNFINISHED_INDEX);
  const upTo = now();
  const ids = await deps.redis.zrangebyscore(key, 0, upTo, 'LIMIT', 0, BATCH);
  const erased = await eraseSome(deps, UPLOADS.kind, ids, { tombstones, foundIn: { key, upTo } });
  // One without a record: cleaned away.
  if (erased < ids.length) {
    for (const id of ids) if (!(await deps.redis.exists(jobKey(UPLOADS.kind, id)))) await deps.redis.zrem(key, id);
  }
  return erased;
}

async function sweepExpired(deps: SweepDeps, kind: string, tombstones: number): Promise<number> {
  const { redis, resultTtlMs } = deps;
  let erased = 0;
  for (const set of ENDED_SETS) {
    const key = queueKey(kind, set);
    const upTo = now() - resultTtlMs;
    const ids = await redis.zrangebyscore(key, 0, upTo, 'LIMIT', 0, BATCH);
    const untilOf = new Map((await readHeld(deps, kind, ids)).map((job) => [job.id, untouchedUntil(job, resultTtlMs)]));
    const held = ids.filter((id) => (untilOf.get(id) ?? 0) > now());
    const going = ids.filter((id) => !held.includes(id));
    erased += await eraseSome(deps, kind, going, { tombstones, unlessHeld: true, foundIn: { key, upTo } });
    // Last: a Redis without memory refuses it, and they are met again.
    await Promise.all(held.map((id) => redis.zadd(key, 'XX', (untilOf.get(id) ?? 0) - resultTtlMs, id)));
  }
  return erased;
}
