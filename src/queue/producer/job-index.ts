import type { Redis } from 'ioredis';
import { CALLERS_KEY, callerIndexKey, subjectIndexKey } from '../../redis/keys.ts';

/** A job's entry in the index. */
export interface IndexEntry {
  id: string;
  caller: string;
  subjects: readonly string[];
  /** Milliseconds since the epoch. */
  createdAt: number;
}

/**
 * Enters a job before it is queued: an id that leads nowhere is skipped and forgotten when it is met, a job that stands
 * in no index could not be found again by its subject.
 */
export function addToIndex(redis: Redis, { id, caller, subjects, createdAt }: IndexEntry): Promise<unknown> {
  const keys = [callerIndexKey(caller), ...subjects.map((subject) => subjectIndexKey(caller, subject))];
  // The set of callers each time: a process can not know whether Redis has lost it since.
  return Promise.all([redis.sadd(CALLERS_KEY, caller), ...keys.map((key) => redis.zadd(key, 'NX', createdAt, id))]);
}

/** Removes a job from the index. */
export async function removeFromIndex(
  redis: Redis,
  { id, caller, subjects }: Omit<IndexEntry, 'createdAt'>,
): Promise<void> {
  const keys = [callerIndexKey(caller), ...subjects.map((subject) => subjectIndexKey(caller, subject))];
  await Promise.all(keys.map((key) => redis.zrem(key, id)));
}

/** Reads the names of all callers that ever posted. */
export const readCallers = (redis: Redis): Promise<string[]> => redis.smembers(CALLERS_KEY);

/** A position in a listing, newest first: the entry that was seen last. */
export interface Position {
  createdAt: number;
  id: string;
}

export interface IndexQuery {
  caller: string;
  /** Only the jobs of this subject. */
  subject?: string | undefined;
  /** Null: from the newest. */
  after: Position | null;
  limit: number;
}

/** Reads up to `limit` entries after a position, newest first, of a caller or of one subject of a caller's. */
export async function readIndex(redis: Redis, { caller, subject, after, limit }: IndexQuery): Promise<Position[]> {
  const key = subject === undefined ? callerIndexKey(caller) : subjectIndexKey(caller, subject);
  const newest = after?.createdAt ?? '+inf';
  const found: Position[] = [];
  // Entries of one millisecond stand in descending order of their ids: those up to the position are passed over.
  for (let offset = 0; found.length < limit; offset += limit) {
    const page = await redis.zrevrangebyscore(key, newest, '-inf', 'WITHSCORES', 'LIMIT', offset, limit);
    for (let index = 0; index < page.length; index += 2) {
      const entry = { id: page[index] as string, createdAt: Number(page[index + 1]) };
      if (!after || entry.createdAt < after.createdAt || entry.id < after.id) found.push(entry);
    }
    if (page.length < 2 * limit) break;
  }
  return found.slice(0, limit);
}
