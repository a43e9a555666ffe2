import type { JobState, StoredJob } from '../../jobs/stored-job.ts';
import { hasEnded } from '../../jobs/stored-job.ts';
import { formatDuration, formatTime } from '../../kinds/formats.ts';
import { stateNameOf } from './job-words.ts';

/** One attempt to send a webhook, every text ready. */
export interface SentAttempt {
  attempt: string;
  /** RFC 3339, and the same for people. */
  at: string;
  time: string;
  /** "Answered 200", or why there was no answer. */
  outcome: string;
  isTaken: boolean;
  took: string;
  /** The beginning of what the receiver said; null where it said nothing, or nothing for this reader. */
  answer: string | null;
}

/** What became of a job's callback. */
export interface CallbackCard {
  url: string;
  /** The webhook's own job; null before the end of the job it tells of, and when it is gone. */
  jobId: string | null;
  state: JobState | null;
  stateName: string | null;
  sentence: string;
  isPending: boolean;
  /** When it is sent again (RFC 3339), and the same for people; then it can be sent now. */
  next: { at: string; time: string } | null;
  attempts: SentAttempt[];
}

/** What a worker writes into a webhook's log with each attempt. */
interface LogEntry {
  at: string;
  attempt: number;
  status?: number;
  error?: string;
  ms: number;
  /** What the receiver said; of an inner one it is for operators alone. */
  text?: string;
  isInner?: boolean;
}

/**
 * A job's callback, by the webhook that sends it (null: there is none yet, or none any more) and that webhook's log.
 */
export function describeCallback(
  job: StoredJob,
  webhook: StoredJob | null,
  entries: unknown[],
  isOperator = false,
): CallbackCard | null {
  const { callbackUrl } = job.envelope.options;
  if (!callbackUrl) return null;
  return {
    url: callbackUrl,
    jobId: webhook?.id ?? null,
    state: webhook?.state ?? null,
    stateName: webhook && stateNameOf(webhook),
    sentence: callbackSentence(job, webhook, entries.length > 0),
    isPending: webhook !== null && !hasEnded(webhook.state),
    next: webhook && nextAttemptOf(webhook),
    attempts: describeSendLog(entries, isOperator),
  };
}

/** When a webhook is sent again; null unless it waits for that. */
export function nextAttemptOf({ state, callback }: StoredJob): CallbackCard['next'] {
  if (state !== 'delayed' || typeof callback?.nextAttemptAt !== 'number') return null;
  const at = new Date(callback.nextAttemptAt).toISOString();
  return { at, time: formatTime(at) };
}

function callbackSentence(job: StoredJob, webhook: StoredJob | null, wasSent: boolean): string {
  if (!hasEnded(job.state)) return 'Told when this job has ended.';
  if (!webhook) return 'Nothing is kept about this callback any more.';
  if (webhook.error) return webhook.error.detail;
  if (webhook.state === 'completed') return 'It was told how this job ended.';
  // It waits for the end to be readable, for a place or for its host's rest.
  if (webhook.state === 'delayed' && !wasSent) return 'It will be told how this job ended.';
  if (webhook.state === 'delayed') return 'Not taken so far; it is sent again by itself.';
  return 'It is being told how this job ended.';
}

/** The attempts in a webhook's log, oldest first; entries of another shape are left out. */
export function describeSendLog(entries: unknown[], isOperator = false): SentAttempt[] {
  return entries.filter(isLogEntry).map(({ at, attempt, status, error, ms, text = null, isInner = true }) => ({
    attempt: String(attempt),
    at,
    time: formatTime(at),
    outcome: status === undefined ? (error ?? 'No answer.') : `Answered ${status}`,
    isTaken: status !== undefined && status >= 200 && status <= 299,
    took: formatDuration(ms),
    answer: isInner && !isOperator ? null : text,
  }));
}

function isLogEntry(entry: unknown): entry is LogEntry {
  const { at, attempt, ms } = (entry ?? {}) as Partial<LogEntry>;
  return typeof at === 'string' && typeof attempt === 'number' && typeof ms === 'number';
}
