import type { Redis } from 'ioredis';
import type { Problem } from '../../errors.ts';
import type { JobName } from '../../jobs/job-name.ts';
import type { EndState } from '../../jobs/stored-job.ts';
import { jobKey, queueKey } from '../../redis/keys.ts';
import { parseProblem } from '../read/parse-job.ts';

/** How a job ended; `gone`: there is none. */
export interface JobEnd {
  state: EndState | 'gone';
  error: Problem | null;
}

/** Asked for in one step: some milliseconds of Redis. */
const TOGETHER = 500;

/** Reads which of some jobs have ended, and how: null for those that have not. Two commands for each kind, and one for each that failed. */
export async function findEnds(redis: Redis, jobs: readonly JobName[]): Promise<(JobEnd | null)[]> {
  const ends = new Map<string, JobEnd>();
  for (const [kind, some] of Map.groupBy(jobs, (job) => job.kind)) {
    for (let first = 0; first < some.length; first += TOGETHER) {
      const ids = some.slice(first, first + TOGETHER).map(({ id }) => id);
      for (const [id, end] of await findEndsOf(redis, kind, ids)) ends.set(id, end);
    }
  }
  return jobs.map(({ id }) => ends.get(id) ?? null);
}

async function findEndsOf(redis: Redis, kind: string, ids: readonly string[]): Promise<[id: string, end: JobEnd][]> {
  const [completed, failed] = await Promise.all([
    redis.zmscore(queueKey(kind, 'completed'), ...ids),
    redis.zmscore(queueKey(kind, 'failed'), ...ids),
  ]);
  const look = async (id: string, place: number): Promise<[id: string, end: JobEnd][]> => {
    if (completed[place] !== null) return [[id, { state: 'completed', error: null }]];
    if (failed[place] === null)
      return (await redis.exists(jobKey(kind, id))) === 1 ? [] : [[id, { state: 'gone', error: null }]];
    const error = parseProblem(await redis.hget(jobKey(kind, id), 'failedReason'));
    return [[id, { state: error.code === 'cancelled' ? 'cancelled' : 'failed', error }]];
  };
  return (await Promise.all(ids.map(look))).flat();
}
