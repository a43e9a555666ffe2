import { request as httpRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import request from 'supertest';
import { createLog } from '../../../src/log.ts';
import { createJanitor } from '../../../src/queue/upkeep/janitor.ts';
import { queueKey } from '../../../src/redis/keys.ts';
import { bearer, openTestApp, type TEST_KEYS, type TestApp } from '../../support/app.ts';
import { keysWith } from '../../support/redis/redis-content.ts';

const LIMIT = 200_000;
const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);
const GONE = `upd_${'0'.repeat(26)}`;

type Name = keyof typeof TEST_KEYS;

let test: TestApp;
beforeAll(async () => {
  test = await openTestApp({ IMAGES_MAX_BYTES: LIMIT, REPORTS_MAX_FILE_BYTES: LIMIT / 2 });
});
afterEach(() => test.clear());
afterAll(() => test.close());

const send = (body: string | Buffer, type = 'application/octet-stream', query = '') =>
  request(test.app)
    .post(`/v1/uploads${query}`)
    .set({ Authorization: bearer('kari'), 'Content-Type': type })
    .serialize((given) => given as string)
    .send(body as string);
const ask = (path: string, name: Name = 'kari') => request(test.app).get(path).set('Authorization', bearer(name));
const erase = (path: string, name: Name = 'kari') => request(test.app).delete(path).set('Authorization', bearer(name));
const usedBytes = async () => (await ask('/v1/usage')).body.storedBytes.used as number;
const openJanitor = (resultTtlMs: number) =>
  createJanitor({
    ...{ redis: test.redis.client(), contracts: test.contracts, storage: test.storage, resultTtlMs, maxRecords: 1000 },
    log: createLog('silent', 'test'),
  });
const nothingOf = async (id: string) => {
  expect((await test.storedFiles()).filter((path) => path.includes(id))).toEqual([]);
  expect(await keysWith(test.redis.client(), id)).toEqual([]);
};

describe('a file that was sent', () => {
  it('is told of, read back whole and in part, and erased', async () => {
    const { status, body, headers } = await send('a;b\n1;2\n', 'text/csv', '?name=sales%202026.csv');
    const self = `/v1/uploads/${body.id}`;
    expect([status, headers['location']]).toEqual([201, self]);
    expect(body).toEqual({
      id: expect.stringMatching(/^upd_[0-9a-z]{26}$/),
      state: 'complete',
      name: 'sales 2026.csv',
      type: 'text/csv',
      bytes: 8,
      received: 8,
      sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
      subject: null,
      createdAt: expect.any(String),
      retainedUntil: new Date(Date.parse(body.createdAt) + test.config.RESULT_TTL).toISOString(),
      heldBy: [],
      links: { self, file: `${self}/file` },
    });
    expect((await ask(self)).body).toEqual(body);
    const whole = await ask(body.links.file);
    expect([whole.text, whole.headers['etag'], whole.headers['content-disposition']]).toEqual([
      'a;b\n1;2\n',
      `"${body.sha256}"`,
      'attachment; filename="sales 2026.csv"',
    ]);
    const part = await ask(body.links.file).set('Range', 'bytes=4-6');
    expect([part.status, part.text]).toEqual([206, '1;2']);
    expect((await ask(body.links.file).set('If-None-Match', `"${body.sha256}"`)).status).toBe(304);
    expect((await erase(self)).status).toBe(204);
    for (const path of [self, body.links.file]) expect((await ask(path)).status).toBe(404);
    await nothingOf(body.id);
  });

  it('is no job: neither found, nor listed, nor erased as one', async () => {
    const { id } = (await send('hello')).body;
    expect((await ask(`/v1/jobs/${id}`)).status).toBe(404);
    expect((await erase(`/v1/jobs/${id}`)).status).toBe(404);
    expect((await ask(`/v1/jobs?ids=${id}`)).status).toBe(400);
    expect((await ask('/v1/jobs')).body.jobs).toEqual([]);
    expect((await ask('/v1/jobs', 'operator')).body.jobs).toEqual([]);
    expect((await ask(`/v1/uploads/${id}`)).status).toBe(200);
  });

  it("is nobody else's, but an operator may see and erase it", async () => {
    const { id } = (await send('hello')).body;
    for (const path of [`/v1/uploads/${id}`, `/v1/uploads/${id}/file`]) {
      expect((await ask(path, 'ola')).status).toBe(404);
      expect((await ask(path, 'operator')).status).toBe(200);
    }
    expect((await erase(`/v1/uploads/${id}`, 'ola')).status).toBe(404);
    expect((await erase(`/v1/uploads/${id}`, 'operator')).status).toBe(204);
    expect((await ask(`/v1/uploads/${GONE}`)).status).toBe(404);
    expect((await ask('/v1/uploads/nothing')).status).toBe(404);
  });

  it.each([
    ['a picture, whatever is said of it', PNG, 'text/html', 'image/png'],
    ['a drawing', '<svg xmlns="http://www.w3.org/2000/svg"/>', 'text/html', 'image/svg+xml'],
    ['a PDF', '%PDF-1.7\n', 'application/octet-stream', 'application/pdf'],
    ['text that is said to be a calendar', 'BEGIN:VCALENDAR\n', 'text/calendar; charset=utf-8', 'text/calendar'],
    ['rows without a word of them', 'a;b\n1;2\n', 'application/x-www-form-urlencoded', 'text/csv'],
    ['JSON', '{"a":1}\n', 'application/json', 'application/json'],
    ['no picture, although it is said', Buffer.from([0, 1, 2, 3]), 'image/png', 'application/octet-stream'],
    ['no PDF, although it is said', Buffer.from([0, 1, 2, 3]), 'application/pdf', 'application/octet-stream'],
  ])('that is %s: its type', async (_what, content, said, type) => {
    expect((await send(content, said)).body.type).toBe(type);
  });

  it('that is a drawing: downloaded, never shown as a page of ours, where its scripts would run', async () => {
    const { body } = await send('<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>');
    const { headers } = await ask(`/v1/uploads/${body.id}/file`);
    expect(headers).toMatchObject({
      'content-type': expect.stringMatching(/^image\/svg\+xml/),
      'content-disposition': expect.stringMatching(/^attachment/),
      'x-content-type-options': 'nosniff',
      'content-security-policy': expect.stringContaining("default-src 'none'"),
    });
  });
});

