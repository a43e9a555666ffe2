import { type Problem, toAppError, toProblem, type WaitingOn } from '../../errors.ts';
import { readJobNames } from '../../jobs/job-name.ts';
import type { Envelope } from '../../jobs/options/options.ts';
import type { Progress } from '../../jobs/progress.ts';
import type { Holder, JobState, LastError, StoredJob } from '../../jobs/stored-job.ts';
import { asEnvelope, makeDamagedJob } from './damaged-record.ts';
import { STORED_FIELDS } from './job-fields.ts';

type Field = (typeof STORED_FIELDS)[number];

/**
 * The answer of `readJobScript`: state, position (0: none), depth, values of STORED_FIELDS, due (0: no), paused since, 1 when
 * its caller has as many runs as it may, who holds it and since when.
 */
export type JobAnswer = [string, number, number, (string | null)[], number, string, number, string[]];

/** Parses the answer of `readJobScript`; what can't be parsed is a damaged job. */
export function parseStoredJob(kind: string, id: string, answer: JobAnswer): StoredJob & { depth: number } {
  try {
    return parseAnswer(kind, id, answer);
  } catch {
    const [listed, , depth, values] = answer;
    const value = (field: Field) => values[STORED_FIELDS.indexOf(field)] ?? '';
    const remains = {
      ...{ kind, id, listed: listed as JobState, caller: callerIn(value('indexes')) },
      createdAt: Number(value('timestamp')) || 0,
      finishedAt: Number(value('finishedOn')) || null,
    };
    return { ...makeDamagedJob(remains), depth };
  }
}

/** The caller among the names of a job's indexes; '' where none is. */
export function callerIn(indexes: string): string {
  const [, name = ''] = /"caller:((?:[^"\\]|\\.)*)"/.exec(indexes) ?? [];
  return JSON.parse(`"${name}"`) as string;
}

function parseAnswer(kind: string, id: string, answer: JobAnswer): StoredJob & { depth: number } {
  const [listed, position, depth, values, due, pausedSince, isOver, holders] = answer;
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
    envelope: parseEnvelope(text('data')),
    progress: parseProgress(text('progress')),
    attemptsMade: count('runs') + (isUncounted ? 1 : 0),
    retries: count('retries'),
    retriedAt: number('retriedAt'),
    createdAt: count('timestamp'),
    startedAt: number('processedOn'),
    dueAt: due || null,
    finishedAt: number('finishedOn'),
    outcome: listed === 'completed' ? parseOutcome(text('returnvalue')) : null,
    error,
    lastError: isHeld || listed === 'active' ? (JSON.parse(text('lastError') ?? 'null') as LastError | null) : null,
    waitingFor: readJobNames(text('waitingFor')),
    waits: listed === 'delayed' && text('waits') === '1',
    waitingOn: waitingOn(listed, text('waitingOn'), { isPaused: pausedSince !== '', isOver: isOver === 1 }),
    pausedSince: isHeld ? Number(pausedSince) || null : null,
    ...(listed === 'active' && text('cancel') ? { stopping: true as const } : {}),
    ...(holders.length > 0 ? { holders: parseHolders(holders) } : {}),
    ...(text('linkedUntil') ? { linkedUntil: count('linkedUntil') } : {}),
    ...(text('own:keptBytes') ? { keptBytes: count('own:keptBytes') } : {}),
    ...(text('own:later') ? { later: JSON.parse(text('own:later') ?? 'null') as unknown } : {}),
    depth,
  };
}

function parseHolders(holders: readonly string[]): Holder[] {
  return holders.flatMap((name, index) => {
    const since = Number(holders[index + 1]);
    return index % 2 === 0 ? readJobNames(name).map((job) => ({ ...job, since })) : [];
  });
}

function parseEnvelope(data: string | null): Envelope {
  const envelope = asEnvelope(JSON.parse(data ?? 'null'));
  if (!envelope) throw new Error('no envelope');
  return envelope;
}

function parseOutcome(text: string | null): StoredJob['outcome'] {
  const outcome = JSON.parse(text ?? 'null') as StoredJob['outcome'];
  if (outcome && !Array.isArray(outcome.files)) throw new Error('no outcome');
  return outcome;
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
export function parseProblem(reason: string | null): Problem {
  try {
    const problem = JSON.parse(reason ?? '') as Problem;
    if (problem.code) return problem;
  } catch {
    // not ours
  }
  return toProblem(toAppError(reason));
}
