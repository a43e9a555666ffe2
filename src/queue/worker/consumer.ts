import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import Bull, { type Job } from 'bull';
import type { Redis } from 'ioredis';
import { AppError } from '../../errors.ts';
import { openSubscriberRedis, openWorkerRedis } from '../../redis/connect.ts';
import { queuePrefix } from '../../redis/keys.ts';
import { WORKER_ALIVE_MS, type WorkerFacts, workerKey, workersKey } from '../counts.ts';
import { wakeIfEnded, wakeWaiters } from '../upkeep/dependents.ts';
import { createGate } from './isolation.ts';
import { RunFailed } from './retry-decision.ts';
import { type ActiveRun, type RunDeps, runJob } from './run-job.ts';
import { cancelledError, KEEP_LOCK_EVERY_MS, keepLock, LOCK_MS, LockLost, STALLED_CHECK_MS } from './run-record.ts';
import { createServiceTime } from './service-time.ts';

/** Time to put jobs back after their signal aborted; the drain limit plus this stays below supervisord's stopwaitsecs. */
const PUT_BACK_MS = 4000;
/** An entry of the workers' set this old belongs to a worker that is long gone. */
const FORGET_WORKER_MS = 60_000;

export interface ConsumerDeps extends Omit<RunDeps, 'redis' | 'workerId' | 'active' | 'gate' | 'serviceTime'> {
  /** Jobs run at the same time. */
  concurrency: number;
}

/** A worker's side of one queue. */
export interface Consumer {
  /** Begins to take jobs; waits for Redis as long as it takes. */
  start(): void;
  /**
   * Takes no further job, lets the running ones finish for at most `limitMs`, puts the rest back at once, and
   * disconnects.
   */
  drain(limitMs: number): Promise<void>;
}

/** What Bull has and its types leave out. */
interface BullInternals {
  /** The lock token that every script of Bull's compares. */
  token: string;
  /** Names the connection in Redis' CLIENT LIST, which the dashboard reads. Bull leaves its rejection unhandled. */
  setWorkerName(): Promise<unknown>;
}

/** Connects a processor to its queue. */
export function createConsumer(deps: ConsumerDeps): Consumer {
  const { config, contract, concurrency, log } = deps;
  const { kind } = contract;
  const redis = openWorkerRedis(config, log);
  const connections: Redis[] = [redis];
  const workerId = randomBytes(9).toString('base64url');
  const startedAt = new Date().toISOString();
  const active = new Map<string, ActiveRun>();
  const gate = createGate();
  const serviceTime = createServiceTime();

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
      // Bull's own renewal stays quiet when a lock is lost; `keepLocks` below does it instead.
      lockRenewTime: 2 ** 30,
      stalledInterval: STALLED_CHECK_MS,
      // Deaths are counted in the run's books; Bull would fail a job after the second.
      maxStalledCount: 1_000_000,
      retryProcessDelay: 500,
      guardInterval: 1000,
      backoffStrategies: {
        verdict: (_attempts: number, error: Error) => (error instanceof RunFailed ? error.delayMs : 1000),
      },
    },
  });
  // Connections log their outages themselves; what is left is worth a line.
  queue.on('error', (error) => log.debug({ err: error }, 'queue error'));

  // These come when Bull has marked the job: only then do others see it as ended, or as put back.
  const wake = (work: Promise<unknown>) => void work.catch((error) => log.debug({ err: error }, 'nobody was woken'));
  queue.on('completed', ({ id }) => wake(wakeWaiters(redis, { kind, id: String(id) })));
  queue.on('failed', ({ id }, error) => {
    const job = { kind, id: String(id) };
    if (!(error instanceof RunFailed)) return;
    if (error.delayMs < 0) wake(wakeWaiters(redis, job));
    else if (error.waitingFor.length > 0) wake(wakeIfEnded(redis, job, error.waitingFor));
  });

  const internals = queue as unknown as BullInternals;
  const { token } = internals;
  const nameConnection = internals.setWorkerName.bind(queue);
  // Without this, a worker that is ended while the name is under way exits with 1 (15 of 40 on a busy machine).
  internals.setWorkerName = () => nameConnection().catch((error) => log.debug({ err: error }, 'not named'));

  const facts = (): WorkerFacts => ({
    kind,
    id: workerId,
    host: hostname(),
    pid: process.pid,
    concurrency,
    running: active.size,
    meanMs: serviceTime.meanMs(),
    startedAt,
    ...(deps.processor.dependency ? { dependency: deps.processor.dependency() } : {}),
  });

  const showLife = () =>
    redis
      .pipeline()
      .set(workerKey(kind, workerId), JSON.stringify(facts()), 'PX', WORKER_ALIVE_MS)
      .zadd(workersKey(kind), Date.now(), workerId)
      .zremrangebyscore(workersKey(kind), 0, Date.now() - FORGET_WORKER_MS)
      .exec();

  const keepLocks = async () => {
    await Promise.all([
      showLife(),
      ...[...active.values()].map(async ({ books, controller }) => {
        const lock = await keepLock(redis, books, token);
        if (lock === 'kept' || controller.signal.aborted) return;
        log.info({ job: books.jobId, lock }, 'this run stops');
        controller.abort(lock === 'lost' ? new LockLost() : cancelledError());
      }),
    ]);
  };

  const stopped = new AbortController();
  const beat = async () => {
    while (!stopped.signal.aborted) {
      await keepLocks().catch((error) => log.debug({ err: error }, 'sign of life failed'));
      await delay(KEEP_LOCK_EVERY_MS, undefined, { signal: stopped.signal }).catch(() => {});
    }
  };

  return {
    start() {
      void beat();
      const handle = (job: Job) => runJob(job, { ...deps, redis, workerId, active, gate, serviceTime });
      queue.process(concurrency, handle).catch((error) => log.error({ err: error }, 'the queue can not be processed'));
      log.info({ kind, concurrency }, 'worker ready');
    },
    async drain(limitMs) {
      // Bull gives up its blocking call within half a second; a Redis that is away must not keep us here.
      await queue.pause(true, true).catch((error) => log.debug({ err: error }, 'pause failed'));
      log.info({ running: active.size, limitMs }, 'draining: no further job is taken');
      deps.processor.drain?.();
      const running = queue.whenCurrentJobsFinished().catch((error) => log.debug({ err: error }, 'wait failed'));
      await Promise.race([running, delay(limitMs, undefined, { ref: false })]);
      for (const { books, controller } of active.values()) {
        log.info({ job: books.jobId }, 'stopping: the job goes back to the queue');
        controller.abort(new AppError('interrupted', 'The worker is shutting down.'));
      }
      await Promise.race([running, delay(PUT_BACK_MS, undefined, { ref: false })]);
      stopped.abort();
      await Promise.race([
        redis.pipeline().del(workerKey(kind, workerId)).zrem(workersKey(kind), workerId).exec(),
        delay(500, undefined, { ref: false }),
      ]);
      await queue.close(true);
      for (const connection of connections) connection.disconnect();
    },
  };
}
