import Bull, { type Job, type Queue } from 'bull';
import type { Redis } from 'ioredis';
import { clockSkewMs } from '../../clock.ts';
import type { Config } from '../../config/platform.ts';
import type { Envelope } from '../../jobs/options/options.ts';
import type { Log } from '../../log.ts';
import { keepClock } from '../../redis/clock.ts';
import { openSubscriberRedis, openWorkerRedis } from '../../redis/connect.ts';
import { queuePrefix } from '../../redis/keys.ts';
import { BACKOFF_TYPE } from '../bull-options.ts';
import { tolerateDamage } from '../read/damaged-record.ts';
import type { IsolationLock } from '../run/bounds/isolation.ts';
import { RunFailed } from '../run/retry-decision.ts';
import { useLines } from '../scripts/line/bull-lines.ts';
import { promoteDependents, promoteIfCancelled, promoteIfEnded } from '../upkeep/dependents.ts';
import { releaseHolds } from '../upkeep/holds.ts';
import { type Completions, createCompletions } from './completions.ts';
import { freeMemory } from './free-memory.ts';
import { LOCK_MS, STALLED_CHECK_MS } from './lock-renewer.ts';
import { createPlaces, type Places } from './places.ts';
import { useRedisTime } from './redis-time.ts';
import type { TakenJob } from './taker.ts';

/** When a job runs again whose run failed outside of `runJob`. */
const UNKNOWN_FAILURE_MS = 1000;

/** A kind's Bull queue as a worker needs it. */
export interface WorkerQueue {
  queue: Queue;
  redis: Redis;
  /** Who takes the queue's jobs, in place of Bull. */
  places: Places;
  /** Who marks its jobs as completed, in place of Bull. */
  completions: Completions;
  /** Tells how one of the queue's jobs was taken. */
  taken(job: Job): TakenJob;
  /** Closes the queue and its connections. */
  close(): Promise<void>;
}

export interface WorkerQueueOptions {
  config: Config;
  kind: string;
  /** Names the worker in the locks of its jobs. */
  token: string;
  /** The worker's name for people. */
  by: string;
  /** Places of this worker. */
  concurrency: number;
  isolation: IsolationLock;
  log: Log;
}

/** What Bull has and its types leave out. */
interface BullInternals {
  /** The lock token that every script of Bull's compares. */
  token: string;
  /** The connection that may block. */
  bclient: Redis;
  getNextJob(): Promise<Job | null>;
  processJob(job: Job | null): Promise<unknown>;
  nextJobFromJobData(fields: Record<string, string>, id: string): Promise<Job> | Job;
  /** Names the connection in Redis' CLIENT LIST, which the dashboard reads. Bull leaves its rejection unhandled. */
  setWorkerName(): Promise<unknown>;
}

