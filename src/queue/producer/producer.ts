import { setTimeout as delay } from 'node:timers/promises';
import Bull, { type Queue } from 'bull';
import type { Redis } from 'ioredis';
import { AppError, toProblem } from '../../errors.ts';
import type { JobContract } from '../../jobs/contract.ts';
import type { Envelope } from '../../jobs/options.ts';
import type { StoredJob } from '../../jobs/stored-job.ts';
import type { Log } from '../../log.ts';
import { classifyRedisError, UNAVAILABLE } from '../../redis/errors.ts';
import { queueKey, queuePrefix } from '../../redis/keys.ts';
import type { Storage } from '../../storage/storage.ts';
import { type Counts, readCounts, readWorkers, type WorkerFacts } from '../counts.ts';
import { readEntries } from '../job-log.ts';
import { kindOfId, lookUp } from '../read-job.ts';
import { cancelledError } from '../worker/run-record.ts';
import { type Cancellation, cancelJob, eraseJob, retryJob } from './control.ts';
import { createEnqueue, type Enqueued } from './enqueue.ts';
import { watchHealth } from './health.ts';
import { type Position, readCallers, readIndex, removeFromIndex } from './job-index.ts';

/** An entry of the index without a job may be one that is being added right now; this old, it leads nowhere for good. */
const BEING_ADDED_MS = 60_000;

/** The web process's side of the queues. Everything rejects with `queue_unavailable` within a second when Redis is away. */
export interface Producer {
  /** Queues a job; it is on Redis' disk when this resolves. The id may be used again for the same job: nothing is queued twice. */
  enqueue(kind: string, id: string, envelope: Envelope): Promise<Enqueued>;
  /** Rejects with queue_full unless that many more jobs of the kind may wait. */
  assertRoom(kind: string, jobs: number): Promise<void>;
  /** The job with that id, or null. */
  find(id: string): Promise<StoredJob | null>;
  /** Whether there was a job of that id that was kept as long as jobs are kept. */
  hasExpired(id: string): Promise<boolean>;
  /** Jobs of a caller (null: of every caller), newest first, after a position; entries without a job are left out. */
  list(query: { caller: string | null; subject?: string; after: Position | null; limit: number }): Promise<Listing>;
  cancel(job: StoredJob): Promise<Cancellation>;
  /** Runs a failed or cancelled job again (where the kind allows it a completed one too), with all its attempts; false otherwise. */
  retry(job: StoredJob): Promise<boolean>;
  /** Erases a job and all that belongs to it; false while it runs: it is stopped first, and erased when it has. */
  erase(job: StoredJob): Promise<boolean>;
  /** The entries of a job's own log, oldest first. */
  entries(job: StoredJob): Promise<unknown[]>;
  counts(): Promise<Record<string, Counts>>;
  workers(): Promise<WorkerFacts[]>;
  setPaused(kind: string, paused: boolean): Promise<void>;
  /** Rejects unless jobs can be accepted durably now. */
  check(): Promise<void>;
  /** The Bull queues, for the dashboard's adapters only. */
  queues: Queue[];
  close(): Promise<void>;
}

/** A page of jobs, and where the next one begins (null: there is none). */
export interface Listing {
  jobs: StoredJob[];
  next: Position | null;
}

export interface ProducerDeps {
  redis: Redis;
  contracts: readonly JobContract[];
  storage: Pick<Storage, 'remove'>;
  /** Waiting and delayed jobs of a kind at most. */
  maxQueueDepth: number;
  /** Accept jobs even when Redis may lose them. */
  allowUnsafe: boolean;
  /** Ids of other jobs that hold copies of one, and are erased with it. */
  copiesOf?: (job: StoredJob) => string[];
  /** Hears of jobs that end by being cancelled before they ran. */
  onEnded?: (redis: Redis, job: StoredJob) => Promise<void>;
  log: Log;
}

