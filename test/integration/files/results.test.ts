import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import sharp from 'sharp';
import { openStorage } from '../../../src/storage/open.ts';
import { KINDS } from '../../../workers/index.ts';
import { openSmtpServer, type TestSmtpServer } from '../../support/emails/smtp-server.ts';
import { answer, type HttpSink, openHttpSink } from '../../support/http/http-sink.ts';
import { ON_DISK } from '../../support/matrix/switch.ts';
import { testConfig } from '../../support/matrix/test-config.ts';
import { startProcess } from '../../support/processes.ts';
import { findFreePort, type Product, startProduct } from '../../support/product.ts';
import { listStored } from '../../support/storage/stored-files.ts';
import { until } from '../../support/until.ts';

/** Time that says nothing: on a busy machine a start takes long, and no test is about that. */
const SLOW = { timeoutMs: 80_000 };

/** The real web process and a real worker of all kinds; mails go to a real SMTP server. */
let product: Product;
let smtp: TestSmtpServer;
/** The API that calls go to. */
let called: HttpSink;

beforeAll(async () => {
  smtp = await openSmtpServer();
  product = await startProduct({
    kinds: [KINDS.map(({ contract }) => contract.kind)],
    env: { SMTP_URL: smtp.url, CALLS_ALLOW: '127.0.0.1' },
  });
  called = await openHttpSink(answer(200, { 'content-type': 'application/octet-stream' }, 'done'));
});
afterAll(async () => {
  await product.close();
  await called.close();
  await smtp.close();
});

const noise = (width: number, height: number) =>
  sharp({
    create: { width, height, channels: 3, background: '#fff', noise: { type: 'gaussian', mean: 128, sigma: 30 } },
  });

async function postImage(file: Buffer, fields: Record<string, string> = {}): Promise<string> {
  const form = new FormData();
  form.set('file', new Blob([new Uint8Array(file)]), 'photo.jpg');
  for (const [name, value] of Object.entries(fields)) form.set(name, value);
  const response = await product.request('/v1/images', { method: 'POST', body: form });
  expect(response.status).toBe(202);
  return ((await response.json()) as { id: string }).id;
}

/** The example of a call with an address that is there. */
const callable = (example: Record<string, unknown>) => (example['url'] ? { ...example, url: called.url } : example);

async function postJson(kind: string, body: unknown): Promise<string> {
  const headers = { 'Content-Type': 'application/json' };
  const response = await product.request(`/v1/${kind}`, { method: 'POST', body: JSON.stringify(body), headers });
  expect(response.status).toBe(202);
  return ((await response.json()) as { id: string }).id;
}

describe.each(KINDS.filter(({ contract }) => contract.accepts !== 'none'))(
  'the kind $contract.kind',
  ({ contract }) => {
    it('its example runs from POST to a result of its schema, each file as long and as hashed as said', async () => {
      const id =
        contract.accepts === 'upload'
          ? await postImage(await noise(60, 40).jpeg().toBuffer(), contract.example as Record<string, string>)
          : await postJson(contract.kind, callable(contract.example));
      const job = (await product.jobReaches(id, 'completed')) as {
        result: { files: { url: string; bytes: number; sha256: string; type: string }[] };
        progress: { percent: number };
      };
      const { files, ...result } = job.result;
      expect(contract.result.safeParse(result).error).toBeUndefined();
      expect(job).toMatchObject({
        kind: contract.kind,
        progress: { percent: 100 },
        error: null,
        attempts: { made: 1 },
      });
      for (const file of files) {
        const response = await product.request(file.url);
        const content = Buffer.from(await response.arrayBuffer());
        const digest = await crypto.subtle.digest('SHA-256', content);
        expect(response.headers.get('content-type')).toBe(file.type);
        expect(content.length).toBe(file.bytes);
        expect(Buffer.from(digest).toString('hex')).toBe(file.sha256);
      }
    });
  },
);

