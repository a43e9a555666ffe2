import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Problem } from '../../../src/errors.ts';
import type { JobView } from '../../../src/jobs/job-view.ts';
import { runCli } from '../../support/cli.ts';
import { answer, createSinks, hang } from '../../support/http/http-sink.ts';
import { startProcess } from '../../support/processes.ts';
import { findFreePort, KEYS, type Product, postPhoto, startProduct } from '../../support/product.ts';
import { until } from '../../support/until.ts';

const SECRET = 'sk_live_51H8xYz';
let product: Product;
const sinks = createSinks();

beforeAll(async () => {
  const keys = `kari:${KEYS.kari},ola:${KEYS.ola}:images,operator:${KEYS.operator}:admin+calls`;
  product = await startProduct({
    kinds: [['calls', 'images']],
    env: { CALLS_ALLOW: '127.0.0.0/8', API_KEYS: keys, CALLS_CONCURRENCY: '6', CALLS_WORKERS: '2' },
  });
  product.startWorker('calls', { CALLS_CONCURRENCY: '6' });
});
afterAll(async () => {
  await product.close();
  await sinks.close();
});

const send = (method: string, path: string, body?: unknown, key: string = KEYS.kari) =>
  product.request(path, {
    method,
    key,
    ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { 'Content-Type': 'application/json' } }),
  });
async function post(body: object): Promise<string> {
  const answered = await send('POST', '/v1/calls', body);
  const { id, detail } = (await answered.json()) as JobView & Problem;
  if (answered.status !== 202) throw new Error(detail);
  return id;
}
const reaches = async (id: string, state: string) => (await product.jobReaches(id, state)) as unknown as JobView;
const getJob = async (id: string) => (await (await product.request(`/v1/jobs/${id}`)).json()) as JobView;

