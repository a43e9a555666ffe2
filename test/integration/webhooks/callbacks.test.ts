import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import sharp from 'sharp';
import { Webhook } from 'standardwebhooks';
import { answer, type HttpSink, openHttpSink } from '../../support/http/http-sink.ts';
import { type Product, startProduct } from '../../support/product.ts';
import { until } from '../../support/until.ts';

const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const REPORT = { template: 'document', data: { title: 'T', blocks: [] } };

let product: Product;
let sink: HttpSink;
let jpeg: Buffer;

beforeAll(async () => {
  jpeg = await sharp({ create: { width: 60, height: 40, channels: 3, background: '#a37' } })
    .jpeg()
    .toBuffer();
  sink = await openHttpSink();
  product = await startProduct({
    kinds: [['reports', 'webhooks', 'images']],
    env: { WEBHOOKS_SECRETS: SECRET, WEBHOOKS_ALLOW: '127.0.0.1', FETCH_ALLOW: '127.0.0.1' },
  });
});
afterAll(async () => {
  await product.close();
  await sink.close();
});

async function postJson(path: string, body: unknown): Promise<{ status: number; body: Record<string, never> }> {
  const headers = { 'Content-Type': 'application/json' };
  const response = await product.request(path, { method: 'POST', body: JSON.stringify(body), headers });
  return { status: response.status, body: (await response.json()) as Record<string, never> };
}

const post = async (path: string, body: unknown): Promise<string> => {
  const { status, body: job } = await postJson(path, body);
  expect(status).toBe(202);
  return String(job['id']);
};

interface Result {
  files: { url: string; bytes: number }[];
}

/** The callbacks that came for a job. */
const callbacksFor = (id: string) => sink.requests.filter(({ body }) => body.includes(id));

describe('callbackUrl', () => {
  it('a job that completes: its callback is signed, and carries the job as the API shows it', async () => {
    const id = await post('/v1/reports', { ...REPORT, callbackUrl: `${sink.url}/hook` });
    const callback = await until('the callback', () => callbacksFor(id)[0]);
    const body = new Webhook(SECRET).verify(callback.body, callback.headers as Record<string, string>) as {
      type: string;
      data: Record<string, unknown>;
    };
    expect(body.type).toBe('job.completed');
    const job = await product.jobReaches(id, 'completed');
    const { files: sent, ...result } = body.data['result'] as Result;
    const { files, ...shown } = job['result'] as Result;
    expect({ id: body.data['id'], state: body.data['state'], result }).toEqual({
      id,
      state: 'completed',
      result: shown,
    });
    const withoutUrl = (list: Result['files']) => list.map(({ url: _url, ...facts }) => facts);
    expect(withoutUrl(sent)).toEqual(withoutUrl(files));
    expect(callback.headers['webhook-id']).toMatch(/^whk_/);
    // Its receiver needs no key for the file.
    const answer = await fetch(sent[0]?.url ?? '');
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'application/pdf']);
    expect((await answer.arrayBuffer()).byteLength).toBe(files[0]?.bytes);
  });

  it('an image: the addresses in its element and its renditions need no key either', async () => {
    const form = new FormData();
    form.set('file', new Blob([new Uint8Array(jpeg)]), 'a.jpg');
    form.set(
      'renditions',
      JSON.stringify([
        { name: 'small', width: 30 },
        { name: 'large', width: 60 },
      ]),
    );
    form.set('callbackUrl', `${sink.url}/hook`);
    const { id } = (await (await product.request('/v1/images', { method: 'POST', body: form })).json()) as {
      id: string;
    };
    const { data } = JSON.parse((await until('the callback', () => callbacksFor(id)[0])).body);
    const addresses = data.result.picture.match(/https?:[^" ]+/g) as string[];
    expect(addresses.length).toBeGreaterThan(1);
    for (const url of [...addresses, ...data.result.renditions.map(({ url }: { url: string }) => url)]) {
      const { status, headers } = await fetch(url);
      expect([url.startsWith(`${product.url}/r/`), status, headers.get('content-type')]).toEqual([
        true,
        200,
        'image/jpeg',
      ]);
    }
    expect(Object.values(data.links).every((url) => String(url).startsWith(`${product.url}/v1/jobs/${id}`))).toBe(true);
    expect(Date.parse(data.signedUntil)).toBeGreaterThan(Date.now());
  });

  it('a job that fails, and one that is cancelled before it ran: a callback for each', async () => {
    const form = new FormData();
    form.set('file', new Blob([new Uint8Array(jpeg.subarray(0, jpeg.length - 200))]), 'a.jpg');
    form.set('callbackUrl', `${sink.url}/hook`);
    const failed = (await (await product.request('/v1/images', { method: 'POST', body: form })).json()) as {
      id: string;
    };
    const runAt = new Date(Date.now() + 60_000).toISOString();
    const cancelled = await post('/v1/reports', { ...REPORT, runAt, callbackUrl: `${sink.url}/hook` });
    await product.request(`/v1/jobs/${cancelled}/cancel`, { method: 'POST' });
    const types = await until('both callbacks', () => {
      const found = [failed.id, cancelled].map((id) => callbacksFor(id)[0]?.body);
      return found.every(Boolean) && found.map((body) => JSON.parse(body ?? '').type);
    });
    expect(types).toEqual(['job.failed', 'job.cancelled']);
  });

  it('a receiver that fails at first: the same callback again, until it has taken it', async () => {
    sink.script = answer(500);
    const id = await post('/v1/reports', { ...REPORT, callbackUrl: `${sink.url}/flaky` });
    await until('the first attempt', () => callbacksFor(id).length === 1);
    sink.script = answer(204);
    await until('the second attempt', () => callbacksFor(id).length === 2);
    const ids = callbacksFor(id).map(({ headers }) => headers['webhook-id']);
    expect(ids[0]).toBe(ids[1]);
    const hook = await product.jobReaches(String(ids[0]), 'completed');
    expect(hook).toMatchObject({ kind: 'webhooks', attempts: { made: 2 }, result: { status: 204 } });
    const again = await product.request(`/v1/jobs/${ids[0]}/retry`, { method: 'POST' });
    expect(again.status).toBe(202);
    await until('the replay', () => callbacksFor(id).length === 3);
  });

  it('an address that is none: refused at POST', async () => {
    expect((await postJson('/v1/reports', { ...REPORT, callbackUrl: 'ftp://example.com' })).body).toMatchObject({
      status: 400,
      errors: [{ pointer: '/callbackUrl' }],
    });
  });
});

