import type { Redis } from 'ioredis';
import type { StoredJob } from '../../jobs/stored-job.ts';
import { erasuresKey } from '../../redis/keys.ts';
import { kindsOf, walkFlowJobs } from './flow-jobs.ts';
import { stopFlow } from './stop-flow.ts';

/** Erased in one go: the janitor goes on with the rest. */
const AT_ONCE = 200;
const TOGETHER = 20;

interface EraseFlowDeps {
  redis: Redis;
  /** Reads a job by its id; null when there is none. */
  find: (id: string) => Promise<StoredJob | null>;
  /** Erases one of its jobs; answers false while that runs. */
  eraseOne: (job: StoredJob) => Promise<boolean>;
}

/**
 * Erases the jobs of a flow, so that it can go itself. Answers false while some are left: one that has not ended is stopped
 * first, and the janitor goes on with what is too much for one go.
 */
export async function eraseFlowJobs({ redis, find, eraseOne }: EraseFlowDeps, flow: StoredJob): Promise<boolean> {
  if (await stopFlow(redis, flow, true)) return false;
  const { kind, id, envelope } = flow;
  let seen = 0;
  let isWhole = true;
  for await (const jobs of walkFlowJobs(redis, id, kindsOf(envelope.plan ?? { steps: [] }))) {
    for (let first = 0; first < jobs.length && seen < AT_ONCE; first += TOGETHER) {
      const some = jobs.slice(first, first + TOGETHER);
      seen += some.length;
      const erased = await Promise.all(
        some.map(async (name) => {
          const job = await find(name.id);
          return job === null || eraseOne(job);
        }),
      );
      isWhole &&= erased.every(Boolean);
    }
    isWhole &&= seen < AT_ONCE;
    if (seen >= AT_ONCE) break;
  }
  if (!isWhole) await redis.sadd(erasuresKey(kind), id);
  return isWhole;
}
