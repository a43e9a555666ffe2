import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { jobLockKey, queueKey } from '../../../src/redis/keys.ts';
import { openSlowRelay } from '../../support/emails/slow-relay.ts';
import { openProbeQueue, type ProbeQueue } from '../../support/probe/queue.ts';
import { until } from '../../support/until.ts';

/** What becomes of jobs whose worker dies, loses its lock or is late; slower ones than those of every run. */
let queue: ProbeQueue;
beforeEach(async () => {
  queue = await openProbeQueue([], { maxQueueDepth: 1000 });
});
afterEach(() => queue.close());

/** A worker in the one place that supervisord would start it in again: it need not wait for the locks of a dead one. */
const startInPlace = () => queue.startWorker({}, ['--place', '0a1b2c3d:probes-0']);

const workersAlive = (count: number) =>
  until(`${count} workers are alive`, async () => (await queue.producer.workers()).length === count);

it('its job, which another one ends, is counted once', async () => {
  const usage = async () => (await queue.producer.usage()).get('probes')?.get('test');
  const first = queue.startWorker();
  const { id } = await queue.add('wait');
  await queue.noted(id, 'started');
  await first.stop('SIGKILL');
  queue.startWorker();
  queue.letGo();
  await queue.reaches(id, 'completed');
  await until('it is counted', async () => {
    expect(await usage()).toMatchObject({ jobs: 0, redisBytes: 0 });
    return true;
  });
  await queue.stopWorkers();
  const job = await queue.producer.find(id);
  if (job) await queue.producer.erase(job);
  expect(await usage()).toMatchObject({ jobs: 0, storedBytes: 0, running: 0 });
});

it('killed as the job ends: it runs again with its whole input', async () => {
  writeFileSync(join(queue.dir, 'die-at-end'), '');
  const { id } = await queue.add('done', {}, { job: 'x'.repeat(20_000) });
  await queue.startWorker().exited;
  queue.startWorker();
  const job = await queue.reaches(id, 'completed');
  expect(queue.journal(id).filter((one) => one === 'started')).toHaveLength(2);
  expect(job.envelope.inputDropped).toBe(true);
});

it('killed: the job runs alone in a worker that ran others before, and lets others run after it', async () => {
  const first = queue.startWorker({ IMAGES_CONCURRENCY: '1' });
  const { id } = await queue.add('wait');
  await queue.noted(id, 'started');
  queue.startWorker();
  await queue.reaches((await queue.add('done')).id, 'completed');
  await first.stop('SIGKILL');
  await queue.noted(id, 'started', 2);
  const beside = await queue.add('done');
  const redis = queue.redis.client();
  const readRun = () => redis.hmget(queueKey('probes', beside.id), 'run', 'begun');
  const [, begun] = await until('it is claimed', async () => (await readRun()).some(Boolean) && readRun());
  expect([begun, queue.journal(beside.id)]).toEqual([null, []]);
  queue.letGo();
  await Promise.all([id, beside.id].map((one) => queue.reaches(one, 'completed')));
});

it('a job cancelled between the end of its run and its being put back: cancelled, and not when it is due again', async () => {
  const relay = await openSlowRelay(join(queue.dir, 'slow.sock'), queue.redis.socket, 200);
  queue.startWorker({ REDIS_URL: relay.url });
  const job = await queue.add('snoozed');
  const redis = queue.redis.client();
  const hasFinished = async () =>
    (await redis.hget(queueKey('probes', job.id), 'waitingOn')) !== null &&
    (await redis.lpos(queueKey('probes', 'active'), job.id)) !== null;
  try {
    await until('its run has finished', hasFinished, { everyMs: 5 });
    expect(await queue.producer.cancel({ ...job, state: 'active' })).toBe('stopping');
    await queue.reaches(job.id, 'cancelled');
  } finally {
    await relay.close();
  }
});

it('a lock that another has when its run ends: the place is free for the next jobs, and the job runs again', async () => {
  const worker = queue.startWorker({ IMAGES_CONCURRENCY: '1' });
  const { id } = await queue.add('wait');
  await queue.noted(id, 'started');
  const others = [await queue.add('done'), await queue.add('done')];
  // For a moment: the run does not notice before it ends.
  await queue.redis.client().set(jobLockKey('probes', id), 'another', 'PX', 500);
  queue.letGo();
  await Promise.all([...others.map((one) => one.id), id].map((one) => queue.reaches(one, 'completed')));
  expect(await worker.stop()).toBe(0);
});

it('a job that kills every worker: given up after five deaths, named as worker_lost, others still run', async () => {
  const { id } = await queue.add('crash');
  const { id: innocent } = await queue.add('done');
  let over = false;
  // What supervisord does: a worker that died is started again.
  const supervised = (async () => {
    while (!over) await startInPlace().exited;
  })();
  const job = await queue.reaches(id, 'failed', 60_000).finally(() => {
    over = true;
  });
  await queue.reaches(innocent, 'completed');
  await queue.stopWorkers();
  await supervised;
  expect(job.error).toMatchObject({
    code: 'worker_lost',
    retryable: false,
    detail: expect.stringContaining('5 workers died'),
  });
  expect(queue.journal(id)).toEqual(Array(5).fill('started'));
}, 90_000);

it('Redis frozen for longer than a lock lasts: the job ends once, after one attempt and no death', async () => {
  queue.startWorker();
  queue.startWorker();
  await workersAlive(2);
  const { id } = await queue.add('wait');
  await queue.noted(id, 'started');
  const observer = queue.redis.client();
  const lockEndsMs = await observer.pttl(queueKey('probes', `${id}:lock`));
  queue.redis.freeze();
  await delay(lockEndsMs + 200);
  queue.redis.thaw();
  await until('both workers are back', async () => (await queue.producer.workers()).length === 2);
  queue.letGo();
  const job = await queue.reaches(id, 'completed');
  expect(job.attemptsMade).toBe(1);
  expect(queue.journal(id).filter((what) => what === 'done')).toHaveLength(1);
  expect(await observer.hmget(queueKey('probes', id), 'crashes', 'stalls')).toEqual(['0', null]);
});
