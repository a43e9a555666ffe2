import type { Request } from 'express';
import { AppError } from '../../errors.ts';
import type { JobContract } from '../../jobs/contract.ts';
import { NO_USAGE, type Usage } from '../../jobs/usage.ts';
import type { Quotas } from '../../keys/quotas.ts';
import type { Producer } from '../../queue/producer/producer.ts';
import { callerOf } from '../auth/identify.ts';

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
  req: Request,
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