/** Makes the producer over a connection of `openProducerRedis`. */
export function createProducer(deps: ProducerDeps): Producer {
  const { redis, contracts, storage, maxQueueDepth, allowUnsafe, onEnded, copiesOf = () => [], log } = deps;
  const kinds = contracts.map(({ kind }) => kind);
  const queues = new Map(
    kinds.map((kind) => {
      const queue = new Bull(kind, { prefix: queuePrefix(kind), createClient: () => redis });
      // Bull repeats the connection's errors; the connection logs them itself.
      queue.on('error', () => {});
      return [kind, queue];
    }),
  );
  const add = createEnqueue(redis, queues);
  const depths = new Map<string, number>();
  const health = watchHealth(redis, allowUnsafe, log);

  const guard = async <T>(action: () => Promise<T>): Promise<T> => {
    if (redis.status !== 'ready') throw new AppError('queue_unavailable', UNAVAILABLE, { retryAfterSeconds: 1 });
    try {
      return await action();
    } catch (cause) {
      if (cause instanceof AppError) throw cause;
      throw classifyRedisError(cause);
    }
  };

  const look = async (id: string): Promise<StoredJob | null> => {
    const kind = kindOfId(contracts, id);
    const found = kind ? await lookUp(redis, kind, id) : null;
    if (!found) return null;
    const { depth, ...job } = found;
    depths.set(job.kind, depth);
    return job;
  };

  const admit = async (kind: string, jobs = 1): Promise<void> => {
    health.assertFit();
    if ((depths.get(kind) ?? 0) + jobs <= maxQueueDepth) return;
    const counts = (await readCounts(redis, [kind]))[kind];
    const depth = counts ? counts.waiting + counts.delayed : 0;
    depths.set(kind, depth);
    if (depth + jobs <= maxQueueDepth) return;
    const what = jobs === 1 ? `The ${kind} queue is full` : `The ${kind} queue has no room for ${jobs} more jobs`;
    const message = `${what}: ${depth} jobs are waiting and ${maxQueueDepth} is the limit. Try again later.`;
    throw new AppError('queue_full', message, { retryAfterSeconds: 10 });
  };

  return {
    queues: [...queues.values()],
    enqueue: (kind, id, envelope) =>
      guard(async () => {
        await admit(kind);
        const enqueued = await add(kind, id, envelope);
        depths.set(kind, enqueued.depth);
        return enqueued;
      }),
    assertRoom: (kind, jobs) => guard(() => admit(kind, jobs)),
    find: (id) => guard(() => look(id)),
    hasExpired: (id) =>
      guard(async () => {
        const kind = kindOfId(contracts, id);
        return kind !== undefined && (await redis.zscore(queueKey(kind, 'expired'), id)) !== null;
      }),
    list: ({ caller, after, limit, subject }) =>
      guard(async () => {
        const callers = caller === null ? await readCallers(redis) : [caller];
        const pages = await Promise.all(
          callers.map(async (owner) => {
            const entries = await readIndex(redis, { caller: owner, subject, after, limit });
            return entries.map((entry) => ({ ...entry, owner }));
          }),
        );
        const page = pages.flat().sort(newestFirst).slice(0, limit);
        const jobs = await Promise.all(page.map(({ id }) => look(id)));
        const dead = page.filter(({ createdAt }, index) => !jobs[index] && createdAt < Date.now() - BEING_ADDED_MS);
        const subjects = subject === undefined ? [] : [subject];
        await Promise.all(dead.map(({ id, owner }) => removeFromIndex(redis, { id, caller: owner, subjects })));
        return { jobs: jobs.filter((job) => job !== null), next: page.length === limit ? (page.at(-1) ?? null) : null };
      }),
    cancel: (job) =>
      guard(async () => {
        if (job.state === 'waiting' || job.state === 'delayed') {
          // Told first, as by a worker: nobody who waits for the end is forgotten by a crash in between.
          const end = {
            state: 'cancelled',
            finishedAt: Date.now(),
            position: null,
            error: toProblem(cancelledError()),
          } as const;
          await onEnded?.(redis, { ...job, ...end });
        }
        return cancelJob(redis, job);
      }),
    retry: (job) =>
      guard(async () => {
        if (job.state === 'failed' || job.state === 'cancelled') return retryJob(redis, job, 'failed');
        const again = contracts.find(({ kind }) => kind === job.kind)?.retryCompleted ?? false;
        return again && job.state === 'completed' ? retryJob(redis, job, 'completed') : false;
      }),
    erase: (job) => guard(() => eraseJob({ redis, storage, copiesOf, find: look }, job)),
    entries: ({ kind, id }) => guard(() => readEntries(redis, kind, id)),
    counts: () => guard(() => readCounts(redis, kinds)),
    workers: () => guard(() => readWorkers(redis, kinds)),
    setPaused: (kind, paused) =>
      guard(async () => {
        const queue = queues.get(kind) as Queue;
        await (paused ? queue.pause() : queue.resume());
      }),
    check: () =>
      guard(async () => {
        health.assertFit();
        await redis.ping();
      }),
    close: async () => {
      health.close();
      // A command under way gets its half second; then the connection goes.
      await Promise.race([redis.quit().catch(() => {}), delay(500, undefined, { ref: false })]);
      redis.disconnect();
    },
  };
}

const newestFirst = (a: Position, b: Position): number => b.createdAt - a.createdAt || (a.id < b.id ? 1 : -1);
