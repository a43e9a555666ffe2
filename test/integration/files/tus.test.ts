import { createHash } from 'node:crypto';
import { type AddressInfo, connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import request from 'supertest';
import { createWebServer } from '../../../src/http/web-server.ts';
import { createLog } from '../../../src/log.ts';
import { createJanitor } from '../../../src/queue/upkeep/janitor.ts';
import type { UploadWriter } from '../../../src/queue/uploads/unfinished.ts';
import { indexKey, jobKey } from '../../../src/redis/keys.ts';
import { bearer, openTestApp, type TEST_KEYS, type TestApp } from '../../support/app.ts';
import { actBeforeErasing } from '../../support/redis/act-before-erasing.ts';
import { keysWith } from '../../support/redis/redis-content.ts';
import { inChunks, sha256 } from '../../support/storage/storage-content.ts';
import { until } from '../../support/until.ts';

const LIMIT = 200_000;
const MOST = 5;
const DAY_MS = 86_400_000;

type Name = keyof typeof TEST_KEYS;
type Headers = Record<string, string>;

let test: TestApp;
let server: ReturnType<typeof createWebServer>;
let port: number;
beforeAll(async () => {
  test = await openTestApp({
    IMAGES_MAX_BYTES: LIMIT,
    REPORTS_MAX_FILE_BYTES: LIMIT * 2,
    MAX_UNFINISHED_UPLOADS: MOST,
  });
  server = createWebServer(test.app, { ...test.config, isProxy: () => false });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  port = (server.address() as AddressInfo).port;
});
afterEach(() => test.clear());
afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await test.close();
});

const PART = 'application/offset+octet-stream';
const base64 = (text: string) => Buffer.from(text).toString('base64');
const tus = (name: Name = 'kari'): Headers => ({ Authorization: bearer(name), 'Tus-Resumable': '1.0.0' });
const create = (length: number | string, headers: Headers = {}, name: Name = 'kari') =>
  request(test.app)
    .post('/v1/uploads')
    .set({ ...tus(name), 'Upload-Length': String(length), ...headers });
const patch = (
  path: string,
  offset: number | string,
  body: string | Buffer,
  headers: Headers = {},
  name: Name = 'kari',
) =>
  request(test.app)
    .patch(path)
    .set({ ...tus(name), 'Content-Type': PART, 'Upload-Offset': String(offset), ...headers })
    .serialize((given) => given as string)
    .send(body as string);
const head = (path: string, name: Name = 'kari') => request(test.app).head(path).set(tus(name));
const ask = (path: string, name: Name = 'kari') => request(test.app).get(path).set('Authorization', bearer(name));
const begin = async (length: number, headers: Headers = {}) =>
  (await create(length, headers).expect(201)).headers['location'] as string;
const offsetOf = async (path: string) => Number((await head(path)).headers['upload-offset']);
const idOf = (path: string) => path.split('/').at(-1) as string;
/** Where its content is to lie. */
const keyOf = async (path: string) => (await test.producer.find(idOf(path)))?.envelope.receiving?.key as string;
const usedBytes = async () => (await ask('/v1/usage')).body.storedBytes.used as number;
const checksum = (algorithm: string, text: string): Headers => ({
  'Upload-Checksum': `${algorithm} ${createHash(algorithm).update(text).digest('base64')}`,
});

/** Sends a PATCH over a connection of its own; `rest` is what follows its first headers. */
async function sendRaw(path: string, offset: number, rest: string) {
  const socket = connect(port, '127.0.0.1');
  let answer = '';
  socket.on('data', (chunk) => {
    answer += chunk;
  });
  socket.on('error', () => {});
  const lines = [
    `PATCH ${path} HTTP/1.1`,
    'Host: localhost',
    ...Object.entries({ ...tus(), 'Content-Type': PART, 'Upload-Offset': String(offset) }).map((pair) =>
      pair.join(': '),
    ),
  ];
  socket.write(`${lines.join('\r\n')}\r\n${rest}`);
  return { socket, answer: () => answer };
}

