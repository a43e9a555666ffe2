import { type AppError, toAppError, toProblem } from '../../errors.ts';
import type { JobContract } from '../../jobs/contract.ts';
import type { JobName } from '../../jobs/job-name.ts';
import { backoffMs } from './backoff.ts';

/** Whether and when a job runs again after a run that failed. */
export interface RetryDecision {
  error: AppError;
  /** Milliseconds until the next run; 0 = at once, -1 = never: the job has failed. */
  delayMs: number;
  /** Whether the run uses up one of the job's attempts. */
  usesAttempt: boolean;
}

/** Decides by the error, the contract and which attempt this run was. */
export function decideRetry(
  thrown: unknown,
  contract: Pick<JobContract, 'attempts' | 'backoff'>,
  attempt: number,
): RetryDecision {
  const error = toAppError(thrown);
  const { usesAttempt } = error;
  if (error.code === 'interrupted') return { error, delayMs: 0, usesAttempt };
  const isUsedUp = usesAttempt && attempt >= contract.attempts;
  if (!error.retryable || error.isFinal || isUsedUp) return { error, delayMs: -1, usesAttempt };
  // A delay of 0 would be "at once" to Bull.
  const delayMs = Math.max(
    1,
    Math.round((error.retryAfterSeconds ?? 0) * 1000) || backoffMs(contract.backoff, attempt),
  );
  return { error, delayMs, usesAttempt };
}

/**
 * The error Bull is given: its message, the stored problem, is what `failedReason` holds; its stack is the real one's.
 */
export class RunFailed extends Error {
  readonly delayMs: number;
  /** The jobs that are to end before the next run. */
  readonly waitingFor: readonly JobName[];

  constructor({ error, delayMs }: RetryDecision, waitingFor: readonly JobName[] = []) {
    super(JSON.stringify(toProblem(error)));
    const origin = error.cause instanceof Error ? error.cause : error;
    this.stack = origin.stack ?? '';
    this.delayMs = delayMs;
    this.waitingFor = waitingFor;
  }
}
