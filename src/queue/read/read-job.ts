import type { Redis } from 'ioredis';
import type { JobContract } from '../../jobs/contract.ts';
import { UPLOADS } from '../../jobs/files/upload-record.ts';
import { idPrefixOf } from '../../jobs/id.ts';
import type { FinishedJob } from '../../jobs/processor.ts';
import { hasEnded, type StoredJob } from '../../jobs/stored-job.ts';
import { pausedSinceKey, queueKey, queueKeys, tombstonesKey } from '../../redis/keys.ts';
import { readJobScript } from '../scripts/jobs/read-job.ts';
import { STORED_FIELDS } from './job-fields.ts';
import { type JobAnswer, parseStoredJob } from './parse-job.ts';

/** Reads a job as it stands in Redis, and its queue's depth; null when there is none of that id. */
export async function readJob(redis: Redis, kind: string, id: string): Promise<(StoredJob & { depth: number }) | null> {
  const keys = [
    ...queueKeys(kind, id, 'completed', 'failed', 'delayed', 'active', 'wait', 'paused', 'meta-paused'),
    pausedSinceKey(kind),
  ];
  const answer = await readJobScript(redis, keys, [id, queueKey(kind, ''), ...STORED_FIELDS]);
  return answer ? parseStoredJob(kind, id, answer as JobAnswer) : null;
}

/** The kind that the id of a job or an upload belongs to, by its prefix; undefined for anything else. */
export function kindOfId(contracts: readonly JobContract[], id: string): string | undefined {
  const prefix = idPrefixOf(id);
  return prefix === UPLOADS.idPrefix ? UPLOADS.kind : contracts.find(({ idPrefix }) => idPrefix === prefix)?.kind;
}

/** Reads a job of any kind, or an upload, by its id; null when there is none. */
export async function readAnyJob(
  redis: Redis,
  contracts: readonly JobContract[],
  id: string,
): Promise<(StoredJob & { depth: number }) | null> {
  const kind = kindOfId(contracts, id);
  return kind ? readJob(redis, kind, id) : null;
}

/** Reads what a run may know of another job, how it ended and its result files; or of an upload. */
export async function findFinishedJob(
  redis: Redis,
  contracts: readonly JobContract[],
  id: string,
): Promise<FinishedJob> {
  const job = await readAnyJob(redis, contracts, id);
  if (!job) return { id, state: (await wasEvicted(redis, contracts, id)) ? 'evicted' : 'missing', files: [] };
  const { state, envelope, outcome, error, createdAt, retries } = job;
  const files = job.kind === UPLOADS.kind ? Object.values(envelope.uploads) : (outcome?.files ?? []);
  return {
    id,
    state: hasEnded(state) ? state : 'pending',
    files,
    ...(error && { error: error.code, why: error.detail }),
    ...(envelope.flow && { step: envelope.flow.step }),
    createdAt,
    retries,
  };
}

/** Whether a job or an upload that is not there was erased to make room, or by age. */
async function wasEvicted(redis: Redis, contracts: readonly JobContract[], id: string): Promise<boolean> {
  const kind = kindOfId(contracts, id);
  return kind !== undefined && (await redis.zscore(tombstonesKey(kind), id)) !== null;
}
