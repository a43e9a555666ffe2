import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { clockSkewMs } from '../../clock.ts';
import { AppError } from '../../errors.ts';
import { markProcess } from '../../processes/mark.js';
import { codeVersion } from '../../processes/version.ts';
import type { WorkerFacts } from '../counts.ts';
import type { Loop } from '../loop.ts';
import { createIsolationLock } from '../run/bounds/isolation.ts';
import type { ActiveRuns, RunDeps } from '../run/run.ts';
import { runJob } from '../run/run-job.ts';
import { createServiceTime } from '../run/service-time.ts';
import { FETCHES } from './fetch-seats.ts';
import { createGivingWay } from './giving-way.ts';
import { createHeartbeat } from './heartbeat.ts';
import { createLockRenewer } from './lock-renewer.ts';
import { letGoPredecessors } from './predecessors.ts';
import { createRunsElsewhere } from './runs-elsewhere.ts';
import { openWorkerQueue } from './worker-queue.ts';

/**
 * Time to put jobs back after their signal aborted; the drain limit plus this stays below supervisord's stopwaitsecs.
 */
const PUT_BACK_MS = 4000;

/** One for the process: the kinds that share it die together. */
const isolation = createIsolationLock();

export interface ConsumerDeps
  extends Omit<
    RunDeps,
    'redis' | 'workerId' | 'by' | 'active' | 'isolation' | 'serviceTime' | 'places' | 'completions'
  > {
  /** Jobs run at the same time. */
  concurrency: number;
  /** The worker's place under supervisord; null where a person started it. */
  place: string | null;
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

/** A name for a worker that no other has had; it tells where the worker runs, if that is a place of supervisord's. */
function nameWorker(place: string | null): string {
  const nonce = randomBytes(9).toString('base64url');
  const mark = place && markProcess(place);
  return mark ? `${mark}:${nonce}` : nonce;
}

/** What people know a worker by: its process under supervisord, or its pid, and its host. */
const nameForPeople = (place: string | null): string =>
  `${place === null ? `pid ${process.pid}` : place.slice(place.indexOf(':') + 1)}@${hostname()}`;

/** Jobs of a worker that are told of. */
const MOST_JOBS = 5;

/** What an operator wants to know of the process, beside what it is. */
const describeProcess = (place: string | null, active: ActiveRuns) => ({
  ...(place === null ? {} : { process: place.slice(place.indexOf(':') + 1) }),
  version: codeVersion(),
  rssBytes: process.memoryUsage.rss(),
  skewMs: clockSkewMs(),
  jobs: [...active]
    .map(([id, run]) => ({ id, runsMs: run.elapsedMs() }))
    .toSorted((one, other) => other.runsMs - one.runsMs)
    .slice(0, MOST_JOBS),
});

/** What a worker looks at every second: who is to give way, and what callers run in other kinds. */
function createLoops(deps: RunDeps, logFailure: (message: string) => (error: unknown) => void): Loop[] {
  const { redis, contract, contracts } = deps;
  return [
    createGivingWay({ ...deps, onError: logFailure('nobody gave way') }),
    createRunsElsewhere({ redis, kind: contract.kind, contracts, onError: logFailure('runs elsewhere not counted') }),
  ];
}

/** Connects a processor to its queue. */
export function createConsumer(deps: ConsumerDeps): Consumer {
  const { config, concurrency, log } = deps;
  const { kind } = deps.contract;
  const [workerId, by] = [nameWorker(deps.place), nameForPeople(deps.place)];
  const startedAt = new Date().toISOString();
  const active: ActiveRuns = new Map();
  const serviceTime = createServiceTime();
  const { queue, redis, places, completions, taken, close } = openWorkerQueue({
    ...{ config, kind, concurrency, isolation, log, by },
    token: workerId,
  });
  const runDeps: RunDeps = { ...deps, redis, workerId, by, active, serviceTime, places, completions, isolation };

  const facts = (): WorkerFacts => ({
    kind,
    id: workerId,
    host: hostname(),
    pid: process.pid,
    concurrency,
    running: active.size,
    meanMs: serviceTime.meanMs(),
    startedAt,
    ...describeProcess(deps.place, active),
    ...(deps.processor.dependency ? { dependency: deps.processor.dependency() } : {}),
  });
  const logFailure = (message: string) => (err: unknown) => log.debug({ err }, message);
  const heartbeat = createHeartbeat({ redis, kind, workerId, facts, onError: logFailure('heartbeat failed') });
  const lockRenewer = createLockRenewer({ redis, token: workerId, active, onError: logFailure('locks not renewed') });
  const loops = createLoops(runDeps, logFailure);

  const takeOver = async () => {
    for (const job of await letGoPredecessors(redis, kind, workerId)) {
      log.warn({ job }, 'the worker of this job has ended; it runs again');
    }
  };

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
      takeOver().catch(logFailure('no job was taken over'));
      for (const loop of loops) loop.start();
      const working = queue.process(concurrency + FETCHES, (job) => runJob(job, taken(job), runDeps));
      working.catch((err) => log.error({ err }, 'the queue can not be processed'));
      log.info({ kind, concurrency }, 'worker ready');
    },
    async drain(limitMs) {
      // Bull gives up its blocking call within half a second; a Redis that is away must not keep us here.
      const paused = queue.pause(true, true).catch(logFailure('pause failed'));
      places.close();
      for (const loop of loops) loop.stop();
      await paused;
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
