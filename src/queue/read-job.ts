import type { Redis } from 'ioredis';
import type { JobContract } from '../jobs/contract.ts';
import { idPrefixOf } from '../jobs/id.ts';
import type { FinishedJob } from '../jobs/processor.ts';
import type { StoredFile } from '../jobs/stored-file.ts';
import type { StoredJob } from '../jobs/stored-job.ts';
import { queueKey } from '../redis/keys.ts';
import { lookScript } from './scripts/scripts.ts';
import { readStoredJob, STORED_FIELDS } from './stored-fields.ts';

/** A job as it stands in Redis with its queue's depth, or null when there is none of that id. */
export async function lookUp(redis: Redis, kind: string, id: string): Promise<(StoredJob & { depth: number }) | null> {
  const keys = [id, 'completed', 'failed', 'delayed', 'active', 'wait', 'paused'].map((name) => queueKey(kind, name));
  const answer = await lookScript(redis, keys, [id, ...STORED_FIELDS]);
  return answer ? readStoredJob(kind, id, answer as Parameters<typeof readStoredJob>[2]) : null;
}

/** The kind a job id belongs to, by its prefix; undefined for anything else. */
export function kindOfId(contracts: readonly JobContract[], id: string): string | undefined {
  const prefix = idPrefixOf(id);
  return contracts.find(({ idPrefix }) => idPrefix === prefix)?.kind;
}

/** What a run may know of another job: how it ended and its result files. */
export async function findFinishedJob(
  redis: Redis,
  contracts: readonly JobContract[],
  id: string,
): Promise<FinishedJob> {
  const kind = kindOfId(contracts, id);
  const job = kind ? await lookUp(redis, kind, id) : null;
  if (!job) return { id, state: 'missing', files: [] };
  const ended = job.state === 'completed' || job.state === 'failed' || job.state === 'cancelled';
  const files: StoredFile[] = job.outcome?.files ?? [];
  return { id, state: ended ? (job.state as 'completed' | 'failed' | 'cancelled') : 'pending', files };
}
