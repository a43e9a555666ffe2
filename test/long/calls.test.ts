import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import type { JobView } from '../../src/jobs/job-view.ts';
import { flood } from '../support/http/http-sink.ts';
import { type Product, startProduct } from '../support/product.ts';
import { createRandom } from '../support/properties/fuzz.ts';
import { until } from '../support/until.ts';

/** An API on many addresses that does with each request what its path says, and writes down what it saw. */
interface ScriptedApi {
  /** The address of one of its hosts. */
  url(host: number): string;
  /** The numbers of the attempts that came, by Idempotency-Key. */
  seen: Map<string, string[]>;
  /** When requests came (ms). */
  times: number[];
  close(): Promise<void>;
}

const HOSTS = 10;

/** What it does with one request: `cutBefore` hangs up with its body unread, `cutAfter` when all was read. */
const DEEDS: Record<string, (res: ServerResponse, req: IncomingMessage) => void> = {
  cutAfter: (res) => res.socket?.destroy(),
  hang: () => {},
  big: (res) => flood(50_000_000)(res, {} as never),
  inner: (res) => res.writeHead(302, { location: 'http://10.0.0.1/' }).end(),
  429: (res) => res.writeHead(429, { 'retry-after': '1' }).end(),
};

async function openScriptedApi(): Promise<ScriptedApi> {
  const seen = new Map<string, string[]>();
  const times: number[] = [];
  const answer = async (req: IncomingMessage, res: ServerResponse) => {
    times.push(performance.now());
    const key = String(req.headers['idempotency-key']);
    const attempts = seen.get(key) ?? [];
    seen.set(key, [...attempts, String(req.headers['x-attempt'])]);
    // /500.200 answers 500 to what comes first, and 200 to all that follows.
    const plan = (req.url ?? '').slice(1).split('.');
    const deed = plan[Math.min(attempts.length, plan.length - 1)] ?? '';
    req.on('error', () => {});
    if (deed === 'cutBefore') return void req.socket.destroy();
    await req.resume().toArray();
    const act = DEEDS[deed];
    if (act) act(res, req);
    else res.writeHead(Number(deed), { 'content-type': 'text/plain' }).end(deed);
  };
  const servers: Server[] = [];
  const ports: number[] = [];
  for (let host = 1; host <= HOSTS; host += 1) {
    const server = createServer((req, res) => void answer(req, res).catch(() => {}));
    await once(server.listen(0, `127.0.1.${host}`), 'listening');
    servers.push(server);
    ports.push((server.address() as AddressInfo).port);
  }
  return {
    url: (host) => `http://127.0.1.${host + 1}:${ports[host]}`,
    seen,
    times,
    async close() {
      for (const server of servers) server.closeAllConnections();
      await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
    },
  };
}

let api: ScriptedApi;
let product: Product;
const CONCURRENCY = { CALLS_CONCURRENCY: '20', CALLS_WORKERS: '2' };
beforeEach(async () => {
  api = await openScriptedApi();
  const env = { CALLS_ALLOW: '127.0.0.0/8', CALLS_MAX_RESPONSE_BYTES: '200KB', ...CONCURRENCY };
  product = await startProduct({ kinds: ['calls', 'calls'], env });
}, 60_000);
afterEach(async () => {
  await product.close();
  await api.close();
});

/** Posts calls, as often as it takes to be answered; resolves with their ids, in order. */
async function postAll(calls: object[], key: string): Promise<string[]> {
  const post = async () => {
    const answered = await product.request('/v1/calls/batch', {
      method: 'POST',
      body: JSON.stringify({ calls }),
      headers: { 'Content-Type': 'application/json', 'Idempotency-Key': key },
    });
    const { items } = (await answered.json()) as { items: { status: number; job?: { id: string } }[] };
    const ids = items.flatMap(({ job }) => job?.id ?? []);
    if (ids.length !== calls.length) throw new Error(JSON.stringify(items.find(({ job }) => !job)));
    return ids;
  };
  return until(`${key} is accepted`, post, { timeoutMs: 180_000, everyMs: 500 });
}

/** All calls, once each has ended. */
async function ended(limitMs: number): Promise<Map<string, JobView>> {
  const list = async (query: string) => {
    const answered = await product.request(`/v1/jobs?kind=calls&limit=100${query}`);
    return (await answered.json()) as { jobs: JobView[]; cursor: string | null };
  };
  await until(
    'every call has ended',
    async () => {
      for (const state of ['waiting', 'active', 'delayed']) {
        const { jobs } = await list(`&state=${state}`);
        if (jobs.length > 0) throw new Error(`${jobs.length} ${state}: ${JSON.stringify(jobs[0])}`);
      }
      return true;
    },
    { timeoutMs: limitMs, everyMs: 2000 },
  );
  const all = new Map<string, JobView>();
  for (let cursor: string | null = ''; cursor !== null; ) {
    const page = await list(cursor && `&cursor=${encodeURIComponent(cursor)}`);
    for (const job of page.jobs) all.set(job.id, job);
    cursor = page.cursor;
  }
  return all;
}

