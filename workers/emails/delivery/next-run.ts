import { now } from '../../../src/clock.ts';
import type { MailRecipient } from '../../../src/delivery/mail-recipient.ts';
import { AppError, type ErrorCode, type WaitingOn } from '../../../src/errors.ts';
import type { RunningJob } from '../../../src/jobs/processor.ts';
import type { Trouble } from './answers/smtp-error.ts';
import { MAX_ATTEMPTS, retryDelayMs } from './retry-schedule.ts';

type MailJob = Pick<RunningJob<unknown>, 'attempt' | 'expiresAt'>;

/** Whether the mail is useless at that time. */
export const isOver = ({ expiresAt }: Pick<MailJob, 'expiresAt'>, atMs: number): boolean =>
  expiresAt !== undefined && atMs >= expiresAt.getTime();

/** What a snoozed mail waits on, in a word and in a sentence. */
export interface SnoozeReason {
  waitingOn: WaitingOn;
  sentence: string;
  /** Whether the job shows the sentence as what went wrong last. */
  isKept?: boolean;
}

/**
 * Makes the error that brings the mail back in `waitMs` without an attempt; if it expires before that, when it does.
 */
export function snooze({ expiresAt }: Pick<MailJob, 'expiresAt'>, reason: SnoozeReason, waitMs: number): AppError {
  const { sentence, waitingOn } = reason;
  const leftMs = (expiresAt?.getTime() ?? Number.POSITIVE_INFINITY) - now();
  const retryAfterSeconds = Math.max(1, Math.min(waitMs, leftMs)) / 1000;
  return new AppError('mail_snoozed', sentence, { retryAfterSeconds, waitingOn, isKept: reason.isKept ?? false });
}

/** What is thrown of a mail that waits since more than it was refused. */
const TROUBLE_CODES = {
  relay: ['mail_relay_unavailable', 'relay'],
  sender: ['mail_sender_refused', 'relay'],
  rate: ['mail_snoozed', 'rate'],
} as const satisfies Record<Trouble['about'], readonly [ErrorCode, WaitingOn]>;

/** A mail that was refused with all others is tried again after this, a fifth more or less: the breaker keeps it from more. */
const TROUBLE_WAIT_MS = 60_000;

/** Makes the error that brings a mail back that was refused with others, without an attempt; when it expires at the latest. */
export function waitOut(
  { expiresAt }: Pick<MailJob, 'expiresAt'>,
  { about, sentence, cause }: Trouble,
  recipients?: MailRecipient[],
): AppError {
  const [code, waitingOn] = TROUBLE_CODES[about];
  const leftMs = (expiresAt?.getTime() ?? Number.POSITIVE_INFINITY) - now();
  const waitMs = Math.max(1, Math.min(TROUBLE_WAIT_MS * (0.8 + 0.4 * Math.random()), leftMs));
  const until = expiresAt ? ` until ${expiresAt.toISOString()}` : '';
  const options = { cause, retryAfterSeconds: waitMs / 1000, waitingOn, isKept: true, ...toldOf(recipients) };
  return new AppError(code, `${sentence} It is tried again${until}.`, options);
}

/** Makes the error that brings the mail back for another attempt; null when none would come in time. */
export function retryLater(job: MailJob, error: AppError, recipients?: MailRecipient[]): AppError | null {
  const delayMs = retryDelayMs(job.attempt);
  if (isOver(job, now() + delayMs) || job.attempt >= MAX_ATTEMPTS) return null;
  const until = job.expiresAt ? ` until ${job.expiresAt.toISOString()}` : '';
  return new AppError(error.code, `${error.message} It is tried again${until}.`, {
    cause: error.cause ?? error,
    retryAfterSeconds: delayMs / 1000,
    ...toldOf(recipients),
  });
}

/** What a job that waits tells of its recipients; nothing where no server has said anything. */
const toldOf = (recipients: MailRecipient[] = []): { recipients?: MailRecipient[] } =>
  recipients.some(({ code }) => code !== null) ? { recipients } : {};
