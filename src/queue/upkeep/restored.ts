import { endpointCallersKey } from '../../endpoints/keys.ts';
import { pauseEndpoints } from '../../endpoints/store.ts';
import { AppError } from '../../errors.ts';
import type { JobContract } from '../../jobs/contract.ts';
import type { Envelope } from '../../jobs/options/options.ts';
import { hasEnded, type StoredJob } from '../../jobs/stored-job.ts';
import type { Redis } from '../../redis/connect.ts';
import { jobKey, jobLockKey, queueKey } from '../../redis/keys.ts';
import { scheduleCallersKey } from '../../schedules/keys.ts';
import { pauseSchedules } from '../../schedules/store.ts';
import { cancelJob } from '../producer/control.ts';
import { readJob } from '../read/read-job.ts';
import { createJobFields } from '../run/job-fields.ts';

/** Jobs that are looked at in one round trip. */
const TOGETHER = 200;
const LISTS = ['wait', 'paused', 'active'];
const SETS = ['delayed', 'completed', 'failed'];

const NOT_SENT = new AppError(
  'cancelled',
  'Not sent: this deployment was restored as a copy, and what waited in the backup is sent by the original alone.',
);

/** Reads all jobs of a kind in a Redis that nobody else uses, in any state. */
export async function* readAllJobs(redis: Redis, kind: string): AsyncGenerator<StoredJob> {
  const listed = await Promise.all([
    ...LISTS.map((list) => redis.lrange(queueKey(kind, list), 0, -1)),
    ...SETS.map((set) => redis.zrange(queueKey(kind, set), 0, -1)),
  ]);
  const ids = listed.flat();
  for (let first = 0; first < ids.length; first += TOGETHER) {
    const jobs = await Promise.all(ids.slice(first, first + TOGETHER).map((id) => readJob(redis, kind, id)));
    for (const job of jobs) if (job) yield job;
  }
}

/**
 * Makes a queue in which nothing runs one that tells nobody outside of anything: what waits to be sent is cancelled, no
 * job calls back when it ends, and every endpoint and every schedule is paused. Answers how many jobs were cancelled.
 */
export async function silenceQueue(redis: Redis, contracts: readonly JobContract[]): Promise<number> {
  let cancelled = 0;
  for (const caller of await redis.smembers(endpointCallersKey())) await pauseEndpoints(redis, caller, 'copy');
  for (const caller of await redis.smembers(scheduleCallersKey())) await pauseSchedules(redis, caller, 'copy');
  for (const { kind } of contracts) {
    for await (const job of readAllJobs(redis, kind)) if (job.state !== 'completed') await dropCallback(redis, job);
  }
  for (const { kind } of contracts.filter(({ outward }) => outward)) {
    for await (const job of readAllJobs(redis, kind)) {
      if (hasEnded(job.state)) continue;
      await cancelJob(redis, job, undefined, NOT_SENT);
      cancelled += 1;
    }
  }
  return cancelled;
}

async function dropCallback(redis: Redis, { kind, id }: StoredJob): Promise<void> {
  const text = await redis.hget(jobKey(kind, id), 'data');
  const may = text?.includes('"callbackUrl"') || text?.includes('"deliverTo"');
  const envelope = may ? (JSON.parse(String(text)) as Envelope) : null;
  if (!envelope?.options.callbackUrl && !envelope?.deliverTo) return;
  const { callbackUrl: _url, ...options } = envelope.options;
  const { deliverTo: _files, ...rest } = envelope;
  await redis.hset(jobKey(kind, id), 'data', JSON.stringify({ ...rest, options }));
}

/** Takes all jobs back from workers that are not there; they run next, and it counts as no death of a worker. */
export async function putRunsBack(redis: Redis, contracts: readonly JobContract[]): Promise<void> {
  for (const { kind } of contracts) {
    const [active, stalled] = [queueKey(kind, 'active'), queueKey(kind, 'stalled')];
    const isPaused = (await redis.exists(queueKey(kind, 'meta-paused'))) === 1;
    for (const id of await redis.lrange(active, 0, -1)) {
      const put = redis.multi().lrem(active, 1, id).srem(stalled, id).del(jobLockKey(kind, id));
      await put
        .hdel(jobKey(kind, id), 'begun', 'run')
        .rpush(queueKey(kind, isPaused ? 'paused' : 'wait'), id)
        .exec();
    }
  }
}

/**
 * Marks what may have been sent since a moment as in doubt, by the fields that the kind has for that: whatever waited,
 * unless its `runAt` is still ahead. Answers how many jobs that are.
 */
export async function markInDoubt(redis: Redis, contracts: readonly JobContract[], since: string): Promise<number> {
  let marked = 0;
  for (const { kind, outward } of contracts) {
    if (!outward?.fieldsInDoubt) continue;
    const fields = createJobFields(redis, kind);
    for await (const { id, state, envelope } of readAllJobs(redis, kind)) {
      const { runAt } = envelope.options;
      if (hasEnded(state) || (runAt !== undefined && Date.parse(runAt) > Date.now())) continue;
      const set = outward.fieldsInDoubt(since);
      // One that was on its way at that moment says so already.
      const expected = Object.fromEntries(Object.keys(set).map((name) => [name, null]));
      await fields.change(id, { expected, set });
      marked += 1;
    }
  }
  return marked;
}
