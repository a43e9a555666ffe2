import { afterAll, beforeAll, beforeEach, expect, it } from '@jest/globals';
import {
  createHosts,
  FAILURES_UNTIL_REST,
  type HostOutcome,
  type Hosts,
  readHostsHealth,
} from '../../../src/delivery/hosts.ts';
import { AppError } from '../../../src/errors.ts';
import { callersKey, jobKey, queueKey } from '../../../src/redis/keys.ts';
import type { Redis } from '../../../src/redis/script.ts';
import { startRedis, type TestRedis } from '../../support/redis/redis.ts';
import { makeTempDir } from '../../support/temp-dir.ts';
import { until } from '../../support/until.ts';

const dir = makeTempDir();
let server: TestRedis;
let redis: Redis;
/** Two workers' views of the same hosts. */
let hosts: Hosts;
let others: Hosts;
beforeAll(async () => {
  server = await startRedis(dir.path);
  redis = server.client();
  const deps = { redis, kind: 'webhooks', places: 10, attemptMs: 1000 };
  [hosts, others] = [createHosts(deps), createHosts({ ...deps, redis: server.client() })];
});
afterAll(async () => {
  await server.stop();
  dir.remove();
});
beforeEach(() => redis.flushall());

const URL = 'https://app.example/hook';
const sending = (id: string, url = URL, caller = 'kari') => ({ id, caller, url });

/** Whether it got a place; else the sentence and when to ask again. */
async function enter(id: string, { url = URL, caller = 'kari', force = false, by = hosts } = {}) {
  try {
    await by.enter(sending(id, url, caller), force);
    return 'in';
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    expect([error.code, error.usesAttempt]).toEqual(['slots_full', false]);
    return /rests/.test(error.message) ? 'rests' : 'full';
  }
}

const fail = async (times: number, outcome: HostOutcome = 'failed') => {
  for (let index = 0; index < times; index += 1) {
    await hosts.enter(sending(`f${index}`), false);
    await hosts.leave(sending(`f${index}`), outcome);
  }
};

/** Puts the rest of a host behind us. */
const endRest = () => redis.hset('heavylift:{webhooks}:own:host:app.example:rest', 'until', Date.now() - 1);

it('one host: half of all places, over all workers; two of another are free at once, and two more for each', async () => {
  const answers = [];
  for (let index = 0; index < 7; index += 1) answers.push(await enter(`a${index}`, { by: index % 2 ? others : hosts }));
  expect(answers).toEqual(['in', 'in', 'in', 'in', 'in', 'full', 'full']);
  const urls = ['https://b.example/', 'https://c.example/'];
  for (const url of urls) {
    expect([await enter(`1${url}`, { url }), await enter(`2${url}`, { url }), await enter(`3${url}`, { url })]).toEqual(
      ['in', 'in', 'full'],
    );
  }
});

it('another address on the host, or another caller’s: a first place of its own', async () => {
  for (let index = 0; index < 6; index += 1) await enter(`a${index}`);
  expect(await enter('q', { url: 'https://app.example/other?x=1' })).toBe('in');
  expect(await enter('r', { url: 'https://app.example/other?x=2' })).toBe('full');
  expect(await enter('s', { caller: 'ola' })).toBe('in');
});

it('the same webhook again, after its worker died: its place is its own', async () => {
  for (let index = 0; index < 5; index += 1) await enter(`a${index}`);
  expect(await enter('a3')).toBe('in');
});

it('a place is given back: the webhook that waits longest is promoted', async () => {
  for (let index = 0; index < 7; index += 1) await enter(`a${index}`);
  await redis.hset(jobKey('webhooks', 'a5'), 'data', '{}');
  await redis.hset(jobKey('webhooks', 'a6'), 'data', '{}');
  const later = (Date.now() + 60_000) * 4096;
  await redis.zadd(queueKey('webhooks', 'delayed'), later, 'a5', later, 'a6');
  await hosts.leave(sending('a0'), 'answered');
  const scores = await redis.zmscore(queueKey('webhooks', 'delayed'), 'a5', 'a6');
  expect(Number(scores[0])).toBeLessThan(later);
  expect(Number(scores[1])).toBe(later);
  expect(await enter('a5')).toBe('in');
});

it('five failures in a row, over all workers: it rests; then one attempt tries it, and the answer ends the rest', async () => {
  await fail(FAILURES_UNTIL_REST - 1);
  expect(await enter('last', { by: others })).toBe('in');
  await others.leave(sending('last'), 'failed');
  expect([await enter('x'), await enter('y', { by: others, url: 'https://app.example/other' })]).toEqual([
    'rests',
    'rests',
  ]);
  expect(await enter('z', { url: 'https://b.example/' })).toBe('in');
  await endRest();
  expect([await enter('x'), await enter('y', { by: others })]).toEqual(['in', 'rests']);
  await hosts.leave(sending('x'), 'answered');
  expect([await enter('y'), await enter('w')]).toEqual(['in', 'in']);
});

