import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import sharp from 'sharp';
import type { JobView } from '../../../src/jobs/job-view.ts';
import { answer, type HttpSink, hangUp, openHttpSink, type Script } from '../../support/http/http-sink.ts';
import { KEYS, type Product, startProduct } from '../../support/product.ts';
import { until } from '../../support/until.ts';

const SECRET_HEADERS = { Authorization: 'Bearer of-the-bucket', 'X-Folder': 'inbox' };
const REPORT = { template: 'document', data: { title: 'Månedsrapport', blocks: [] } };

let product: Product;
/** Where files are delivered to, and where webhooks are sent. */
let host: HttpSink;
let hook: HttpSink;
let photo: Uint8Array<ArrayBuffer>;

beforeAll(async () => {
  const noise = { type: 'gaussian', mean: 128, sigma: 30 } as const;
  const image = sharp({ create: { width: 400, height: 300, channels: 3, background: '#000', noise } }).jpeg();
  photo = new Uint8Array(await image.toBuffer());
  [host, hook] = [await openHttpSink(), await openHttpSink(answer(204))];
  const env = { DELIVER_ALLOW: `127.0.0.1:${host.port},bucket.example`, WEBHOOKS_ALLOW: '127.0.0.1' };
  product = await startProduct({ kinds: [['images', 'reports', 'webhooks', 'calls']], env });
}, 60_000);
afterAll(async () => {
  await product.close();
  await Promise.all([host.close(), hook.close()]);
});
beforeEach(() => {
  host.script = answer(200);
  host.requests.length = 0;
  hook.requests.length = 0;
});

async function post(path: string, body: string | FormData, headers: Record<string, string> = {}) {
  const response = await product.request(path, { method: 'POST', body, headers });
  return { status: response.status, body: (await response.json()) as JobView & { errors?: object[] } };
}

const postJson = (path: string, body: unknown) =>
  post(path, JSON.stringify(body), { 'Content-Type': 'application/json' });

function postPhoto(fields: Record<string, unknown>) {
  const form = new FormData();
  form.set('file', new Blob([photo]), 'photo.jpg');
  for (const [name, value] of Object.entries(fields)) {
    form.set(name, typeof value === 'string' ? value : JSON.stringify(value));
  }
  return post('/v1/images', form);
}

const find = async (id: string, key: string = KEYS.kari) =>
  (await (await product.request(`/v1/jobs/${id}`, { key })).json()) as JobView;

/** The job once all its files have been delivered, or will not be. */
const delivered = (id: string) =>
  until('its files are delivered', async () => {
    const job = await find(id);
    const states = (job.delivered ?? []).map(({ state }) => state);
    return states.length > 0 && states.every((state) => state === 'completed' || state === 'failed') && job;
  });

/** What Redis, storage and the logs hold, as a text. */
async function kept(): Promise<string> {
  const client = product.redis.client();
  const dumps = await Promise.all((await client.keys('*')).map((key) => client.dumpBuffer(key)));
  const files = ['storage', 'log']
    .flatMap((name) => readdirSync(join(product.dir, name), { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name)));
  return Buffer.concat([...dumps.filter((dump) => dump !== null), ...files]).toString('latin1');
}

