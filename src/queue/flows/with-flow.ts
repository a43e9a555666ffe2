import type { Redis } from 'ioredis';
import { FLOWS_KIND } from '../../jobs/options/flow.ts';
import { hasEnded, type StoredJob } from '../../jobs/stored-job.ts';
import { readJob } from '../read/read-job.ts';

/** Reads whether the flow that asked for a job is there, and when it ended: the job is kept as long. Any other stays as it is. */
export async function withFlow(redis: Redis, job: StoredJob): Promise<StoredJob> {
  const { flow } = job.envelope;
  if (!flow) return job;
  const found = await readJob(redis, FLOWS_KIND, flow.id);
  if (!found) return job;
  return { ...job, flowEndedAt: hasEnded(found.state) ? found.finishedAt : null };
}
