import type { Redis } from 'ioredis';
import { type Envelope, subjectsOf } from '../../jobs/options/options.ts';
import {
  ALL_INDEX,
  batchIndex,
  callerIndex,
  callersKey,
  indexKey,
  scheduleIndex,
  subjectIndex,
  tagIndex,
} from '../../redis/keys.ts';

/** The names of the indexes that list a job; the job's hash keeps them, so that erasing needs nothing else. */
export function indexesOf(envelope: Envelope): string[] {
  const { caller, options, schedule } = envelope;
  return [
    ALL_INDEX,
    callerIndex(caller),
    ...subjectsOf(envelope).map((subject) => subjectIndex(caller, subject)),
    ...[...new Set(options.tags)].map((tag) => tagIndex(caller, tag)),
    ...(envelope.batch === undefined ? [] : [batchIndex(caller, envelope.batch)]),
    ...(schedule === undefined ? [] : [scheduleIndex(caller, schedule.name)]),
    ...(envelope.indexes ?? []),
  ];
}

/** A position in a listing, newest first: the entry that was seen last. */
export interface Position {
  createdAt: number;
  id: string;
}

/** Which jobs are listed. */
export interface IndexQuery {
  /** The kinds whose jobs are listed. */
  kinds: readonly string[];
  /** The caller that posted the jobs; null: any. */
  caller: string | null;
  /** Only the jobs of this batch. */
  batch?: string | undefined;
  /** Only the jobs of this subject; not beside a batch. */
  subject?: string | undefined;
  /** Only what the caller's schedule of this name has made; not beside a batch or a subject. */
  schedule?: string | undefined;
  /** Only the jobs with this tag; not beside one of the last three. */
  tag?: string | undefined;
  /** Only the jobs of that further index, of the caller's; not beside a subject or a tag. */
  index?: string | undefined;
  /** Only jobs accepted at or after this moment (ms). */
  createdFrom?: number | undefined;
  /** Only jobs accepted at or before this moment (ms). */
  createdTo?: number | undefined;
  /** Null: from the newest. */
  after: Position | null;
  limit: number;
}

/** Reads up to `limit` entries after a position, newest first, merged from the indexes of all the kinds. */
export async function readIndex(redis: Redis, query: IndexQuery): Promise<Position[]> {
  const indexes = (await Promise.all(query.kinds.map((kind) => findIndexes(redis, kind, query)))).flat();
  const pages = await Promise.all(indexes.map(({ key }) => readSet(redis, key, query)));
  return pages.flat().sort(newestFirst).slice(0, query.limit);
}

/** Compares two entries: the one that was accepted later comes first. */
export const newestFirst = (a: Position, b: Position): number => b.createdAt - a.createdAt || compareIds(b.id, a.id);

const compareIds = (a: string, b: string): number => (a === b ? 0 : a < b ? -1 : 1);

/** A sorted set of jobs, and whose they are; null: anybody's. */
export interface JobIndex {
  key: string;
  caller: string | null;
}

/**
 * Finds the sorted sets of one kind in which the asked for jobs stand; with a batch, subject, schedule or tag of anybody's, one a
 * caller.
 */
export async function findIndexes(
  redis: Redis,
  kind: string,
  { caller, index, ...asked }: Pick<IndexQuery, 'caller' | 'batch' | 'subject' | 'schedule' | 'tag' | 'index'>,
): Promise<JobIndex[]> {
  if (index !== undefined) return [{ key: indexKey(kind, index), caller }];
  const nameOf = namedIndex(asked);
  if (!nameOf) return [{ key: indexKey(kind, caller === null ? ALL_INDEX : callerIndex(caller)), caller }];
  const callers = caller === null ? await redis.smembers(callersKey(kind)) : [caller];
  return callers.map((owner) => ({ key: indexKey(kind, nameOf(owner)), caller: owner }));
}

/** The name of the smallest index that has all of the jobs, by their caller; null where only the caller's own has. */
function namedIndex({
  batch,
  subject,
  schedule,
  tag,
}: Pick<IndexQuery, 'batch' | 'subject' | 'schedule' | 'tag'>): ((caller: string) => string) | null {
  if (batch !== undefined) return (caller) => batchIndex(caller, batch);
  if (subject !== undefined) return (caller) => subjectIndex(caller, subject);
  if (schedule !== undefined) return (caller) => scheduleIndex(caller, schedule);
  return tag === undefined ? null : (caller) => tagIndex(caller, tag);
}

async function readSet(
  redis: Redis,
  key: string,
  { after, limit, createdFrom, createdTo }: IndexQuery,
): Promise<Position[]> {
  const newest = Math.min(after?.createdAt ?? Number.POSITIVE_INFINITY, createdTo ?? Number.POSITIVE_INFINITY);
  const range = [Number.isFinite(newest) ? newest : '+inf', createdFrom ?? '-inf'] as const;
  const found: Position[] = [];
  // Entries of one millisecond stand in descending order of their ids: those up to the position are passed over.
  for (let offset = 0; found.length < limit; offset += limit) {
    const page = await redis.zrevrangebyscore(key, ...range, 'WITHSCORES', 'LIMIT', offset, limit);
    for (let index = 0; index < page.length; index += 2) {
      const entry = { id: page[index] as string, createdAt: Number(page[index + 1]) };
      if (!after || entry.createdAt < after.createdAt || entry.id < after.id) found.push(entry);
    }
    if (page.length < 2 * limit) break;
  }
  return found;
}
