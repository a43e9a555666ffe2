import Job from 'bull/lib/job.js';
import { AppError, toProblem } from '../../errors.ts';
import type { Envelope } from '../../jobs/options/options.ts';
import { hasEnded, type JobState, newStoredJob, type StoredJob } from '../../jobs/stored-job.ts';
import { BULL_JOB_OPTIONS, BULL_PRIORITY } from '../bull-options.ts';

/** What stands for an envelope that can't be read; its version is one that no worker runs. */
const damagedEnvelope = (caller: string): Envelope => ({ v: 0, caller, input: null, uploads: {}, options: {} });

/** What stays known of a job whose record can't be read. */
export interface Remains {
  kind: string;
  id: string;
  /** Where the queue has it. */
  listed: JobState;
  /** Its caller, or '' where not even that is known. */
  caller: string;
  createdAt: number;
  finishedAt: number | null;
}

/** Makes the job of a damaged record: it spoils its own line, and can be erased. */
export function makeDamagedJob({ kind, id, listed, caller, createdAt, finishedAt }: Remains): StoredJob {
  const state = hasEnded(listed) ? 'failed' : listed;
  const error = new AppError('internal', 'The record of this job is damaged: nothing can be said of it.');
  return newStoredJob({
    ...{ id, kind, state, createdAt, finishedAt, damaged: true },
    envelope: damagedEnvelope(caller),
    error: state === 'failed' ? { ...toProblem(error), retryable: false } : null,
  });
}

/** The envelope in what was read; null where it is none. */
export function asEnvelope(data: unknown): Envelope | null {
  const envelope = data as Partial<Envelope> | null;
  if (typeof envelope !== 'object' || typeof envelope?.caller !== 'string') return null;
  const { uploads, options } = envelope;
  return isObject(uploads) && isObject(options) ? (envelope as Envelope) : null;
}

const isObject = (value: unknown): boolean => typeof value === 'object' && value !== null;

let isTolerant = false;

/**
 * Lets Bull read a job whose record is damaged: it runs to its end at once, and the dashboard shows it. Bull alone would
 * throw, leave the job to its lock, and take it again for ever.
 */
export function tolerateDamage(): void {
  if (isTolerant) return;
  isTolerant = true;
  const parse = Job.fromJSON;
  const data = JSON.stringify(damagedEnvelope(''));
  const opts = JSON.stringify({ ...BULL_JOB_OPTIONS, priority: BULL_PRIORITY.normal });
  Job.fromJSON = (queue, json, id) => {
    try {
      return parse(queue, json, id);
    } catch {
      return parse(queue, { ...json, data, opts }, id);
    }
  };
}
