import type { ErrorCode, Problem, WaitingOn } from '../errors.ts';
import type { StoredFile } from './files/stored-file.ts';
import type { JobName } from './job-name.ts';
import type { Envelope } from './options/options.ts';
import type { Progress } from './progress.ts';

/** The states in which a job stays until it is run again or erased. */
export const END_STATES = ['completed', 'failed', 'cancelled'] as const;
export type EndState = (typeof END_STATES)[number];

export const JOB_STATES = ['waiting', 'delayed', 'active', ...END_STATES] as const;
export type JobState = (typeof JOB_STATES)[number];

/** An attempt to send a webhook: the status it was answered with, or the sentence that says why there was none. */
export interface SentAttempt {
  at: string;
  attempt: number;
  status: number | null;
  error: string | null;
  ms: number;
}

/** What has become of a webhook. Times are milliseconds since the epoch. */
export interface CallbackState {
  id: string;
  url: string;
  event: string;
  /** The job it tells of; null where it tells of none. */
  job: string | null;
  /** The name of the endpoint that it is for; null for a `callbackUrl`. */
  endpoint: string | null;
  state: JobState;
  attemptsMade: number;
  attemptsMax: number;
  createdAt: number;
  startedAt: number | null;
  finishedAt: number | null;
  /** Null unless it waits for its time. */
  nextAttemptAt: number | null;
  /** Why it was not taken last, or why it has ended without being taken. */
  lastError: { code: string; detail: string; at: string } | null;
  /** The attempts that are kept, oldest first. */
  sends: SentAttempt[];
}

/** What has become of the sending of a file to where its job said. */
export interface DeliveryState extends CallbackState {
  /** The file's name as the job was asked; null for its one file. */
  file: string | null;
}

/** What went wrong in a job's last attempt, while more are to come. */
export interface LastError {
  code: ErrorCode;
  detail: string;
  /** RFC 3339. */
  at: string;
  /** What its mail server has said of each recipient of a mail so far; absent where it has not. */
  recipients?: NonNullable<Problem['recipients']>;
}

/** A job that names a file of another, or an upload, which is kept for it; since when (ms). */
export interface Holder extends JobName {
  since: number;
}

/** A job as it stands in Redis, read at one moment. Times are milliseconds since the epoch. */
export interface StoredJob {
  id: string;
  kind: string;
  state: JobState;
  /** 1 = next in line; null unless waiting. */
  position: number | null;
  envelope: Envelope;
  progress: Progress | null;
  /** Runs that started, interruptions and worker deaths excluded. */
  attemptsMade: number;
  /** How often it was run again after it had ended. */
  retries: number;
  /** When that was last. */
  retriedAt: number | null;
  createdAt: number;
  startedAt: number | null;
  /** When a delayed job runs; null in any other state. */
  dueAt: number | null;
  finishedAt: number | null;
  outcome: { result: unknown; files: StoredFile[] } | null;
  error: Problem | null;
  /** Null when no attempt has failed so far, and once the job has ended. */
  lastError: LastError | null;
  /** The jobs whose end it waits for, or waited for last; `waits` while it does so. */
  waitingFor: JobName[];
  waits: boolean;
  /** The webhook that tells of its end, or of a webhook its own state; absent where there is none. */
  callback?: CallbackState;
  /** The webhooks that tell endpoints of its end; absent where there are none. */
  told?: CallbackState[];
  /** The sendings of its files, as far as they are kept; absent where there are none. */
  deliveries?: DeliveryState[];
  /** Whose holds are recorded, those of the longest ones; absent where nobody holds it. */
  holders?: Holder[];
  /**
   * Those of them that have not ended, and until when they hold it at the latest (ms); absent unless that was looked
   * at.
   */
  heldBy?: string[];
  heldUntil?: number;
  /** Set for a file of a brand: it makes way for nothing. */
  isKept?: true;
  /** Until when a link leads to its files (ms); absent where none does. */
  linkedUntil?: number;
  /** Of a job of a flow that is still there: when that ended (ms); null while it has not. */
  flowEndedAt?: number | null;
  /** What keeps it from running now; null when nothing does, and while it only pauses between two attempts. */
  waitingOn: WaitingOn | null;
  /** Since when its queue is paused; null while it is not, where it is not known, and once the job runs. */
  pausedSince: number | null;
  /** Set while a cancelled job still runs: its run has not read that yet, or is on its way to stop. */
  stopping?: true;
  /** What its kind has heard of its effects since (LATER_FIELD); absent for nothing. */
  later?: unknown;
  /** How many bytes it keeps in storage beside what it was given and its result (KEPT_FIELD); absent for none. */
  keptBytes?: number;
  /** Set where its record can't be read: little of it is known. */
  damaged?: true;
}

/** Whether the job has come to its end. */
export const hasEnded = (state: JobState): state is EndState => (END_STATES as readonly JobState[]).includes(state);

/** Makes a job that waits and has not run; what is given on top replaces that. */
export const newStoredJob = (
  facts: Pick<StoredJob, 'id' | 'kind' | 'envelope' | 'createdAt'> & Partial<StoredJob>,
): StoredJob => ({
  state: 'waiting',
  position: null,
  progress: null,
  attemptsMade: 0,
  retries: 0,
  retriedAt: null,
  startedAt: null,
  dueAt: null,
  finishedAt: null,
  outcome: null,
  error: null,
  lastError: null,
  waitingFor: [],
  waits: false,
  waitingOn: null,
  pausedSince: null,
  ...facts,
});
