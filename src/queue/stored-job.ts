import { type Problem, toAppError, toProblem } from '../errors.ts';
import type { Progress, StoredFile } from '../jobs/define.ts';
import type { Envelope } from '../jobs/options.ts';
import { type JobName, readJobNames } from './names.ts';

export const JOB_STATES = ['waiting', 'delayed', 'active', 'completed', 'failed', 'cancelled'] as const;
export type JobState = (typeof JOB_STATES)[number];

/** A job as it stands in Redis, read at one moment. Times are milliseconds since the epoch. */
export interface StoredJob {
  id: string;
  kind: string;
  state: JobState;
  /** 1 = next in line; null unless waiting. */
  position: number | null;
  envelope: Envelope;
  progress: Progress | null;
  /** Runs begun, interruptions and worker deaths excluded. */
  attemptsMade: number;
  /** How often it was run again after it had ended. */
  retries: number;
  createdAt: number;
  startedAt: number | null;
  finishedAt: number | null;
  outcome: { result: unknown; files: StoredFile[] } | null;
  error: Problem | null;
  /** The jobs whose end it waits for, or waited for last; `waits` says that it does so now. */
  waitingFor: JobName[];
  waits: boolean;
  /** Set while a cancelled job still runs: its run has not heard of it yet, or is on its way to stop. */
  stopping?: true;
}

/** The hash fields that `readStoredJob` wants, in its order; the first is never absent. */
export const STORED_FIELDS = [
  'data',
  'timestamp',
  'processedOn',
  'finishedOn',
  'progress',
  'returnvalue',
  'failedReason',
  'runs',
  'final',
  'cancel',
  'retries',
  'waitingFor',
  'waits',
] as const;

/** Reads the answer of the look-up script: [state, place, depth, values of STORED_FIELDS]. */
export function readStoredJob(
  kind: string,
  id: string,
  answer: [string, number, number, (string | null)[]],
): StoredJob & { depth: number } {
  const [listed, place, depth, values] = answer;
  const field = Object.fromEntries(STORED_FIELDS.map((name, index) => [name, values[index] ?? null]));
  const number = (name: (typeof STORED_FIELDS)[number]) => (field[name] ? Number(field[name]) : null);
  const error = listed === 'failed' ? readProblem(field.failedReason ?? null) : null;
  return {
    id,
    kind,
    state: error?.code === 'cancelled' ? 'cancelled' : (listed as JobState),
    position: place || null,
    envelope: JSON.parse(field.data ?? 'null') as Envelope,
    progress: readProgress(field.progress ?? null),
    // The hash counts closed runs; one that is under way or has completed is not among them.
    attemptsMade: (number('runs') ?? 0) + ((listed === 'active' || listed === 'completed') && !field.final ? 1 : 0),
    retries: number('retries') ?? 0,
    createdAt: number('timestamp') ?? 0,
    startedAt: number('processedOn'),
    finishedAt: number('finishedOn'),
    outcome: listed === 'completed' ? JSON.parse(field.returnvalue ?? 'null') : null,
    error,
    waitingFor: readJobNames(field.waitingFor),
    waits: listed === 'delayed' && field.waits === '1',
    ...(listed === 'active' && field.cancel ? { stopping: true as const } : {}),
    depth,
  };
}

function readProgress(text: string | null): Progress | null {
  const progress: unknown = text ? JSON.parse(text) : null;
  return progress && typeof progress === 'object' ? (progress as Progress) : null;
}

/** A failed job's reason is the problem we stored; a reason of Bull's own is nothing to show. */
function readProblem(reason: string | null): Problem {
  try {
    const problem = JSON.parse(reason ?? '') as Problem;
    if (problem.code) return problem;
  } catch {
    // not ours
  }
  return toProblem(toAppError(reason));
}
