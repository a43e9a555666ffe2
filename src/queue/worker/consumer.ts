import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { AppError } from '../../errors.ts';
import type { WorkerFacts } from '../counts.ts';
import { createIsolationLock } from '../run/isolation.ts';
import type { ActiveRuns, RunDeps } from '../run/run.ts';
import { runJob } from '../run/run-job.ts';
import { createServiceTime } from '../run/service-time.ts';
import { createHeartbeat } from './heartbeat.ts';
import { createLockRenewer } from './lock-renewer.ts';
import { openWorkerQueue } from './worker-queue.ts';

/**
 * Time to put jobs back after their signal aborted; the drain limit plus this stays below supervisord's stopwaitsecs.
 */
const PUT_BACK_MS = 4000;

export interface ConsumerDeps extends Omit<RunDeps, 'redis' | 'workerId' | 'active' | 'isolation' | 'serviceTime'> {
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

/** Connects a processor to its queue. */
export function createConsumer(deps: ConsumerDeps): Consumer {
  const { config, contract, concurrency, log } = deps;
  const { kind } = contract;
  const workerId = randomBytes(9).toString('base64url');
  const startedAt = new Date().toISOString();
  const active: ActiveRuns = new Map();
  const serviceTime = createServiceTime();
  const { queue, redis, token, close } = openWorkerQueue({ config, kind, log });
  const runDeps: RunDeps = { ...deps, redis, workerId, active, serviceTime, isolation: createIsolationLock() };

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
  const logFailure = (message: string) => (err: unknown) => log.debug({ err }, message);
  const heartbeat = createHeartbeat({ redis, kind, workerId, facts, onError: logFailure('heartbeat failed') });
  const lockRenewer = createLockRenewer({ redis, token, active, onError: logFailure('locks not renewed') });

  const interruptRuns = () => {
    for (const { controller, log: runLog } of active.values()) {
      runLog.info('stopping: the job goes back to the queue');
      controller.abort(new AppError('interrupted', 'The worker is shutting down.'));
    }
  };

  return {
    start() {
      heartbeat.start();
      lockRenewer.start();
      const working = queue.process(concurrency, (job) => runJob(job, runDeps));
      working.catch((err) => log.error({ err }, 'the queue can not be processed'));
      log.info({ kind, concurrency }, 'worker ready');
    },
    async drain(limitMs) {
      // Bull gives up its blocking call within half a second; a Redis that is away must not keep us here.
      await queue.pause(true, true).catch(logFailure('pause failed'));
      log.info({ running: active.size, limitMs }, 'draining: no further job is taken');
      deps.processor.drain?.();
      const finished = queue.whenCurrentJobsFinished().catch(logFailure('wait failed'));
      await Promise.race([finished, delay(limitMs, undefined, { ref: false })]);
      interruptRuns();
      await Promise.race([finished, delay(PUT_BACK_MS, undefined, { ref: false })]);
      lockRenewer.stop();
      await heartbeat.stop();
      await close();
    },
  };
}
