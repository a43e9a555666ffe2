import type { Redis } from 'ioredis';
import { isGone, parseMark } from '../../processes/mark.js';
import { jobLockKey, queueKey } from '../../redis/keys.ts';
import { jobPrefix, letGoKeys, letGoScript } from '../scripts/let-go.ts';

/**
 * Lets go the jobs of earlier processes in this worker's place that have ended, and answers with their ids. Does nothing
 * for a worker without a place. (The watch does the same as soon as it sees a death; this is for when it did not.)
 */
export async function letGoPredecessors(redis: Redis, kind: string, token: string): Promise<string[]> {
  const own = parseMark(token);
  if (!own) return [];
  const ids = await redis.lrange(queueKey(kind, 'active'), 0, -1);
  if (ids.length === 0) return [];
  const holders = new Set(await redis.mget(ids.map((id) => jobLockKey(kind, id))));
  const ended = [...holders].filter((holder): holder is string => {
    const mark = parseMark(holder);
    return mark?.place === own.place && isGone(mark);
  });
  if (ended.length === 0) return [];
  return (await letGoScript(redis, letGoKeys(kind), [jobPrefix(kind), ...ended])) as string[];
}
