import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { inspect } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import sharp from 'sharp';
import { Webhook } from 'standardwebhooks';
import * as client from '../../../clients/node/src/index.js';
import { SECRET } from '../../support/clients/examples.ts';
import { openCuttingProxy } from '../../support/http/cutting-proxy.ts';
import { answer, openHttpSink, type Script } from '../../support/http/http-sink.ts';
import { startPathProxy } from '../../support/http/path-proxy.ts';
import { KEYS, type Product, startProduct } from '../../support/product.ts';

const { Heavylift, verifyWebhook } = client;

let product: Product;
let heavylift: client.Heavylift;
/** A file in the product's folder, which goes when the tests end. */
const inFolder = (name: string, content?: Uint8Array | string): string => {
  const path = join(product.dir, name);
  if (content !== undefined) writeFileSync(path, content);
  return path;
};
/** So many bytes of lines, which are CSV. */
const makeCsv = (bytes: number): Buffer => Buffer.alloc(bytes, '2026-11-29,Coffee,249\n');

/** Each request gets the next of the scripts, and all further ones the last. */
const inTurn = (...scripts: [Script, ...Script[]]): Script => {
  let turn = 0;
  return (res, request) => {
    const script = scripts[Math.min(turn, scripts.length - 1)];
    turn += 1;
    script?.(res, request);
  };
};

beforeAll(async () => {
  product = await startProduct({
    kinds: [['images', 'reports', 'emails']],
  });
  heavylift = new Heavylift({ url: product.url, key: KEYS.kari });
  const photo = sharp({ create: { width: 60, height: 40, channels: 3, background: '#a37' } }).jpeg();
  inFolder('photo.jpg', await photo.toBuffer());
});
afterAll(() => product.close());

describe('what goes wrong', () => {
  it('is an error of its family, with the facts of the server, and never with the key', async () => {
    const stranger = new Heavylift({ url: product.url, key: 'key-of-nobody' });
    const cut = readFileSync(inFolder('photo.jpg')).subarray(0, -200);
    const upload = await heavylift.upload(cut, { name: 'cut.jpg' });
    const failing = await heavylift.images({ source: { upload: upload.id }, width: 10 });
    const body = { template: 'monthly', data: { userId: 'a', month: '2026-13' } } as const;
    const errors = await Promise.all([
      heavylift.reports(body).catch((error) => error),
      stranger.job(failing).catch((error) => error),
      heavylift.job('img_00000000000000000000000000').catch((error) => error),
      heavylift.wait(failing).catch((error) => error),
      new Heavylift({ url: 'http://127.0.0.1:9', key: KEYS.kari, attempts: 1 }).job(failing).catch((error) => error),
    ]);
    expect(errors.map(({ name, code, status }) => [name, code, status])).toEqual([
      ['InvalidRequest', 'invalid_request', 400],
      ['Unauthorized', 'unauthorized', 401],
      ['NotFound', 'not_found', 404],
      ['JobFailed', 'image_unreadable', 422],
      ['Unavailable', 'no_answer', 0],
    ]);
    expect(errors[0]).toMatchObject({ errors: [{ pointer: '/data/month' }], requestId: expect.any(String) });
    expect(errors[3].job).toMatchObject({ id: failing.id, state: 'failed' });
    expect(inspect([errors, heavylift, stranger], { depth: 9, showHidden: true })).not.toMatch(/key-of/);
    expect(() => new Heavylift({ url: 'jobs.example.com' })).toThrow('url must be an http: or https: address');
  });

  it('is asked again after Retry-After, under the same Idempotency-Key; without one a POST is not', async () => {
    const later = answer(503, { 'retry-after': '0', 'content-type': 'text/html' }, '<h1>Later</h1>');
    const accepted = answer(202, { 'content-type': 'application/json' }, '{"id":"img_1"}');
    const sink = await openHttpSink(inTurn(later, accepted));
    const other = new Heavylift({ url: sink.url, key: 'k' });
    expect(await other.images({ source: { upload: 'upd_1' } })).toEqual({ id: 'img_1' });
    const keys = sink.requests.map(({ headers }) => headers['idempotency-key']);
    expect(keys).toEqual([expect.stringMatching(/^"[\w-]{36}"$/), keys[0]]);
    await sink.close();
    const refusing = await openHttpSink(answer(500, { 'retry-after': '0' }));
    const steered = new Heavylift({ url: refusing.url, key: 'k' });
    await expect(steered.retry('img_1')).rejects.toMatchObject({
      name: 'Unavailable',
      retryAfter: 0,
      code: 'http_500',
    });
    expect(refusing.requests).toHaveLength(1);
    await refusing.close();
    const limiting = await openHttpSink(answer(429, { 'retry-after': '3600' }));
    const limited = new Heavylift({ url: limiting.url, key: 'k' });
    await expect(limited.job('img_1')).rejects.toMatchObject({ name: 'RateLimited', retryAfter: 3600 });
    await limiting.close();
  });

  it('a redirect: the key does not follow it; a file does, without the key', async () => {
    const bucket = await openHttpSink(answer(200, {}, 'bytes'));
    const sink = await openHttpSink(answer(307, { location: `${bucket.url}/signed?x=1` }));
    const other = new Heavylift({ url: sink.url, key: 'secret-key' });
    await expect(other.images({ source: { upload: 'upd_1' } })).rejects.toMatchObject({ code: 'redirected' });
    expect(bucket.requests).toHaveLength(0);
    const file = await other.file('img_1', 'a b.webp');
    expect(await file.text()).toBe('bytes');
    expect(sink.requests.at(-1)).toMatchObject({ path: '/v1/jobs/img_1/files/a%20b.webp' });
    expect(bucket.requests[0]?.headers).not.toHaveProperty('authorization');
    await Promise.all([bucket.close(), sink.close()]);
  });

  it('who stops waiting is told his own reason, at once', async () => {
    const job = await heavylift.emails({ to: 'a@example.no', subject: 'x', text: 'x', runAt: '2026-12-20T10:00:00Z' });
    const controller = new AbortController();
    const waiting = heavylift.wait(job, { signal: controller.signal });
    controller.abort(new Error('no time'));
    await expect(waiting).rejects.toThrow('no time');
    await expect(heavylift.wait(job, { timeout: 10 })).rejects.toMatchObject({ name: 'TimedOut', code: 'timed_out' });
    expect(await heavylift.cancel(job)).toMatchObject({ state: 'cancelled' });
    await expect(heavylift.wait(job)).rejects.toMatchObject({ name: 'JobFailed', code: 'cancelled' });
  });
});

