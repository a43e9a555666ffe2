import { AppError } from '../../../../errors.ts';
import type { JobContract } from '../../../../jobs/contract.ts';
import type { StoredJob } from '../../../../jobs/stored-job.ts';
import { NO_USAGE, type Usage } from '../../../../jobs/usage.ts';
import type { Quotas } from '../../../../keys/quotas.ts';
import type { Producer } from '../../../../queue/producer/producer.ts';
import { type Asker, callerOf } from '../../../auth/identify.ts';

/** What holding room takes. */
export interface HoldDeps {
  quotas: Pick<Quotas, 'hold'>;
  producer: Pick<Producer, 'find'>;
}

/**
 * Holds room for what a request is about to store and queue, until it is let go by the answer. Rejects with
 * quota_exceeded, unless the request was accepted before: then it is answered as it was.
 */
export async function holdRoom(
  req: Asker,
  { kind }: Pick<JobContract, 'kind'>,
  { quotas, producer }: HoldDeps,
  { chosen, ...wanted }: { chosen: { id: string; repeatable: boolean } } & Partial<Usage>,
): Promise<() => void> {
  try {
    return await quotas.hold(callerOf(req), kind, { ...NO_USAGE, ...wanted });
  } catch (error) {
    const isOver = error instanceof AppError && error.code === 'quota_exceeded';
    if (isOver && chosen.repeatable && (await producer.find(chosen.id))) return () => {};
    throw error;
  }
}

/** Holds a caller who runs a job of its own again to its limits. Rejects with quota_exceeded. */
export async function assertRetryRoom(
  req: Asker,
  quotas: Pick<Quotas, 'hold'>,
  { kind, envelope }: Pick<StoredJob, 'kind' | 'envelope'>,
): Promise<void> {
  const caller = callerOf(req);
  if (caller.name !== envelope.caller) return;
  const letGo = await quotas.hold(caller, kind, { ...NO_USAGE, jobs: 1 });
  letGo();
}
