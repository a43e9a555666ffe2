import { setTimeout as delay } from 'node:timers/promises';
import Bull, { type Queue } from 'bull';
import type { Redis } from 'ioredis';
import { AppError } from '../../errors.ts';
import type { JobContract } from '../../jobs/contract.ts';
import type { Envelope } from '../../jobs/options.ts';
import type { StoredJob } from '../../jobs/stored-job.ts';
import type { Log } from '../../log.ts';
import { classifyRedisError, UNAVAILABLE } from '../../redis/errors.ts';
import { queuePrefix, tombstonesKey } from '../../redis/keys.ts';
import type { Storage } from '../../storage/storage.ts';
import { type Counts, readCounts, readWorkers, type WorkerFacts } from '../counts.ts';
import { type Death, readDeaths, readRestarts } from '../deaths.ts';
import { eraseJob } from '../erase-job.ts';
import { readLog } from '../job-log.ts';
import { kindOfId, readAnyJob } from '../read-job.ts';
import { type Cancellation, cancelJob, retryJob } from './control.ts';
import { createEnqueue, type Enqueued } from './enqueue.ts';
import { type Health, watchHealth } from './health.ts';
import { type Listing, type ListingQuery, listJobs } from './list-jobs.ts';
import { createRoom } from './room.ts';

/** A command under way when the producer closes gets this long. */
const LAST_ANSWER_MS = 500;

/**
 * The web process's side of the queues. Everything rejects with queue_unavailable within a second when Redis is away.
 */
export interface Producer {
  /**
   * Queues a job; it is on Redis' disk when this resolves. The id may be used again for the same job: nothing is queued
   * twice. Rejects with queue_full, and idempotency_mismatch for another job under a chosen id.
   */
  enqueue(kind: string, id: string, envelope: Envelope): Promise<Enqueued>;
  /** Rejects with queue_full unless that many more jobs of the kind may wait. */
  assertRoom(kind: string, jobs: number): Promise<void>;
  /** Reads the job with that id; null when there is none. */
  find(id: string): Promise<StoredJob | null>;
  /** Whether a job of that id was erased by age: it was kept as long as jobs are kept. */
  hasTombstone(id: string): Promise<boolean>;
  /** Lists jobs, newest first. */
  list(query: ListingQuery): Promise<Listing>;
  cancel(job: StoredJob): Promise<Cancellation>;
  /**
   * Runs a failed or cancelled job again, with all its attempts; a completed one where the kind allows it. Answers
   * false otherwise.
   */
  retry(job: StoredJob): Promise<boolean>;
  /** Erases a job and all that belongs to it; false while it runs: it is stopped first, and erased when it has. */
  erase(job: StoredJob): Promise<boolean>;
  /** Reads the entries of a job's log, oldest first. */
  readLog(job: StoredJob): Promise<unknown[]>;
  counts(): Promise<Record<string, Counts>>;
  workers(): Promise<WorkerFacts[]>;
  /** Reads the last deaths of processes, newest first. */
  deaths(limit: number): Promise<Death[]>;
  /** Reads how often each program was started again after a death. */
  restarts(): Promise<Record<string, number>>;
  setPaused(kind: string, paused: boolean): Promise<void>;
  /** Rejects unless jobs can be accepted durably now. */
  check(): Promise<void>;
  /** The Bull queues, for the dashboard's adapters only. */
  queues: Queue[];
  close(): Promise<void>;
}

export interface ProducerDeps {
  redis: Redis;
  contracts: readonly JobContract[];
  storage: Pick<Storage, 'remove'>;
  /** Waiting and delayed jobs of a kind at most. */
  maxQueueDepth: number;
  /** Accept jobs even when Redis may lose them. */
  allowUnsafe: boolean;
  /** Ids of the jobs that were derived from one, and are erased with it. */
  derivedJobs?: (job: StoredJob) => string[];
  /** Called before a job is marked as cancelled that does not run. */
  beforeFinish?: (redis: Redis, job: StoredJob) => Promise<void>;
  log: Log;
}