describe('deliverTo', () => {
  it('one file: is put there as it is, with its length, type and the headers asked for, which are shown nowhere', async () => {
    const deliverTo = { url: `${host.url}/bucket/photo.webp?sig=very-secret`, headers: SECRET_HEADERS };
    const { body: accepted } = await postPhoto({
      width: '200',
      format: 'webp',
      deliverTo,
      callbackUrl: `${hook.url}/`,
    });
    expect(accepted.delivered).toEqual([expect.objectContaining({ file: null, id: null, state: null, attempts: 0 })]);
    const job = await delivered(accepted.id);
    const [file] = job.result?.files ?? [];
    const content = Buffer.from(await (await product.request(String(file?.url))).arrayBuffer());
    expect(host.requests).toHaveLength(1);
    const [put] = host.requests;
    expect([put?.method, put?.path, put?.content.equals(content)]).toEqual([
      'PUT',
      '/bucket/photo.webp?sig=very-secret',
      true,
    ]);
    expect(put?.headers).toMatchObject({
      'content-length': String(file?.bytes),
      'content-type': 'image/webp',
      authorization: 'Bearer of-the-bucket',
      'x-folder': 'inbox',
    });
    expect(put?.headers).not.toHaveProperty('transfer-encoding');
    expect(job.delivered).toEqual([
      {
        ...{ file: null, id: expect.stringMatching(/^whk_/), state: 'completed', status: 200, attempts: 1 },
        ...{ at: expect.any(String), nextAttemptAt: null, error: null },
      },
    ]);
    const told = await until('the webhook', () => hook.requests[0]);
    const { data } = JSON.parse(told.body) as { data: JobView };
    expect(data.delivered).toMatchObject([{ file: null, state: 'completed', status: 200, attempts: 1 }]);
    const shown = [told.body, JSON.stringify([job, await find(String(job.delivered?.[0]?.id), KEYS.operator)])];
    for (const id of [job.id, job.delivered?.[0]?.id]) {
      const page = await product.request(`/jobs/${id}`, { headers: { Accept: 'text/html' } });
      expect(page.status).toBe(200);
      shown.push(await page.text());
    }
    const everywhere = [...shown, await kept(), product.web.output(), ...product.workers.map((one) => one.output())];
    expect(everywhere.join('')).not.toMatch(/very-secret|of-the-bucket/);
  });

  it('several by their names, with or without extension: each goes to its own address; one that is not made says so', async () => {
    const to = (path: string) => ({ url: `${host.url}/${path}` });
    const { body } = await postPhoto({
      renditions: [
        { name: 'thumb', width: 40 },
        { name: 'large', width: 300, format: 'png' },
      ],
      deliverTo: { thumb: to('a'), 'large.png': to('b'), other: to('c') },
    });
    const job = await delivered(body.id);
    expect(host.requests.map(({ path, headers }) => [path, headers['content-type']]).sort()).toEqual([
      ['/a', 'image/jpeg'],
      ['/b', 'image/png'],
    ]);
    expect(job.state).toBe('completed');
    expect(job.delivered).toMatchObject([
      { file: 'thumb', state: 'completed', status: 200 },
      { file: 'large.png', state: 'completed', status: 200 },
      {
        file: 'other',
        state: 'failed',
        status: null,
        attempts: 1,
        error: expect.stringContaining('thumb.jpg, large.png'),
      },
    ]);
  });

  it('a report and the answer of a call: their files too; a mail has none to send', async () => {
    const deliverTo = { url: `${host.url}/report.pdf`, headers: { 'content-type': 'application/x-pdf' } };
    const { body } = await postJson('/v1/reports', { ...REPORT, deliverTo });
    expect((await delivered(body.id)).delivered).toMatchObject([{ state: 'completed', status: 200 }]);
    expect(host.requests[0]?.headers['content-type']).toBe('application/x-pdf');
    expect(host.requests[0]?.content.subarray(0, 5).toString()).toBe('%PDF-');
    const mail = { to: 'kari@example.no', subject: 'S', text: 'T', deliverTo };
    expect((await postJson('/v1/emails', mail)).body.errors).toEqual([
      { pointer: '/deliverTo', detail: 'is not a known field' },
    ]);
  });

  it('refused for good (403): not tried again; the job stays completed, and its webhook says so', async () => {
    host.script = answer(403, {}, '<Error><Code>AccessDenied</Code></Error>');
    const { body } = await postJson('/v1/reports', {
      ...{ ...REPORT, deliverTo: { url: `${host.url}/x` }, callbackUrl: `${hook.url}/` },
    });
    const job = await delivered(body.id);
    expect(job).toMatchObject({
      state: 'completed',
      delivered: [{ state: 'failed', status: 403, attempts: 1, error: expect.stringContaining('403') }],
    });
    const { type, data } = JSON.parse((await until('the webhook', () => hook.requests[0])).body);
    expect([type, data.delivered[0].state, data.delivered[0].status]).toEqual(['job.completed', 'failed', 403]);
    expect(host.requests).toHaveLength(1);
  });

  it('a host that fails at first: the webhook waits, and so do the files, until it has taken them', async () => {
    const scripts: Script[] = [answer(503), hangUp];
    host.script = (res, request) => (scripts.shift() ?? answer(201))(res, request);
    const { body } = await postJson('/v1/reports', {
      ...{ ...REPORT, deliverTo: { url: `${host.url}/x` }, callbackUrl: `${hook.url}/` },
    });
    const waiting = await until('it waits', async () => {
      const job = await find(body.id);
      return job.delivered?.[0]?.status === 503 && job.delivered[0].state === 'delayed' && job;
    });
    const [{ id, nextAttemptAt } = { id: null, nextAttemptAt: null }] = waiting.delivered ?? [];
    expect(waiting).toMatchObject({ state: 'completed', heldBy: [id] });
    expect(Date.parse(String(waiting.retainedUntil))).toBeGreaterThan(Date.parse(String(waiting.finishedAt)));
    expect(Date.parse(String(nextAttemptAt))).toBeGreaterThan(Date.now());
    expect(hook.requests).toEqual([]);
    const again = async (count: number) => {
      await until('it is sent', async () => {
        if (host.requests.length >= count) return true;
        await product.request(`/v1/jobs/${id}/send-now`, { method: 'POST' });
        return false;
      });
    };
    await again(2);
    await again(3);
    expect((await delivered(body.id)).delivered).toMatchObject([{ state: 'completed', status: 201, attempts: 3 }]);
    const { data } = JSON.parse((await until('the webhook', () => hook.requests[0])).body);
    expect(data.delivered).toMatchObject([{ state: 'completed', status: 201, attempts: 3 }]);
  });

  it('erased while it is to be sent again: nothing more is sent', async () => {
    host.script = answer(500);
    const { body } = await postJson('/v1/reports', { ...REPORT, deliverTo: { url: `${host.url}/x` } });
    const id = await until('it waits', async () => {
      const [one] = (await find(body.id)).delivered ?? [];
      return one?.state === 'delayed' && one.status === 500 && one.id;
    });
    expect((await product.request(`/v1/jobs/${body.id}`, { method: 'DELETE' })).status).toBe(204);
    expect((await product.request(`/v1/jobs/${id}`)).status).toBe(404);
  });
});

