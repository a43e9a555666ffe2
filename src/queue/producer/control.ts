import type { Redis } from 'ioredis';
import { now } from '../../clock.ts';
import { AppError, toProblem } from '../../errors.ts';
import { NOW_FIELD } from '../../jobs/job-fields.ts';
import { readJobNames } from '../../jobs/job-name.ts';
import { findRetryFault } from '../../jobs/retry-fault.ts';
import type { StoredJob } from '../../jobs/stored-job.ts';
import { cancelledKey, historyKey, inDoubtKey, jobKey, queueKey, queueKeys, usageKey } from '../../redis/keys.ts';
import { cancelledError } from '../cancelled-error.ts';
import { createJobFields, fieldName } from '../run/job-fields.ts';
import { cancelJobScript } from '../scripts/jobs/cancel-job.ts';
import { promoteJobScript } from '../scripts/jobs/promote-job.ts';
import { retryJobScript } from '../scripts/jobs/retry-job.ts';
import { promoteDependents } from '../upkeep/dependents.ts';
import { holdRecords, releaseHolds } from '../upkeep/holds.ts';

/** The outcome of a cancellation: done, under way (the run stops within a second), or too late. */
export type Cancellation = 'cancelled' | 'stopping' | 'ended';

/**
 * Cancels a job wherever it is. `beforeFinish` is called first for a job that does not run: a worker calls it
 * otherwise. Such a job says `why`.
 */
export async function cancelJob(
  redis: Redis,
  job: StoredJob,
  beforeFinish?: (redis: Redis, job: StoredJob) => Promise<void>,
  why: AppError = cancelledError(),
): Promise<Cancellation> {
  const { kind, id, state } = job;
  const error = toProblem(why);
  // Before the job is marked: a crash between the two forgets no callback.
  if (state === 'waiting' || state === 'delayed') {
    await beforeFinish?.(redis, { ...job, state: 'cancelled', finishedAt: now(), position: null, error });
  }
  const lists = queueKeys(kind, 'wait', 'paused', 'delayed', 'priority', 'active', 'failed');
  const keys = [jobKey(kind, id), ...lists, cancelledKey(kind), usageKey(kind)];
  const answer = await cancelJobScript(redis, keys, [id, JSON.stringify(error), queueKey(kind, '')]);
  const cancellation = (answer ?? 'ended') as Cancellation;
  if (cancellation === 'cancelled') {
    await Promise.all([promoteDependents(redis, { kind, id }), releaseHolds(redis, { kind, id }, job.envelope)]);
  }
  return cancellation;
}

/**
 * Runs a failed or cancelled job again, with all its attempts, and a completed one where the kind allows it. One in doubt
 * gets the own fields by which its kind does once more what may have been done (`fields`), in the same step, and runs again
 * only if all is there that it names. Answers false when it may not, or has not ended (any more); throws retry_useless where another
 * run could not end otherwise.
 */
export async function retryJob(
  redis: Redis,
  job: StoredJob,
  retryCompleted: boolean,
  fields: Readonly<Record<string, string>> = {},
): Promise<boolean> {
  const { kind, id, state, envelope } = job;
  if (state !== 'failed' && state !== 'cancelled' && !(state === 'completed' && retryCompleted)) return false;
  const fault = findRetryFault(job);
  if (fault) throw new AppError('retry_useless', fault);
  // Before it runs again; what is gone by now its run will tell of.
  const gone = await holdRecords(redis, { kind, id }, readJobNames(envelope.needs));
  if (gone && Object.keys(fields).length > 0) {
    await releaseHolds(redis, { kind, id }, envelope);
    throw new AppError('retry_useless', `Running the job again can not help: it needs ${gone.id}, which is gone.`);
  }
  const ended = state === 'completed' ? 'completed' : 'failed';
  const keys = [
    queueKey(kind, ended),
    jobKey(kind, id),
    queueKey(kind, 'delayed'),
    cancelledKey(kind),
    usageKey(kind),
    historyKey(kind),
    inDoubtKey(kind),
  ];
  const own = Object.entries(fields).flatMap(([name, value]) => [fieldName(name), value]);
  return (await retryJobScript(redis, keys, [id, ...own])) === 1;
}

/**
 * Lets a delayed job run now, before its time, and tells its run that somebody asked for it. Answers false when the job
 * is not delayed (any more).
 */
export async function promoteNow(redis: Redis, { kind, id, state }: StoredJob): Promise<boolean> {
  if (state !== 'delayed') return false;
  await createJobFields(redis, kind).change(id, { set: { [NOW_FIELD]: '1' } });
  return (await promoteJobScript(redis, [queueKey(kind, 'delayed')], [id])) === 1;
}
