import type { Redis } from 'ioredis';
import { type JobName, readJobNames, writeJobNames } from '../../jobs/job-name.ts';
import { queueKey } from '../../redis/keys.ts';
import { lookUp } from '../read-job.ts';
import { wakeScript } from '../scripts/scripts.ts';

/** A set without an end, since its job never ended, goes after the longest delay a job may have and then some. */
const KEPT_SECONDS = 32 * 86_400;
/** Woken in one step; more of them wake by themselves. */
const MOST_WOKEN = 10_000;

const waitersKey = ({ kind, id }: JobName): string => queueKey(kind, `${id}:waiters`);

/** Enters a job under each of the others it waits for, before it is put back. */
export async function enterWaiter(redis: Redis, { kind, id }: JobName, others: readonly JobName[]): Promise<void> {
  const writes = redis.pipeline().hset(queueKey(kind, id), { waitingFor: writeJobNames(others), waits: 1 });
  for (const key of others.map(waitersKey)) writes.sadd(key, writeJobNames([{ kind, id }])).expire(key, KEPT_SECONDS);
  await writes.exec();
}

/** Lets a job run now that was put back to wait, unless it has begun or ended meanwhile. */
export const wakeJob = (redis: Redis, { kind, id }: JobName): Promise<unknown> =>
  wakeScript(redis, [queueKey(kind, 'delayed')], [id, Date.now()]);

/** Lets all run that wait for a job; called when it is marked as ended, or gone. */
export async function wakeWaiters(redis: Redis, job: JobName): Promise<void> {
  const waiters = await redis.spop(waitersKey(job), MOST_WOKEN);
  await Promise.all(readJobNames(waiters.join(' ')).map((waiter) => wakeJob(redis, waiter)));
}

/**
 * Wakes a job that was just put back when one of the others has ended by now: an end between the look at it and the
 * putting back woke nobody.
 */
export async function wakeIfEnded(redis: Redis, job: JobName, others: readonly JobName[]): Promise<void> {
  const found = await Promise.all(others.map(({ kind, id }) => lookUp(redis, kind, id)));
  if (found.some((other) => !other || other.finishedAt !== null)) await wakeJob(redis, job);
}

/** Takes an erased job out of the sets of those it waited for, and lets those run that wait for it. */
export async function forgetWaiter(redis: Redis, job: JobName, others: readonly JobName[]): Promise<void> {
  await Promise.all([
    wakeWaiters(redis, job),
    ...others.map((other) => redis.srem(waitersKey(other), writeJobNames([job]))),
  ]);
}
