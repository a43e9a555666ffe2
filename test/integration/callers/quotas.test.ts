import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { Redis } from 'ioredis';
import request, { type Response } from 'supertest';
import { randomKey, sha256 } from '../../../src/keys/keyring.ts';
import { createKeyStore, type Holdings } from '../../../src/keys/store.ts';
import { KINDS } from '../../../workers/index.ts';
import { bearer, openTestApp, type TestApp } from '../../support/app.ts';
import { until } from '../../support/until.ts';

/** Kinds that are posted, each of which has a queue. */
const POSTED = KINDS.filter(({ contract }) => contract.accepts !== 'none').length;

let test: TestApp;
let observer: Redis;

beforeAll(async () => {
  test = await openTestApp();
  observer = test.redis.client();
});
afterEach(() => test.clear());
afterAll(() => test.close());

const DAYS = 86_400_000;
const inDays = (days: number) => new Date(Date.now() + days * DAYS).toISOString();
const mail = (more: object = {}) => ({ to: 'kari@example.no', subject: 'Hei', text: 'Hei!', ...more });
const REPORT = { template: 'document', data: { title: 'T', blocks: [] } };

let made = 0;
/** A new key that may hold so much, as an Authorization header. */
async function keyWith(holdings: Holdings): Promise<string> {
  made += 1;
  const key = randomKey();
  const facts = { digest: sha256(key), scopes: ['images', 'reports', 'emails'], rate: null };
  const times = { createdAt: new Date().toISOString(), lastUsedAt: null };
  await createKeyStore(observer).add({ name: `key-${made}`, ...facts, ...times, ...holdings });
  return `Bearer ${key}`;
}

const as = (authorization: string, method: 'get' | 'post' | 'delete', path: string) =>
  request(test.app)[method](path).set('Authorization', authorization);
const postMail = (key: string, more: object = {}, headers: Record<string, string> = {}): Promise<Response> =>
  as(key, 'post', '/v1/emails').set(headers).send(mail(more));
const postBatch = (key: string, count: number, more: object = {}): Promise<Response> =>
  as(key, 'post', '/v1/emails/batch').send({ messages: Array.from({ length: count }, () => mail(more)) });
const upload = (key: string, bytes: number): Promise<Response> =>
  as(key, 'post', '/v1/reports')
    .field('report', JSON.stringify({ ...REPORT, data: { title: 'T', blocks: [tableOf('rows')] } }))
    .attach('rows', Buffer.from(`a\n${'1\n'.repeat(bytes / 2)}`), 'rows.csv');
const tableOf = (file: string) => ({ type: 'table', columns: [{ key: 'a', title: 'A' }], rows: { file } });
const usageOf = async (key: string) => (await as(key, 'get', '/v1/usage')).body;
/** Usage is looked at once a second. */
const usageIs = (key: string, expected: object) =>
  until('it is in use', async () => {
    const usage = await usageOf(key);
    expect(usage).toMatchObject(expected);
    return true;
  });
const verdict = ({ status, body }: Response) => [status, body.code, body.limit?.name];

