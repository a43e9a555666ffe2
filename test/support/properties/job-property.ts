import { rmSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import type { JobContract } from '../../../src/jobs/contract.ts';
import { createLog } from '../../../src/log.ts';
import { sumOf } from '../../../src/queue/history/figures.ts';
import { createJanitor, type Janitor } from '../../../src/queue/upkeep/janitor.ts';
import { openStorage } from '../../../src/storage/open.ts';
import { defaultConfig } from '../../../workers/config.ts';
import { probes } from '../probe/job.ts';
import { openProbeQueue, type ProbeQueue } from '../probe/queue.ts';
import { until } from '../until.ts';
import { checkJob, type JobModel } from './job-model.ts';
import { addWorker, anyStep, type JobWorld, type Step } from './job-steps.ts';

export interface JobPropertyLimits {
  /** Steps in one sequence at most. */
  maxSteps: number;
  /** Sequences are begun until there were so many, or until the time is over. */
  sequences: number;
  timeLimitMs?: number;
  /** Repeats the sequence that reported this seed. */
  seed?: number;
}

/** What a run has been through. */
export interface JobPropertyTally {
  sequences: number;
  steps: number;
  jobs: number;
  workerKills: number;
  redisKills: number;
}

/**
 * Runs random sequences of steps over real parts; after each, everything is let come to rest, and every job must be where
 * the model allows. A counterexample is not shrunk: a sequence takes seconds.
 */
export async function checkJobProperty(limits: JobPropertyLimits): Promise<JobPropertyTally> {
  const { maxSteps, sequences, timeLimitMs = Number.POSITIVE_INFINITY, seed } = limits;
  const queue = await openProbeQueue([], { maxQueueDepth: 10_000 });
  const janitor = await openJanitor(queue);
  const tally: JobPropertyTally = { sequences: 0, steps: 0, jobs: 0, workerKills: 0, redisKills: 0 };
  const plans = fc.array(anyStep(), { minLength: Math.ceil(maxSteps / 2), maxLength: maxSteps });
  const property = fc.asyncProperty(plans, async (plan) => {
    await runSequence(plan, queue, janitor, tally);
  });
  const end = performance.now() + timeLimitMs;
  try {
    while (tally.sequences < sequences && performance.now() < end) {
      await fc.assert(property, { numRuns: 1, endOnFailure: true, ...(seed === undefined ? {} : { seed }) });
    }
    return tally;
  } finally {
    await queue.close();
  }
}

async function runSequence(plan: Step[], queue: ProbeQueue, janitor: Janitor, tally: JobPropertyTally): Promise<void> {
  const world: JobWorld = { queue, workers: [], deaths: { workers: new Set(), redis: 0 } };
  const model: JobModel = { jobs: [], redisUp: true, workers: 0 };
  rmSync(join(queue.dir, 'go'), { force: true });
  try {
    for (const step of plan) {
      if (!step.check(model)) continue;
      await step.run(model, world);
      tally.steps += 1;
    }
    await comeToRest(model, world, janitor);
    for (const facts of model.jobs) await checkJob(facts, queue, world.deaths);
    await checkHistory(queue);
    tally.sequences += 1;
    tally.jobs += model.jobs.length;
    tally.workerKills += world.deaths.workers.size;
    tally.redisKills += world.deaths.redis;
  } finally {
    await Promise.all(world.workers.map((worker) => worker.stop('SIGKILL')));
  }
}

/** Redis up, workers there, waiting jobs let go: until nothing waits, is delayed or runs, and what is to go is gone. */
async function comeToRest(model: JobModel, world: JobWorld, janitor: Janitor): Promise<void> {
  const { queue, workers } = world;
  if (!model.redisUp) await queue.redis.start();
  queue.letGo();
  while (workers.length < 2) addWorker(world);
  await until(
    'everything is at rest',
    async () => {
      const counts = (await queue.producer.counts())['probes'];
      if (!counts || counts.waiting + counts.delayed + counts.active > 0) throw new Error(JSON.stringify(counts));
      return true;
    },
    { timeoutMs: 120_000, everyMs: 100 },
  );
  await janitor.sweep();
}

/** What was counted in has gone out, once: nothing waits any more. */
async function checkHistory(queue: ProbeQueue): Promise<void> {
  const { probes: totals } = await queue.producer.history.totals();
  if (!totals) throw new Error('nothing was counted');
  const out = totals.completed + totals.cancelled + totals.erased + sumOf(totals.failed);
  if (totals.in !== out)
    throw new Error(`${totals.in} jobs were counted in, and ${out} out: ${JSON.stringify(totals)}`);
}

async function openJanitor(queue: ProbeQueue): Promise<Janitor> {
  return createJanitor({
    redis: queue.redis.client(),
    contracts: [probes as unknown as JobContract],
    storage: await openStorage({ ...defaultConfig(), DATA_DIR: queue.dir }),
    resultTtlMs: 3_600_000,
    maxRecords: 1_000_000,
    log: createLog('silent', 'test'),
  });
}
