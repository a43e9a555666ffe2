import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { type CountingSmtpServer, openCountingSmtpServer } from '../../support/emails/counting-smtp-server.ts';
import { createSinks, type HttpSink } from '../../support/http/http-sink.ts';
import { watchPeaks } from '../../support/memory/peaks.ts';
import type { TestProcess } from '../../support/processes.ts';
import { type Product, startProduct } from '../../support/product.ts';
import { until } from '../../support/until.ts';

/** 10,000 took 16 minutes of two cores that had much else to do; fewer show the same. */
// biome-ignore lint/style/noProcessEnv: how long the test may take is for who runs it to say
const ROWS = Number(process.env['FLOW_ROWS'] ?? 1000);
const KINDS = { flows: ['flows'], mails: ['emails', 'webhooks'], reports: ['reports'] } as const;
type Program = keyof typeof KINDS;
const LONGEST_MS = 120_000 + ROWS * 3000;

let product: Product;
let mails: CountingSmtpServer;
/** The application: it has the customers, and hears of the end. */
let shop: HttpSink;
const sinks = createSinks();
const workers: Partial<Record<Program, TestProcess>> = {};

beforeAll(async () => {
  mails = await openCountingSmtpServer();
  shop = await sinks.open((res) => {
    res.end(writeCustomers());
  });
  const { host } = new URL(shop.url);
  const env = { SMTP_URL: mails.url, EMAILS_FROM: 'shop@example.no', WEBHOOKS_ALLOW: host, FETCH_ALLOW: host };
  product = await startProduct({ env });
  for (const program of Object.keys(KINDS) as Program[]) start(program);
}, 120_000);
afterAll(async () => {
  await product?.close();
  await mails?.close();
  await sinks.close();
});

function start(program: Program): void {
  workers[program] = product.startWorker([...KINDS[program]]);
}

/** What breaks, and the share of the rows that are done by then. */
const DEATHS: [share: number, break_: () => Promise<void>][] = [
  [0.05, () => killWorker('flows')],
  [0.2, killWeb],
  [0.3, () => killWorker('reports')],
  [0.5, () => killWorker('flows')],
  [0.6, () => killWorker('mails')],
  [0.75, killWeb],
];

async function killWorker(program: Program): Promise<void> {
  await workers[program]?.stop('SIGKILL');
  start(program);
}

async function killWeb(): Promise<void> {
  await product.web.stop('SIGKILL');
  await product.restartWeb();
}

interface FlowFacts {
  id: string;
  state: string;
  progress: { done?: number; failed?: number };
  error: unknown;
}

