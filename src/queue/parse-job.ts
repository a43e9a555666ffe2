import { type Problem, toAppError, toProblem } from '../errors.ts';
import { readJobNames } from '../jobs/job-name.ts';
import type { Envelope } from '../jobs/options.ts';
import type { Progress } from '../jobs/processor.ts';
import type { JobState, StoredJob } from '../jobs/stored-job.ts';
import { STORED_FIELDS } from './job-fields.ts';

/** Parses the answer of `readJobScript`: [state, position (0 = none), depth, values of STORED_FIELDS]. */
export function parseStoredJob(
  kind: string,
  id: string,
  answer: [string, number, number, (string | null)[]],
): StoredJob & { depth: number } {
  const [listed, position, depth, values] = answer;
  const field = Object.fromEntries(STORED_FIELDS.map((name, index) => [name, values[index] ?? null]));
  const number = (name: (typeof STORED_FIELDS)[number]) => (field[name] ? Number(field[name]) : null);
  const error = listed === 'failed' ? parseProblem(field.failedReason ?? null) : null;
  return {
    id,
    kind,
    state: error?.code === 'cancelled' ? 'cancelled' : (listed as JobState),
    position: position || null,
    envelope: JSON.parse(field.data ?? 'null') as Envelope,
    progress: parseProgress(field.progress ?? null),
    // The hash counts finished runs; one that is under way or has completed is not among them.
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

function parseProgress(text: string | null): Progress | null {
  const progress: unknown = text ? JSON.parse(text) : null;
  return progress && typeof progress === 'object' ? (progress as Progress) : null;
}

/** `failedReason` holds our problem as JSON; anything else is Bull's own text and is replaced by `internal`. */
function parseProblem(reason: string | null): Problem {
  try {
    const problem = JSON.parse(reason ?? '') as Problem;
    if (problem.code) return problem;
  } catch {
    // not ours
  }
  return toProblem(toAppError(reason));
}
