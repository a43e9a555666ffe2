import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals';
import request from 'supertest';
import { createLog } from '../../../src/log.ts';
import { openProducerRedis } from '../../../src/redis/connect.ts';
import { verdictHostsKey, verdictLastKey, verdictSinceKey } from '../../../src/redis/keys.ts';
import type { Verdict } from '../../../src/verdict/judge.ts';
import { createRedisLook } from '../../../src/verdict/look-at-redis.ts';
import { bearer, openTestApp, type TestApp } from '../../support/app.ts';
import { until } from '../../support/until.ts';

let test: TestApp;
beforeAll(async () => {
  test = await openTestApp();
});
afterAll(() => test.close());

const ask = async (): Promise<Verdict> =>
  (await request(test.app).get('/v1/verdict').set('Authorization', bearer('operator'))).body;
const says = (code: string) =>
  until(`the verdict says ${code}`, async () => {
    const verdict = await ask();
    return verdict.items[0]?.code === code ? verdict : Promise.reject(new Error(JSON.stringify(verdict)));
  });
const isGreen = () => until('all is well', async () => (await ask()).level === 'green');
afterEach(isGreen);

it('closed without the scope admin', async () => {
  expect((await request(test.app).get('/v1/verdict')).status).toBe(401);
  expect((await request(test.app).get('/v1/verdict').set('Authorization', bearer('kari'))).status).toBe(403);
});

it('a Redis that fills: red, its since is kept in Redis, and gone when it is mended', async () => {
  await isGreen();
  const redis = test.redis.client();
  await redis.config('SET', 'maxmemory', String(64_000_000));
  await redis.setrange('heavylift:{test}:filler', 57_000_000, 'x');
  const verdict = await says('redis_memory');
  expect(verdict).toMatchObject({
    level: 'red',
    text: expect.stringMatching(/^Nothing is accepted: Redis is 9\d % full since \d\d:\d\d UTC$/),
  });
  await redis.config('SET', 'maxmemory', String(50_000_000));
  await says('redis_full');
  await redis.config('SET', 'maxmemory', String(64_000_000));
  // The time between was too short to be another fault.
  expect((await says('redis_memory')).since).toBe(verdict.since);
  expect(Object.keys(await redis.hgetall(verdictSinceKey()))).toContain('redis_memory');
  await redis.del('heavylift:{test}:filler');
  await redis.config('SET', 'maxmemory', '0');
});

it('a queue that is paused: amber, since when, and what waits', async () => {
  await isGreen();
  await test.producer.setPaused('reports', true, 'ops');
  const { level, text, since } = await says('queue_paused');
  expect([level, text.replace(/\d+ s/, '1 s')]).toEqual([
    'amber',
    'Reports paused by the key ops 1 s ago; nothing waits',
  ]);
  expect(Date.parse(since as string)).toBe((await test.producer.counts())['reports']?.pausedSince);
  await test.producer.setPaused('reports', false);
});

it('a web process of another host: what it finds there is told of here, as long as it says so', async () => {
  await isGreen();
  const [redis, at] = [test.redis.client(), Date.now()];
  const host = { host: 'beta', skewMs: 7_200_000, stealPercent: null, disks: [], at };
  await redis.hset(verdictHostsKey(), 'beta', JSON.stringify(host), 'gamma', 'damaged', 'delta', '{}');
  expect((await says('clock_off')).text).toMatch(/^The clock of beta is 2 h 0 min ahead of that of Redis/);
  expect(JSON.parse((await redis.get(verdictLastKey())) as string)).toMatchObject({ level: 'red' });
  await redis.hdel(verdictHostsKey(), 'beta', 'gamma', 'delta');
});

it('a connection that is still being made: is waited for, not called frozen', async () => {
  const redis = openProducerRedis(test.config, createLog('silent', 'test'));
  try {
    expect(redis.status).not.toBe('ready');
    expect(await createRedisLook({ redis })()).toMatchObject({ state: 'up', role: 'master', refused: null });
  } finally {
    redis.disconnect();
  }
});