describe('an image from upload to download', () => {
  let id: string;
  beforeAll(async () => {
    id = await postImage(await noise(400, 300).jpeg().toBuffer(), { width: '200', format: 'webp' });
    await product.jobReaches(id, 'completed');
  });
  const result = (headers: Record<string, string> = {}) => product.request(`/v1/jobs/${id}/result`, { headers });

  it('has the size and format asked for', async () => {
    const response = await result();
    expect(response.headers.get('content-type')).toBe('image/webp');
    expect(response.headers.get('content-disposition')).toBe('inline; filename="photo.webp"');
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
    expect(await sharp(await response.arrayBuffer()).metadata()).toMatchObject({
      width: 200,
      height: 150,
      format: 'webp',
    });
  });

  it('each rendition names its address', async () => {
    const job = (await (await product.request(`/v1/jobs/${id}`)).json()) as {
      result: { renditions: { url: string }[] };
    };
    expect(job.result.renditions[0]?.url).toBe(`/v1/jobs/${id}/files/image.webp`);
  });

  it('one range: 206 with just those bytes; the last bytes too; several: the whole', async () => {
    const whole = Buffer.from(await (await result()).arrayBuffer());
    const part = await result({ Range: 'bytes=10-19' });
    expect(part.status).toBe(206);
    expect(part.headers.get('content-range')).toBe(`bytes 10-19/${whole.length}`);
    expect(Buffer.from(await part.arrayBuffer())).toEqual(whole.subarray(10, 20));
    const last = await result({ Range: 'bytes=-5' });
    expect(Buffer.from(await last.arrayBuffer())).toEqual(whole.subarray(-5));
    expect((await result({ Range: 'bytes=0-1,5-6' })).status).toBe(200);
  });

  it('a range outside the file: 416 with the size', async () => {
    const response = await result({ Range: 'bytes=99999999-' });
    expect(response.status).toBe(416);
    expect(response.headers.get('content-range')).toMatch(/^bytes \*\/\d+$/);
    expect(await response.json()).toMatchObject({ code: 'range_not_satisfiable' });
  });

  it('the hash is the ETag: If-None-Match gets 304, If-Range with another gets the whole', async () => {
    const etag = (await result()).headers.get('etag') ?? '';
    expect(etag).toMatch(/^"[0-9a-f]{64}"$/);
    // Without a Cache-Control of its own, fetch adds no-cache, which asks for the whole file.
    expect((await result({ 'If-None-Match': etag, 'Cache-Control': 'max-age=0' })).status).toBe(304);
    expect((await result({ Range: 'bytes=0-1', 'If-Range': '"other"' })).status).toBe(200);
    expect((await result({ Range: 'bytes=0-1', 'If-Range': etag })).status).toBe(206);
  });

  it('HEAD tells the length and sends nothing', async () => {
    const response = await product.request(`/v1/jobs/${id}/result`, { method: 'HEAD' });
    expect(Number(response.headers.get('content-length'))).toBeGreaterThan(0);
    expect((await response.arrayBuffer()).byteLength).toBe(0);
  });

  it('?download makes the browser save it; a file that is not there: 404', async () => {
    const saved = await product.request(`/v1/jobs/${id}/files/image.webp?download`);
    expect(saved.headers.get('content-disposition')).toMatch(/^attachment/);
    expect((await product.request(`/v1/jobs/${id}/files/other.webp`)).status).toBe(404);
    expect((await product.request(`/v1/jobs/${id}/files/..%2F..%2Fsecret`)).status).toBe(404);
  });
});

