import type { Redis } from 'ioredis';
import type { JobState } from '../../jobs/stored-job.ts';
import { findIndexes, type JobIndex } from '../listing/job-index.ts';
import { type JobMatch, LOOKED_AT_ONCE, matchJobs } from '../listing/match-jobs.ts';

/** What the jobs of a bulk action have in common. Times are milliseconds since the epoch. */
export interface BulkFilter extends JobMatch {
  kinds: readonly string[];
  /** Null: anybody's. */
  caller: string | null;
  states: readonly JobState[];
  /** Of these alone: a few. */
  ids?: readonly string[] | undefined;
  createdFrom?: number | undefined;
  createdTo: number;
}

/** Where a walk goes on: in which of the kinds, in which of its indexes, and after which entry. */
export interface WalkPosition {
  kind: number;
  key: string;
  score: number;
  id: string;
}

/** Some of the jobs that were walked past: those that match, and where the walk goes on. */
export interface WalkedPage {
  ids: string[];
  next: WalkPosition;
}

const START: WalkPosition = { kind: 0, key: '', score: 0, id: '' };

/**
 * Walks past the jobs that the filter names, oldest first, kind by kind; jobs that are erased meanwhile disturb nothing.
 * Reads ids and places alone, so that a hundred thousand jobs are counted without reading one of them.
 */
export async function* walkJobs(
  redis: Redis,
  filter: BulkFilter,
  from: WalkPosition | null = null,
): AsyncGenerator<WalkedPage> {
  let position = from ?? START;
  for (const kind of filter.kinds.slice(position.kind)) {
    const indexes = (await findIndexes(redis, kind, filter)).sort((a, b) => (a.key < b.key ? -1 : 1));
    if (filter.ids) {
      const named = await Promise.all(indexes.map((index) => matchNamed(redis, kind, index, filter)));
      position = { ...START, kind: position.kind + 1 };
      yield { ids: named.flat(), next: position };
      continue;
    }
    for (const index of indexes) {
      if (index.key < position.key) continue;
      if (index.key > position.key) position = { ...position, key: index.key, score: 0, id: '' };
      for (;;) {
        const { ids, last } = await readPage(redis, filter, position);
        if (!last) break;
        position = { ...position, ...last };
        yield { ids: await matchJobs(redis, kind, filter, { ids, index }), next: position };
      }
    }
    position = { ...START, kind: position.kind + 1 };
  }
}

/** Counts the jobs that the filter names now. */
export async function countJobs(redis: Redis, filter: BulkFilter): Promise<number> {
  let count = 0;
  for await (const { ids } of walkJobs(redis, filter)) count += ids.length;
  return count;
}

/** Reads the entries of an index after a position, in ascending order. */
async function readPage(redis: Redis, { createdFrom, createdTo }: BulkFilter, after: WalkPosition) {
  const range = [Math.max(after.score, createdFrom ?? 0), createdTo] as const;
  for (let offset = 0; ; offset += LOOKED_AT_ONCE) {
    const page = await redis.zrangebyscore(after.key, ...range, 'WITHSCORES', 'LIMIT', offset, LOOKED_AT_ONCE);
    const ids: string[] = [];
    let last: { score: number; id: string } | null = null;
    for (let entry = 0; entry < page.length; entry += 2) {
      const [id, score] = [page[entry] as string, Number(page[entry + 1])];
      if (score === after.score && id <= after.id) continue;
      ids.push(id);
      last = { score, id };
    }
    // A whole page of what was passed already: many jobs of one millisecond.
    if (last || page.length < 2 * LOOKED_AT_ONCE) return { ids, last };
  }
}

/** Those of the named jobs that stand in an index and match. */
async function matchNamed(redis: Redis, kind: string, index: JobIndex, filter: BulkFilter): Promise<string[]> {
  const { ids: named = [], createdFrom = 0, createdTo } = filter;
  const scores = named.length > 0 ? await redis.zmscore(index.key, ...named) : [];
  const ids = named.filter((_id, place) => {
    const score = scores[place];
    return score !== null && Number(score) >= createdFrom && Number(score) <= createdTo;
  });
  return matchJobs(redis, kind, filter, { ids, index });
}
