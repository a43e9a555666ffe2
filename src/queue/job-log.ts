import type { Redis } from 'ioredis';
import { queueKey } from '../redis/keys.ts';

const KEPT_ENTRIES = 50;
const logKey = (kind: string, jobId: string): string => queueKey(kind, `${jobId}:logs`);

/** Adds one entry to the job's own log (Bull's, so that the dashboard shows it); the last 50 are kept. */
export async function recordEntry(redis: Redis, kind: string, jobId: string, entry: object): Promise<void> {
  const key = logKey(kind, jobId);
  await redis.multi().rpush(key, JSON.stringify(entry)).ltrim(key, -KEPT_ENTRIES, -1).exec();
}

/** The entries of a job's log, oldest first. */
export async function readEntries(redis: Redis, kind: string, jobId: string): Promise<unknown[]> {
  return (await redis.lrange(logKey(kind, jobId), 0, -1)).map((line) => JSON.parse(line));
}
