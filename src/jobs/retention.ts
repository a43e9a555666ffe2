import { now } from '../clock.ts';
import { type CallbackState, hasEnded, type StoredJob } from './stored-job.ts';

const HOUR_MS = 3_600_000;
/** A webhook goes on for so long at most, however long its receiver asks it to wait. */
export const WEBHOOK_LIFE_MS = 77 * HOUR_MS;
/** What a webhook points to stays for so long after it has ended, or after its next attempt. */
const BEYOND_MS = HOUR_MS;
/** A webhook holds its job, and the files, for so long after the job's end at most. */
export const LONGEST_HOLD_MS = WEBHOOK_LIFE_MS + BEYOND_MS;
/** A receiver that took the webhook at once has the files as long as everybody: nothing is held for it. */
const AT_ONCE_MS = 60_000;

/** The webhooks that may hold a job. */
const webhooksOf = ({ callback, told = [] }: StoredJob): CallbackState[] => (callback ? [callback, ...told] : told);

/** Whether a webhook that is still to come holds the job. */
export const isHeld = (job: StoredJob): boolean => webhooksOf(job).some(({ state }) => !hasEnded(state));

/**
 * Until when an ended job and its files are kept (ms): RESULT_TTL after its end, and longer while a webhook of it is
 * pending and for an hour beyond.
 */
export function keptUntil(job: StoredJob, resultTtlMs: number): number {
  const endedAt = job.finishedAt ?? now();
  const heldUntil = Math.max(0, ...webhooksOf(job).map(holdOf));
  return Math.max(endedAt + resultTtlMs, Math.min(heldUntil, endedAt + LONGEST_HOLD_MS));
}

function holdOf(callback: CallbackState): number {
  const { state, attemptsMade, createdAt, startedAt, finishedAt, nextAttemptAt, sends } = callback;
  if (!hasEnded(state)) return sends.length === 0 ? 0 : (nextAttemptAt ?? startedAt ?? createdAt) + BEYOND_MS;
  if (finishedAt === null || (attemptsMade <= 1 && finishedAt - createdAt < AT_ONCE_MS)) return 0;
  return finishedAt + BEYOND_MS;
}

/**
 * Until when the janitor leaves the job alone (ms): as `keptUntil`, but while a webhook of it is pending for some time from
 * now in any case, however late the webhook is.
 */
export function untouchedUntil(job: StoredJob, resultTtlMs: number): number {
  const kept = keptUntil(job, resultTtlMs);
  if (!isHeld(job)) return kept;
  return Math.max(kept, Math.min(now() + AT_ONCE_MS, (job.finishedAt ?? now()) + LONGEST_HOLD_MS));
}
