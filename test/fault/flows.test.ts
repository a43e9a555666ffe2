import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { createSinks, type HttpSink } from '../support/http/http-sink.ts';
import type { TestProcess } from '../support/processes.ts';
import { KEYS, type Product, startProduct } from '../support/product.ts';
import { until } from '../support/until.ts';

const sinks = createSinks();
let product: Product;
let sink: HttpSink;

beforeAll(async () => {
  sink = await sinks.open();
  const allowed = new URL(sink.url).host;
  product = await startProduct({
    kinds: [['calls', 'webhooks']],
    env: { WEBHOOKS_ALLOW: allowed, CALLS_ALLOW: allowed, FETCH_ALLOW: allowed, EMAILS_FROM: 'shop@example.no' },
  });
}, 60_000);
/** The workers of flows that a test has started. */
const workers: TestProcess[] = [];
afterEach(async () => {
  for (const worker of workers.splice(0)) await worker.stop('SIGKILL');
  sink.requests.splice(0);
  sink.script = (res) => res.writeHead(200).end();
});
const startWorker = () => {
  const worker = product.startWorker('flows');
  workers.push(worker);
  return worker;
};
afterAll(async () => {
  await product?.close();
  await sinks.close();
});

/** More than are under way at a time. */
const ROWS = 120;
const LONGEST_MS = 180_000;
const rowsOf = (count: number) => Array.from({ length: count }, (_, n) => ({ n }));
/** Two steps, so that a row may be begun in part. */
const stepsTo = (path: string) =>
  ['first', 'second'].map((name) => ({
    name,
    kind: 'calls',
    input: { url: `${sink.url}/${path}/${name}/{{row.n}}`, retry: { max: 1 } },
  }));

interface FlowBody {
  id: string;
  state: string;
  steps: object[];
  progress: { done?: number };
  error: { detail: string } | null;
}