const REFUSED = [
  [
    { url: 'https://elsewhere.example/x' },
    '/deliverTo/url',
    'must lead to a host that the setting DELIVER_ALLOW names: DELIVER_ALLOW=elsewhere.example',
  ],
  [{ url: 'http://127.0.0.1:1/x' }, '/deliverTo/url', /DELIVER_ALLOW=127\.0\.0\.1:1$/],
  [{ 'a/b.pdf': { url: 'http://10.0.0.1/' } }, '/deliverTo/a~1b.pdf/url', /DELIVER_ALLOW/],
  [{ url: 'ftp://bucket.example/x' }, '/deliverTo/url', 'must begin with http:// or https://'],
  [{ url: 7 }, '/deliverTo/url', 'must be a URL'],
  [{ url: 'https://bucket.example/', header: {} }, '/deliverTo/header', /^is not a known field/],
  [
    { url: 'https://bucket.example/', headers: { Host: 'x' } },
    '/deliverTo/headers/Host',
    'must be left out: Heavylift sets it',
  ],
  [{ url: 'https://bucket.example/', headers: { a: 'b\r\nc' } }, '/deliverTo/headers/a', /ASCII/],
  [{ thumb: { headers: {} } }, '/deliverTo/thumb/url', 'must be a URL'],
  [{}, '/deliverTo', 'must be {"url", "headers"}, or have one by the name of each file'],
  ['https://bucket.example/', '/deliverTo', /^must be/],
  [
    Object.fromEntries(Array.from({ length: 51 }, (_, n) => [n, { url: 'https://bucket.example/' }])),
    '/deliverTo',
    'must have at most 50 files',
  ],
] as const;

it('another host, port or scheme, a header of ours, too many: 400 at its own field', async () => {
  for (const [deliverTo, pointer, detail] of REFUSED) {
    const { status, body } = await postJson('/v1/reports', { ...REPORT, deliverTo });
    const said = typeof detail === 'string' ? detail : expect.stringMatching(detail);
    expect([status, body.errors]).toEqual([400, [{ pointer, detail: said }]]);
    expect(host.requests).toEqual([]);
  }
});