describe('a key with a limit of jobs', () => {
  it('its jobs are taken up to it, delayed ones too; the next is 429 and says what there is', async () => {
    const key = await keyWith({ maxWaiting: 2 });
    expect((await postMail(key)).status).toBe(202);
    expect((await postMail(key, { runAt: inDays(20) })).status).toBe(202);
    const refused = await postMail(key);
    expect(refused.status).toBe(429);
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
    expect(refused.body).toMatchObject({
      status: 429,
      code: 'quota_exceeded',
      title: 'Quota exceeded',
      retryable: true,
      detail: `The key "key-${made}" has 2 jobs that wait, and 2 is the limit (waiting): wait until some have run.`,
      limit: { name: 'waiting', used: 2, max: 2 },
    });
    expect((await postMail(bearer('ola'))).status).toBe(202);
  });

  it('a job that is cancelled or erased makes room; one that is run again takes it', async () => {
    const key = await keyWith({ maxWaiting: 1 });
    const first = (await postMail(key)).body.id;
    expect(verdict(await postMail(key))).toEqual([429, 'quota_exceeded', 'waiting']);
    await as(key, 'post', `/v1/jobs/${first}/cancel`).expect(200);
    const second = (await postMail(key)).body.id;
    await as(key, 'delete', `/v1/jobs/${second}`).expect(204);
    await usageIs(key, { waiting: { used: 0 } });
    await as(key, 'post', `/v1/jobs/${first}/retry`).expect(202);
    expect(verdict(await postMail(key))).toEqual([429, 'quota_exceeded', 'waiting']);
    await as(key, 'delete', `/v1/jobs/${first}`).expect(204);
    const { id } = (await postMail(key)).body;
    await as(key, 'post', `/v1/jobs/${id}/cancel`).expect(200);
    expect((await postMail(key)).status).toBe(202);
    await usageIs(key, { waiting: { used: 1 } });
    expect(verdict(await as(key, 'post', `/v1/jobs/${id}/retry`))).toEqual([429, 'quota_exceeded', 'waiting']);
  });

  it('over all kinds: what waits of one is no room for another', async () => {
    const key = await keyWith({ maxWaiting: 2 });
    expect((await postMail(key)).status).toBe(202);
    expect((await as(key, 'post', '/v1/reports').send(REPORT)).status).toBe(202);
    await usageIs(key, { waiting: { used: 2, max: 2 } });
    expect(verdict(await postMail(key))).toEqual([429, 'quota_exceeded', 'waiting']);
    expect(verdict(await as(key, 'post', '/v1/reports').send(REPORT))).toEqual([429, 'quota_exceeded', 'waiting']);
    expect(verdict(await upload(key, 10))).toEqual([429, 'quota_exceeded', 'waiting']);
  });

  it('twenty at once: exactly as many as the limit are taken', async () => {
    const key = await keyWith({ maxWaiting: 5 });
    const answers = await Promise.all(Array.from({ length: 20 }, () => postMail(key)));
    expect(answers.filter(({ status }) => status === 202)).toHaveLength(5);
    expect(new Set(answers.filter(({ status }) => status !== 202).map(({ body }) => body.code))).toEqual(
      new Set(['quota_exceeded']),
    );
  });

  it('a batch that does not fit: 429 as a whole, none of it is queued; one that fits is taken', async () => {
    const key = await keyWith({ maxWaiting: 3 });
    const refused = await postBatch(key, 4);
    expect(verdict(refused)).toEqual([429, 'quota_exceeded', 'waiting']);
    expect(refused.body.limit).toEqual({ name: 'waiting', used: 0, max: 3 });
    expect(await test.waiting()).toBe(0);
    expect((await postBatch(key, 3)).status).toBe(202);
    expect(await test.waiting()).toBe(3);
  });

  it('sent again with its Idempotency-Key: answered with its job, however full it is', async () => {
    const key = await keyWith({ maxWaiting: 1 });
    const headers = { 'Idempotency-Key': 'once' };
    const { id } = (await postMail(key, {}, headers)).body;
    const again = await postMail(key, {}, headers);
    expect([again.status, again.body.id, again.headers['idempotency-replayed']]).toEqual([202, id, 'true']);
  });
});

