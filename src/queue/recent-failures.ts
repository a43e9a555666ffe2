import type { Redis } from 'ioredis';
import { now } from '../clock.ts';
import { jobKey, queueKey } from '../redis/keys.ts';

const RECENT_MS = 3_600_000;
/** Of more jobs than this that ended badly within the time, the newest are looked at. */
const MOST_JOBS = 1000;

/** How many jobs failed within the last hour, cancelled ones not among them; `isMore` when not all were looked at. */
export interface RecentFailures {
  failed: number;
  isMore: boolean;
}

/** Counts them for all kinds, in two round trips. */
export async function readRecentFailures(
  redis: Redis,
  kinds: readonly string[],
): Promise<Record<string, RecentFailures>> {
  const since = now() - RECENT_MS;
  const listed = await Promise.all(
    kinds.map((kind) => redis.zrevrangebyscore(queueKey(kind, 'failed'), '+inf', since, 'LIMIT', 0, MOST_JOBS + 1)),
  );
  const counted = listed.map(async (ids, index): Promise<[string, RecentFailures]> => {
    const kind = kinds[index] as string;
    const reasons = await Promise.all(
      ids.slice(0, MOST_JOBS).map((id) => redis.hget(jobKey(kind, id), 'failedReason')),
    );
    const failed = reasons.filter((reason) => reason !== null && !isCancellation(reason)).length;
    return [kind, { failed, isMore: ids.length > MOST_JOBS }];
  });
  return Object.fromEntries(await Promise.all(counted));
}

/** `failedReason` holds our problem as JSON; anything else is Bull's own text. */
function isCancellation(reason: string): boolean {
  try {
    return (JSON.parse(reason) as { code?: unknown }).code === 'cancelled';
  } catch {
    return false;
  }
}
