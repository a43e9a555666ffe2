import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Redis } from 'ioredis';
import request, { type Response } from 'supertest';
import { randomKey, sha256 } from '../../../src/keys/keyring.ts';
import { createRates } from '../../../src/keys/rates.ts';
import { createKeyStore, type Rate } from '../../../src/keys/store.ts';
import { createLog } from '../../../src/log.ts';
import { openProducerRedis } from '../../../src/redis/connect.ts';
import { bearer, openTestApp, type TestApp } from '../../support/app.ts';
import { until } from '../../support/until.ts';

const REPORT = { template: 'document', data: { title: 'T', blocks: [] } };

let test: TestApp;
let observer: Redis;

beforeAll(async () => {
  test = await openTestApp();
  observer = test.redis.client();
});
afterAll(() => test.close());

let made = 0;
/** A new key with that rate, as an Authorization header. */
async function limitedKey(requests: number, seconds: number): Promise<string> {
  const key = randomKey();
  made += 1;
  await createKeyStore(observer).add({
    name: `limited-${made}`,
    digest: sha256(key),
    scopes: ['images', 'reports'],
    rate: { requests, seconds },
    createdAt: new Date().toISOString(),
    lastUsedAt: null,
  });
  return `Bearer ${key}`;
}

const post = (authorization: string, path = '/v1/reports'): Promise<Response> =>
  request(test.app).post(path).set('Authorization', authorization).send(REPORT);
const fieldsOf = ({ headers }: Response) => [headers['ratelimit-policy'], headers['ratelimit']];

/** What Redis has counted so far: each question about a request counts it. */
async function counted(): Promise<unknown> {
  const names = (await observer.keys('heavylift:{rates}*')).toSorted();
  return Promise.all(names.map(async (name) => [name, await observer.get(name)]));
}

describe('a key with a rate', () => {
  it('accepted up to it, with what is left in every answer; the next one is 429 and says when', async () => {
    const key = await limitedKey(3, 60);
    for (const left of [2, 1, 0]) {
      const response = await post(key);
      expect(response.status).toBe(202);
      expect(fieldsOf(response)).toEqual([
        '"default";q=3;w=60',
        expect.stringMatching(`^"default";r=${left};t=(60|59)$`),
      ]);
      expect(response.headers['retry-after']).toBe('1');
    }
    const before = await test.waiting();
    const refused = await post(key);
    expect(refused.status).toBe(429);
    expect(refused.headers['content-type']).toMatch(/^application\/problem\+json/);
    expect(refused.body).toMatchObject({
      status: 429,
      code: 'rate_limited',
      retryable: true,
      title: 'Rate limited',
      detail: expect.stringMatching(/^The limit of this API key is 3 requests in 60 s\. Try again in (60|5\d) s\.$/),
    });
    const seconds = Number(refused.headers['retry-after']);
    expect(seconds).toBeGreaterThan(50);
    expect(fieldsOf(refused)).toEqual(['"default";q=3;w=60', `"default";r=0;t=${seconds}`]);
    expect(await test.waiting()).toBe(before);
  });

  it('over it: refused without asking Redis, and others are accepted as before', async () => {
    const [noisy, quiet] = [await limitedKey(1, 60), await limitedKey(2, 60)];
    expect([(await post(noisy)).status, (await post(noisy)).status]).toEqual([202, 429]);
    const before = await counted();
    const storm = await Promise.all(Array.from({ length: 50 }, () => post(noisy)));
    expect(new Set(storm.map(({ status }) => status))).toEqual(new Set([429]));
    expect(await counted()).toEqual(before);
    expect((await post(quiet)).status).toBe(202);
    expect((await post(bearer('kari'))).status).toBe(202);
  });

  it('twenty at once: exactly the rate is accepted', async () => {
    const key = await limitedKey(5, 60);
    const answers = await Promise.all(Array.from({ length: 20 }, () => post(key)));
    expect(answers.filter(({ status }) => status === 202)).toHaveLength(5);
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(15);
  });

  it('the window passes: accepted again', async () => {
    const key = await limitedKey(1, 1);
    expect((await post(key)).status).toBe(202);
    await until('it is accepted again', async () => (await post(key)).status === 202);
  });

  it('a bad request and an upload count too, reading a job does not', async () => {
    const key = await limitedKey(3, 60);
    const bad = await request(test.app).post('/v1/reports').set('Authorization', key).send({ template: 'none' });
    expect([bad.status, fieldsOf(bad)[1]]).toEqual([400, expect.stringContaining('r=2;')]);
    const empty = await request(test.app)
      .post('/v1/images')
      .set('Authorization', key)
      .attach('file', Buffer.alloc(0), 'a.jpg');
    expect([empty.status, fieldsOf(empty)[1]]).toEqual([400, expect.stringContaining('r=1;')]);
    const read = await request(test.app).get('/v1/jobs/rep_0').set('Authorization', key);
    expect([read.status, ...fieldsOf(read)]).toEqual([404, undefined, undefined]);
    expect(fieldsOf(await post(key))[1]).toContain('r=0;');
  });

  it.each([
    ['post', '/V1/Reports'],
    ['post', '/v1/reports/'],
    ['post', '/v1/reports?x=1'],
    ['post', '/v1/emails/batch'],
    ['post', '/reports'],
    ['post', '/reports/new'],
    ['post', '/jobs/rep_0/Again/'],
    ['post', '/jobs/rep_0/cancel'],
    ['post', '/a/route/to/come'],
    ['put', '/v1/suppressions/kari@example.no'],
    ['delete', '/v1/suppressions/kari@example.no'],
    ['delete', '/v1/subjects/kari'],
    ['delete', '/v1/jobs/rep_0'],
    ['patch', '/v1/jobs/rep_0'],
  ] as const)('%s %s: no way around it by another route, method, spelling or form', async (method, path) => {
    const key = await limitedKey(1, 60);
    await post(key);
    const refused = await request(test.app)[method](path).set('Authorization', key).send({});
    expect([refused.status, fieldsOf(refused)[1]]).toEqual([429, expect.stringContaining('r=0;')]);
  });

  it('over it, in a browser: forms are refused; signing in with another key and out are not', async () => {
    const limited = await limitedKey(1, 60);
    const signIn = await request(test.app)
      .post('/login')
      .type('form')
      .send({ key: limited.slice(7) });
    const cookie = String(signIn.headers['set-cookie']).split(';')[0] ?? '';
    const send = (path: string, fields: object) =>
      request(test.app).post(path).type('form').set({ Cookie: cookie, 'Sec-Fetch-Site': 'same-origin' }).send(fields);
    expect((await post(limited)).status).toBe(202);
    expect((await send('/reports/new', {})).status).toBe(429);
    expect((await send('/Login', { key: 'key-of-kari' })).status).toBe(303);
    expect((await send('/logout', {})).status).toBe(303);
  });

  it('an upload over the rate: refused while it streams, nothing is stored', async () => {
    const key = await limitedKey(1, 60);
    await post(key);
    const response = await request(test.app)
      .post('/v1/images')
      .set('Authorization', key)
      .attach('file', Buffer.alloc(3_000_000, 7), 'a.jpg');
    expect(response.status).toBe(429);
    expect(await test.storedFiles()).toEqual([]);
  });
});