describe('a key with a limit of bytes', () => {
  it('inputs in Redis and in storage count until it is full; what is refused leaves nothing', async () => {
    const key = await keyWith({ maxWaitingBytes: 100_000 });
    const text = 'x'.repeat(40_000);
    expect((await postMail(key, { text })).status).toBe(202);
    expect((await postMail(key, { text, runAt: inDays(20) })).status).toBe(202);
    const refused = await postMail(key, { text });
    expect(verdict(refused)).toEqual([429, 'quota_exceeded', 'waitingBytes']);
    expect(refused.body.limit.used).toBeGreaterThan(80_000);
    expect(refused.body.limit.max).toBe(100_000);
    expect(await test.storedFiles()).toHaveLength(2);
    expect((await postMail(key)).status).toBe(202);
    expect(verdict(await postBatch(key, 3, { text }))).toEqual([429, 'quota_exceeded', 'waitingBytes']);
    expect(await test.storedFiles()).toHaveLength(2);
  });

  it('small jobs are counted with what Redis keeps beside their input', async () => {
    const key = await keyWith({ maxWaitingBytes: 20_000 });
    const answers = await Promise.all(Array.from({ length: 30 }, () => postMail(key)));
    const taken = answers.filter(({ status }) => status === 202).length;
    expect(taken).toBeGreaterThan(5);
    expect(taken).toBeLessThan(20);
  });

  it('in storage: uploads and inputs, also of ended jobs; an upload is refused before it is read', async () => {
    const key = await keyWith({ maxStored: 100_000 });
    const first = await upload(key, 60_000);
    expect(first.status).toBe(202);
    const refused = await upload(key, 60_000);
    expect(verdict(refused)).toEqual([429, 'quota_exceeded', 'storedBytes']);
    expect(refused.body.limit).toEqual({ name: 'storedBytes', used: expect.any(Number), max: 100_000 });
    expect(refused.body.limit.used).toBeGreaterThan(60_000);
    expect(refused.body.retryable).toBe(true);
    const never = await upload(key, 100_001);
    expect([...verdict(never), never.body.retryable]).toEqual([429, 'quota_exceeded', 'storedBytes', false]);
    await as(key, 'post', `/v1/jobs/${first.body.id}/cancel`).expect(200);
    expect(verdict(await upload(key, 60_000))).toEqual([429, 'quota_exceeded', 'storedBytes']);
    expect(await test.storedFiles()).toHaveLength(1);
    await as(key, 'delete', `/v1/jobs/${first.body.id}`).expect(204);
    await until('it is taken again', async () => (await upload(key, 60_000)).status === 202);
  });

  it('uploads that jobs may name count too: beyond it 429, by their length and as they come, and nothing is kept', async () => {
    const key = await keyWith({ maxStored: 1000 });
    const post = () => as(key, 'post', '/v1/uploads').type('text/csv');
    const file = 'a;'.repeat(300);
    const first = await post().send(file);
    expect(first.status).toBe(201);
    await usageIs(key, { storedBytes: { used: 600, max: 1000 } });
    expect(verdict(await post().send(file))).toEqual([429, 'quota_exceeded', 'storedBytes']);
    const sending = post().set('Transfer-Encoding', 'chunked');
    sending.write(file);
    expect(verdict(await sending)).toEqual([429, 'quota_exceeded', 'storedBytes']);
    expect(await test.storedFiles()).toHaveLength(1);
    await as(key, 'delete', `/v1/uploads/${first.body.id}`).expect(204);
    expect((await post().send(file)).status).toBe(201);
  });

  it('an upload that does not say its length: refused when it is read, and its file removed', async () => {
    const key = await keyWith({ maxStored: 1000 });
    const sending = as(key, 'post', '/v1/images').type('image/png').set('Transfer-Encoding', 'chunked');
    const picture = Buffer.alloc(60_000);
    // The first bytes of a PNG of 1 x 1.
    Buffer.from('89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de', 'hex').copy(picture);
    sending.write(picture);
    expect(verdict(await sending)).toEqual([429, 'quota_exceeded', 'storedBytes']);
    expect(await test.storedFiles()).toEqual([]);
  });
});

