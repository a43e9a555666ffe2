import { type Problem, toAppError, toProblem, type WaitingOn } from '../errors.ts';
import { readJobNames } from '../jobs/job-name.ts';
import type { Envelope } from '../jobs/options.ts';
import type { Progress } from '../jobs/processor.ts';
import type { JobState, LastError, StoredJob } from '../jobs/stored-job.ts';
import { STORED_FIELDS } from './job-fields.ts';

type Field = (typeof STORED_FIELDS)[number];

/**
 * The answer of `readJobScript`: state, position (0: none), depth, values of STORED_FIELDS, due (0: no), paused since, 1 when
 * its caller has as many runs as it may.
 */
export type JobAnswer = [string, number, number, (string | null)[], number, string, number];

/** Parses the answer of `readJobScript`. */
export function parseStoredJob(kind: string, id: string, answer: JobAnswer): StoredJob & { depth: number } {
  const [listed, position, depth, values, due, pausedSince, isOver] = answer;
  const text = (field: Field) => values[STORED_FIELDS.indexOf(field)] || null;
  const number = (field: Field) => (text(field) ? Number(text(field)) : null);
  const count = (field: Field) => number(field) ?? 0;
  const error = listed === 'failed' ? parseProblem(text('failedReason')) : null;
  // The hash counts finished runs; one that is under way or has completed is not among them.
  const isHeld = listed === 'waiting' || listed === 'delayed';
  const isUncounted = (listed === 'active' || listed === 'completed') && !text('final');
  return {
    id,
    kind,
    state: error?.code === 'cancelled' ? 'cancelled' : (listed as JobState),
    position: position || null,
    envelope: JSON.parse(text('data') ?? 'null') as Envelope,
    progress: parseProgress(text('progress')),
    attemptsMade: count('runs') + (isUncounted ? 1 : 0),
    retries: count('retries'),
    retriedAt: number('retriedAt'),
    createdAt: count('timestamp'),
    startedAt: number('processedOn'),
    dueAt: due || null,
    finishedAt: number('finishedOn'),
    outcome: listed === 'completed' ? JSON.parse(text('returnvalue') ?? 'null') : null,
    error,
    lastError: isHeld || listed === 'active' ? (JSON.parse(text('lastError') ?? 'null') as LastError | null) : null,
    waitingFor: readJobNames(text('waitingFor')),
    waits: listed === 'delayed' && text('waits') === '1',
    waitingOn: waitingOn(listed, text('waitingOn'), { isPaused: pausedSince !== '', isOver: isOver === 1 }),
    pausedSince: isHeld ? Number(pausedSince) || null : null,
    ...(listed === 'active' && text('cancel') ? { stopping: true as const } : {}),
    depth,
  };
}

/**
 * A delayed job waits on what its last run put it back for, a waiting one on its queue where that is paused, or on other runs
 * of its caller.
 */
function waitingOn(
  listed: string,
  stored: string | null,
  { isPaused, isOver }: { isPaused: boolean; isOver: boolean },
): WaitingOn | null {
  if (listed === 'delayed') return stored as WaitingOn | null;
  if (listed !== 'waiting') return null;
  if (isPaused) return 'pause';
  return isOver ? 'quota' : null;
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
