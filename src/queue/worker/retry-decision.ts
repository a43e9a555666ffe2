import { type AppError, toAppError, toProblem } from '../../errors.ts';
import type { JobContract } from '../../jobs/contract.ts';
import type { JobName } from '../../jobs/job-name.ts';
import { backoffMs } from './backoff.ts';

/** What becomes of a job whose run did not end well. */
export interface Verdict {
  error: AppError;
  /** Milliseconds until the next run; 0 = at once, -1 = never: the job has failed. */
  delayMs: number;
  /** Whether the run uses up one of the job's attempts. */
  counts: boolean;
}

/** Decides by the error, the contract and how many runs the job has had, this one included. */
export function decideVerdict(
  thrown: unknown,
  contract: Pick<JobContract, 'attempts' | 'backoff'>,
  runs: number,
): Verdict {
  const error = toAppError(thrown);
  const counts = error.usesAttempt;
  if (error.code === 'interrupted') return { error, delayMs: 0, counts };
  if (!error.retryable || (counts && runs >= contract.attempts)) return { error, delayMs: -1, counts };
  // A delay of 0 would be "at once" to Bull.
  const delayMs = Math.max(1, (error.retryAfterSeconds ?? 0) * 1000 || backoffMs(contract.backoff, runs));
  return { error, delayMs, counts };
}

/** The error Bull is given: its message, the stored problem, is what `failedReason` holds; its stack is the real one's. */
export class RunFailed extends Error {
  readonly delayMs: number;
  /** The jobs whose end the next run waits for. */
  readonly waitingFor: readonly JobName[];

  constructor({ error, delayMs }: Verdict, waitingFor: readonly JobName[] = []) {
    super(JSON.stringify(toProblem(error)));
    const origin = error.cause instanceof Error ? error.cause : error;
    this.stack = origin.stack ?? '';
    this.delayMs = delayMs;
    this.waitingFor = waitingFor;
  }
}