/** Opens the queue and its connections; a Redis that is away is waited for. */
export function openWorkerQueue(options: WorkerQueueOptions): WorkerQueue {
  const { config, kind, token, by, concurrency, isolation, log } = options;
  const redis = openWorkerRedis(config, log);
  freeMemory(redis);
  useRedisTime(redis);
  useLines(redis);
  tolerateDamage();
  keepClock(redis, log);
  const connections: Redis[] = [redis];
  const queue = new Bull(kind, {
    prefix: queuePrefix(kind),
    createClient: (type) => {
      if (type === 'client') return redis;
      const connection = type === 'subscriber' ? openSubscriberRedis(config, log) : openWorkerRedis(config, log);
      connections.push(connection);
      return connection;
    },
    settings: {
      lockDuration: LOCK_MS,
      // Bull's own renewal stays quiet when a lock is lost; the lock renewer does it instead.
      lockRenewTime: 2 ** 30,
      stalledInterval: STALLED_CHECK_MS,
      // Deaths are counted in the job's hash; Bull would fail a job after the second.
      maxStalledCount: 1_000_000,
      retryProcessDelay: 500,
      guardInterval: 1000,
      backoffStrategies: {
        [BACKOFF_TYPE]: (_attempts: number, error: Error) =>
          error instanceof RunFailed ? inRedisTime(error.delayMs) : UNKNOWN_FAILURE_MS,
      },
    },
  });
  // Connections log their outages themselves; what is left is worth a line.
  const logError = (err: Error) => log.debug({ err }, 'queue error');
  queue.on('error', logError);
  promoteOnFailure({ queue, redis, kind, log });
  const internals = queue as unknown as BullInternals;
  internals.token = token;
  const places = createPlaces({
    redis,
    bell: () => internals.bclient,
    kind,
    token,
    lockMs: LOCK_MS,
    isolation,
    concurrency,
    onError: (err) => log.error({ err }, 'no job could be taken'),
  });
  const taken = takeByPlaces(internals, places, logError);
  const nameConnection = internals.setWorkerName.bind(queue);
  // Without this, a worker that is ended while the name is under way exits with 1 (15 of 40 on a busy machine).
  internals.setWorkerName = () => nameConnection().catch((err) => log.debug({ err }, 'the connection has no name'));
  return {
    queue,
    redis,
    places,
    completions: createCompletions({ redis, kind, token, by, onSent: places.passOn }),
    taken: (job) => taken.get(job) as TakenJob,
    async close() {
      places.close();
      await queue.close(true);
      for (const connection of connections) connection.disconnect();
    },
  };
}

/**
 * Bull asks the places for its next job; it takes none by itself when one has ended, since `completeByRun` ends it. Returns
 * how its jobs were taken.
 */
function takeByPlaces(
  internals: BullInternals,
  places: Places,
  onError: (error: Error) => void,
): WeakMap<Job, TakenJob> {
  const taken = new WeakMap<Job, TakenJob>();
  const processJob = internals.processJob;
  const toJob = async (next: TakenJob): Promise<Job> => {
    // Bull parses what is not there, and an error that nobody sees costs more than all the rest of it.
    const job = await internals.nextJobFromJobData({ stacktrace: '[]', ...next.fields }, next.id);
    taken.set(job, next);
    return job;
  };
  const run = async (job: Job): Promise<TakenJob | null> => {
    const id = String(job.id);
    const failure = await processJob(job).then(
      () => null,
      (error: Error) => error,
    );
    places.leave(id);
    const next = await places.following(id);
    // Bull waits a moment before it goes on; a job that was taken meanwhile is not left to its lock.
    if (failure && !next) throw failure;
    if (failure) onError(failure);
    return next;
  };
  internals.getNextJob = async () => {
    const next = await places.next();
    return next && toJob(next);
  };
  internals.processJob = async (first) => {
    for (let job = first; job; ) {
      const next = await run(job);
      job = next && (await toJob(next));
    }
  };
  return taken;
}

/** Bull adds a delay to this machine's time, and the sum is compared with Redis'. To Bull 0 and -1 are no times. */
function inRedisTime(delayMs: number): number {
  if (delayMs <= 0) return delayMs;
  const shifted = Math.round(delayMs - clockSkewMs());
  return shifted === 0 || shifted === -1 ? 1 : shifted;
}

/**
 * Promotes the dependents of jobs that fail, and ends their holds. The event comes when Bull has marked the job: only
 * then do others see that.
 */
function promoteOnFailure({ queue, redis, kind, log }: { queue: Queue; redis: Redis; kind: string; log: Log }): void {
  const attempt = (work: Promise<unknown>) =>
    void work.catch((err) => log.debug({ err }, 'not done after the end of a job'));
  queue.on('failed', ({ id, data }, error) => {
    if (!(error instanceof RunFailed)) return;
    const job = { kind, id: String(id) };
    if (error.delayMs < 0) {
      attempt(promoteDependents(redis, job));
      attempt(releaseHolds(redis, job, (data ?? {}) as Partial<Envelope>));
    } else if (error.waitingFor.length > 0) attempt(promoteIfEnded(redis, job, error.waitingFor));
    if (error.delayMs > 0) attempt(promoteIfCancelled(redis, job));
  });
}
