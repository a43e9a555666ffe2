import { createHash } from 'node:crypto';
import type { Redis } from 'ioredis';

/** What the index knows of a job. */
export interface IndexEntry {
  id: string;
  caller: string;
  subjects: readonly string[];
  /** Milliseconds since the epoch. */
  createdAt: number;
}

const CALLERS = 'heavylift:{index}:callers';
const callerKey = (caller: string): string => `heavylift:{index}:caller:${caller}`;
/** Subjects are callers' texts: hashed, so that any text makes a key of one shape. */
const subjectKey = (caller: string, subject: string): string =>
  `heavylift:{index}:subject:${createHash('sha256').update(`${caller}\0${subject}`).digest('base64url')}`;

/**
 * Enters a job before it is queued: an id that leads nowhere is skipped and forgotten when it is met, a job that stands
 * in no index could not be found again by its subject.
 */
export function addToIndex(redis: Redis, { id, caller, subjects, createdAt }: IndexEntry): Promise<unknown> {
  const writes: Promise<unknown>[] = [redis.zadd(callerKey(caller), 'NX', createdAt, id)];
  if (!knownCallers.has(caller)) {
    writes.push(redis.sadd(CALLERS, caller).then(() => knownCallers.add(caller)));
  }
  for (const subject of subjects) writes.push(redis.zadd(subjectKey(caller, subject), 'NX', createdAt, id));
  return Promise.all(writes);
}

/** Callers this process has entered into the set of callers already. */
const knownCallers = new Set<string>();

/** Takes a job out of the index. */
export async function removeFromIndex(
  redis: Redis,
  { id, caller, subjects }: Omit<IndexEntry, 'createdAt'>,
): Promise<void> {
  await Promise.all(
    [callerKey(caller), ...subjects.map((subject) => subjectKey(caller, subject))].map((key) => redis.zrem(key, id)),
  );
}

/** Names of all callers that ever posted. */
export const readCallers = (redis: Redis): Promise<string[]> => redis.smembers(CALLERS);

/** A place in a listing, newest first: the entry that was seen last. */
export interface Position {
  createdAt: number;
  id: string;
}

/** Up to `limit` entries after a position, newest first, of a caller or of one subject of a caller's. */
export async function readIndex(
  redis: Redis,
  {
    caller,
    subject,
    after,
    limit,
  }: { caller: string; subject?: string | undefined; after: Position | null; limit: number },
): Promise<Position[]> {
  const key = subject === undefined ? callerKey(caller) : subjectKey(caller, subject);
  const found: Position[] = [];
  // Entries of one millisecond stand in descending order of their ids: those up to the position are passed over.
  for (let offset = 0; found.length < limit; offset += limit) {
    const page = await redis.zrevrangebyscore(
      key,
      after?.createdAt ?? '+inf',
      '-inf',
      'WITHSCORES',
      'LIMIT',
      offset,
      limit,
    );
    for (let index = 0; index < page.length; index += 2) {
      const entry = { id: page[index] as string, createdAt: Number(page[index + 1]) };
      if (!after || entry.createdAt < after.createdAt || entry.id < after.id) found.push(entry);
    }
    if (page.length < 2 * limit) break;
  }
  return found.slice(0, limit);
}