/** Sends the beginning of a PATCH, and keeps its connection open. */
async function sendPartly(path: string, offset: number, { length, body }: { length: number; body: string }) {
  const sent = await sendRaw(path, offset, `Content-Length: ${length}\r\n\r\n${body}`);
  await until('the bytes are there', async () => (await ask(path)).body.received === offset + body.length);
  return sent;
}

describe('an upload in pieces', () => {
  it('is begun, told of, continued at its end, and then what any upload is', async () => {
    const text = 'a;b\n1;2\n3;4\n';
    const metadata = `filename ${base64('sales 2026.csv')},filetype ${base64('text/csv')},relativePath bnVsbA==,empty`;
    const created = await create(text.length, { 'Upload-Metadata': metadata });
    const self = created.headers['location'] as string;
    expect(created.status).toBe(201);
    expect(created.headers).toMatchObject({
      'tus-resumable': '1.0.0',
      'upload-offset': '0',
      'cache-control': 'no-store',
    });
    const expires = Date.parse(created.headers['upload-expires'] as string) - Date.now();
    expect(Math.abs(expires - DAY_MS)).toBeLessThan(60_000);
    const coming = { state: 'receiving', name: 'sales 2026.csv', type: 'text/csv', bytes: text.length, sha256: null };
    expect(created.body).toMatchObject({ ...coming, received: 0, links: { self } });

    const first = await patch(self, 0, text.slice(0, 5));
    expect([first.status, first.headers['upload-offset'], first.headers['tus-resumable']]).toEqual([204, '5', '1.0.0']);
    const told = await head(self);
    expect(told.status).toBe(200);
    expect(told.headers).toMatchObject({
      ...{ 'upload-offset': '5', 'upload-length': String(text.length), 'upload-metadata': metadata },
      'cache-control': 'no-store',
    });
    expect((await ask(self)).body).toMatchObject({ ...coming, received: 5 });
    expect((await ask(`${self}/file`)).body).toMatchObject({ status: 409, code: 'upload_unfinished' });

    const last = await patch(self, 5, text.slice(5));
    expect([last.status, last.headers['upload-offset']]).toEqual([204, String(text.length)]);
    const { body } = await ask(self);
    expect(body).toMatchObject({
      state: 'complete',
      type: 'text/csv',
      received: text.length,
      sha256: sha256(Buffer.from(text)),
    });
    expect((await ask(`${self}/file`)).text).toBe(text);
    expect(await offsetOf(self)).toBe(text.length);
    expect((await patch(self, text.length, '')).status).toBe(204);
    expect((await patch(self, 3, 'more')).status).toBe(409);
    expect(await test.storedFiles()).toEqual([expect.stringMatching(/^uploads\/upd_.*\/file$/)]);
    const erased = await request(test.app).delete(self).set(tus());
    expect([erased.status, erased.headers['tus-resumable']]).toEqual([204, '1.0.0']);
    expect(await test.storedFiles()).toEqual([]);
  });

  it('comes with the request that begins it: whole, or its beginning', async () => {
    const whole = await create(8, { 'Content-Type': PART })
      .serialize((given) => given as string)
      .send('a;b\n1;2\n');
    expect(whole.status).toBe(201);
    expect(whole.headers['upload-offset']).toBe('8');
    expect(whole.body).toMatchObject({ state: 'complete', type: 'text/csv', name: 'upload' });
    const begun = await create(8, { 'Content-Type': PART })
      .serialize((given) => given as string)
      .send('a;b');
    expect([begun.status, begun.headers['upload-offset'], begun.body.state]).toEqual([201, '3', 'receiving']);
    await patch(begun.headers['location'] as string, 3, '\n1;2\n').expect(204);
    expect((await ask(begun.headers['location'] as string)).body).toMatchObject({
      state: 'complete',
      sha256: whole.body.sha256,
    });
  });

  it('is named by a job when it is whole, and not before', async () => {
    const self = await begin(8);
    const id = self.split('/').at(-1);
    const post = () =>
      request(test.app)
        .post('/v1/reports')
        .set('Authorization', bearer('kari'))
        .send({ data: { title: 'Sales', blocks: [{ type: 'table', rows: { upload: id } }] } });
    expect((await post()).body).toMatchObject({
      ...{ status: 409, code: 'upload_unfinished', retryable: true },
      errors: [{ pointer: expect.stringMatching(/upload$/) }],
    });
    await patch(self, 0, 'a;b\n1;2\n').expect(204);
    expect((await post()).status).toBe(202);
  });

  it('is begun once with an Idempotency-Key, and answers where it is', async () => {
    const key = { 'Idempotency-Key': 'once' };
    const self = await begin(8, key);
    await patch(self, 0, 'a;b\n').expect(204);
    const again = await create(8, key);
    expect([again.status, again.headers['location'], again.headers['upload-offset']]).toEqual([201, self, '4']);
    expect(again.headers['idempotency-replayed']).toBe('true');
    expect((await create(9, key)).body).toMatchObject({ status: 422, code: 'idempotency_mismatch' });
    await patch(self, 4, '1;2\n').expect(204);
    const whole = await create(8, key);
    expect([whole.headers['location'], whole.headers['upload-offset'], whole.body.state]).toEqual([
      self,
      '8',
      'complete',
    ]);
  });

  it('is reached by POST, where a client can not PATCH or DELETE', async () => {
    const self = await begin(4);
    const post = (method: string) =>
      request(test.app)
        .post(self)
        .set({ ...tus(), 'X-HTTP-Method-Override': method });
    const sent = await post('PATCH')
      .set({ 'Content-Type': PART, 'Upload-Offset': '0' })
      .serialize((given) => given as string)
      .send('ab');
    expect([sent.status, sent.headers['upload-offset']]).toEqual([204, '2']);
    expect((await post('DELETE')).status).toBe(204);
    expect((await ask(self)).status).toBe(404);
    expect(await test.storedFiles()).toEqual([]);
  });

  it('of another key is not there', async () => {
    const self = await begin(4);
    expect((await head(self, 'ola')).status).toBe(404);
    expect((await patch(self, 0, 'ab', {}, 'ola')).status).toBe(404);
    expect((await request(test.app).delete(self).set(tus('ola'))).status).toBe(404);
  });
});

