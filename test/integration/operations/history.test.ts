import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { countOf, type Figures, sumOf } from '../../../src/queue/history/figures.ts';
import { bucketKey, createHistory, HOUR_MS, MINUTE_MS, sumSteps } from '../../../src/queue/history/history.ts';
import { rollUpHistory } from '../../../src/queue/history/roll-up.ts';
import { findLoneWaiting } from '../../../src/queue/history/waiting-callers.ts';
import { historyKey, jobKey, queueKey } from '../../../src/redis/keys.ts';
import { openProbeQueue, type ProbeQueue } from '../../support/probe/queue.ts';
import { until } from '../../support/until.ts';

let queue: ProbeQueue;
beforeAll(async () => {
  queue = await openProbeQueue();
});
afterAll(() => queue.close());

const KIND = 'probes';
const totals = async (): Promise<Figures> => (await queue.producer.history.totals())[KIND] as Figures;
const lastHour = async (): Promise<Figures> =>
  sumSteps((await queue.producer.history.read({ steps: 60, stepMs: MINUTE_MS }))[KIND] ?? []);
const end = async (act: string, state: 'completed' | 'failed') => {
  const { id } = await queue.add(act);
  return queue.reaches(id, state);
};

it('every way in and out is counted once, by minute and since ever, and the sums balance', async () => {
  queue.startWorker();
  await end('done', 'completed');
  const flaky = await end('flaky', 'completed');
  const refused = await end('refuse', 'failed');
  const failed = await end('fail', 'failed');
  const running = await queue.add('wait');
  await queue.noted(running.id, 'started');
  await queue.producer.cancel((await queue.producer.find(running.id)) ?? running);
  await queue.reaches(running.id, 'cancelled');
  const scheduled = await queue.add('done', { runAt: new Date(Date.now() + HOUR_MS).toISOString() });
  await queue.producer.cancel(scheduled);
  const erased = await queue.add('done', { runAt: new Date(Date.now() + HOUR_MS).toISOString() });
  await queue.producer.erase(erased);
  expect(await queue.producer.retry(failed)).toBe(true);
  await until('it has failed again', async () => sumOf((await totals()).failed) === 3);
  await queue.reaches(failed.id, 'failed');

  const sums = await totals();
  expect(sums).toMatchObject({ in: 8, completed: 2, cancelled: 2, erased: 1 });
  expect(sums.failed).toEqual({ [refused.error?.code ?? '']: 1, [failed.error?.code ?? '']: 2 });
  // Two more attempts of each go at `fail`, and one of `flaky`.
  expect(sumOf(sums.putBack)).toBe(4 + flaky.attemptsMade - 1);
  expect(countOf(sums.run)).toBe(2 + flaky.attemptsMade - 1 + 1 + 6);
  // Of the jobs that ran; the one that was run again waited anew.
  expect(countOf(sums.wait)).toBe(6);
  expect(await lastHour()).toEqual(sums);

  const { [KIND]: recent } = await queue.producer.recentFailures();
  expect(recent).toEqual({
    ...{ failed: 3, ended: 7 },
    errors: [
      { error: failed.error?.code, count: 2, sample: failed.id },
      { error: refused.error?.code, count: 1, sample: refused.id },
    ],
  });
  await queue.producer.erase(refused);
  expect((await queue.producer.recentFailures())[KIND]?.errors[1]?.sample).toBeNull();
});

it('a job that ends twice, since its first end was not marked, is counted once', async () => {
  const before = await totals();
  const { id } = await end('refuse', 'failed');
  const redis = queue.redis.client();
  // As a worker leaves it that dies before Bull has marked the end.
  await redis
    .multi()
    .zrem(queueKey(KIND, 'failed'), id)
    .hset(jobKey(KIND, id), 'final', 1)
    .rpush(queueKey(KIND, 'wait'), id)
    .exec();
  await redis.lpush(queueKey(KIND, 'bell'), 1);
  await queue.reaches(id, 'failed');
  expect(sumOf((await totals()).failed)).toBe(sumOf(before.failed) + 1);
});

it('counts that are damaged begin anew, and no job is lost by it', async () => {
  const redis = queue.redis.client();
  const before = await totals();
  await redis.hset(`${historyKey(KIND)}:totals`, { in: 'x', completed: String(2n ** 63n - 1n) });
  const minutes = [0, 1, 2].map((ahead) => bucketKey(KIND, MINUTE_MS, Date.now() + ahead * MINUTE_MS));
  for (const minute of minutes) await redis.set(minute, 'no hash');
  await redis.set(`${historyKey(KIND)}:samples`, 'no hash');
  await end('done', 'completed');
  await end('refuse', 'failed');
  const after = await totals();
  expect([after.in, after.completed, sumOf(after.failed)]).toEqual([2, 1, sumOf(before.failed) + 1]);
  expect((await lastHour()).completed).toBeGreaterThanOrEqual(1);
  expect((await queue.producer.recentFailures())[KIND]?.errors.map(({ sample }) => sample)).toEqual([null]);
  await redis.del(`${historyKey(KIND)}:samples`);
});