describe('files', () => {
  it('come whole over a connection that is cut, from a path, a stream and a Blob, below a path', async () => {
    const below = await startPathProxy('/heavylift');
    const proxy = await openCuttingProxy(product.url);
    below.target = proxy.url;
    below.takesOff = true;
    const other = new Heavylift({ url: `${below.url}/`, key: KEYS.kari });
    const content = makeCsv(9_000_000);
    const path = inFolder('large.csv', content);
    const pieces = () => Readable.from([content.subarray(0, 5_000_000), content.subarray(5_000_000)]);
    let [cuts, most] = [0, 0];
    const onProgress = ({ sent, total }: { sent: number; total: number }) => {
      most = Math.max(most, sent);
      if (cuts < 3 && sent > (total / 4) * (cuts + 1)) {
        cuts += 1;
        proxy.cut();
      }
    };
    const first = await other.upload(path, { onProgress });
    expect([cuts, most]).toEqual([3, content.length]);
    const others = [
      await other.upload(pieces(), { size: content.length, name: 'large.csv', chunkBytes: 2_000_000 }),
      await other.upload(new Blob([new Uint8Array(content)]), { name: 'large.csv' }),
      await other.upload(pieces(), { name: 'large.csv', type: 'text/csv' }),
    ];
    for (const upload of [first, ...others]) {
      expect(upload).toMatchObject({ state: 'complete', name: 'large.csv', type: 'text/csv', bytes: content.length });
      expect(upload.sha256).toBe(first.sha256);
    }
    await expect(other.upload(pieces(), { size: 12_000_000 })).rejects.toThrow('it ended after 9000000');
    await expect(other.upload(pieces(), { size: 60_000_000, kind: 'images' })).rejects.toMatchObject({
      code: 'payload_too_large',
    });
    expect(below.outside).toEqual([]);
    await Promise.all([proxy.close(), below.close()]);
  }, 120_000);

  it('a result is saved whole or not at all, and goes on where it broke', async () => {
    const upload = await heavylift.upload(inFolder('photo.jpg'));
    const renditions = [
      { name: 'large', width: 2000, enlarge: true, format: 'png' },
      { name: 'small', width: 10 },
    ] as const;
    const job = await heavylift.images({ source: { upload: upload.id }, renditions: [...renditions] });
    const done = await heavylift.wait(job);
    const folder = inFolder('results');
    const saved = await heavylift.download(job.id, folder);
    expect(saved.map((path) => readFileSync(path).length)).toEqual(done.result.files.map(({ bytes }) => bytes));
    expect(readdirSync(folder).filter((name) => name.startsWith('.'))).toEqual([]);

    const [file] = done.result.files;
    const content = readFileSync(saved[0] ?? '');
    const half = Math.floor(content.length / 2);
    const one = { ...done, result: { ...done.result, files: [file] } } as typeof done;
    const breaksOff: Script = (res) => {
      res.writeHead(200, { 'content-length': String(content.length), etag: '"of the bucket"' });
      res.write(content.subarray(0, half), () => setTimeout(() => res.destroy(), 50));
    };
    const breaking = await openHttpSink(inTurn(breaksOff, (res) => res.writeHead(206).end(content.subarray(half))));
    const out = inFolder('again.png');
    const other = new Heavylift({ url: breaking.url, key: 'k' });
    await other.download(one, out);
    expect(readFileSync(out).equals(content)).toBe(true);
    expect(breaking.requests.map(({ headers }) => headers['range'])).toEqual([undefined, `bytes=${half}-`]);
    await breaking.close();

    const lying = await openHttpSink(answer(200, {}, Buffer.alloc(content.length, 'x').toString()));
    const wrong = inFolder('wrong.png');
    const deceived = new Heavylift({ url: lying.url, key: 'k' });
    await expect(deceived.download(one, wrong)).rejects.toMatchObject({ code: 'download_broken' });
    await lying.close();
    expect(readdirSync(product.dir).filter((name) => name.includes('wrong.png'))).toEqual([]);
  });

  it('a job is followed over a cut to its end; many are listed page by page, and posted in one request', async () => {
    const proxy = await openCuttingProxy(product.url);
    const other = new Heavylift({ url: proxy.url, key: KEYS.kari });
    const mail = { to: 'a@example.no', subject: 'x', text: 'x' };
    const job = await other.emails({ ...mail, runAt: '2026-12-20T10:00:00Z' });
    const states: string[] = [];
    for await (const { state } of other.follow(job)) {
      states.push(state);
      if (state !== 'delayed') continue;
      proxy.cut();
      await heavylift.cancel(job);
    }
    expect(states).toEqual(['delayed', 'cancelled']);
    await proxy.close();

    const { id, items } = await heavylift.batch('emails', [mail, { ...mail, to: 'nobody' }, mail]);
    expect(items.map(({ status }) => status)).toEqual([202, 400, 202]);
    const found = [];
    for await (const { batch } of heavylift.jobs({ batch: String(id), limit: 1 })) found.push(batch);
    expect(found).toEqual([id, id]);
    await heavylift.erase(job);
    await expect(heavylift.job(job)).rejects.toMatchObject({ name: 'NotFound' });
  });
});