it('OPTIONS says what is offered, to anybody', async () => {
  for (const path of ['/v1/uploads', '/v1/uploads/upd_1']) {
    const { status, headers } = await request(test.app).options(path);
    expect(status).toBe(204);
    expect(headers).toMatchObject({
      'tus-resumable': '1.0.0',
      'tus-version': '1.0.0',
      'tus-extension': 'creation,creation-with-upload,expiration,checksum,termination',
      'tus-checksum-algorithm': 'sha1,sha256,sha512,md5',
      'tus-max-size': '200000000',
      allow: path.endsWith('uploads') ? 'POST, OPTIONS' : 'GET, HEAD, PATCH, DELETE, OPTIONS',
    });
  }
});

describe('refused when it is begun, and nothing is kept', () => {
  afterEach(async () => {
    expect(await test.storedFiles()).toEqual([]);
    expect(await keysWith(test.redis.client(), 'upd_')).toEqual([]);
  });

  it.each<[string, number, number | string, Headers, string]>([
    ['another version', 412, 8, { 'Tus-Resumable': '0.2.2' }, '1.0.0'],
    ['no length', 400, '', {}, 'Upload-Length'],
    ['nothing', 400, 0, {}, '1 or more'],
    ['a length below nothing', 400, -5, {}, 'whole number'],
    ['a length that is no number', 400, '1e3', {}, 'whole number'],
    ['a length beyond all numbers', 400, '99999999999999999999', {}, 'whole number'],
    ['a length that is to be said later', 400, 8, { 'Upload-Defer-Length': '1' }, 'not offered'],
    ['a part of another one', 400, 8, { 'Upload-Concat': 'partial' }, 'not offered'],
    ['more than any kind takes', 413, 200_000_001, {}, 'limit of 200 MB'],
    ['more than its kind takes', 413, LIMIT + 1, { 'Upload-Metadata': `kind ${base64('images')}` }, 'limit of 0.2 MB'],
    ['an unknown kind', 400, 8, { 'Upload-Metadata': `kind ${base64('films')}` }, 'images, reports, emails, calls'],
    ['metadata that is not Base64', 400, 8, { 'Upload-Metadata': 'filename a!' }, 'Base64'],
    ['a name of metadata twice', 400, 8, { 'Upload-Metadata': 'a YQ==,a YQ==' }, 'once: a'],
    ['much metadata', 400, 8, { 'Upload-Metadata': `a ${'a'.repeat(5000)}` }, '4096'],
    ['bytes of another type', 415, 8, { 'Content-Type': 'text/plain', 'Content-Length': '0' }, ''],
  ])('%s: %i', async (_what, status, length, headers, sentence) => {
    if (headers['Content-Type']) {
      const { body } = await create(length, { 'Content-Type': 'text/plain' }).send('hello');
      return void expect(body).toMatchObject({ status, code: 'unsupported_media_type' });
    }
    const { body, headers: answered } = await create(length, headers);
    expect(body).toMatchObject({ status, detail: expect.stringContaining(sentence) });
    expect(answered['tus-resumable']).toBe('1.0.0');
    if (status === 412) expect(answered['tus-version']).toBe('1.0.0');
  });

  it('without a key 401, by one that may post nothing with files 403', async () => {
    expect((await create(8, { Authorization: '' })).status).toBe(401);
    expect((await create(8, {}, 'operator')).status).toBe(403);
  });
});

