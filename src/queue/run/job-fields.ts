import type { ChangeOutcome, JobFields } from '../../jobs/job-fields.ts';
import { queueKey } from '../../redis/keys.ts';
import type { Redis } from '../../redis/script.ts';
import { changeJobFieldsScript } from '../scripts/runs/change-job-fields.ts';

/** Keeps a kind's fields apart from those of Bull and of the platform, in the same hash. */
export const fieldName = (name: string): string => `own:${name}`;

const pairs = (fields: Readonly<Record<string, string | null>>): string[] =>
  Object.entries(fields).flatMap(([name, value]) => [fieldName(name), value ?? '']);

/** Keeps the own fields of a kind's jobs in the jobs' own hashes: erasing a job erases them. */
export function createJobFields(redis: Redis, kind: string): JobFields {
  return {
    read: (jobId, names) => redis.hmget(queueKey(kind, jobId), ...names.map(fieldName)),
    async change(jobId, { expected = {}, set, unlessCancelled = false }) {
      const args = [unlessCancelled ? 1 : 0, Object.keys(expected).length, ...pairs(expected), ...pairs(set)];
      return (await changeJobFieldsScript(redis, [queueKey(kind, jobId)], args)) as ChangeOutcome;
    },
  };
}
