import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { rawRequest } from '../../support/http/raw-request.ts';
import { KEYS, type Product, postPhoto, startProduct } from '../../support/product.ts';

let product: Product;
let id: string;
beforeAll(async () => {
  product = await startProduct({ kinds: ['images'] });
  id = await postPhoto(product, { format: 'png' });
  await product.jobReaches(id, 'completed');
});
afterAll(() => product.close());

/** A request as it stands: no client adds headers or unpacks the answer. */
const ask = (path: string, headers: Record<string, string> = {}, method = 'GET') =>
  rawRequest(`${product.url}${path}`, { method, headers: { Authorization: `Bearer ${KEYS.kari}`, ...headers } });

const job = () => `/v1/jobs/${id}`;
const file = () => `${job()}/files/image.png`;

describe.each([
  ['a job', job],
  ['a file', file],
  ['the description of the API', () => '/openapi.json'],
])('%s, with preconditions (RFC 9110, 13)', (_what, path) => {
  let etag: string;
  beforeAll(async () => {
    etag = String((await ask(path())).headers.etag);
  });

  it('has a strong ETag', () => {
    expect(etag).toMatch(/^"[\w-]{20,}"$/);
  });

  it.each([
    ['the ETag', () => etag],
    ['the ETag, weak', () => `W/${etag}`],
    ['a list with it', () => `"a", ${etag} ,"b"`],
    ['*', () => '*'],
  ])('If-None-Match: %s: 304 with what the 200 said of caching, and no body', async (_which, value) => {
    for (const method of ['GET', 'HEAD']) {
      const whole = await ask(path(), {}, method);
      const { status, headers, body } = await ask(path(), { 'If-None-Match': value() }, method);
      expect([status, body.length]).toEqual([304, 0]);
      for (const name of ['etag', 'cache-control', 'vary']) expect(headers[name]).toBe(whole.headers[name]);
    }
  });

  it('asked for past caches, with the ETag: still 304', async () => {
    expect((await ask(path(), { 'If-None-Match': etag, 'Cache-Control': 'no-cache' })).status).toBe(304);
  });

  it.each(['"other"', 'other', ''])('If-None-Match: %s: 200', async (value) => {
    expect((await ask(path(), { 'If-None-Match': value })).status).toBe(200);
  });

  it('If-Match: the ETag or *: 200; another, or a weak one: 412, before If-None-Match is looked at', async () => {
    expect((await ask(path(), { 'If-Match': `"a", ${etag}` })).status).toBe(200);
    expect((await ask(path(), { 'If-Match': '*' })).status).toBe(200);
    for (const value of ['"other"', `W/${etag}`]) {
      const { status, headers, body } = await ask(path(), { 'If-Match': value, 'If-None-Match': etag });
      expect([status, JSON.parse(body.toString()).code]).toEqual([412, 'precondition_failed']);
      expect([headers['cache-control'], headers.etag]).toEqual(['no-store', undefined]);
    }
  });

  it('a date is no precondition, since nothing here has one', async () => {
    const date = 'Sat, 01 Jan 2000 00:00:00 GMT';
    expect((await ask(path(), { 'If-Modified-Since': date, 'If-Unmodified-Since': date })).status).toBe(200);
  });
});

