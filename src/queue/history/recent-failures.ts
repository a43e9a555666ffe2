import type { Redis } from 'ioredis';
import type { ErrorCode } from '../../errors.ts';
import { historyKey, queueKey } from '../../redis/keys.ts';
import { sumOf } from './figures.ts';
import { type History, MINUTE_MS, sumSteps } from './history.ts';

/** Failures of one error within the last hour. */
export interface ErrorGroup {
  error: ErrorCode;
  count: number;
  /** The id of the last job that failed so; null where it is gone, or has been run again. */
  sample: string | null;
}

/** Which jobs of a kind failed within the last hour, cancelled ones not among them; also those that were run again since. */
export interface RecentFailures {
  failed: number;
  /** How many jobs ended in that time, in any way. */
  ended: number;
  /** The most frequent first. */
  errors: ErrorGroup[];
}

/** Reads them for all kinds. */
export async function readRecentFailures(redis: Redis, history: History): Promise<Record<string, RecentFailures>> {
  const kinds = Object.entries(await history.read({ steps: 60, stepMs: MINUTE_MS }));
  const read = kinds.map(async ([kind, steps]): Promise<[string, RecentFailures]> => {
    const { completed, cancelled, failed } = sumSteps(steps);
    const counts = (Object.entries(failed) as [ErrorCode, number][]).sort(([, one], [, other]) => other - one);
    const errors = await Promise.all(
      counts.map(async ([error, count]) => ({ error, count, sample: await findSample(redis, kind, error) })),
    );
    return [kind, { failed: sumOf(failed), ended: completed + cancelled + sumOf(failed), errors }];
  });
  return Object.fromEntries(await Promise.all(read));
}

async function findSample(redis: Redis, kind: string, error: ErrorCode): Promise<string | null> {
  const id = await redis.hget(`${historyKey(kind)}:samples`, error).catch(() => null);
  return id !== null && (await redis.zscore(queueKey(kind, 'failed'), id)) !== null ? id : null;
}
