import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { answer, type HttpSink, openHttpSink } from '../../support/http/http-sink.ts';
import { KEYS, type Product, startProduct } from '../../support/product.ts';
import { until } from '../../support/until.ts';

const TRACE = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
const REPORT = { template: 'document', data: { title: 'T', blocks: [] } };

let product: Product;
let sink: HttpSink;
beforeAll(async () => {
  sink = await openHttpSink(answer(204));
  product = await startProduct({
    kinds: ['reports', 'webhooks'],
    env: { WEBHOOKS_ALLOW: '127.0.0.1', LOG_LEVEL: 'debug', PUBLIC_URL: 'https://jobs.example' },
  });
});
afterAll(async () => {
  await product.close();
  await sink.close();
});

const post = (path: string, body: unknown, headers: Record<string, string> = {}) =>
  product.request(path, {
    method: 'POST',
    body: JSON.stringify(body),
    headers: { 'Content-Type': 'application/json', ...headers },
  });

/** The lines of a process's log that name the request. */
const linesOf = (output: string, requestId: string) =>
  output
    .split('\n')
    .filter((line) => line.includes(`"requestId":"${requestId}"`))
    .map((line) => (JSON.parse(line) as { msg: string }).msg);

describe('X-Request-Id', () => {
  it.each(['order-17', 'x'.repeat(128), '!"#$%&()*+,-./:;<=>?@[]^_`{|}~'])('%s: taken', async (id) => {
    const response = await product.request('/v1/jobs', { headers: { 'X-Request-Id': id } });
    expect(response.headers.get('x-request-id')).toBe(id);
  });

  it.each(['x'.repeat(129), 'two words', 'caf\u00e9', ''])('"%s": another is made', async (id) => {
    const response = await product.request('/livez', { headers: { 'X-Request-Id': id } });
    expect(response.headers.get('x-request-id')).toMatch(/^[\da-f-]{36}$/);
  });

  it('made for each request, and in its problem; a page has it in its headers', async () => {
    const answers = await Promise.all([product.request('/v1/nothing'), product.request('/v1/nothing')]);
    const names = answers.map(({ headers }) => headers.get('x-request-id'));
    expect(new Set(names).size).toBe(2);
    expect(await answers[0]?.json()).toMatchObject({ requestId: names[0] });
    expect((await fetch(`${product.url}/login`)).headers.get('x-request-id')).toBeTruthy();
  });

  it('in the problem of an entry of a batch', async () => {
    const { items } = (await (
      await post('/v1/emails/batch', { messages: [{ to: 'x' }, { to: 'kari@example.no', subject: 'x', text: 'y' }] })
    ).json()) as { items: { problem?: object }[] };
    expect(items[0]?.problem).toMatchObject({
      type: 'https://jobs.example/docs/errors#invalid_request',
      requestId: expect.any(String),
    });
  });
});

it('a job: the request that it came with is in the log of its acceptance and of its runs, its trace in the webhook', async () => {
  const requestId = 'the-request-of-this-test';
  const body = { ...REPORT, callbackUrl: `${sink.url}/hook` };
  const response = await post('/v1/reports', body, { 'X-Request-Id': requestId, traceparent: TRACE });
  const { id } = (await response.json()) as { id: string };
  const webhook = await until('the webhook', () => sink.requests.find((one) => one.body.includes(id)));
  expect(webhook.headers['traceparent']).toBe(TRACE);
  expect(linesOf(product.web.output(), requestId)).toEqual(['job accepted']);
  const [reports, webhooks] = product.workers;
  await until('both runs are in the log', () =>
    [reports, webhooks].every((worker) => linesOf(worker?.output() ?? '', requestId).includes('job completed')),
  );
});

it.each([
  '',
  '00-0-0-01',
  TRACE.replace('4bf92f3577b34da6a3ce929d0e0e4736', '0'.repeat(32)),
  TRACE.replace('00', 'ff'),
])('traceparent "%s": none', async (traceparent) => {
  const path = `/hook-${Math.random()}`;
  await post('/v1/reports', { ...REPORT, callbackUrl: sink.url + path }, { traceparent });
  const webhook = await until('the webhook', () => sink.requests.find((one) => one.path === path));
  expect(webhook.headers['traceparent']).toBeUndefined();
});

it('a failed job: the type of its problem leads to its explanation, and the answer has a request of its own', async () => {
  const delayed = { ...REPORT, runAt: new Date(Date.now() + 3_600_000).toISOString() };
  const { id } = (await (await post('/v1/reports', delayed)).json()) as { id: string };
  await product.request(`/v1/jobs/${id}/cancel`, { method: 'POST' });
  const job = (await (await product.request(`/v1/jobs/${id}`)).json()) as { error: { type: string } };
  expect(job.error.type).toBe('https://jobs.example/docs/errors#cancelled');
  const result = await product.request(`/v1/jobs/${id}/result`);
  expect(await result.json()).toMatchObject({
    type: 'https://jobs.example/docs/errors#cancelled',
    requestId: result.headers.get('x-request-id'),
  });
  const page = await fetch(`${product.url}/docs/errors`, { headers: { Accept: 'text/html' } });
  expect(page.status).toBe(200);
  expect(await page.text()).toContain('<tr id="cancelled">');
});

it('something goes wrong: the log has the name that the caller was told', async () => {
  await product.redis.kill();
  // Of many requests that fail for one reason within a second the log has the first and a count.
  await until(
    'it is in the log',
    async () => {
      const response = await product.request('/v1/jobs', { key: KEYS.kari, headers: { 'X-Request-Id': 'unlucky' } });
      expect(response.status).toBe(503);
      expect(await response.json()).toMatchObject({ requestId: 'unlucky' });
      return linesOf(product.web.output(), 'unlucky')[0] === 'request failed';
    },
    { everyMs: 2500 },
  );
  await product.redis.start();
});
