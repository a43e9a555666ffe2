import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { queueKey } from '../../../src/redis/keys.ts';
import { openProbeQueue, type ProbeQueue } from '../../support/probe/queue.ts';
import { until } from '../../support/until.ts';

let queue: ProbeQueue;

beforeEach(async () => {
  queue = await openProbeQueue();
});
afterEach(() => queue.close());

const workersAlive = (count: number) =>
  until(`${count} workers are alive`, async () => (await queue.producer.workers()).length === count);

it('a worker frozen for longer than a lock lasts: its jobs run elsewhere, its lost runs leave nothing', async () => {
  const frozen = queue.startWorker();
  await workersAlive(1);
  const jobs = [await queue.add('wait'), await queue.add('stubborn')];
  const started = (times: number) => Promise.all(jobs.map(({ id }) => queue.noted(id, 'started', times)));
  await started(1);
  frozen.signal('SIGSTOP');
  // A job whose worker seems dead runs alone in its next worker.
  const others = [1, 2].map(() => queue.startWorker({ IMAGES_CONCURRENCY: '1' }));
  await started(2);
  const redis = queue.redis.client();
  const readRecords = () =>
    Promise.all(jobs.map(({ id }) => redis.hmget(queueKey('probes', id), 'run', 'attemptsMade', 'failedReason')));
  const before = await readRecords();
  frozen.signal('SIGCONT');
  const stops = () => frozen.output().split('this run stops').length - 1;
  await until('both runs are stopped', () => stops() === 2);
  // It was taken for dead, and came back.
  const readLosses = () => Promise.all(jobs.map(({ id }) => redis.hmget(queueKey('probes', id), 'crashes', 'stalls')));
  await until('its return is noted', async () => (await readLosses()).flat().join() === '0,1,0,1');
  queue.letGo(String(frozen.pid));
  expect(await frozen.stop()).toBe(0);
  expect(await readRecords()).toEqual(before);
  expect(queue.finishing()).toEqual([]);
  queue.letGo();
  for (const { pid } of others) queue.letGo(String(pid));
  const ended = await Promise.all(jobs.map(({ id }) => queue.reaches(id, 'completed')));
  expect(ended.map(({ attemptsMade }) => attemptsMade)).toEqual([1, 1]);
  expect(queue.finishing().toSorted()).toEqual(jobs.map(({ id }) => id).toSorted());
});

it('a worker frozen for a little longer than a lock lasts, its heart beats again when its job is taken: it stood still', async () => {
  const frozen = queue.startWorker();
  const { id } = await queue.add('wait');
  await queue.noted(id, 'started');
  const redis = queue.redis.client();
  const lock = queueKey('probes', `${id}:lock`);
  const own = await redis.get(lock);
  queue.startWorker();
  await workersAlive(2);
  frozen.signal('SIGSTOP');
  await until('another worker has the job', async () => ![own, null].includes(await redis.get(lock)));
  frozen.signal('SIGCONT');
  await until('it has lost the job', () => frozen.output().includes('this worker stood still'));
  await queue.noted(id, 'started', 2);
  await until('that is noted', async () => (await redis.hget(queueKey('probes', id), 'stalls')) === '1');
  expect(await redis.hget(queueKey('probes', id), 'crashes')).toBe('0');
  queue.letGo();
  expect(await queue.reaches(id, 'completed')).toMatchObject({ attemptsMade: 1 });
});

it('Redis away for longer than a run goes on without it: the run stops, and the job runs again without loss of an attempt', async () => {
  const worker = queue.startWorker();
  const jobs = [await queue.add('wait'), await queue.add('stubborn')];
  for (const { id } of jobs) await queue.noted(id, 'started');
  queue.redis.freeze();
  const stops = () => worker.output().split('Redis says nothing of this run any more').length - 1;
  await until('both runs are stopped', () => stops() === jobs.length);
  // The one ends well all the same, which it may not say.
  queue.letGo(String(worker.pid));
  queue.redis.thaw();
  queue.letGo();
  const ended = await Promise.all(jobs.map(({ id }) => queue.reaches(id, 'completed')));
  expect(ended.map(({ attemptsMade }) => attemptsMade)).toEqual([1, 1]);
  const redis = queue.redis.client();
  const losses = await Promise.all(jobs.map(({ id }) => redis.hmget(queueKey('probes', id), 'crashes', 'stalls')));
  expect(losses.map(([crashes]) => crashes)).toEqual(['0', '0']);
});