describe('a call', () => {
  it('429 and 503, then 200: sent until it is answered, under one key; its page shows each attempt', async () => {
    const scripts = [
      answer(429, { 'retry-after': '1' }, 'too fast'),
      answer(200, { 'content-type': 'text/plain' }, 'Hei!'),
    ];
    const sink = await sinks.open((res, request) => scripts.shift()?.(res, request));
    const id = await post({ url: `${sink.url}/orders?token=abc`, json: { order: 1 }, tags: ['shop'] });
    const job = await reaches(id, 'completed');
    expect(job).toMatchObject({
      attempts: { made: 2, max: 10 },
      result: { status: 200, attempts: 2 },
      facts: { host: `127.0.0.1:${sink.port}` },
    });
    expect(await (await product.request(`/v1/jobs/${id}/result`)).text()).toBe('Hei!');
    expect(sink.requests.map(({ headers }) => [headers['idempotency-key'], headers['x-attempt']])).toEqual([
      [id, '1'],
      [id, '2'],
    ]);
    const page = await (await product.request(`/jobs/${id}`, { headers: { accept: 'text/html' } })).text();
    for (const shown of [`POST 127.0.0.1:${sink.port}/orders`, 'Answered 429', 'too fast', 'Answered 200', 'Hei!']) {
      expect(page).toContain(shown);
    }
    expect(page).not.toContain('token=abc');
  });

  it('attempts used up: call_failed with the answer; attempts.max says what was asked for', async () => {
    const sink = await sinks.open(answer(503, { 'content-type': 'text/plain', 'retry-after': '1' }, 'down'));
    const job = await reaches(await post({ url: sink.url, retry: { max: 2 } }), 'failed');
    expect(job).toMatchObject({
      attempts: { made: 2, max: 2 },
      error: { code: 'call_failed', retryable: true, answer: { status: 503, type: 'text/plain', text: 'down' } },
    });
    expect(sink.requests).toHaveLength(2);
  });

  it('source: the result of an image that is being made', async () => {
    const sink = await sinks.open();
    const photo = await postPhoto(product, { width: '20', format: 'webp' });
    const id = await post({ url: sink.url, method: 'PUT', source: { job: photo } });
    await reaches(id, 'completed');
    expect(sink.requests[0]?.headers['content-type']).toBe('image/webp');
    expect(sink.requests[0]?.body).toMatch(/^RIFF/);
  });

  it('source: an upload, which is refused at POST where it is not there', async () => {
    const sink = await sinks.open();
    const stored = await product.request('/v1/uploads?name=orders.csv', {
      method: 'POST',
      body: 'order;sum\n1;12.50\n',
      headers: { 'Content-Type': 'text/csv' },
    });
    const { id: upload } = (await stored.json()) as { id: string };
    await reaches(await post({ url: sink.url, source: { upload } }), 'completed');
    expect(sink.requests[0]).toMatchObject({ method: 'POST', body: 'order;sum\n1;12.50\n' });
    expect(sink.requests[0]?.headers['content-type']).toMatch(/^text\/csv/);
    const unknown = await send('POST', '/v1/calls', { url: sink.url, source: { upload: `upd_${'0'.repeat(26)}` } });
    expect(await unknown.json()).toMatchObject({ status: 400, errors: [{ pointer: '/source/upload' }] });
    const both = await send('POST', '/v1/calls', { url: sink.url, source: { upload, job: 'img_x' } });
    expect(await both.json()).toMatchObject({
      errors: [{ pointer: '/source', detail: 'must have either upload or job' }],
    });
  });

  it('held, since nobody knows what became of it: sent again when a person says so', async () => {
    const sink = await sinks.open(hang);
    const id = await post({ url: sink.url, timeout: '1s', onUnknown: 'hold' });
    expect((await reaches(id, 'failed')).error).toMatchObject({ code: 'call_unknown', retryable: true });
    sink.script = answer(204);
    expect((await send('POST', `/v1/jobs/${id}/retry`)).status).toBe(202);
    expect((await reaches(id, 'completed')).result).toMatchObject({ status: 204, attempts: 2 });
  });

  it('a batch: a verdict for each', async () => {
    const sink = await sinks.open();
    const calls = [
      { url: sink.url },
      { url: 'http://10.0.0.1/' },
      { url: sink.url, headers: { a: '{{secret.none}}' } },
    ];
    const answered = await send('POST', '/v1/calls/batch', { calls });
    const { items } = (await answered.json()) as { items: { status: number; problem?: Problem }[] };
    expect(items.map(({ status }) => status)).toEqual([202, 400, 400]);
    expect(items.map(({ problem }) => problem?.errors?.[0]?.pointer)).toEqual([
      undefined,
      '/calls/1/url',
      '/calls/2/headers/a',
    ]);
  });
});

describe('rates', () => {
  it('so many in a time, over two workers: what waits says so, and has used no attempt; all are made', async () => {
    const sink = await sinks.open();
    // So long that one is seen waiting, however busy the machine is.
    const rate = { key: 'api', limit: '3/4s' };
    const ids = await Promise.all(Array.from({ length: 6 }, () => post({ url: sink.url, rate })));
    const waiting = await until('one waits for its rate', async () => {
      const jobs = await Promise.all(ids.map(getJob));
      return jobs.find(({ waitingOn }) => waitingOn === 'rate');
    });
    expect(waiting).toMatchObject({ state: 'delayed', attempts: { made: 0 } });
    for (const id of ids) await reaches(id, 'completed');
    expect(sink.requests).toHaveLength(6);
  });

  it('so many at once', async () => {
    let [now, most] = [0, 0];
    const sink = await sinks.open((res) => {
      now += 1;
      most = Math.max(most, now);
      setTimeout(() => {
        now -= 1;
        res.end();
      }, 30);
    });
    const rate = { key: 'one at a time', concurrency: 1 };
    const ids = await Promise.all(Array.from({ length: 8 }, () => post({ url: sink.url, rate })));
    for (const id of ids) await reaches(id, 'completed');
    expect(most).toBe(1);
  });

  it('an API that hangs: calls to another one are made meanwhile', async () => {
    const slow = await sinks.open(hang, { address: '127.0.0.2' });
    const ids = await Promise.all(Array.from({ length: 20 }, () => post({ url: slow.url, timeout: '30s' })));
    await until('the slow one has all that it gets', () => slow.requests.length >= 6);
    const quick = await sinks.open(answer(204), { address: '127.0.0.3' });
    for (const id of [await post({ url: quick.url }), await post({ url: quick.url })]) await reaches(id, 'completed');
    expect(slow.requests.length).toBeLessThanOrEqual(7);
    for (const id of ids) await send('POST', `/v1/jobs/${id}/cancel`);
  });
});