describe('bytes that do not count', () => {
  let self: string;
  beforeEach(async () => {
    self = await begin(8);
    await patch(self, 0, 'abc').expect(204);
  });
  afterEach(async () => expect(await offsetOf(self)).toBe(3));

  it.each<[string, number, number | string, Headers, string]>([
    ['of another type', 415, 3, { 'Content-Type': 'text/plain' }, PART],
    ['compressed', 415, 3, { 'Content-Encoding': 'gzip' }, 'Content-Encoding'],
    ['without tus', 412, 3, { 'Tus-Resumable': '' }, '1.0.0'],
    ['at no place', 400, 'x', {}, 'Upload-Offset'],
    ['below nothing', 400, -1, {}, 'Upload-Offset'],
    ['before the end', 409, 0, {}, '3 bytes are there'],
    ['behind the end', 409, 4, {}, '3 bytes are there'],
    ['more than are to come', 413, 3, {}, 'at most 5'],
    ['with a checksum of others', 460, 3, checksum('sha1', 'xxx'), 'none of them is kept'],
    ['with a checksum that is no hash', 460, 3, { 'Upload-Checksum': 'md5 YQ==' }, 'none of them is kept'],
    ['with an unknown checksum', 400, 3, { 'Upload-Checksum': 'crc32 YQ==' }, 'sha1, sha256, sha512, md5'],
    ['with half a checksum', 400, 3, { 'Upload-Checksum': 'sha1' }, 'Base64'],
  ])('%s: %i', async (_what, status, offset, headers, sentence) => {
    const { body, headers: answered } = await patch(self, offset, status === 413 ? 'defghijk' : 'def', headers);
    expect(body).toMatchObject({ status, detail: expect.stringContaining(sentence) });
    if (status === 409) expect(answered['upload-offset']).toBe('3');
  });

  it('compressed on their way: 415', async () => {
    const { answer } = await sendRaw(self, 3, 'Transfer-Encoding: gzip, chunked\r\n\r\n3\r\ndef\r\n0\r\n\r\n');
    await until('it is refused', () => answer().startsWith('HTTP/1.1 415'));
  });

  it('more than are to come, in chunks: 413', async () => {
    const { answer } = await sendRaw(self, 3, 'Transfer-Encoding: chunked\r\n\r\n8\r\ndefghijk\r\n0\r\n\r\n');
    await until('it is refused', () => answer().startsWith('HTTP/1.1 413'));
  });

  it('of a request with a checksum that breaks off: they can not be trusted', async () => {
    const [[name, value] = []] = Object.entries(checksum('sha256', 'defgh'));
    const { socket } = await sendRaw(self, 3, `${name}: ${value}\r\nContent-Length: 5\r\n\r\ndef`);
    const key = await keyOf(self);
    await until('some came', async () => (await test.storage.growing.size(key, 8)) === 6);
    socket.destroy();
  });
});

