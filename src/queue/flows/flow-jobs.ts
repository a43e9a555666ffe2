import type { Redis } from 'ioredis';
import type { JobName } from '../../jobs/job-name.ts';
import { FLOWS_KIND, flowIndex } from '../../jobs/options/flow.ts';
import { ALL_INDEX, indexKey, queueKey } from '../../redis/keys.ts';

/** Read from an index at a time. */
const PAGE = 500;

/** The kinds of the jobs of a flow, each once. */
export const kindsOf = ({ steps }: { steps: readonly { kind: string }[] }): string[] => [
  ...new Set(steps.map(({ kind }) => kind)),
];

/** Walks over the jobs of a flow, newest first; those that are erased meanwhile may hide others until it is walked again. */
export async function* walkFlowJobs(redis: Redis, flow: string, kinds: readonly string[]): AsyncGenerator<JobName[]> {
  for (const kind of kinds) {
    const key = indexKey(kind, flowIndex(flow));
    for (let first = 0; ; first += PAGE) {
      const ids = await redis.zrevrange(key, first, first + PAGE - 1);
      if (ids.length > 0) yield ids.map((id) => ({ kind, id }));
      if (ids.length < PAGE) break;
    }
  }
}

/** Walks over those of them that have not ended. */
export async function* walkPendingJobs(
  redis: Redis,
  flow: string,
  kinds: readonly string[],
): AsyncGenerator<JobName[]> {
  for await (const jobs of walkFlowJobs(redis, flow, kinds)) {
    const kind = jobs[0]?.kind ?? '';
    const ids = jobs.map(({ id }) => id);
    const [completed, failed] = await Promise.all([
      redis.zmscore(queueKey(kind, 'completed'), ...ids),
      redis.zmscore(queueKey(kind, 'failed'), ...ids),
    ]);
    const pending = jobs.filter((_job, place) => completed[place] === null && failed[place] === null);
    if (pending.length > 0) yield pending;
  }
}

/** Counts the jobs of flows that are kept, over all kinds: as many as their indexes list. */
export async function countFlowJobs(redis: Redis, kinds: readonly string[]): Promise<number> {
  const ids = await redis.zrange(indexKey(FLOWS_KIND, ALL_INDEX), 0, -1);
  let count = 0;
  for (let first = 0; first < ids.length; first += PAGE) {
    const keys = ids.slice(first, first + PAGE).flatMap((id) => kinds.map((kind) => indexKey(kind, flowIndex(id))));
    for (const listed of await Promise.all(keys.map((key) => redis.zcard(key)))) count += listed;
  }
  return count;
}
