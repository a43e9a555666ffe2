import { now } from '../../clock.ts';
import { type CallbackState, type DeliveryState, hasEnded, type StoredJob } from '../stored-job.ts';

const HOUR_MS = 3_600_000;
/** A webhook goes on for so long at most, however long its receiver asks it to wait. */
export const WEBHOOK_LIFE_MS = 77 * HOUR_MS;
/** What a webhook points to stays for so long after it has ended, or after its next attempt. */
const BEYOND_MS = HOUR_MS;
/** A webhook holds its job, and the files, for so long after the job's end at most. */
export const LONGEST_HOLD_MS = WEBHOOK_LIFE_MS + BEYOND_MS;
/** A job holds what it names for so long at most: as far ahead as `runAt` may be, and as long as a mail is tried. */
export const LONGEST_FILE_HOLD_MS = 32 * 24 * HOUR_MS;
/** The flow goes first, and takes its jobs along. */
const BEYOND_FLOW_MS = 60_000;
/** A receiver that took the webhook at once has the files as long as everybody: nothing is held for it. */
const AT_ONCE_MS = 60_000;

/** The webhooks that may hold a job, and the sendings of its files. */
const webhooksOf = ({ callback, told = [], deliveries = [] }: StoredJob): (CallbackState | DeliveryState)[] => [
  ...(callback ? [callback] : []),
  ...told,
  ...deliveries,
];

/**
 * Until when an ended job and its files, or an upload, are kept (ms): RESULT_TTL after its end, longer while a webhook of it is
 * pending and for an hour beyond, while a link leads to it, as long as the flow that asked for it, and at the latest while jobs
 * hold it that name it.
 */
export const keptUntil = (job: StoredJob, resultTtlMs: number): number =>
  Math.max(keptByItself(job, resultTtlMs), job.heldUntil ?? 0);

function keptByItself(job: StoredJob, resultTtlMs: number): number {
  const endedAt = job.finishedAt ?? now();
  const heldUntil = Math.max(0, ...webhooksOf(job).map(holdOf));
  const byItself = Math.max(
    endedAt + resultTtlMs,
    Math.min(heldUntil, endedAt + LONGEST_HOLD_MS),
    job.linkedUntil ?? 0,
  );
  return Math.max(byItself, flowUntil(job, resultTtlMs));
}

/** Until when the flow that asked for it is kept: the job goes with it (0: there is none). Of one that goes on it is not known. */
function flowUntil({ flowEndedAt }: StoredJob, resultTtlMs: number): number {
  if (flowEndedAt === undefined) return 0;
  return (flowEndedAt ?? now()) + resultTtlMs + BEYOND_FLOW_MS;
}

function holdOf(callback: CallbackState | DeliveryState): number {
  const { state, attemptsMade, createdAt, startedAt, finishedAt, nextAttemptAt, sends } = callback;
  // A file that is to be sent is needed from the beginning.
  const isNeeded = sends.length > 0 || 'file' in callback;
  if (!hasEnded(state)) return !isNeeded ? 0 : (nextAttemptAt ?? startedAt ?? createdAt) + BEYOND_MS;
  if (finishedAt === null || (attemptsMade <= 1 && finishedAt - createdAt < AT_ONCE_MS)) return 0;
  return finishedAt + BEYOND_MS;
}

/** The jobs that have not ended and need it, which is kept for them: those that name it, and the webhooks that tell of it. */
export function heldBy(job: StoredJob): string[] {
  const awaited = webhooksOf(job).filter((one) => one.id !== job.id && !hasEnded(one.state) && holdOf(one) > 0);
  const { flow } = job.envelope;
  const ofFlow = flow && job.flowEndedAt !== undefined ? [flow.id] : [];
  return [...ofFlow, ...(job.heldBy ?? []), ...awaited.map(({ id }) => id)];
}

/** Whether a webhook tells of it, or a file of it is sent, that has not ended. */
const isTold = (job: StoredJob): boolean => webhooksOf(job).some(({ state }) => !hasEnded(state));

/** Whether somebody needs it still: it is the last to go where room is short. */
export const isHeld = (job: StoredJob): boolean =>
  isTold(job) || job.flowEndedAt !== undefined || Math.max(job.heldUntil ?? 0, job.linkedUntil ?? 0) > now();

/**
 * Until when the janitor leaves it alone (ms): until it is kept by itself, but while a webhook of it is pending or jobs hold it
 * for some time from now in any case, after which it is looked at again.
 */
export function untouchedUntil(job: StoredJob, resultTtlMs: number): number {
  const kept = keptByItself(job, resultTtlMs);
  const lookAgain = now() + AT_ONCE_MS;
  if ((job.heldUntil ?? 0) > now()) return Math.max(kept, lookAgain);
  if (!isTold(job)) return kept;
  return Math.max(kept, Math.min(lookAgain, (job.finishedAt ?? now()) + LONGEST_HOLD_MS));
}