describe('signed addresses', () => {
  interface Signed {
    id: string;
    signedUntil: string | null;
    retainedUntil: string;
    result: { files: { name: string; url: string; bytes: number }[]; renditions: { url: string }[]; picture: string };
  }
  let id: string;
  let signed: Signed;
  const ask = async (query: string) => (await (await product.request(`/v1/jobs/${id}${query}`)).json()) as Signed;
  beforeAll(async () => {
    const renditions = JSON.stringify([20, 40].map((width) => ({ name: `w${width}`, width })));
    id = await postImage(await noise(60, 45).jpeg().toBuffer(), { renditions });
    await product.jobReaches(id, 'completed');
    signed = await ask('?signed=15m');
  });

  it('are whole, also in renditions and picture, need no key, and say until when; without signed nothing is said', async () => {
    const { files, renditions, picture } = signed.result;
    const urls = files.map(({ url }) => url);
    expect(urls.map((url) => url.replace(/\/r\/[\w-]+\//, '/r/TOKEN/'))).toEqual(
      ['w20.jpg', 'w40.jpg'].map((name) => `${product.url}/r/TOKEN/${name}`),
    );
    expect(renditions.map(({ url }) => url)).toEqual(urls);
    for (const url of urls) expect(picture).toContain(url);
    expect(picture).not.toContain('/v1/');
    const leftMs = Date.parse(String(signed.signedUntil)) - Date.now();
    expect(leftMs).toBeGreaterThan(14 * 60_000);
    expect(leftMs).toBeLessThanOrEqual(16 * 60_000);
    expect(await ask('')).toMatchObject({
      signedUntil: null,
      result: { files: [{ url: `/v1/jobs/${id}/files/w20.jpg` }, {}] },
    });
    const list = (await (await product.request(`/v1/jobs/${id}/result?signed=15m`)).json()) as { url: string }[];
    expect(list.map(({ url }) => new URL(url).pathname.split('/')[1])).toEqual(['r', 'r']);
    const page = await (await product.request(`/v1/jobs?ids=${id}&signed=15m`)).json();
    expect(JSON.stringify(page)).toContain(`${product.url}/r/`);
  });

  it('answer as files do, to a page of any origin', async () => {
    const { url, bytes } = signed.result.files[0] as { url: string; bytes: number };
    const headers = { Origin: 'https://shop.example', 'Sec-Fetch-Site': 'cross-site', 'Sec-Fetch-Dest': 'image' };
    const whole = await fetch(url, { headers });
    expect([whole.status, (await whole.arrayBuffer()).byteLength]).toEqual([200, bytes]);
    const said = Object.fromEntries(whole.headers);
    expect(said).toMatchObject({
      'access-control-allow-origin': '*',
      'cross-origin-resource-policy': 'cross-origin',
      'content-type': 'image/jpeg',
      'x-robots-tag': 'noindex',
      'x-content-type-options': 'nosniff',
    });
    expect(said).not.toHaveProperty('access-control-allow-credentials');
    expect(said).not.toHaveProperty('x-frame-options');
    expect(said['content-security-policy']).toMatch(/^default-src 'none';(?!.*frame-ancestors)/);
    const age = Number(/^private, immutable, max-age=(\d+), no-transform$/.exec(said['cache-control'] ?? '')?.[1]);
    expect(age).toBeGreaterThan(800);
    expect(age).toBeLessThanOrEqual(960);
    const part = await fetch(url, { headers: { ...headers, Range: 'bytes=0-3' } });
    expect([part.status, (await part.arrayBuffer()).byteLength]).toEqual([206, 4]);
    const same = { ...headers, 'If-None-Match': said['etag'] ?? '', 'Cache-Control': 'max-age=0' };
    expect((await fetch(url, { headers: same })).status).toBe(304);
    const head = await fetch(url, { method: 'HEAD' });
    expect([head.status, head.headers.get('content-length')]).toEqual([200, String(bytes)]);
    const asked = await fetch(url, {
      method: 'OPTIONS',
      headers: { ...headers, 'Access-Control-Request-Headers': 'range' },
    });
    expect([asked.status, asked.headers.get('access-control-allow-headers')]).toEqual([
      204,
      'If-None-Match, Range, X-Request-Id',
    ]);
    const wrong = await fetch(url.replace('/r/', '/r/A'), { headers });
    expect([wrong.status, wrong.headers.get('access-control-allow-origin')]).toEqual([404, '*']);
    expect((await fetch(url.replace('w20.jpg', 'w40.jpg'))).status).toBe(404);
  });

  it.each(['59s', '8d', 'soon', '', '15m&signed=15m'])('signed=%s: 400 that says what it may be', async (given) => {
    expect(await ask(`?signed=${given}`)).toMatchObject({
      status: 400,
      errors: [{ pointer: '/signed', detail: 'must be a time from 1m to 7d, such as 15m' }],
    });
  });

  it('hold no longer than the job is kept, end when it is erased, and are in no line of the log', async () => {
    const longest = await ask('?signed=7d');
    expect(longest.signedUntil).toBe(longest.retainedUntil);
    const url = signed.result.files[0]?.url ?? '';
    expect((await product.request(`/v1/jobs/${id}`, { method: 'DELETE' })).status).toBe(204);
    const gone = await fetch(url);
    expect([gone.status, gone.headers.get('access-control-allow-origin')]).toEqual([410, '*']);
    const folder = join(product.dir, 'log');
    const logs = () =>
      readdirSync(folder)
        .map((name) => readFileSync(join(folder, name), 'utf8'))
        .join('');
    await until('it is logged', () => logs().includes('"/r/:token/:name","status":410'));
    expect(logs() + product.web.output()).not.toContain(url.split('/')[4]?.slice(0, 40));
  });
});

it('several renditions: the result is the list of files', async () => {
  const renditions = JSON.stringify([
    { name: 'thumb', width: 20, height: 20, fit: 'cover' },
    { name: 'large', width: 100, format: 'png' },
  ]);
  const id = await postImage(await noise(200, 150).jpeg().toBuffer(), { renditions });
  await product.jobReaches(id, 'completed');
  const files = (await (await product.request(`/v1/jobs/${id}/result`)).json()) as { name: string; url: string }[];
  expect(files.map(({ name }) => name)).toEqual(['thumb.jpg', 'large.png']);
});

it('a JPEG cut in the middle: accepted by its header, failed as image_unreadable, and its upload is removed', async () => {
  const whole = await noise(400, 300).jpeg().toBuffer();
  const id = await postImage(whole.subarray(0, whole.length / 2));
  const job = await product.jobReaches(id, 'failed');
  expect(job).toMatchObject({ attempts: { made: 1 }, result: null, error: { code: 'image_unreadable', status: 422 } });
  const response = await product.request(`/v1/jobs/${id}/result`);
  expect(response.status).toBe(422);
  expect(response.headers.get('content-type')).toMatch(/^application\/problem\+json/);
  expect(await response.json()).toEqual({ ...(job['error'] as object), requestId: expect.any(String) });
  const config = testConfig(product.redis.url, product.dir);
  const stored = await listStored(await openStorage(config), config);
  expect(stored.filter((path) => path.includes(id))).toEqual([]);
});

it('a report attached to a mail by its job id, not yet done: the mail waits for it and carries the very PDF', async () => {
  const report = await postJson('reports', { template: 'document', data: { title: 'Månedsrapport', blocks: [] } });
  const mail = await postJson('emails', {
    to: 'Kari Nordmann <kari@example.no>',
    subject: 'Rapporten er klar – æøå',
    text: 'Hei!',
    attachments: [{ filename: 'rapport.pdf', job: report }],
  });
  await product.jobReaches(mail, 'completed', 30_000);
  const pdf = Buffer.from(await (await product.request(`/v1/jobs/${report}/result`)).arrayBuffer());
  const arrived = smtp.mails.find(({ parsed }) => parsed.subject === 'Rapporten er klar – æøå');
  expect(arrived?.parsed.attachments[0]?.content.equals(pdf)).toBe(true);
});

it("a table made of another report's workbook and of a call's answer: its rows, as soon as those jobs have ended", async () => {
  const rows = [
    { item: 'Kaffe', amount: '1.234,50' },
    { item: 'Te', amount: '65,50' },
  ];
  const table = { type: 'table', columns: [{ key: 'item' }, { key: 'amount', type: 'number' }], rows };
  const formats = ['pdf', 'xlsx'];
  const first = await postJson('reports', { locale: 'nb-NO', formats, data: { title: 'Salg', blocks: [table] } });
  called.script = answer(200, { 'content-type': 'text/csv' }, 'item;amount\nVann;20,00\n');
  const call = await postJson('calls', { url: called.url });
  const tables = [{ job: first, file: 'report.xlsx' }, { job: call }].map((source) => ({
    ...{ type: 'table', rows: source, columns: [{ key: 'item' }, { key: 'amount' }], sums: true },
  }));
  const second = await postJson('reports', { preview: true, locale: 'nb-NO', data: { title: 'T', blocks: tables } });
  const { result } = (await product.jobReaches(second, 'completed')) as { result: { tables: { rows: string[][] }[] } };
  expect(result.tables.map((shown) => shown.rows)).toEqual([
    [
      ['Kaffe', '1\u00a0234,50'],
      ['Te', '65,50'],
    ],
    [['Vann', '20,00']],
  ]);
});

/** What is loaded where files lie in S3 alone. */
const S3_LIBRARIES = ON_DISK ? ['@aws-sdk/client-s3'] : [];

it('the web process loads none of the heavy libraries', async () => {
  const port = await findFreePort();
  const web = startProcess(process.execPath, ['--import', './test/support/operations/log-loads.ts', 'src/server.ts'], {
    DATA_DIR: product.dir,
    REDIS_URL: product.redis.url,
    PORT: String(port),
    API_KEYS: 'kari:key-of-kari',
  });
  const ready = until('it is ready', async () => (await fetch(`http://127.0.0.1:${port}/readyz`)).ok, SLOW);
  await Promise.race([ready, web.exited]);
  await fetch(`http://127.0.0.1:${port}/login`);
  expect(await web.stop()).toBe(0);
  const loaded = [...web.output().matchAll(/^loaded node_modules\/(.*)\/$/gm)].map(([, name]) => `${name}`);
  expect(loaded).toContain('express');
  // Those of the second line are loaded by the first request for them.
  const heavy = [
    ...S3_LIBRARIES,
    'sharp',
    'pdfkit',
    'fontkit',
    'harfbuzzjs',
    'nodemailer',
    'piscina',
    'libheif-js',
    'liquidjs',
    'ssim.js',
  ];
  const late = ['@bull-board/api', '@bull-board/express', 'image-size', 'jose'];
  expect(loaded.filter((name) => [...heavy, ...late].includes(name))).toEqual([]);
}, 90_000);

it('a worker that has had no job yet: has loaded nothing of what its jobs need', async () => {
  const args = ['--import', './test/support/operations/log-loads.ts', 'workers/main.ts', 'images', 'reports'];
  const worker = startProcess(process.execPath, args, { DATA_DIR: product.dir, REDIS_URL: product.redis.url });
  await until('both kinds are ready', () => worker.output().split('worker ready').length === 3, SLOW);
  expect(await worker.stop()).toBe(0);
  const loaded = [...worker.output().matchAll(/^loaded node_modules\/(.*)\/$/gm)].map(([, name]) => `${name}`);
  expect(loaded).toContain('bull');
  const late = [
    ...S3_LIBRARIES,
    'sharp',
    'pdfkit',
    'fontkit',
    'harfbuzzjs',
    'piscina',
    'libheif-js',
    'ssim.js',
    'csv-parse',
  ];
  expect(loaded.filter((name) => late.includes(name))).toEqual([]);
}, 90_000);

it('two kinds in one process: a job of each completes, and SIGTERM ends both', async () => {
  const shared = await startProduct({ env: { SMTP_URL: smtp.url } });
  try {
    const worker = shared.startWorker(['reports', 'emails']);
    const ids = ['reports', 'emails'].map(async (kind) => {
      const example = KINDS.find(({ contract }) => contract.kind === kind)?.contract.example;
      const answer = await shared.request(`/v1/${kind}`, {
        method: 'POST',
        body: JSON.stringify(example),
        headers: { 'Content-Type': 'application/json' },
      });
      return ((await answer.json()) as { id: string }).id;
    });
    for (const id of await Promise.all(ids)) await shared.jobReaches(id, 'completed');
    expect(await worker.stop()).toBe(0);
  } finally {
    await shared.close();
  }
});
