import type { Redis } from 'ioredis';
import { jobLogKey } from '../redis/keys.ts';

const KEPT_ENTRIES = 50;

/** Appends an entry to the job's log (Bull's, so that the dashboard shows it); the last 50 are kept. */
export async function appendLog(redis: Redis, kind: string, jobId: string, entry: object): Promise<void> {
  const key = jobLogKey(kind, jobId);
  await redis.multi().rpush(key, JSON.stringify(entry)).ltrim(key, -KEPT_ENTRIES, -1).exec();
}

/** Reads the entries of a job's log, oldest first. */
export async function readLog(redis: Redis, kind: string, jobId: string): Promise<unknown[]> {
  return (await redis.lrange(jobLogKey(kind, jobId), 0, -1)).map((line) => JSON.parse(line));
}