describe('refused, and nothing is kept', () => {
  afterEach(async () => expect(await test.storedFiles()).toEqual([]));

  it.each([
    ['a form', 415, { 'Content-Type': 'multipart/form-data; boundary=x' }, 'not a form'],
    ['what is compressed', 415, { 'Content-Encoding': 'gzip' }, 'without a Content-Encoding'],
    ['without a key', 401, { Authorization: '' }, 'API key'],
    ['by a key that may post nothing with files', 403, { Authorization: bearer('operator') }, 'lacks the scope'],
  ])('%s: %s', async (_what, status, headers, sentence) => {
    const { body } = await send('hello').set(headers as Record<string, string>);
    expect(body).toMatchObject({ status, detail: expect.stringContaining(sentence) });
  });

  it('nothing at all: 400', async () => {
    expect((await send('')).body).toMatchObject({ status: 400, errors: [{ detail: 'is empty' }] });
  });

  it.each(['?nam=x', '?name=', '?subject=', `?name=${'x'.repeat(256)}`, '?name=a&name=b'])('%s: 400', async (query) => {
    const { body } = await send('hello', 'text/plain', query);
    expect(body).toMatchObject({ status: 400, errors: [{ pointer: expect.stringMatching(/^\/(name?|subject)/) }] });
  });

  it('more than the largest kind takes that the key may post: 413, by its length and while it comes', async () => {
    const printer = { Authorization: bearer('printer') };
    expect((await send(Buffer.alloc(LIMIT + 1, 'a')).set(printer)).body).toMatchObject({
      status: 413,
      errors: [{ pointer: '/file', detail: `must be at most ${LIMIT} bytes` }],
    });
    const server = test.app.listen(0);
    const { port } = server.address() as AddressInfo;
    const headers = { ...printer, 'Content-Type': 'text/plain' };
    const status = await new Promise((resolve, reject) => {
      const sending = httpRequest({ port, path: '/v1/uploads', method: 'POST', headers }, (res) =>
        resolve(res.resume().statusCode),
      );
      sending.on('error', reject);
      for (let sent = 0; sent <= LIMIT; sent += 50_000) sending.write(Buffer.alloc(50_000, 'a'));
      sending.end();
    });
    server.closeAllConnections();
    server.close();
    expect(status).toBe(413);
  });
});

describe('the same Idempotency-Key', () => {
  const once = { 'Idempotency-Key': '"once"' };

  it('with the same file: the same upload, stored once', async () => {
    const first = await send('hello').set(once);
    const again = await send('hello').set(once);
    expect([again.status, again.headers['idempotency-replayed'], again.body]).toEqual([201, 'true', first.body]);
    expect(await test.storedFiles()).toHaveLength(1);
  });

  it('with another file, or another subject: 422', async () => {
    await send('hello').set(once);
    expect((await send('good bye').set(once)).body.code).toBe('idempotency_mismatch');
    expect((await send('hello', 'text/plain', '?subject=kari').set(once)).body.code).toBe('idempotency_mismatch');
    expect(await test.storedFiles()).toHaveLength(1);
  });
});

describe('what is kept', () => {
  it("counts in its caller's quota, once, until it is erased", async () => {
    const { id } = (await send(Buffer.alloc(1000, 'a'))).body;
    await send(Buffer.alloc(500, 'a'));
    expect(await usedBytes()).toBe(1500);
    expect(await openJanitor(60_000).recount()).toBe(0);
    await erase(`/v1/uploads/${id}`);
    expect(await usedBytes()).toBe(500);
  });

  it('goes by age as ended jobs do: 410', async () => {
    const { id } = (await send('hello')).body;
    const younger = (await send('hello')).body.id;
    await test.redis.client().zadd(queueKey('uploads', 'completed'), Date.now() - 61_000, id);
    expect(await openJanitor(60_000).sweep()).toBe(1);
    expect((await ask(`/v1/uploads/${id}`)).body).toMatchObject({ status: 410, code: 'result_expired' });
    expect((await ask(`/v1/uploads/${younger}`)).status).toBe(200);
    expect(await test.storedFiles()).toHaveLength(1);
  });

  it('goes with the subject it was sent with', async () => {
    const { id } = (await send('hello', 'text/plain', '?subject=Kari@example.no')).body;
    const other = (await send('hello', 'text/plain', '?subject=ola')).body.id;
    expect((await erase('/v1/subjects/kari@example.no', 'ola')).status).toBe(404);
    expect((await erase('/v1/subjects/kari@example.no')).body).toMatchObject({ erased: 1 });
    await nothingOf(id);
    expect((await ask(`/v1/uploads/${other}`)).status).toBe(200);
  });

  it('stays where files without a record go', async () => {
    const { id } = (await send('hello')).body;
    await send('to be forgotten');
    const redis = test.redis.client();
    for (const key of await redis.keys('*')) {
      if (key.includes('upd_') && !key.includes(id)) await redis.del(key);
    }
    await openJanitor(60_000).sweepOrphans(0);
    expect(await test.storedFiles()).toEqual([expect.stringContaining(id)]);
  });
});