const read = async <Answer>(path: string) => (await (await product.request(path)).json()) as Answer;
const send = async <Answer>(method: 'POST' | 'PUT', path: string, body: object): Promise<Answer> => {
  const headers = { 'Content-Type': 'application/json' };
  const answer = await product.request(path, { method, headers, body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(await answer.text());
  return (await answer.json()) as Answer;
};

/** Lists the rows that a flow's completed jobs of a kind are for. */
async function rowsOf(flow: string, kind: string): Promise<number[]> {
  const rows: number[] = [];
  let cursor: string | null = '';
  while (cursor !== null) {
    type Page = { jobs: { state: string; flow: { row: number } }[]; cursor: string | null };
    const page: Page = await read(`/v1/jobs?flow=${flow}&kind=${kind}&limit=100${cursor && `&cursor=${cursor}`}`);
    rows.push(...page.jobs.flatMap((job) => (job.state === 'completed' ? [job.flow.row] : [])));
    cursor = page.cursor;
  }
  return rows.toSorted((one, other) => one - other);
}

const customer = (index: number) => ({
  id: `u-${index}`,
  name: index % 10 === 0 ? `Nordmann, "Kari" <${index}>` : `Customer ${index}`,
  email: `customer${index}@example.no`,
  orders: [{ date: '2026-11-02', item: 'Coffee', amount: index }],
});

const writeCustomers = () => Array.from({ length: ROWS }, (_, index) => JSON.stringify(customer(index))).join('\n');

/** Has the report of each customer, and a mail with it, made on the first of each month. */
async function putSchedule(): Promise<void> {
  const data = { userId: { row: 'id' }, name: '{{row.name}}', month: '{{previousMonth}}', rows: { row: 'orders' } };
  const attachments = [{ filename: '{{previousMonth}}.pdf', step: 'report' }];
  const to = '{{row.name}} <{{row.email}}>';
  const text = 'Dear {{row.name}}, here it is.';
  const steps = [
    { name: 'report', kind: 'reports', input: { template: 'monthly', data } },
    { name: 'mail', kind: 'emails', input: { to, subject: 'Your {{previousMonth}}', text, attachments } },
  ];
  const forEach = { url: `${shop.url}/customers.ndjson?month={{previousMonth}}`, example: customer(0) };
  const flow = { steps, forEach, callbackUrl: `${shop.url}/flow` };
  await send('PUT', '/v1/schedules/monthly', { cron: '0 6 1 * *', timeZone: 'Europe/Oslo', flow });
}

/** Has the reports of a month made: asked for again, it is the same flow. */
const runSchedule = () =>
  send<FlowFacts>('POST', '/v1/schedules/monthly/run', { scheduledAt: '2026-12-01T06:00:00+01:00' });

/** Reads Redis' memory, in MB: now, and at most. */
async function readRedisMb(): Promise<[now: number, most: number]> {
  const info = await product.redis.client().info('memory');
  const read = (name: string) => Number(new RegExp(`^${name}:(\\d+)`, 'm').exec(info)?.[1]) / 1e6;
  return [read('used_memory'), read('used_memory_peak')];
}

it(
  `the schedule of the monthly report, run for a month of ${ROWS} customers, web and each worker killed meanwhile: each report and each mail once`,
  async () => {
    await putSchedule();
    const flow = await runSchedule();
    const began = performance.now();
    const [redisBefore] = await readRedisMb();
    const memory = watchPeaks(() => ({
      web: product.web.pid,
      ...Object.fromEntries(Object.entries(workers).map(([name, { pid }]) => [name, pid])),
    }));
    const look = () => read<FlowFacts>(`/v1/flows/${flow.id}`);
    for (const [share, breakIt] of DEATHS) {
      const isPast = async () => ((await look()).progress.done ?? 0) >= share * ROWS;
      await until(`${share} of the rows are done`, isPast, { timeoutMs: LONGEST_MS, everyMs: 500 });
      await breakIt();
      expect((await runSchedule()).id).toBe(flow.id);
    }
    const hasEnded = async () => {
      const seen = await look();
      return ['completed', 'failed'].includes(seen.state) && seen;
    };
    const ended = await until('the flow has ended', hasEnded, { timeoutMs: LONGEST_MS, everyMs: 500 });
    const seconds = (performance.now() - began) / 1000;
    memory.stop();
    const mb = Object.entries(memory.peaks).map(
      ([name, { rss, pss }]) => `${name} ${rss.toFixed(0)} (${pss.toFixed(0)})`,
    );
    const redis = (await readRedisMb()).map((one) => one.toFixed(0));
    process.stdout.write(
      `${ROWS} rows, ${DEATHS.length} deaths: ${seconds.toFixed(0)} s, ${(ROWS / seconds).toFixed(1)} a second; most MB of ` +
        `RSS (PSS): ${mb.join(', ')}; Redis ${redisBefore.toFixed(0)} MB before, ${redis[0]} after, ${redis[1]} at most\n`,
    );
    expect([ended.state, ended.error]).toEqual(['completed', null]);
    const all = Array.from({ length: ROWS }, (_, index) => index + 1);
    expect(await rowsOf(flow.id, 'reports')).toEqual(all);
    expect(await rowsOf(flow.id, 'emails')).toEqual(all);
    // What really came, and not what is said of it.
    expect([...mails.arrivals].filter(([, count]) => count > 1)).toEqual([]);
    expect([mails.arrivals.size, mails.withPdf]).toEqual([ROWS, ROWS]);
    const asked = shop.requests.filter(({ method }) => method === 'GET').map(({ path }) => path);
    expect(asked).toEqual(['/customers.ndjson?month=2026-11']);
    const told = () => shop.requests.filter(({ path }) => path === '/flow').map(({ headers }) => headers['webhook-id']);
    await until('the webhook has come', () => told().length > 0);
    expect(new Set(told()).size).toBe(1);
  },
  LONGEST_MS,
);
