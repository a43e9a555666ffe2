import type { Redis } from 'ioredis';
import type { StoredJob } from '../../jobs/stored-job.ts';
import { type Position, readCallers, readIndex, removeFromIndex } from './job-index.ts';

/**
 * An entry of the index without a job may be one that is being added right now; this old, it leads nowhere for good.
 */
const BEING_ADDED_MS = 60_000;

export interface ListingQuery {
  /** The caller that posted the jobs; null: any. */
  caller: string | null;
  subject?: string;
  after: Position | null;
  limit: number;
}

/** A page of jobs, and where the next one begins (null: there is none). */
export interface Listing {
  jobs: StoredJob[];
  next: Position | null;
}

/** Lists jobs, newest first; entries without a job are left out, and removed from the index when they are old. */
export async function listJobs(
  redis: Redis,
  { caller, after, limit, subject }: ListingQuery,
  find: (id: string) => Promise<StoredJob | null>,
): Promise<Listing> {
  const callers = caller === null ? await readCallers(redis) : [caller];
  const pages = await Promise.all(
    callers.map(async (owner) => {
      const entries = await readIndex(redis, { caller: owner, subject, after, limit });
      return entries.map((entry) => ({ ...entry, owner }));
    }),
  );
  const page = pages.flat().sort(newestFirst).slice(0, limit);
  const jobs = await Promise.all(page.map(({ id }) => find(id)));
  const dead = page.filter(({ createdAt }, index) => !jobs[index] && createdAt < Date.now() - BEING_ADDED_MS);
  const subjects = subject === undefined ? [] : [subject];
  await Promise.all(dead.map(({ id, owner }) => removeFromIndex(redis, { id, caller: owner, subjects })));
  return { jobs: jobs.filter((job) => job !== null), next: page.length === limit ? (page.at(-1) ?? null) : null };
}

const newestFirst = (a: Position, b: Position): number => b.createdAt - a.createdAt || (a.id < b.id ? 1 : -1);