describe('bytes in doubt', () => {
  it('more than a part of a bucket, of another checksum: none of them counts, also where they lie in storage', async () => {
    const body = Buffer.alloc(6_000_000, 'x');
    const self = await begin(body.length);
    const refused = await patch(self, 0, body.subarray(0, -1), checksum('sha1', 'others'));
    expect(refused.body).toMatchObject({ code: 'checksum_mismatch' });
    expect([await offsetOf(self), (await ask(self)).body.received]).toEqual([0, 0]);
    // Its process is killed: it has not said that all of it counts.
    expect(await test.producer.unfinished.read(idOf(self))).toMatchObject({ unsure: 0 });
    await patch(self, 0, 'yyy').expect(204);
    expect(await offsetOf(self)).toBe(3);
    await patch(self, 3, body.subarray(3)).expect(204);
    const whole = Buffer.concat([Buffer.from('yyy'), body.subarray(3)]);
    expect((await ask(self)).body).toMatchObject({ state: 'complete', sha256: sha256(whole) });
    expect(sha256((await ask(`${self}/file`).responseType('blob')).body)).toBe(sha256(whole));
  });

  it('are beyond doubt when the content is whole, though its process was killed before it could say so', async () => {
    const self = await begin(8);
    await patch(self, 0, 'a;b\n').expect(204);
    const key = await keyOf(self);
    await test.redis.client().hset(jobKey('uploads', idOf(self)), 'unsure', 4);
    await test.storage.growing.append(key, inChunks(Buffer.from('1;2\n')), { from: 4, total: 8 });
    expect((await patch(self, 4, '1;2\n')).headers['upload-offset']).toBe('8');
    expect(await offsetOf(self)).toBe(8);
    expect((await ask(self)).body).toMatchObject({ state: 'complete', received: 8 });
  });
});

it.each(['sha1', 'sha256', 'sha512', 'md5'])('bytes with their %s: 204', async (algorithm) => {
  const self = await begin(6);
  await patch(self, 0, 'abc', checksum(algorithm, 'abc')).expect(204);
  await patch(self, 3, 'def', checksum(algorithm, 'def')).expect(204);
  expect((await ask(`${self}/file`)).text).toBe('abcdef');
});

it('an image that is none is refused by its first bytes, where it is for images, and erased', async () => {
  const self = await begin(8, { 'Upload-Metadata': `kind ${base64('images')}` });
  expect((await patch(self, 0, 'no image')).body).toMatchObject({ status: 415 });
  expect((await head(self)).status).toBe(404);
  expect(await test.storedFiles()).toEqual([]);
  expect(await keysWith(test.redis.client(), idOf(self))).toEqual([]);
});

