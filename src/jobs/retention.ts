import { now } from '../clock.ts';
import { type CallbackState, hasEnded, type StoredJob } from './stored-job.ts';

const HOUR_MS = 3_600_000;
/** A webhook goes on for so long at most, however long its receiver asks it to wait. */
export const WEBHOOK_LIFE_MS = 77 * HOUR_MS;
/** What a webhook points to stays for so long after it has ended, or after its next attempt. */
const BEYOND_MS = HOUR_MS;
/** A webhook holds its job, and the files, for so long after the job's end at most. */
export const LONGEST_HOLD_MS = WEBHOOK_LIFE_MS + BEYOND_MS;
/** A job holds what it names for so long at most: as far ahead as `runAt` may be, and as long as a mail is tried. */
export const LONGEST_FILE_HOLD_MS = 32 * 24 * HOUR_MS;
/** A receiver that took the webhook at once has the files as long as everybody: nothing is held for it. */
const AT_ONCE_MS = 60_000;

/**
 * Until when an ended job and its files, or an upload, are kept (ms): RESULT_TTL after its end, longer while its
 * webhook is pending and for an hour beyond, while a link leads to it, and at the latest while jobs hold it that name
 * it.
 */
export const keptUntil = (job: StoredJob, resultTtlMs: number): number =>
  Math.max(keptByItself(job, resultTtlMs), job.heldUntil ?? 0);

function keptByItself({ finishedAt, callback, linkedUntil = 0 }: StoredJob, resultTtlMs: number): number {
  const endedAt = finishedAt ?? now();
  const heldUntil = callback ? holdOf(callback) : 0;
  return Math.max(endedAt + resultTtlMs, Math.min(heldUntil, endedAt + LONGEST_HOLD_MS), linkedUntil);
}

function holdOf(callback: CallbackState): number {
  const { state, attemptsMade, createdAt, startedAt, finishedAt, nextAttemptAt, sends } = callback;
  if (!hasEnded(state)) return sends.length === 0 ? 0 : (nextAttemptAt ?? startedAt ?? createdAt) + BEYOND_MS;
  if (finishedAt === null || (attemptsMade <= 1 && finishedAt - createdAt < AT_ONCE_MS)) return 0;
  return finishedAt + BEYOND_MS;
}

/**
 * The jobs that have not ended and need it, which is kept for them: those that name it, and the webhook that tells of
 * it.
 */
export function heldBy({ id, callback, heldBy: holding = [] }: StoredJob): string[] {
  const isAwaited = callback && callback.id !== id && !hasEnded(callback.state) && holdOf(callback) > 0;
  return isAwaited ? [...holding, callback.id] : [...holding];
}

/** Whether somebody needs it still: it is the last to go where room is short. */
export const isHeld = ({ callback, heldUntil = 0, linkedUntil = 0 }: StoredJob): boolean =>
  (callback !== undefined && !hasEnded(callback.state)) || Math.max(heldUntil, linkedUntil) > now();

/**
 * Until when the janitor leaves it alone (ms): until it is kept by itself, but while its webhook is pending or jobs
 * hold it for some time from now in any case, after which it is looked at again.
 */
export function untouchedUntil(job: StoredJob, resultTtlMs: number): number {
  const kept = keptByItself(job, resultTtlMs);
  const { callback, finishedAt, heldUntil = 0 } = job;
  const lookAgain = now() + AT_ONCE_MS;
  if (heldUntil > now()) return Math.max(kept, lookAgain);
  if (!callback || hasEnded(callback.state)) return kept;
  return Math.max(kept, Math.min(lookAgain, (finishedAt ?? now()) + LONGEST_HOLD_MS));
}
