import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { type Product, startProduct } from '../../support/product.ts';
import { until } from '../../support/until.ts';

/** 10,000 take most of an hour of two cores; fewer show the same. */
// biome-ignore lint/style/noProcessEnv: how long the test may take is for who runs it to say
const ROWS = Number(process.env['FLOW_ROWS'] ?? 1000);
const KINDS = ['flows', 'emails', 'webhooks'];
const LONGEST_MS = 60_000 + ROWS * 1500;

let product: Product;
beforeAll(async () => {
  product = await startProduct({ kinds: [KINDS, 'reports'], env: { EMAILS_FROM: 'shop@example.no' } });
}, 120_000);
afterAll(() => product?.close());

interface FlowFacts {
  id: string;
  state: string;
  progress: { done?: number; failed?: number };
  error: unknown;
}

const read = async <Answer>(path: string) => (await (await product.request(path)).json()) as Answer;

/** Counts the flow's jobs of a kind, by the rows that they are for. */
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

it(
  `the monthly report of ${ROWS} customers, web and workers killed meanwhile: each report and each mail once`,
  async () => {
    const line = (_: unknown, index: number) =>
      JSON.stringify({
        id: `u-${index}`,
        name: `Customer ${index}`,
        email: `customer${index}@example.no`,
        orders: [{ date: '2026-10-02', item: 'Coffee', amount: index }],
      });
    const body = Array.from({ length: ROWS }, line).join('\n');
    const headers = { 'Content-Type': 'application/x-ndjson' };
    const uploaded = await product.request('/v1/uploads', { method: 'POST', headers, body });
    const { id: upload } = (await uploaded.json()) as { id: string };
    const data = { userId: { row: 'id' }, name: '{{row.name}}', month: '2026-10', rows: { row: 'orders' } };
    const attachments = [{ filename: 'october.pdf', step: 'report' }];
    const steps = [
      { name: 'report', kind: 'reports', input: { template: 'monthly', data } },
      {
        name: 'mail',
        kind: 'emails',
        input: { to: '{{row.email}}', subject: 'October', text: 'Here it is.', attachments },
      },
    ];
    const posted = await product.request('/v1/flows', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', 'Idempotency-Key': 'monthly' },
      body: JSON.stringify({ steps, forEach: { upload } }),
    });
    const flow = (await posted.json()) as FlowFacts;
    const began = performance.now();
    const look = () => read<FlowFacts>(`/v1/flows/${flow.id}`);
    const isPast = (share: number) => async () => ((await look()).progress.done ?? 0) >= share * ROWS;
    for (const [share, place] of [
      [0.1, 0],
      [0.3, 1],
      [0.5, 0],
    ] as const) {
      await until(`${share} of the rows are done`, isPast(share), { timeoutMs: LONGEST_MS });
      await product.workers[place]?.stop('SIGKILL');
      product.workers[place] = product.startWorker(place === 0 ? KINDS : 'reports');
      product.workers.pop();
    }
    await product.web.stop('SIGKILL');
    await product.restartWeb();
    const ended = await until(
      'the flow has ended',
      async () => {
        const seen = await look();
        return ['completed', 'failed'].includes(seen.state) && seen;
      },
      { timeoutMs: LONGEST_MS },
    );
    const seconds = (performance.now() - began) / 1000;
    process.stdout.write(`${ROWS} rows: ${seconds.toFixed(0)} s, ${(ROWS / seconds).toFixed(1)} a second\n`);
    expect([ended.state, ended.error]).toEqual(['completed', null]);
    const all = Array.from({ length: ROWS }, (_, index) => index + 1);
    expect(await rowsOf(flow.id, 'reports')).toEqual(all);
    expect(await rowsOf(flow.id, 'emails')).toEqual(all);
  },
  LONGEST_MS,
);
