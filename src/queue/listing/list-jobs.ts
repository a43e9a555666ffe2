import type { Redis } from 'ioredis';
import type { StoredJob } from '../../jobs/stored-job.ts';
import { findListed } from './find-listed.ts';
import { type IndexQuery, type Position, readIndex } from './job-index.ts';
import { isNarrowed, type JobMatch } from './match-jobs.ts';

/** Which jobs a page is made of: those of every kind unless `kinds` names some. */
export interface ListingQuery extends Omit<IndexQuery, 'kinds'>, JobMatch {
  kinds?: readonly string[] | undefined;
}

/**
 * A page of jobs, and where the next one begins (null: there is none). A page that is not full, and is not the last one, ends
 * where it had been searched for long enough.
 */
export interface Listing {
  jobs: StoredJob[];
  next: Position | null;
}

/** Lists jobs, newest first; one that is erased while the page is read is left out. */
export async function listJobs(
  redis: Redis,
  query: IndexQuery & JobMatch,
  find: (id: string) => Promise<StoredJob | null>,
): Promise<Listing> {
  const { page, next } = isNarrowed(query) ? await findListed(redis, query) : await readWhole(redis, query);
  const jobs = await Promise.all(page.map(({ id }) => find(id)));
  return { jobs: jobs.filter((job) => job !== null), next };
}

async function readWhole(redis: Redis, query: IndexQuery): Promise<{ page: Position[]; next: Position | null }> {
  const page = await readIndex(redis, query);
  return { page, next: page.length === query.limit ? (page.at(-1) ?? null) : null };
}