describe('a key without a rate', () => {
  it('no limit, no fields, and no question to Redis but the job’s own', async () => {
    await post(bearer('ola'));
    const before = (await observer.keys('heavylift:{rates}*')).toSorted();
    const answers = await Promise.all(Array.from({ length: 30 }, () => post(bearer('ola'))));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([202]));
    expect(answers.flatMap(fieldsOf).filter(Boolean)).toEqual([]);
    expect((await observer.keys('heavylift:{rates}*')).toSorted()).toEqual(before);
  });
});

describe('two web processes', () => {
  it('one count for both; what is kept of it goes by itself', async () => {
    const rate: Rate = { requests: 3, seconds: 30 };
    const log = createLog('silent', 'test');
    const connections = [openProducerRedis(test.config, log), openProducerRedis(test.config, log)];
    await until('both are connected', () => connections.every(({ status }) => status === 'ready'));
    const [one, other] = connections.map(createRates);
    try {
      const left = [];
      for (const rates of [one, other, one, other]) left.push(await rates?.take('shared', rate));
      expect(left.map((answer) => [answer?.allowed, answer?.remaining])).toEqual([
        [true, 2],
        [true, 1],
        [true, 0],
        [false, 0],
      ]);
      const [name = ''] = await observer.keys('heavylift:{rates}*shared');
      const ttl = await observer.ttl(name);
      expect(ttl > 0 && ttl <= 30).toBe(true);
      // Another rate of the same caller is another count.
      expect(await one?.take('shared', { requests: 5, seconds: 30 })).toMatchObject({ allowed: true, remaining: 4 });
    } finally {
      for (const connection of connections) connection.disconnect();
    }
  });
});

describe('Redis away', () => {
  it.each(['killed', 'frozen'])('%s: 503 and not 429 for a caller within its rate; then it counts on', async (how) => {
    const key = await limitedKey(5, 60);
    expect((await post(key)).status).toBe(202);
    if (how === 'killed') await test.redis.kill();
    else test.redis.freeze();
    try {
      for (let request = 0; request < 6; request += 1) {
        const response = await post(key);
        expect(response.body).toMatchObject({ status: 503, code: 'queue_unavailable' });
        expect(response.headers['retry-after']).toBe('1');
      }
    } finally {
      if (how === 'killed') await test.redis.start();
      else test.redis.thaw();
    }
    await until('Redis is reached again', () => test.producer.check().then(() => true));
    // A frozen Redis ran what it was sent as soon as it woke.
    expect([202, 429]).toContain((await post(key)).status);
  });
});