describe('/v1/secrets', () => {
  it('put, named in a header, listed by name; removed: a call that names it is refused, and one that waits fails', async () => {
    expect((await send('PUT', '/v1/secrets/shop', { value: SECRET })).status).toBe(201);
    expect((await send('PUT', '/v1/secrets/shop', { value: SECRET })).status).toBe(200);
    const listed = await (await send('GET', '/v1/secrets')).text();
    expect(JSON.parse(listed)).toEqual({ secrets: [{ name: 'shop', updatedAt: expect.stringMatching(/Z$/) }] });
    expect(await (await send('GET', '/v1/secrets', undefined, KEYS.operator)).json()).toEqual({ secrets: [] });

    const sink = await sinks.open((res, { headers }) => res.end(`you are ${headers['authorization']}`));
    const body = { url: sink.url, headers: { authorization: 'Bearer {{secret.shop}}' } };
    const [id, later] = [
      await post(body),
      await post({ ...body, runAt: new Date(Date.now() + 3_600_000).toISOString() }),
    ];
    await reaches(id, 'completed');
    expect(sink.requests[0]?.headers['authorization']).toBe(`Bearer ${SECRET}`);
    expect(await (await product.request(`/v1/jobs/${id}/files/response`)).text()).toBe('you are Bearer [secret.shop]');

    expect((await send('DELETE', '/v1/secrets/shop')).status).toBe(204);
    const refused = (await (await send('POST', '/v1/calls', body)).json()) as Problem;
    expect(refused).toMatchObject({
      code: 'invalid_request',
      errors: [{ pointer: '/headers/authorization', detail: expect.stringContaining('"shop"') }],
    });
    await product.redis.client().zadd('heavylift:{calls}:calls:delayed', 'XX', Date.now() * 4096, later);
    expect((await reaches(later, 'failed')).error).toMatchObject({
      code: 'call_refused',
      detail: expect.stringContaining('"shop"'),
    });
  });

  it.each([
    ['PUT', '/v1/secrets/a%20b', { value: 'x' }, 400],
    ['PUT', '/v1/secrets/a', { value: 'x\ny' }, 400],
    ['PUT', '/v1/secrets/a', { value: '' }, 400],
    ['PUT', '/v1/secrets/a', { values: 'x' }, 400],
    ['PUT', '/v1/secrets/a', undefined, 415],
    ['DELETE', '/v1/secrets/none', undefined, 404],
  ])('%s %s %j: %i', async (method, path, body, status) =>
    expect((await send(method, path, body)).status).toBe(status),
  );

  it('without the scope calls: 403', async () =>
    expect((await send('GET', '/v1/secrets', undefined, KEYS.ola)).status).toBe(403));

  it('in clear nowhere: not in Redis with its log of writes, not in storage, not in what processes print', async () => {
    await send('PUT', '/v1/secrets/kept', { value: 'never-in-clear-0815' });
    await reaches(await post({ url: (await sinks.open()).url, headers: { a: '{{secret.kept}}' } }), 'completed');
    const found = spawnSync('grep', ['-rl', 'never-in-clear-0815', product.dir], { encoding: 'utf8' });
    expect(found.stdout).toBe('');
    for (const { output } of [product.web, ...product.workers]) expect(output()).not.toContain('never-in-clear-0815');
  });
});