describe('a key without limits of its own', () => {
  /** Leaves Redis so much memory above what it uses now. */
  const leaveMemory = async (bytes: number) => {
    const used = Number(/used_memory:(\d+)/.exec(await observer.info('memory'))?.[1]);
    await observer.config('SET', 'maxmemory', Math.ceil((used + bytes) / 0.8));
    await until('it has been seen', async () => (await usageOf(bearer('ola'))).waitingBytes.max !== null);
  };
  afterEach(async () => {
    await observer.config('SET', 'maxmemory', 0);
    await until('it has been seen', async () => (await usageOf(bearer('ola'))).waitingBytes.max === null);
  });

  it('fills its share with delayed mails, and no more: mails and images of others are taken, all is ready', async () => {
    // Much beside what Redis keeps for a while of each request that it reads.
    await leaveMemory(80_000_000);
    const seen: Record<string, number> = {};
    for (let round = 0; round < 150 && !seen['429']; round += 1) {
      const { status, body } = await postBatch(bearer('kari'), 200, { runAt: inDays(20), text: 'x'.repeat(3000) });
      seen[status] = (seen[status] ?? 0) + 1;
      if (status === 429) expect([body.code, body.limit.name]).toEqual(['quota_exceeded', 'waitingBytes']);
    }
    expect(seen).toEqual({ 202: expect.any(Number), 429: 1 });
    const others = await Promise.all([
      postMail(bearer('ola')),
      postBatch(bearer('ola'), 200),
      as(bearer('ola'), 'post', '/v1/reports').send(REPORT),
      request(test.app).get('/readyz'),
    ]);
    expect(others.map(({ status }) => status)).toEqual([202, 202, 202, 200]);
  });

  it('beside others that have posted: half of what they leave', async () => {
    await postMail(bearer('ola'));
    await leaveMemory(10_000_000);
    const { max } = (await usageOf(bearer('kari'))).waitingBytes;
    expect(max).toBeGreaterThan(4_000_000);
    expect(max).toBeLessThan(6_000_000);
  });

  it('the places of a queue: half of what others leave', async () => {
    const small = await openTestApp({ MAX_QUEUE_DEPTH: 10 });
    const post = (name: 'kari' | 'ola') =>
      request(small.app).post('/v1/emails').set('Authorization', bearer(name)).send(mail());
    try {
      expect((await post('ola')).status).toBe(202);
      const usage = () => request(small.app).get('/v1/usage').set('Authorization', bearer('kari'));
      await until('ola is seen', async () => (await usage()).body.waiting.max === POSTED * 5);
      const answers = await Promise.all(Array.from({ length: 8 }, () => post('kari')));
      expect(answers.filter(({ status }) => status === 202)).toHaveLength(5);
      expect(answers.find(({ status }) => status === 429)?.body.limit).toEqual({ name: 'waiting', used: 5, max: 5 });
      expect((await post('ola')).status).toBe(202);
    } finally {
      await small.close();
    }
  });
});

describe('GET /v1/usage', () => {
  it('what a key has and may have', async () => {
    const key = await keyWith({ maxWaiting: 5, maxWaitingBytes: 50_000_000, maxStored: 5_000_000, maxRunning: 3 });
    await postMail(key);
    await upload(key, 20_000);
    await usageIs(key, { waiting: { used: 2 } });
    expect(await usageOf(key)).toEqual({
      waiting: { used: 2, max: 5 },
      waitingBytes: { used: expect.any(Number), max: 50_000_000 },
      storedBytes: { used: 20_002, max: 5_000_000 },
      running: { used: 0, max: 3 },
      requests: { used: null, max: null },
    });
  });

  it('of a key with a rate: the requests of its window; without a key: 401', async () => {
    const key = randomKey();
    const facts = { name: 'rated', digest: sha256(key), scopes: ['emails'], rate: { requests: 5, seconds: 60 } };
    await createKeyStore(observer).add({ ...facts, createdAt: new Date().toISOString(), lastUsedAt: null });
    expect((await usageOf(`Bearer ${key}`)).requests).toEqual({ used: 0, max: 5 });
    await postMail(`Bearer ${key}`);
    await postMail(`Bearer ${key}`);
    expect((await usageOf(`Bearer ${key}`)).requests).toEqual({ used: 2, max: 5 });
    expect((await request(test.app).get('/v1/usage')).status).toBe(401);
  });
});
