import type { Redis } from 'ioredis';
import type { StoredJob } from '../../jobs/stored-job.ts';
import { type IndexQuery, type Position, readIndex } from './job-index.ts';

/** Which jobs a page is made of: those of every kind unless `kinds` names some. */
export interface ListingQuery extends Omit<IndexQuery, 'kinds'> {
  kinds?: readonly string[] | undefined;
}

/** A page of jobs, and where the next one begins (null: there is none). */
export interface Listing {
  jobs: StoredJob[];
  next: Position | null;
}

/** Lists jobs, newest first; one that is erased while the page is read is left out. */
export async function listJobs(
  redis: Redis,
  query: IndexQuery,
  find: (id: string) => Promise<StoredJob | null>,
): Promise<Listing> {
  const page = await readIndex(redis, query);
  const jobs = await Promise.all(page.map(({ id }) => find(id)));
  return {
    jobs: jobs.filter((job) => job !== null),
    next: page.length === query.limit ? (page.at(-1) ?? null) : null,
  };
}