describe('the form', () => {
  let cookie: string;
  beforeAll(async () => {
    const body = new URLSearchParams({ key: KEYS.kari });
    const signedIn = await fetch(`${product.url}/login`, { method: 'POST', redirect: 'manual', body });
    cookie = signedIn.headers.get('set-cookie')?.split(';')[0] ?? '';
  });
  const submit = (fields: Record<string, string>) =>
    fetch(`${product.url}/calls`, {
      method: 'POST',
      redirect: 'manual',
      headers: { Cookie: cookie, accept: 'text/html', 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams(fields),
    });

  it('what a person typed: posted, its job shown', async () => {
    const sink = await sinks.open(answer(200, { 'content-type': 'text/plain' }, 'Hello'));
    const typed = {
      url: sink.url,
      method: 'POST',
      headers: 'X-Shop: oslo:1\r\n\r\nAccept: text/plain',
      body: '{"a":1}',
    };
    const answered = await submit(typed);
    expect(answered.status).toBe(303);
    const id = answered.headers.get('location')?.split('/').at(-1) ?? '';
    await reaches(id, 'completed');
    expect(sink.requests).toMatchObject([
      { method: 'POST', body: '{"a":1}', headers: { 'x-shop': 'oslo:1', accept: 'text/plain' } },
    ]);
  });

  it('a fault stands at its field, with what was typed', async () => {
    const page = await (await submit({ url: 'http://10.0.0.1/', method: 'GET', headers: 'Host: x', body: '' })).text();
    expect(page).toContain('URL must lead to a public address');
    expect(page).toMatch(/value="http:\/\/10\.0\.0\.1\/"[^>]* aria-invalid="true" autofocus>/);
    expect(page).toMatch(/id="calls-headers-fault"[^>]*>[^<]*Heavylift sets it/);
  });
});

describe('docs/calls.md: work of an own application, as a signed call to its own address', () => {
  const document = readFileSync(join(import.meta.dirname, '../../../docs/calls.md'), 'utf8');
  const APPS: Record<string, { command: string; args: (file: string, port: number) => string[] }> = {
    python: { command: 'python3', args: (file, port) => [file, String(port)] },
    php: { command: 'php', args: (file, port) => ['-S', `127.0.0.1:${port}`, file] },
  };
  let secret: string;
  beforeAll(async () => {
    const env = { REDIS_URL: product.redis.url, DATA_DIR: product.dir, API_KEYS: `kari:${KEYS.kari}` };
    secret = (await runCli(env, 'webhook-secret', 'kari', '--rotate')).stdout.split('\n')[0] ?? '';
  });

  it.each(Object.keys(APPS))('%s: the report is the answer; who does not sign is refused', async (language) => {
    const { command = '', args } = APPS[language] ?? {};
    if (spawnSync(command, ['--version']).status !== 0) {
      process.stderr.write(`skipped: ${command} is not installed, so its example of docs/calls.md was not run\n`);
      return;
    }
    const [, code = ''] = new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``).exec(document) ?? [];
    const file = join(product.dir, `app.${language}`);
    writeFileSync(file, code);
    const port = await findFreePort();
    const app = startProcess(command, args?.(file, port) ?? [], { WEBHOOK_SECRET: secret });
    const url = `http://127.0.0.1:${port}/monthly-report`;
    const unsigned = await until('it answers', () => fetch(url, { method: 'POST', body: '{"month":"2026-10"}' }));
    expect(unsigned.status).toBe(403);
    const id = await post({ url, json: { month: '2026-10' }, sign: true });
    await reaches(id, 'completed');
    expect(await (await product.request(`/v1/jobs/${id}/result`)).text()).toBe('Sales of 2026-10: 4,812.50\n');
    await app.stop('SIGKILL');
  });
});