describe('webhooks', () => {
  const body = JSON.stringify({ type: 'job.completed', timestamp: '2026-11-29T10:00:00Z', data: { id: 'img_1' } });
  const now = Date.parse('2026-11-29T10:00:00Z');
  const sign = (secret: string, time = now) => ({
    'webhook-id': 'whk_1',
    'webhook-timestamp': String(time / 1000),
    'webhook-signature': new Webhook(secret).sign('whk_1', new Date(time), body),
  });
  const OTHER = 'whsec_b3RoZXIgb3RoZXIgb3RoZXIgb3RoZXIgb3RoZXI=';

  it('are taken as text, bytes and Headers, by either secret, and by one of several signatures', async () => {
    const headers = sign(SECRET);
    const two = {
      ...headers,
      'webhook-signature': `v1a,xx v1,!! ${sign(OTHER)['webhook-signature']} ${headers['webhook-signature']}`,
    };
    const capitals = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toUpperCase(), [value]]));
    const taken = [
      await verifyWebhook(body, headers, SECRET, { now }),
      await verifyWebhook(Buffer.from(body), new Headers(headers), [OTHER, SECRET], { now }),
      await verifyWebhook(body, two, SECRET, { now }),
      await verifyWebhook(body, capitals, SECRET, { now: now + 299_000 }),
    ];
    expect(taken.map(({ type }) => type)).toEqual(Array(4).fill('job.completed'));
  });

  it.each([
    ['another secret', body, sign(OTHER), 'no signature matches'],
    ['another body', `${body} `, sign(SECRET), 'no signature matches'],
    ['another id', body, { ...sign(SECRET), 'webhook-id': 'whk_2' }, 'no signature matches'],
    ['an old one', body, sign(SECRET, now - 301_000), 'its timestamp is not of now'],
    ['one of tomorrow', body, sign(SECRET, now + 86_400_000), 'its timestamp is not of now'],
    ['a time that is none', body, { ...sign(SECRET), 'webhook-timestamp': '1e9' }, 'its timestamp is not of now'],
    ['no signature', body, {}, 'it has not all of'],
  ])('%s is refused', async (_name, given, headers, reason) => {
    const verifying = verifyWebhook(given, headers as Record<string, string>, SECRET, { now });
    await expect(verifying).rejects.toThrow(reason);
    await expect(verifying).rejects.toMatchObject({ name: 'WebhookRefused', code: 'webhook_refused' });
  });

  it('a secret that is none is a mistake of the receiver', async () => {
    await expect(verifyWebhook(body, sign(SECRET), '', { now })).rejects.toThrow(TypeError);
  });
});
