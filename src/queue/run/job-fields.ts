import { AppError } from '../../errors.ts';
import type { ChangeOutcome, JobFields } from '../../jobs/job-fields.ts';
import { queueKey } from '../../redis/keys.ts';
import type { Replicas } from '../../redis/replicas.ts';
import type { Redis } from '../../redis/script.ts';
import { changeJobFieldsScript } from '../scripts/runs/change-job-fields.ts';

/** Keeps a kind's fields apart from those of Bull and of the platform, in the same hash. */
export const fieldName = (name: string): string => `own:${name}`;

const pairs = (fields: Readonly<Record<string, string | null>>): string[] =>
  Object.entries(fields).flatMap(([name, value]) => [fieldName(name), value ?? '']);

/**
 * Keeps the own fields of a kind's jobs in the jobs' own hashes: erasing a job erases them. Without `replicas` no change waits for
 * them.
 */
export function createJobFields(redis: Redis, kind: string, replicas: Replicas | null = null): JobFields {
  return {
    read: (jobId, names) => redis.hmget(queueKey(kind, jobId), ...names.map(fieldName)),
    async change(jobId, { expected = {}, set, unlessCancelled = false, beforeEffect = false }) {
      const key = queueKey(kind, jobId);
      const write = (from: typeof set, to: typeof set, isGuarded: boolean) => {
        const args = [isGuarded ? 1 : 0, Object.keys(from).length, ...pairs(from), ...pairs(to)];
        return changeJobFieldsScript(redis, [key], args) as Promise<ChangeOutcome>;
      };
      const outcome = await write(expected, set, unlessCancelled);
      if (outcome !== 'done' || !beforeEffect || !replicas) return outcome;
      const [name, value] = Object.entries(set).find((entry) => entry[1] !== null) ?? [];
      // A master that came since has the job, and maybe not the change.
      const field = name && value ? { name: fieldName(name), value } : undefined;
      if ((await replicas.assure(kind, { key, ...(field && { field }) })) === 'held') return outcome;
      await write(set, expected, false);
      throw new AppError('interrupted', 'The replicas of Redis do not keep up; the job runs again.');
    },
  };
}