it('the attempt that tries it fails: the next rest is twice as long; it is stopped: the next one tries', async () => {
  const restMs = async () =>
    Number(await redis.hget('heavylift:{webhooks}:own:host:app.example:rest', 'until')) - Date.now();
  await fail(FAILURES_UNTIL_REST);
  expect(Math.round((await restMs()) / 1000)).toBe(15);
  await endRest();
  await enter('x');
  await hosts.leave(sending('x'), 'failed');
  expect(Math.round((await restMs()) / 1000)).toBe(30);
  await endRest();
  await enter('x');
  await hosts.leave(sending('x'), 'stopped');
  expect(await enter('y')).toBe('in');
});

it('an answer in between, whatever it says: the failures are not in a row', async () => {
  await fail(FAILURES_UNTIL_REST - 1);
  await fail(1, 'answered');
  await fail(FAILURES_UNTIL_REST - 1);
  expect(await enter('x')).toBe('in');
});

it('failures of attempts that had begun before the rest are not counted', async () => {
  await fail(FAILURES_UNTIL_REST - 1);
  for (const id of ['a', 'b', 'c']) await enter(id);
  for (const id of ['a', 'b', 'c']) await hosts.leave(sending(id), 'failed');
  expect(await redis.hget('heavylift:{webhooks}:own:host:app.example:rest', 'failures')).toBe('5');
});

it('asked for by a person: sent at once, also while the host rests or has its share', async () => {
  await fail(FAILURES_UNTIL_REST);
  expect([await enter('x'), await enter('x', { force: true })]).toEqual(['rests', 'in']);
});

it('a worker that died gives its places back when their time is over', async () => {
  const brief = createHosts({ redis, kind: 'webhooks', places: 2, attemptMs: -14_900 });
  await brief.enter(sending('a'), false);
  await brief.enter(sending('b'), false);
  expect(await enter('c', { by: createHosts({ redis, kind: 'webhooks', places: 2, attemptMs: 1000 }) })).toBe('full');
  await until(
    'there is room',
    async () =>
      (await enter('c', { by: createHosts({ redis, kind: 'webhooks', places: 2, attemptMs: 1000 }) })) === 'in',
  );
});

it('an operator sees which hosts fail, whose jobs those were, and how many callers there are', async () => {
  const attempt = async (id: string, host: string, caller: string, failure: string | null) => {
    const one = sending(id, `https://${host}/hook`, caller);
    await hosts.enter(one, true);
    await hosts.leave(one, failure === null ? 'answered' : 'failed', { failure });
  };
  await redis.sadd(callersKey('webhooks'), 'kari', 'ola');
  await attempt('1', 'a.example', 'kari', 'refused');
  await attempt('2', 'a.example', 'kari', 'refused');
  await attempt('3', 'b.example', 'kari', 'refused');
  await attempt('4', 'b.example', 'ola', 'refused');
  await attempt('5', 'b.example', 'kari', 'refused');
  await attempt('6', 'c.example', 'ola', 'refused');
  await attempt('7', 'c.example', 'ola', null);
  const { failing, callers, takenAt } = await readHostsHealth(redis, 'webhooks');
  const seen = failing.map(({ host, failures, caller }) => [host, failures, caller]);
  expect([seen.toSorted(), callers, takenAt === null]).toEqual([
    [
      ['a.example', 2, 'kari'],
      ['b.example', 3, undefined],
    ],
    2,
    false,
  ]);
});

it('a caller with hundreds of dead hosts hides those of nobody else, and few callers with few are all kept', async () => {
  const dead = async (host: string, caller: string) => {
    const one = sending(host, `https://${host}.example/hook`, caller);
    await hosts.enter(one, true);
    await hosts.leave(one, 'failed', { failure: 'refused' });
  };
  for (let index = 0; index < 130; index += 1) await dead(`kari${index}`, 'kari');
  const read = async () => {
    const { failing } = await readHostsHealth(redis, 'webhooks');
    return Map.groupBy(failing, ({ caller }) => caller);
  };
  expect((await read()).get('kari')).toHaveLength(100);
  for (let index = 0; index < 60; index += 1) await dead(`ola${index}`, 'ola');
  await dead('per', 'per');
  for (let index = 130; index < 150; index += 1) await dead(`kari${index}`, 'kari');
  const kept = await read();
  // Who of the two with most gave way to the third is left open.
  expect(['kari', 'ola'].map((caller) => kept.get(caller)?.length).toSorted()).toEqual([49, 50]);
  expect(kept.get('per')).toHaveLength(1);
  // What has failed for longest stays.
  expect(kept.get('kari')?.map(({ host }) => host)).toContain('kari0.example');
});