/** What a call meets, how often of a hundred, and how it ends. A host of which every third call failed would rest for long. */
const PLANS: { plan: string; share: number; end: string; more?: object }[] = [
  { plan: '200', share: 72, end: 'completed' },
  { plan: '500.200', share: 4, end: 'completed' },
  { plan: '429.200', share: 4, end: 'completed' },
  { plan: '404', share: 6, end: 'call_refused' },
  { plan: 'hang.200', share: 2, end: 'completed', more: { timeout: '2s' } },
  { plan: 'cutBefore.200', share: 3, end: 'completed' },
  { plan: 'cutAfter.200', share: 3, end: 'completed' },
  { plan: 'big', share: 1, end: 'completed' },
  { plan: 'inner', share: 2, end: 'call_refused', more: { redirects: 1 } },
  { plan: 'cutAfter', share: 3, end: 'call_unknown', more: { onUnknown: 'hold' } },
];
const LOT = PLANS.flatMap((one) => Array.from({ length: one.share }, () => one));

it('5,000 calls to an API that does everything, while workers, Redis and web are killed: what it saw is what the jobs say', async () => {
  const random = createRandom(7);
  const wanted = new Map<string, (typeof PLANS)[number]>();
  const kills = { worker: 0, redis: 0, web: 0 };
  let isOver = false;
  const breakThings = async () => {
    for (let round = 0; !isOver; round += 1) {
      await delay(4000);
      if (isOver) return;
      await product.workers[round % 2]?.stop('SIGKILL');
      product.workers[round % 2] = product.startWorker('calls');
      product.workers.pop();
      kills.worker += 1;
      if (round % 3 === 1) {
        await product.redis.kill();
        await product.redis.start();
        kills.redis += 1;
      }
      if (round % 3 === 2 && kills.web < 3) {
        await product.web.stop('SIGKILL');
        await product.restartWeb();
        kills.web += 1;
      }
      if (kills.worker >= 12) return;
    }
  };
  const breaking = breakThings();
  for (let batch = 0; batch < 50; batch += 1) {
    const plans = Array.from({ length: 100 }, () => random.pick(LOT));
    const calls = plans.map(({ plan, more }) => ({
      url: `${api.url(Math.floor(random.next() * HOSTS))}/${plan}`,
      json: { plan },
      ...more,
    }));
    const ids = await postAll(calls, `batch-${batch}`);
    for (const [index, id] of ids.entries()) wanted.set(id, plans[index] as (typeof PLANS)[number]);
  }
  const jobs = await ended(900_000);
  isOver = true;
  await breaking;

  expect(jobs.size).toBe(5000);
  let [sent, resent] = [0, 0];
  for (const [id, { plan, end }] of wanted) {
    const job = jobs.get(id);
    const attempts = api.seen.get(id) ?? [];
    sent += attempts.length;
    resent += Math.max(0, attempts.length - plan.split('.').length);
    const how = job?.state === 'completed' ? 'completed' : job?.error?.code;
    expect([id, plan, how]).toEqual([id, plan, end]);
    // No attempt comes twice, and the one with the highest number is that which the result tells of.
    expect([id, new Set(attempts).size]).toEqual([id, attempts.length]);
    if (job?.state === 'completed') {
      expect([id, attempts, Math.max(...attempts.map(Number))]).toEqual([id, attempts, job.result?.['attempts']]);
      expect(attempts.length).toBeGreaterThanOrEqual(plan.split('.').length);
    }
    if (end === 'call_unknown') expect(attempts.length).toBeLessThanOrEqual(1);
    if (end === 'call_refused') expect(job?.error?.answer?.status ?? null).toBe(plan === '404' ? 404 : null);
    if (plan === 'big')
      expect(job?.result).toMatchObject({ files: [{ bytes: 200_000 }], warnings: [{ code: 'response_cut' }] });
  }
  expect([...api.seen.keys()].filter((id) => !wanted.has(id))).toEqual([]);
  process.stderr.write(
    `5,000 calls, killed ${JSON.stringify(kills)}: ${sent} requests, ${resent} more than their answers asked for\n`,
  );
}, 1_200_000);

it('20 calls a second by their rate, over two workers', async () => {
  const rate = { key: 'api', limit: '20/1s' };
  const calls = Array.from({ length: 400 }, (_, index) => ({ url: `${api.url(index % HOSTS)}/200`, rate }));
  await postAll(calls, 'rated');
  await ended(300_000);
  const times = api.times.toSorted((a, b) => a - b);
  expect(times).toHaveLength(400);
  const seconds = ((times.at(-1) ?? 0) - (times[0] ?? 0)) / 1000;
  // Never faster; how near it comes to its rate is a figure, no promise on a busy machine.
  expect(seconds).toBeGreaterThan(18);
  const inSecond = times.map((from) => times.filter((time) => time >= from && time < from + 1000).length);
  process.stderr.write(
    `400 calls at 20/1s: ${(399 / seconds).toFixed(2)} a second, at most ${Math.max(...inSecond)} arrived in one\n`,
  );
}, 400_000);