const send = (path: string, body?: unknown, { method = 'POST', headers = {} } = {}) =>
  product.request(path, {
    method,
    headers: { 'Content-Type': 'application/json', ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
const post = async (body: object, key: string): Promise<FlowBody> => {
  const response = await send('/v1/flows', body, { headers: { 'Idempotency-Key': key } });
  if (response.status !== 202) throw new Error(`${response.status} ${await response.text()}`);
  return (await response.json()) as FlowBody;
};
const look = async (id: string) => (await (await product.request(`/v1/flows/${id}`)).json()) as FlowBody;
const hasBegun = (path: string, count: number) =>
  until(
    `${count} requests have come`,
    () => sink.requests.filter((one) => one.path.startsWith(`/${path}/`)).length >= count,
    { timeoutMs: LONGEST_MS },
  );
const ended = (id: string, state: string) => product.jobReaches(id, state, 120_000) as unknown as Promise<FlowBody>;

/** Lists the jobs of a flow as `step row`, in order. */
async function jobsOf(flow: string): Promise<string[]> {
  const jobs: string[] = [];
  let cursor: string | null = '';
  while (cursor !== null) {
    const answer = await product.request(`/v1/jobs?flow=${flow}&limit=100${cursor && `&cursor=${cursor}`}`);
    const page = (await answer.json()) as { jobs: { flow: { step: string; row: number } }[]; cursor: string | null };
    jobs.push(...page.jobs.map((job) => `${job.flow.step} ${job.flow.row}`));
    cursor = page.cursor;
  }
  return jobs.toSorted();
}
const allJobs = (count: number) =>
  rowsOf(count)
    .flatMap(({ n }) => [`first ${n + 1}`, `second ${n + 1}`])
    .toSorted();

/** How often which address of a flow was asked, where that is not once. */
function notOnce(path: string, count: number): [string, number][] {
  const counts = new Map(
    rowsOf(count).flatMap(({ n }) => [`/${path}/first/${n}`, `/${path}/second/${n}`].map((one) => [one, 0])),
  );
  for (const { path: asked } of sink.requests)
    if (asked.startsWith(`/${path}/`)) counts.set(asked, (counts.get(asked) ?? 0) + 1);
  return [...counts].filter(([, times]) => times !== 1);
}
const webhooks = () => sink.requests.filter(({ path }) => path === '/told');
const idsOfWebhooks = () => new Set(webhooks().map(({ headers }) => headers['webhook-id']));
const COMPLETED = { completed: ROWS, failed: 0, cancelled: 0, skipped: 0, active: 0, waiting: 0 };

describe('a flow whose workers die', () => {
  it(
    'two of them, killed again and again while they begin rows: each job is made once, and one webhook tells of the end',
    async () => {
      const flow = await post(
        { steps: stepsTo('a'), forEach: { rows: rowsOf(ROWS) }, callbackUrl: `${sink.url}/told` },
        'a',
      );
      const pair = [startWorker(), startWorker()];
      for (const count of [1, 30, 90, 150, 200]) {
        await hasBegun('a', count);
        await pair.shift()?.stop('SIGKILL');
        pair.push(startWorker());
      }
      const done = await ended(flow.id, 'completed');
      expect(done.steps).toMatchObject([COMPLETED, COMPLETED]);
      expect(done.progress).toMatchObject({ done: ROWS, failed: 0, total: ROWS });
      expect(await jobsOf(flow.id)).toEqual(allJobs(ROWS));
      expect(notOnce('a', ROWS)).toEqual([]);
      await until('the webhook has come', () => webhooks().length > 0);
      expect(idsOfWebhooks().size).toBe(1);
    },
    LONGEST_MS,
  );

  it(
    'cancelled and done again in the middle, its worker killed after both: nothing is begun after, and all is done in the end',
    async () => {
      sink.script = (res, { path }) => void (path.startsWith('/b/second') ? null : res.writeHead(200).end());
      const worker = startWorker();
      const flow = await post({ steps: stepsTo('b'), forEach: { rows: rowsOf(ROWS) } }, 'b');
      await hasBegun('b', 30);
      expect((await send(`/v1/flows/${flow.id}/cancel`)).status).toBe(202);
      await worker.stop('SIGKILL');
      const next = startWorker();
      const cancelled = await ended(flow.id, 'cancelled');
      expect(cancelled.error?.detail).toMatch(/\d+ of 120 rows were not begun/);
      sink.script = (res) => res.writeHead(200).end();
      expect((await send(`/v1/flows/${flow.id}/retry`)).status).toBe(202);
      await until('it goes on', async () => ((await look(flow.id)).progress.done ?? 0) < ROWS);
      await next.stop('SIGKILL');
      startWorker();
      const done = await ended(flow.id, 'completed');
      expect(done.steps).toMatchObject([COMPLETED, COMPLETED]);
      expect(await jobsOf(flow.id)).toEqual(allJobs(ROWS));
    },
    LONGEST_MS,
  );

  it(
    'erased in the middle, its worker killed after that: it goes with all of its jobs',
    async () => {
      const worker = startWorker();
      const flow = await post({ steps: stepsTo('c'), forEach: { rows: rowsOf(ROWS) } }, 'c');
      await hasBegun('c', 30);
      expect((await send(`/v1/flows/${flow.id}`, undefined, { method: 'DELETE' })).status).toBe(202);
      await worker.stop('SIGKILL');
      startWorker();
      await until('it is gone', async () => (await product.request(`/v1/flows/${flow.id}`)).status === 404, {
        timeoutMs: 90_000,
      });
      expect(await jobsOf(flow.id)).toEqual([]);
      const left = await product.redis.client().keys('*job_index*');
      expect(left.filter((key) => key.includes(flow.id))).toEqual([]);
    },
    LONGEST_MS,
  );

  it(
    'killed while it fetches the rows: what had come counts until it is fetched again, and the whole once',
    async () => {
      const stored = async () => {
        const usage = await (await product.request('/v1/usage')).json();
        return (usage as { storedBytes: { used: number } }).storedBytes.used;
      };
      const before = await stored();
      const line = `${JSON.stringify({ text: 'x'.repeat(700_000) })}\n`;
      let isWhole = false;
      sink.script = (res, { path }) => {
        if (path !== '/rows') return res.writeHead(200).end();
        return isWhole ? res.writeHead(200).end(line.repeat(3)) : res.writeHead(200).write(line.repeat(3));
      };
      const worker = startWorker();
      const steps = [{ name: 'first', kind: 'calls', input: { url: `${sink.url}/f`, retry: { max: 1 } } }];
      const flow = await post({ steps, forEach: { url: `${sink.url}/rows` } }, 'f');
      await until('some of it counts', async () => (await stored()) > before + 1_000_000, { timeoutMs: 60_000 });
      await worker.stop('SIGKILL');
      expect(await stored()).toBeLessThanOrEqual(before + 3 * line.length);
      isWhole = true;
      startWorker();
      await ended(flow.id, 'completed');
      expect(await stored()).toBe(before + 3 * line.length);
      await send(`/v1/flows/${flow.id}`, undefined, { method: 'DELETE' });
      expect(await stored()).toBe(before);
    },
    LONGEST_MS,
  );
});

it(
  'a web process killed at the POST of a flow: the same request again makes no second one',
  async () => {
    const countFlows = async () => {
      const listed = await product.request('/v1/jobs?kind=flows&limit=100', { key: KEYS.operator });
      return ((await listed.json()) as { jobs: object[] }).jobs.length;
    };
    const before = await countFlows();
    const body = { steps: stepsTo('d'), forEach: { rows: rowsOf(20) } };
    const answers = [send('/v1/flows', body, { headers: { 'Idempotency-Key': 'k' } }).catch(() => null)];
    await delay(5);
    await product.web.stop('SIGKILL');
    await Promise.all(answers);
    await product.restartWeb();
    startWorker();
    const flow = await post(body, 'k');
    await ended(flow.id, 'completed');
    expect(notOnce('d', 20)).toEqual([]);
    expect(await countFlows()).toBe(before + 1);
  },
  LONGEST_MS,
);

it(
  'Redis killed and started again while rows are begun: each job is there once, and the flow ends well',
  async () => {
    startWorker();
    const flow = await post(
      { steps: stepsTo('e'), forEach: { rows: rowsOf(ROWS) }, callbackUrl: `${sink.url}/told` },
      'e',
    );
    for (const count of [20, 150]) {
      await hasBegun('e', count);
      await product.redis.kill();
      await delay(1000);
      await product.redis.start();
    }
    const done = await ended(flow.id, 'completed');
    expect(done.steps).toMatchObject([COMPLETED, COMPLETED]);
    expect(await jobsOf(flow.id)).toEqual(allJobs(ROWS));
    await until('the webhook has come', () => webhooks().length > 0);
    expect(idsOfWebhooks().size).toBe(1);
  },
  LONGEST_MS,
);