describe('an image from elsewhere', () => {
  it('an address: fetched by the worker, and resized', async () => {
    sink.script = (res) => res.writeHead(200, { 'content-type': 'image/jpeg' }).end(jpeg);
    const id = await post('/v1/images', { source: { url: `${sink.url}/photo.jpg` }, width: 30, format: 'png' });
    const job = (await product.jobReaches(id, 'completed')) as { result: { renditions: object[] } };
    expect(job.result.renditions).toEqual([expect.objectContaining({ width: 30, height: 20, format: 'png' })]);
  });

  it("another job's result: waited for, and read from there", async () => {
    const form = new FormData();
    form.set('file', new Blob([new Uint8Array(jpeg)]), 'a.jpg');
    const first = (await (await product.request('/v1/images', { method: 'POST', body: form })).json()) as {
      id: string;
    };
    const id = await post('/v1/images', { source: { job: first.id }, width: 10 });
    await product.jobReaches(id, 'completed');
  });

  it.each([
    ['http://10.1.2.3/a.jpg', 'source_unavailable'],
    ['http://169.254.169.254/latest/meta-data', 'source_unavailable'],
  ])('%s: the job fails without telling what is there', async (url, code) => {
    const id = await post('/v1/images', { source: { url }, width: 10 });
    expect((await product.jobReaches(id, 'failed'))['error']).toMatchObject({ code });
  });

  it('no image at the address, and a body longer than the limit: each fails with its code', async () => {
    sink.script = (res) => res.end('just text, and long enough to be looked at');
    const text = await post('/v1/images', { source: { url: `${sink.url}/text` } });
    expect((await product.jobReaches(text, 'failed'))['error']).toMatchObject({ code: 'unsupported_media_type' });
    sink.script = (res) => res.writeHead(200, { 'content-length': '60000000' }).end();
    const large = await post('/v1/images', { source: { url: `${sink.url}/large` } });
    expect((await product.jobReaches(large, 'failed'))['error']).toMatchObject({ code: 'payload_too_large' });
  });

  it.each([
    [{}, '/source'],
    [{ source: {} }, '/source'],
    [{ source: { url: 'http://a.example/x', job: 'img_x' } }, '/source'],
    [{ source: { url: 'file:///etc/passwd' } }, '/source/url'],
  ])('%j: refused, and the pointer leads there', async (body, pointer) => {
    const response = await postJson('/v1/images', { width: 10, ...body });
    expect(response.status).toBe(400);
    expect(response.body).toMatchObject({ errors: [{ pointer }] });
  });
});
