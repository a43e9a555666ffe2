import { now } from '../../../src/clock.ts';
import { AppError, type WaitingOn } from '../../../src/errors.ts';
import type { RunningJob } from '../../../src/jobs/processor.ts';
import { MAX_ATTEMPTS, retryDelayMs } from './retry-schedule.ts';

type MailJob = Pick<RunningJob<unknown>, 'attempt' | 'expiresAt'>;

/** Whether the mail is useless at that time. */
export const isOver = ({ expiresAt }: Pick<MailJob, 'expiresAt'>, atMs: number): boolean =>
  expiresAt !== undefined && atMs >= expiresAt.getTime();

/** What a snoozed mail waits on, in a word and in a sentence. */
export interface SnoozeReason {
  waitingOn: WaitingOn;
  sentence: string;
}

/**
 * Makes the error that brings the mail back in `waitMs` without an attempt; if it expires before that, when it does.
 */
export function snooze({ expiresAt }: Pick<MailJob, 'expiresAt'>, reason: SnoozeReason, waitMs: number): AppError {
  const { sentence, waitingOn } = reason;
  const leftMs = (expiresAt?.getTime() ?? Number.POSITIVE_INFINITY) - now();
  const retryAfterSeconds = Math.max(1, Math.min(waitMs, leftMs)) / 1000;
  return new AppError('mail_snoozed', sentence, { retryAfterSeconds, waitingOn });
}

/** Makes the error that brings the mail back for another attempt; null when none would come in time. */
export function retryLater(job: MailJob, error: AppError): AppError | null {
  const delayMs = retryDelayMs(job.attempt);
  if (isOver(job, now() + delayMs) || job.attempt >= MAX_ATTEMPTS) return null;
  const until = job.expiresAt ? ` until ${job.expiresAt.toISOString()}` : '';
  return new AppError(error.code, `${error.message} It is tried again${until}.`, {
    cause: error.cause ?? error,
    retryAfterSeconds: delayMs / 1000,
  });
}
