import { type Problem, toAppError, toProblem } from '../errors.ts';
import { readJobNames } from '../jobs/job-name.ts';
import type { Envelope } from '../jobs/options.ts';
import type { Progress } from '../jobs/processor.ts';
import type { JobState, StoredJob } from '../jobs/stored-job.ts';

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