/** Makes the producer over a connection of `openProducerRedis`. */
export function createProducer(deps: ProducerDeps): Producer {
  const { redis, contracts, storage, beforeFinish, derivedJobs = () => [] } = deps;
  const kinds = contracts.map(({ kind }) => kind);
  const queues = new Map(kinds.map((kind) => [kind, openQueue(redis, kind)]));
  const queueOf = (kind: string) => queues.get(kind) as Queue;
  const add = createEnqueue(redis, queueOf);
  const room = createRoom(redis, deps.maxQueueDepth);
  const health = watchHealth(redis, deps.allowUnsafe, deps.log);

  const assertRoom = async (kind: string, jobs: number): Promise<void> => {
    health.assertFit();
    await room.assert(kind, jobs);
  };

  const find = async (id: string): Promise<StoredJob | null> => {
    const found = await readAnyJob(redis, contracts, id);
    if (!found) return null;
    const { depth, ...job } = found;
    room.note(job.kind, depth);
    return job;
  };

  const guarded = <Args extends unknown[], T>(action: (...args: Args) => Promise<T>) => guard(redis, action);

  return {
    queues: [...queues.values()],
    enqueue: guarded(async (kind, id, envelope) => {
      await assertRoom(kind, 1);
      const enqueued = await add(kind, id, envelope);
      room.note(kind, enqueued.depth);
      return enqueued;
    }),
    assertRoom: guarded(assertRoom),
    find: guarded(find),
    hasTombstone: guarded(async (id) => {
      const kind = kindOfId(contracts, id);
      return kind !== undefined && (await redis.zscore(tombstonesKey(kind), id)) !== null;
    }),
    list: guarded((query) => listJobs(redis, query, find)),
    cancel: guarded((job) => cancelJob(redis, job, beforeFinish)),
    retry: guarded(async (job) => {
      const retryCompleted = contracts.find(({ kind }) => kind === job.kind)?.retryCompleted ?? false;
      return retryJob(redis, job, retryCompleted);
    }),
    erase: guarded((job) => eraseJob({ redis, storage, derivedJobs, find }, job)),
    readLog: guarded(({ kind, id }) => readLog(redis, kind, id)),
    counts: guarded(() => readCounts(redis, kinds)),
    workers: guarded(() => readWorkers(redis, kinds)),
    deaths: guarded((limit) => readDeaths(redis, limit)),
    restarts: guarded(() => readRestarts(redis)),
    setPaused: guarded(async (kind, paused) => {
      await (paused ? queueOf(kind).pause() : queueOf(kind).resume());
    }),
    check: guarded(async () => {
      health.assertFit();
      await redis.ping();
    }),
    close: () => close(redis, health),
  };
}

function openQueue(redis: Redis, kind: string): Queue {
  const queue = new Bull(kind, { prefix: queuePrefix(kind), createClient: () => redis });
  // Bull repeats the connection's errors; the connection logs them itself.
  queue.on('error', () => {});
  return queue;
}

/** Refuses an action at once while Redis is away, and rejects with AppErrors alone. */
function guard<Args extends unknown[], T>(redis: Redis, action: (...args: Args) => Promise<T>) {
  return async (...args: Args): Promise<T> => {
    if (redis.status !== 'ready') throw new AppError('queue_unavailable', UNAVAILABLE, { retryAfterSeconds: 1 });
    try {
      return await action(...args);
    } catch (cause) {
      if (cause instanceof AppError) throw cause;
      throw classifyRedisError(cause);
    }
  };
}

async function close(redis: Redis, health: Health): Promise<void> {
  health.close();
  await Promise.race([redis.quit().catch(() => {}), delay(LAST_ANSWER_MS, undefined, { ref: false })]);
  redis.disconnect();
}
