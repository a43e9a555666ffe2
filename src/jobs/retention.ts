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

/**
 * Until when an ended job and its files are kept (ms): RESULT_TTL after its end, and longer while its webhook is pending
 * and for an hour beyond.
 */
export function keptUntil({ finishedAt, callback }: StoredJob, resultTtlMs: number): number {
  const endedAt = finishedAt ?? now();
  const heldUntil = callback ? holdOf(callback) : 0;
  return Math.max(endedAt + resultTtlMs, Math.min(heldUntil, endedAt + LONGEST_HOLD_MS));
}

function holdOf(callback: CallbackState): number {
  const { state, attemptsMade, createdAt, startedAt, finishedAt, nextAttemptAt, sends } = callback;
  if (!hasEnded(state)) return sends.length === 0 ? 0 : (nextAttemptAt ?? startedAt ?? createdAt) + BEYOND_MS;
  if (finishedAt === null || (attemptsMade <= 1 && finishedAt - createdAt < AT_ONCE_MS)) return 0;
  return finishedAt + BEYOND_MS;
}

/**
 * Until when the janitor leaves the job alone (ms): as `keptUntil`, but while its webhook is pending for some time from
 * now in any case, however late the webhook is.
 */
export function untouchedUntil(job: StoredJob, resultTtlMs: number): number {
  const kept = keptUntil(job, resultTtlMs);
  const { callback, finishedAt } = job;
  if (!callback || hasEnded(callback.state)) return kept;
  return Math.max(kept, Math.min(now() + AT_ONCE_MS, (finishedAt ?? now()) + LONGEST_HOLD_MS));
}
