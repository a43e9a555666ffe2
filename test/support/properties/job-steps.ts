import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import fc, { type Arbitrary } from 'fast-check';
import { AppError } from '../../../src/errors.ts';
import { randomJobId } from '../../../src/jobs/id.ts';
import { ENVELOPE_VERSION } from '../../../src/jobs/options/options.ts';
import type { StoredJob } from '../../../src/jobs/stored-job.ts';
import type { ProbeQueue } from '../probe/queue.ts';
import type { TestProcess } from '../processes.ts';
import { until } from '../until.ts';
import { ACTS, type Deaths, type JobFacts, type JobModel, journalOf } from './job-model.ts';

/** The real thing that the steps are done to. */
export interface JobWorld {
  queue: ProbeQueue;
  /** Workers that were neither killed nor ended. */
  workers: TestProcess[];
  deaths: Deaths;
}

/** One thing that happens; its name is what a counterexample shows. */
export interface Step {
  /** Whether it makes sense now. */
  check: (model: Readonly<JobModel>) => boolean;
  /** Does it, and notes in the model what is known from the answer. */
  run: (model: JobModel, world: JobWorld) => Promise<unknown>;
  toString(): string;
}

const MOST_WORKERS = 3;
/** A drain that puts jobs back rather than wait for them. */
const WORKER_ENV = { DRAIN_SECONDS: '1' };

/** Any step; what is frequent makes a world in which jobs mostly run, and are steered while they do. */
export function anyStep(): Arbitrary<Step> {
  const act = fc.constantFrom(...ACTS);
  const which = fc.nat(1000);
  const often = (weight: number, arbitrary: Arbitrary<Step>) => ({ weight, arbitrary });
  return fc.oneof(
    often(5, act.map(post)),
    often(3, fc.array(act, { minLength: 2, maxLength: 5 }).map(postTogether)),
    often(
      4,
      which.map((index) => steer('cancel', index, cancel)),
    ),
    often(
      3,
      which.map((index) => steer('retry', index, retry)),
    ),
    often(
      2,
      which.map((index) => steer('erase', index, erase)),
    ),
    often(
      1,
      which.map((index) => dieWhile('cancel', index, cancel)),
    ),
    often(
      1,
      which.map((index) => dieWhile('retry', index, retry)),
    ),
    often(1, act.map(dieWhilePosting)),
    often(1, fc.constant(killRedis())),
    often(6, fc.constant(startRedis())),
    often(4, fc.constant(startWorker())),
    often(
      2,
      which.map((index) => endWorker('SIGKILL', index)),
    ),
    often(
      1,
      which.map((index) => endWorker('SIGTERM', index)),
    ),
    often(2, fc.constantFrom(letGo(), hold())),
    often(4, fc.integer({ min: 10, max: 1500 }).map(pause)),
  );
}

/** A worker of the world's own. */
export const addWorker = ({ queue, workers }: JobWorld): number => workers.push(queue.startWorker(WORKER_ENV));

function step(name: string, check: (model: Readonly<JobModel>) => boolean, run: Step['run']): Step {
  return { check, run, toString: () => name };
}

const post = (act: string): Step =>
  step(
    `post ${act}`,
    () => true,
    (model, world) => queueJob(act, model, world),
  );

const postTogether = (acts: string[]): Step =>
  step(
    `post ${acts.join('+')} at once`,
    () => true,
    async (model, world) => void (await Promise.all(acts.map((act) => queueJob(act, model, world)))),
  );

async function queueJob(act: string, model: JobModel, { queue }: JobWorld): Promise<void> {
  const facts: JobFacts = {
    id: randomJobId('prb'),
    act,
    asked: 1,
    cancelled: 'no',
    startedBefore: 0,
    erased: 'maybe',
  };
  const envelope = { v: ENVELOPE_VERSION, caller: 'test', input: { act }, uploads: {}, options: {} };
  const answer = await ask(() => queue.producer.enqueue('probes', facts.id, envelope));
  if (answer === 'refused') return;
  if (answer !== 'lost') facts.erased = 'no';
  model.jobs.push(facts);
}

type Steering = (facts: JobFacts, job: StoredJob, queue: ProbeQueue) => Promise<void>;

