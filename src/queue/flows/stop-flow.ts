import type { Redis } from 'ioredis';
import { STOP_FIELD } from '../../jobs/job-fields.ts';
import { hasEnded, type StoredJob } from '../../jobs/stored-job.ts';
import { erasuresKey, queueKey } from '../../redis/keys.ts';
import { createJobFields } from '../run/job-fields.ts';
import { promoteJobScript } from '../scripts/jobs/promote-job.ts';

/** Whether a job asks for other jobs, and ends after them. */
export const isFlow = ({ envelope }: Pick<StoredJob, 'envelope'>): boolean => envelope.plan !== undefined;

/**
 * Has a flow stop: its next run begins no further row, cancels its jobs, and ends once these have. Answers false for one that
 * has ended. With `isErased` it is erased then.
 */
export async function stopFlow(redis: Redis, flow: StoredJob, isErased = false): Promise<boolean> {
  const { kind, id, state, retries } = flow;
  if (hasEnded(state)) return false;
  const outcome = await createJobFields(redis, kind).change(id, { set: { [STOP_FIELD]: String(retries) } });
  if (outcome === 'gone') return false;
  if (isErased) await redis.sadd(erasuresKey(kind), id);
  await promoteJobScript(redis, [queueKey(kind, 'delayed')], [id]);
  return true;
}