it('hours are made of minutes, once; minutes are read for a day, hours beyond', async () => {
  const redis = queue.redis.client();
  const [hour, longAgo] = [5, 48].map((back) => (Math.floor(Date.now() / HOUR_MS) - back) * HOUR_MS) as [
    number,
    number,
  ];
  await redis.hset(bucketKey(KIND, MINUTE_MS, hour), { in: 2, completed: 1, 'wait:1': 1 });
  await redis.hset(bucketKey(KIND, MINUTE_MS, hour + 59 * MINUTE_MS), { in: 3, 'failed:timed_out': 1 });
  await redis.hset(bucketKey(KIND, HOUR_MS, longAgo), { in: 7 });
  expect([await rollUpHistory(redis, KIND), await rollUpHistory(redis, KIND)]).toEqual([1, 0]);
  const key = bucketKey(KIND, HOUR_MS, hour);
  expect(await redis.hgetall(key)).toEqual({ in: '5', completed: '1', 'wait:1': '1', 'failed:timed_out': '1' });
  expect(await redis.ttl(key)).toBeGreaterThan(30 * 86_400);
  const read = async (steps: number, stepMs: number) => {
    const { [KIND]: all = [] } = await createHistory(redis, [KIND]).read({ steps, stepMs });
    return all
      .filter(({ at }) => at < Date.now() - 2 * HOUR_MS)
      .flatMap(({ at, figures }) => (figures.in > 0 ? [[at, figures.in]] : []));
  };
  expect(await read(24 * 6, 10 * MINUTE_MS)).toEqual([
    [hour, 2],
    [hour + 50 * MINUTE_MS, 3],
  ]);
  expect(await read(72, HOUR_MS)).toEqual([
    [longAgo, 7],
    [hour, 5],
  ]);
  await redis.del(bucketKey(KIND, MINUTE_MS, hour));
  expect(await read(72, HOUR_MS)).toEqual([
    [longAgo, 7],
    [hour, 3],
  ]);
});

it('a minute is kept for 26 hours', async () => {
  await end('done', 'completed');
  const redis = queue.redis.client();
  const times = await Promise.all(
    [0, 1].map((back) => redis.ttl(bucketKey(KIND, MINUTE_MS, Date.now() - back * MINUTE_MS))),
  );
  expect(Math.max(...times)).toBeGreaterThan(25 * 3600);
});

it('how long the oldest waits: in the line, while paused, and when nobody lets a job in whose time has come', async () => {
  const redis = queue.redis.client();
  const oldest = async () => Math.round(((await queue.producer.oldestWaiting())[KIND] ?? 0) / 60_000);
  expect(await oldest()).toBe(0);
  await queue.producer.setPaused(KIND, true);
  const { id } = await queue.add('done');
  await redis.hset(jobKey(KIND, id), 'timestamp', Date.now() - 300_000);
  await queue.add('done');
  expect(await oldest()).toBe(5);
  await redis.hset(jobKey(KIND, id), 'entered', Date.now() - 120_000);
  expect(await oldest()).toBe(2);
  await queue.stopWorkers();
  await redis.zadd(queueKey(KIND, 'delayed'), (Date.now() - 600_000) * 4096, 'prb_nobody');
  expect(await oldest()).toBe(10);
  await redis.zrem(queueKey(KIND, 'delayed'), 'prb_nobody');
});

it('the one of several callers whose jobs alone wait long is found in the lines, of whatever priority they are', async () => {
  const redis = queue.redis.client();
  await queue.producer.setPaused(KIND, true);
  const alone = () => findLoneWaiting(redis, KIND, 600_000);
  const addOld = async (caller: string, priority: 'low' | 'high', msAgo: number) => {
    const { id } = await queue.add('done', { priority }, { caller });
    await redis.hset(jobKey(KIND, id), 'timestamp', Date.now() - msAgo);
  };
  await addOld('anna', 'high', 0);
  await addOld('anna', 'low', 1_200_000);
  await addOld('bert', 'high', 1000);
  expect(await alone()).toBe('anna');
  expect(await findLoneWaiting(redis, KIND, 1_800_000)).toBeNull();
  await addOld('bert', 'low', 900_000);
  expect(await alone()).toBeNull();
  await queue.producer.setPaused(KIND, false);
});