const steer = (name: string, index: number, steering: Steering): Step =>
  step(
    `${name} #${index}`,
    ({ jobs }) => jobs.length > 0,
    async ({ jobs }, { queue }) => {
      const facts = jobs[index % jobs.length] as JobFacts;
      const job = await ask(() => queue.producer.find(facts.id));
      if (job && typeof job === 'object') await steering(facts, job, queue);
    },
  );

const cancel: Steering = async (facts, job, queue) => {
  const answer = await ask(() => queue.producer.cancel(job));
  if (answer === 'cancelled') {
    facts.cancelled = 'before';
    facts.startedBefore = journalOf(queue, facts.id).filter(({ what }) => what === 'started').length;
  }
  if (answer === 'stopping' && facts.cancelled !== 'before') facts.cancelled = 'stopping';
  if (answer === 'lost' && facts.cancelled === 'no') facts.cancelled = 'maybe';
};

const retry: Steering = async (facts, job, queue) => {
  const answer = await ask(() => queue.producer.retry(job));
  if (answer !== true && answer !== 'lost') return;
  facts.asked += 1;
  if (answer === true) facts.cancelled = 'no';
  else if (facts.cancelled !== 'no') facts.cancelled = 'maybe';
};

const erase: Steering = async (facts, job, queue) => {
  const answer = await ask(() => queue.producer.erase(job));
  if (typeof answer === 'boolean') facts.erased = 'yes';
  if (answer === 'lost' && facts.erased === 'no') facts.erased = 'maybe';
};

/** Redis is killed while it is asked: what was asked for is done or not, and never half. */
const dieWhile = (name: string, index: number, steering: Steering): Step =>
  step(
    `kill Redis during ${name} #${index}`,
    ({ jobs, redisUp }) => redisUp && jobs.length > 0,
    async (model, world) => {
      await Promise.all([steer(name, index, steering).run(model, world), killRedis().run(model, world)]);
    },
  );

const dieWhilePosting = (act: string): Step =>
  step(
    `kill Redis during post ${act}`,
    ({ redisUp }) => redisUp,
    async (model, world) => {
      await Promise.all([queueJob(act, model, world), killRedis().run(model, world)]);
    },
  );

const startWorker = (): Step =>
  step(
    'start a worker',
    ({ workers }) => workers < MOST_WORKERS,
    async (model, world) => {
      model.workers = addWorker(world);
    },
  );

const endWorker = (signal: 'SIGKILL' | 'SIGTERM', index: number): Step =>
  step(
    `${signal} worker #${index}`,
    ({ workers }) => workers > 0,
    async (model, { workers, deaths }) => {
      const [worker] = workers.splice(index % workers.length, 1);
      model.workers = workers.length;
      if (signal === 'SIGKILL') deaths.workers.add(String(worker?.pid));
      await worker?.stop(signal);
    },
  );

const killRedis = (): Step =>
  step(
    'kill Redis',
    ({ redisUp }) => redisUp,
    async (model, { queue, deaths }) => {
      model.redisUp = false;
      deaths.redis += 1;
      await queue.redis.kill();
    },
  );

const startRedis = (): Step =>
  step(
    'start Redis',
    ({ redisUp }) => !redisUp,
    async (model, { queue }) => {
      await queue.redis.start();
      model.redisUp = true;
      await until('the producer is connected again', () => queue.producer.check().then(() => true));
    },
  );

const letGo = (): Step =>
  step(
    'let waiting jobs go on',
    () => true,
    async (_model, { queue }) => queue.letGo(),
  );

const hold = (): Step =>
  step(
    'hold waiting jobs',
    () => true,
    async (_model, { queue }) => rmSync(join(queue.dir, 'go'), { force: true }),
  );

const pause = (ms: number): Step =>
  step(
    `pause ${ms} ms`,
    () => true,
    async () => delay(ms),
  );

/** The answer; 'refused' when Redis was known to be away, 'lost' when it was asked and did not answer. */
async function ask<T>(question: () => Promise<T>): Promise<T | 'refused' | 'lost'> {
  try {
    return await question();
  } catch (error) {
    if (error instanceof AppError && error.code === 'outcome_unknown') return 'lost';
    if (error instanceof AppError && error.code === 'queue_unavailable') return 'refused';
    throw error;
  }
}
