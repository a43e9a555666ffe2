import type { Redis } from 'ioredis';
import { now } from '../../clock.ts';
import { jobKey, queueKey } from '../../redis/keys.ts';

/**
 * Reads for each kind how long the oldest of its waiting jobs has waited (ms): since it was accepted, came due, was put back
 * or lost its worker. One whose time has come, and that nobody has let in, waits too. 0 where none waits.
 */
export async function readOldestWaiting(redis: Redis, kinds: readonly string[]): Promise<Record<string, number>> {
  const read = kinds.map(async (kind): Promise<[string, number]> => {
    const [waiting, paused, delayed] = await Promise.all([
      redis.lindex(queueKey(kind, 'wait'), -1),
      redis.lindex(queueKey(kind, 'paused'), -1),
      redis.zrange(queueKey(kind, 'delayed'), 0, 0, 'WITHSCORES'),
    ]);
    const since = await Promise.all([waiting, paused].map((id) => readWaitedSince(redis, kind, id)));
    // Bull's score of a delayed job is its time in ms, times 4096.
    const due = delayed[1] === undefined ? Number.POSITIVE_INFINITY : Number(delayed[1]) / 4096;
    const oldest = Math.min(due, ...since);
    return [kind, Number.isFinite(oldest) ? Math.max(0, now() - oldest) : 0];
  });
  return Object.fromEntries(await Promise.all(read));
}

/** Reads since when a job waits (ms); Infinity for none. */
export async function readWaitedSince(redis: Redis, kind: string, id: string | null): Promise<number> {
  if (id === null) return Number.POSITIVE_INFINITY;
  const times = await redis.hmget(jobKey(kind, id), 'timestamp', 'entered', 'processedOn').catch(() => []);
  const since = Math.max(...times.map(Number));
  return since > 0 ? since : Number.POSITIVE_INFINITY;
}