describe('several writers', () => {
  it('a connection that died without a word: the next request asks, and has all that came', async () => {
    const self = await begin(1000);
    const { socket, answer } = await sendPartly(self, 0, { length: 1000, body: 'x'.repeat(400) });
    expect(await offsetOf(self)).toBe(400);
    await until('it was told', () => answer().includes('upload_taken_over'));
    await patch(self, 400, 'y'.repeat(600)).expect(204);
    expect((await ask(`${self}/file`)).text).toBe('x'.repeat(400) + 'y'.repeat(600));
    socket.destroy();
  });

  it('a connection that breaks: what came is kept', async () => {
    const self = await begin(1000);
    const { socket } = await sendPartly(self, 0, { length: 1000, body: 'x'.repeat(400) });
    socket.destroy();
    expect(await offsetOf(self)).toBe(400);
  });

  it('a connection that is still full: the next request waits for all that came', async () => {
    const bytes = 16_000_000;
    const self = await begin(bytes + 1);
    const { socket } = await sendPartly(self, 0, { length: bytes + 1, body: 'x' });
    socket.write(Buffer.alloc(bytes - 1, 'x'));
    expect(await offsetOf(self)).toBe(bytes);
    socket.destroy();
  });

  it('bytes for another place are not read: who sends a request again by itself is cut off soon', async () => {
    const self = await begin(100_000_000);
    const { socket, answer } = await sendRaw(self, 7, 'Content-Length: 99999993\r\n\r\n');
    let taken = 0;
    const send = (error?: Error | null) => {
      if (error || taken >= 99_000_000) return;
      socket.write(Buffer.alloc(1_000_000), send);
      taken += 1_000_000;
    };
    send();
    await new Promise((resolve) => socket.once('close', resolve));
    expect(answer()).toMatch(/^HTTP\/1.1 409/);
    expect(answer()).toMatch(/^upload-offset: 0\r$/im);
    expect(taken).toBeLessThan(30_000_000);
  });

  it.each([
    ['', 0],
    [', also where storage takes its time to begin', 300],
  ])('requests in a row on one connection, sent without awaiting an answer: each is answered%s', async (_what, ms) => {
    const { growing } = test.storage;
    const { append } = growing;
    growing.append = (...given) => delay(ms).then(() => append(...given));
    const self = await begin(1000);
    const next = [
      'Host: localhost',
      ...Object.entries({ ...tus(), 'Content-Type': PART }).map((pair) => pair.join(': ')),
    ];
    const second = `PATCH ${self} HTTP/1.1\r\n${next.join('\r\n')}\r\nUpload-Offset: 1\r\nContent-Length: 2\r\n\r\nbc`;
    const { socket, answer } = await sendRaw(self, 0, `Content-Length: 1\r\n\r\na${second}`);
    try {
      await until('both are answered', () => (answer().match(/^HTTP\/1.1 /gm) ?? []).length === 2);
    } finally {
      growing.append = append;
    }
    expect(answer().match(/^HTTP\/1.1 \d+/gm)).toEqual(['HTTP/1.1 204', 'HTTP/1.1 204']);
    socket.destroy();
    expect(await offsetOf(self)).toBe(3);
  });

  it('the same place twice at once: one goes on, the others are told', async () => {
    const self = await begin(300_000);
    const body = Buffer.alloc(300_000, 'x');
    const answers = await Promise.all(Array.from({ length: 4 }, () => patch(self, 0, body)));
    const statuses = answers.map(({ status }) => status).toSorted();
    expect(statuses.filter((status) => status !== 409)).toEqual([204]);
    expect((await ask(self)).body).toMatchObject({ state: 'complete', sha256: sha256(body) });
  });

  it('who lets go twice, because the answer to the first time was lost, does so once; not where another came meanwhile', async () => {
    const id = idOf(await begin(8));
    const take = async () => (await test.producer.unfinished.take(id, DAY_MS)) as UploadWriter;
    const [first, again] = await take().then(async (writer) => [await writer.leave(), await writer.leave()]);
    expect(again).toBe(first);
    const writer = await take();
    const expiresAt = await writer.leave(3);
    expect(Math.abs((await writer.leave(3)) - expiresAt)).toBeLessThan(60_000);
    const other = await take();
    for (const received of [3, undefined]) {
      await expect(writer.leave(received)).rejects.toMatchObject({ code: 'upload_taken_over' });
    }
    await other.leave();
  });

  it('erased while it comes: who sends is told, and nothing stays', async () => {
    const self = await begin(1000);
    const { socket, answer } = await sendPartly(self, 0, { length: 1000, body: 'x'.repeat(400) });
    await request(test.app).delete(self).set(tus()).expect(204);
    await until('it was told', () => answer().includes('HTTP/1.1 4'));
    socket.destroy();
    await until('nothing stays', async () => (await test.storedFiles()).length === 0);
    expect(await keysWith(test.redis.client(), idOf(self))).toEqual([]);
  });
});

