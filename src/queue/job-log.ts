import type { Redis } from 'ioredis';
import { readEntries, type StoredTimeline } from '../jobs/timeline.ts';
import { parseMark } from '../processes/mark.js';
import { jobKey, jobLogKey } from '../redis/keys.ts';

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

/** Reads what is kept of a job's runs, and who has it or completed it. */
export async function readTimeline(redis: Redis, kind: string, jobId: string): Promise<StoredTimeline> {
  const [timeline = null, by = null, run = null] = await redis.hmget(jobKey(kind, jobId), 'timeline', 'by', 'run');
  const place = parseMark(run)?.place;
  return {
    entries: readEntries(timeline),
    by: by ?? (place === undefined ? null : place.slice(place.indexOf(':') + 1)),
  };
}