describe('a file', () => {
  it('is never compressed, and says so to caches', async () => {
    const { headers } = await ask(file(), { 'Accept-Encoding': 'br, gzip' });
    expect(headers['content-encoding']).toBeUndefined();
    expect(headers['cache-control']).toBe('private, immutable, max-age=86400, no-transform');
    expect(headers.etag).toMatch(/^"/);
  });

  it('HEAD has no ranges', async () => {
    const { status, headers } = await ask(file(), { Range: 'bytes=0-9' }, 'HEAD');
    expect([status, headers['content-range']]).toEqual([200, undefined]);
    expect(Number(headers['content-length'])).toBeGreaterThan(10);
  });

  it('If-Range: the ETag 206; another, a weak one, a date: the whole', async () => {
    const { headers, body } = await ask(file());
    const range = (value: string) => ask(file(), { Range: 'bytes=0-9', 'If-Range': value });
    expect((await range(String(headers.etag))).status).toBe(206);
    for (const value of ['"other"', `W/${headers.etag}`, 'Sat, 01 Jan 2000 00:00:00 GMT']) {
      const whole = await range(value);
      expect([whole.status, whole.body.length]).toEqual([200, body.length]);
    }
  });

  it('416: says how long the file is, and has nothing else of it', async () => {
    const { status, headers } = await ask(file(), { Range: 'bytes=9999999-' });
    expect(status).toBe(416);
    expect(headers['content-range']).toMatch(/^bytes \*\/\d+$/);
    const ofFile = ['etag', 'content-disposition', 'accept-ranges'].map((name) => headers[name]);
    expect([...ofFile, headers['cache-control']]).toEqual([undefined, undefined, undefined, 'no-store']);
  });
});

describe('compressed answers', () => {
  const unpack = { br: brotliDecompressSync, gzip: gunzipSync };

  it.each(['br', 'gzip'] as const)('%s: pages, JSON and assets, with Vary and a weak ETag', async (encoding) => {
    const page = (await ask('/docs')).body.toString();
    const style = /href="(\/assets\/[^"]+\.css)"/.exec(page)?.[1] ?? '';
    for (const path of ['/openapi.json', '/docs', style]) {
      const plain = await ask(path);
      const packed = await ask(path, { 'Accept-Encoding': encoding });
      expect([path, packed.headers['content-encoding']]).toEqual([path, encoding]);
      expect(packed.headers.vary).toContain('Accept-Encoding');
      expect(plain.headers.vary).toContain('Accept-Encoding');
      expect(unpack[encoding](packed.body).equals(plain.body)).toBe(true);
      expect(packed.body.length).toBeLessThan(plain.body.length / 2);
      if (plain.headers.etag) {
        expect(packed.headers.etag).toBe(`W/${plain.headers.etag.replace(/^W\//, '')}`);
        const again = await ask(path, { 'Accept-Encoding': encoding, 'If-None-Match': packed.headers.etag ?? '' });
        expect([again.status, again.headers.vary]).toEqual([304, packed.headers.vary]);
      }
    }
  });

  it('br before gzip; none where the client takes none, and where there is less than 1 KB', async () => {
    const encodingOf = async (path: string, accepted: string) =>
      (await ask(path, { 'Accept-Encoding': accepted })).headers['content-encoding'];
    expect(await encodingOf('/openapi.json', 'gzip, br')).toBe('br');
    expect(await encodingOf('/openapi.json', 'identity')).toBeUndefined();
    expect(await encodingOf('/livez', 'gzip, br')).toBeUndefined();
  });

  it('an asset has no ranges: those of one encoding are none of another', async () => {
    const { status, headers } = await ask('/favicon.svg', { 'Accept-Encoding': 'br', Range: 'bytes=0-9' });
    expect([status, headers['accept-ranges']]).toEqual([200, undefined]);
  });
});

describe('events', () => {
  it('are never compressed', async () => {
    const { headers } = await ask(`${job()}/events`, { 'Accept-Encoding': 'br, gzip' });
    expect([headers['content-encoding'], headers['cache-control']]).toEqual([undefined, 'no-store, no-transform']);
  });

  it('HEAD: ends at once, while the job runs too', async () => {
    const runAt = new Date(Date.now() + 3_600_000).toISOString();
    const delayed = await postPhoto(product, { runAt });
    const { status, headers, body } = await ask(`/v1/jobs/${delayed}/events`, {}, 'HEAD');
    expect([status, headers['content-type'], body.length]).toEqual([200, 'text/event-stream; charset=utf-8', 0]);
  });
});

it('what is about a caller is kept by no shared cache; problems by none', async () => {
  const cachingOf = async (path: string, headers = {}) => (await ask(path, headers)).headers['cache-control'];
  expect(await cachingOf(job())).toBe('private, no-cache');
  expect(await cachingOf('/v1/jobs')).toBe('no-store');
  expect(await cachingOf('/v1/suppressions/a@example.no')).toBe('no-store');
  expect(await cachingOf('/v1/nothing')).toBe('no-store');
  const page = await ask('/v1/nothing', { Accept: 'text/html' });
  expect([page.status, page.headers['content-type']]).toEqual([404, 'text/html; charset=utf-8']);
  expect(page.headers.vary).toMatch(/(^|, )Accept(,|$)/);
});

it('erasing: only while the job is as it was seen', async () => {
  const other = await postPhoto(product, { runAt: new Date(Date.now() + 3_600_000).toISOString() });
  const path = `/v1/jobs/${other}`;
  const { headers } = await ask(path);
  expect((await ask(path, { 'If-Match': '"other"' }, 'DELETE')).status).toBe(412);
  expect((await ask(path, { 'If-None-Match': '*' }, 'DELETE')).status).toBe(412);
  expect((await ask(path, { 'If-Match': String(headers.etag) }, 'DELETE')).status).toBe(204);
});