describe('what it takes', () => {
  const openJanitor = (redis = test.redis.client()) =>
    createJanitor({
      ...{ redis, contracts: test.contracts, storage: test.storage, maxRecords: 1000 },
      resultTtlMs: DAY_MS,
      log: createLog('silent', 'test'),
    });

  it('counts from the beginning, and until it is erased or has expired', async () => {
    const self = await begin(5000);
    expect(await usedBytes()).toBe(5000);
    await patch(self, 0, 'abc').expect(204);
    expect(await usedBytes()).toBe(5000);
    expect(await openJanitor().recount()).toBe(0);
    expect(await openJanitor().sweep()).toBe(0);
    await test.redis.client().zadd(indexKey('uploads', 'unfinished'), Date.now() - 1, idOf(self));
    expect(await openJanitor().sweep()).toBe(1);
    expect(await usedBytes()).toBe(0);
    expect(await test.storedFiles()).toEqual([]);
    expect((await head(self)).status).toBe(410);
    expect((await patch(self, 3, 'def')).body).toMatchObject({ status: 410, code: 'result_expired' });
  });

  it.each<[string, string, (self: string) => Promise<unknown>]>([
    ['goes on', 'receiving', (self) => patch(self, 3, 'de')],
    ['is asked how far it is', 'receiving', (self) => head(self)],
    ['is finished', 'complete', (self) => patch(self, 3, 'def')],
    ['is being sent', 'receiving', (self) => sendPartly(self, 3, { length: 3, body: 'd' })],
  ])('stays when it %s in the very moment in which it was found to have expired', async (_what, state, act) => {
    const self = await begin(6);
    await patch(self, 0, 'abc').expect(204);
    await test.redis.client().zadd(indexKey('uploads', 'unfinished'), Date.now() - 1, self.split('/').at(-1) as string);
    expect(await openJanitor(actBeforeErasing(test.redis.client(), () => act(self))).sweep()).toBe(0);
    const hash = state === 'complete' ? sha256(Buffer.from('abcdef')) : null;
    expect((await ask(self)).body).toMatchObject({ state, sha256: hash });
  });

  it('goes with the data of its subject', async () => {
    const self = await begin(5000, { 'Upload-Metadata': `subject ${base64('ola@example.no')}` });
    await patch(self, 0, 'abc').expect(204);
    await request(test.app).delete('/v1/subjects/ola@example.no').set('Authorization', bearer('kari')).expect(200);
    expect((await head(self)).status).toBe(404);
    expect(await test.storedFiles()).toEqual([]);
  });

  it('so many at a time, and one more when one of them is whole', async () => {
    const paths = [];
    for (let index = 0; index < MOST; index += 1) paths.push(await begin(4));
    const { body, headers } = await create(4);
    expect(body).toMatchObject({
      status: 429,
      code: 'quota_exceeded',
      limit: { name: 'unfinishedUploads', used: MOST, max: MOST },
    });
    expect(Number(headers['retry-after'])).toBeGreaterThan(0);
    await create(4, {}, 'ola').expect(201);
    await patch(paths[0] as string, 0, 'abcd').expect(204);
    await create(4).expect(201);
  });

  it('is promised once: what others are still to send is not there for it', async () => {
    const room = await test.producer.unfinished.pendingBytes();
    expect(room).toBe(0);
    await begin(5000);
    await patch(await begin(4000), 0, 'x'.repeat(1000)).expect(204);
    expect(await test.producer.unfinished.pendingBytes()).toBe(8000);
  });

  it('of what the disk has not: 507 at once', async () => {
    await expect(test.storage.growing.assertRoom(1e15)).rejects.toMatchObject({ code: 'storage_full' });
  });

  it('left behind without a record: removed as other orphans are, and one with a record is not', async () => {
    const self = await begin(5000);
    await patch(self, 0, 'abc').expect(204);
    await openJanitor().sweepOrphans(0);
    expect(await offsetOf(self)).toBe(3);
    await test.redis.client().flushall();
    expect(await openJanitor().sweepOrphans(0)).toBe(1);
    expect(await test.storedFiles()).toEqual([]);
  });
});
