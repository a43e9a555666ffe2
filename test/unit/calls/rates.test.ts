import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { AppError } from '../../../src/errors.ts';
import { jobKey, queueKey } from '../../../src/redis/keys.ts';
import type { Redis } from '../../../src/redis/script.ts';
import { calls } from '../../../workers/calls/job.ts';
import { createRates, type Rates } from '../../../workers/calls/sending/rates.ts';
import { startRedis, type TestRedis } from '../../support/redis/redis.ts';
import { makeTempDir } from '../../support/temp-dir.ts';

const dir = makeTempDir();
let server: TestRedis;
let redis: Redis;
/** Two workers' views of the same rates. */
let workers: [Rates, Rates];
beforeAll(async () => {
  server = await startRedis(dir.path);
  redis = server.client();
  workers = [createRates(redis, 8), createRates(server.client(), 8)];
});
afterAll(async () => {
  await server.stop();
  dir.remove();
});
beforeEach(() => redis.flushall());

const call = (id: string, rate: object, caller = 'kari') => ({
  id,
  caller,
  input: calls.input.parse({ url: 'https://api.example/', rate: { key: 'api', ...rate } }),
});

/** Whether it may be sent; else what it waits on. */
async function enter(id: string, rate: object, { caller = 'kari', by = workers[0] } = {}) {
  await redis.hset(jobKey('calls', id), 'data', '{}');
  try {
    return await by.enter(call(id, rate, caller), new AbortController().signal);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    expect([error.code, error.usesAttempt]).toEqual(['slots_full', false]);
    return { waitingOn: error.waitingOn, seconds: error.retryAfterSeconds ?? 0 };
  }
}
const isIn = (entered: Awaited<ReturnType<typeof enter>>) => 'leave' in entered;

/** When calls were sent, by the time of Redis (ms), as far as that is still known. */
async function sentTimes(): Promise<number[]> {
  const [key] = await redis.keys('*:sent');
  const all = key ? await redis.zrange(key, 0, -1) : [];
  return all.map((member) => Number(member.split(':')[1]));
}

it('10/1s over two workers: everyone comes back at its time; in no second more than ten, by the time of Redis', async () => {
  const times = new Set<number>();
  const rate = { limit: '10/1s' };
  const one = async (index: number) => {
    for (;;) {
      const entered = await enter(`c${index}`, rate, { by: workers[index % 2] as Rates });
      if ('seconds' in entered) await delay(entered.seconds * 1000);
      else break;
    }
    for (const time of await sentTimes()) times.add(time);
  };
  await Promise.all(Array.from({ length: 25 }, (_, index) => one(index)));
  const sent = [...times].toSorted((a, b) => a - b);
  const busiest = sent.map((from) => sent.filter((time) => time >= from && time < from + 1000).length);
  expect(Math.max(...busiest)).toBeLessThanOrEqual(10);
  // At no more than twice the rate, also who is late.
  for (const [index, time] of sent.slice(1).entries()) expect(time - (sent[index] ?? 0)).toBeGreaterThanOrEqual(49);
});

it('the wait grows with how many wait; those that were cancelled do not count', async () => {
  const rate = { limit: '1/10s' };
  expect(isIn(await enter('a', rate))).toBe(true);
  const waits = [];
  for (const id of ['b', 'c', 'd']) waits.push(await enter(id, rate));
  const seconds = waits.map((wait) => Math.ceil(('seconds' in wait ? wait.seconds : 0) / 10));
  expect(seconds).toEqual([1, 2, 3]);
  await redis.del(jobKey('calls', 'b'), jobKey('calls', 'c'));
  const again = await enter('d', rate);
  expect('seconds' in again && again.seconds).toBeLessThanOrEqual(10);
});

it('another caller, or another key: a rate of its own', async () => {
  const rate = { limit: '1/1h' };
  expect(isIn(await enter('a', rate))).toBe(true);
  expect(isIn(await enter('b', rate))).toBe(false);
  expect(isIn(await enter('c', rate, { caller: 'ola' }))).toBe(true);
  expect(isIn(await enter('d', { ...rate, key: 'other' }))).toBe(true);
});

it('nothing was sent after all: its turn is free again', async () => {
  const rate = { limit: '1/1h' };
  const first = await enter('a', rate);
  if ('leave' in first) await first.leave(false);
  const second = await enter('b', rate);
  expect(isIn(second)).toBe(true);
  if ('leave' in second) await second.leave(true);
  expect(isIn(await enter('c', rate))).toBe(false);
});

it('so many at once: a place that is given back promotes the one that waits', async () => {
  const rate = { concurrency: 2 };
  const [a, b, c] = [await enter('a', rate), await enter('b', rate, { by: workers[1] }), await enter('c', rate)];
  expect([isIn(a), isIn(b), c]).toEqual([true, true, { waitingOn: 'slot', seconds: expect.any(Number) }]);
  const later = (Date.now() + 60_000) * 4096;
  await redis.zadd(queueKey('calls', 'delayed'), later, 'c');
  if ('leave' in a) await a.leave(true);
  expect(Number(await redis.zscore(queueKey('calls', 'delayed'), 'c'))).toBeLessThan(later);
  expect(isIn(await enter('c', rate))).toBe(true);
});

it('the same call again, after its worker died: its place is its own', async () => {
  const rate = { concurrency: 1 };
  expect(isIn(await enter('a', rate))).toBe(true);
  expect(isIn(await enter('b', rate))).toBe(false);
  expect(isIn(await enter('a', rate))).toBe(true);
});
