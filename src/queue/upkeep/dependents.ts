import type { Redis } from 'ioredis';
import { STOP_FIELD, STOP_SEEN } from '../../jobs/job-fields.ts';
import { type JobName, readJobNames, writeJobNames } from '../../jobs/job-name.ts';
import { dependentsKey, jobKey, queueKey } from '../../redis/keys.ts';
import { readJob } from '../read/read-job.ts';
import { fieldName } from '../run/job-fields.ts';
import { promoteJobScript } from '../scripts/jobs/promote-job.ts';

/** A set without an end, since its job never ended, goes after the longest delay a job may have and then some. */
const KEPT_SECONDS = 32 * 86_400;
/** Promoted in one step; more of them come up by themselves. */
const MOST_PROMOTED = 10_000;

/** Enters a job under each of the others it waits for, before it is put back. */
export async function addDependent(redis: Redis, { kind, id }: JobName, others: readonly JobName[]): Promise<void> {
  const writes = redis.pipeline().hset(jobKey(kind, id), { waitingFor: writeJobNames(others), waits: 1 });
  for (const other of others) {
    const key = dependentsKey(other.kind, other.id);
    writes.sadd(key, writeJobNames([{ kind, id }])).expire(key, KEPT_SECONDS);
  }
  await writes.exec();
}

/** Lets a job run now that was put back to wait, unless it has started or ended meanwhile. */
const promoteJob = (redis: Redis, { kind, id }: JobName): Promise<unknown> =>
  promoteJobScript(redis, [queueKey(kind, 'delayed')], [id]);

/** Lets all jobs run that wait for a job; call it when that one is marked as ended, or gone. */
export async function promoteDependents(redis: Redis, { kind, id }: JobName): Promise<void> {
  const dependents = await redis.spop(dependentsKey(kind, id), MOST_PROMOTED);
  await Promise.all(readJobNames(dependents.join(' ')).map((dependent) => promoteJob(redis, dependent)));
}

/**
 * Promotes a job that was just put back when one of the others has ended by now: an end between the look at it and the
 * putting back promoted no job.
 */
export async function promoteIfEnded(redis: Redis, job: JobName, others: readonly JobName[]): Promise<void> {
  const found = await Promise.all(others.map(({ kind, id }) => readJob(redis, kind, id)));
  if (found.some((other) => !other || other.finishedAt !== null)) await promoteJob(redis, job);
}

/**
 * Promotes a job that was just put back when it was cancelled, or a flow that was to stop, while that was under way: its run
 * did not see it any more, and its next one ends as cancelled at once.
 */
export async function promoteIfCancelled(redis: Redis, job: JobName): Promise<void> {
  const [cancel, stop] = await redis.hmget(jobKey(job.kind, job.id), 'cancel', fieldName(STOP_FIELD));
  if (cancel !== null || !(stop ?? STOP_SEEN).endsWith(STOP_SEEN)) await promoteJob(redis, job);
}

/** Removes an erased job from the dependents of those it waited for, and promotes its own. */
export async function forgetDependent(redis: Redis, job: JobName, others: readonly JobName[]): Promise<void> {
  await Promise.all([
    promoteDependents(redis, job),
    ...others.map(({ kind, id }) => redis.srem(dependentsKey(kind, id), writeJobNames([job]))),
  ]);
}
