import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Product, startProduct } from '../../support/product.ts';
import { until } from '../../support/until.ts';

const run = promisify(execFile);
const ROWS = 100_000;
let product: Product;

beforeAll(async () => {
  product = await startProduct();
  product.startWorker('reports');
});
afterAll(() => product.close());

const csv = ['id,date,region,item,amount,note']
  .concat(
    Array.from(
      { length: ROWS },
      (_, index) => `${index + 1},2026-10-05,Region ${index % 7},n${index + 1},${index}.25,some words`,
    ),
  )
  .join('\n');
const columns = [
  { key: 'id', format: 'number' },
  { key: 'date', format: 'date' },
  { key: 'region' },
  { key: 'item' },
  { key: 'amount', format: 'currency:NOK' },
  { key: 'note' },
];
const table = { type: 'table', rows: { file: 'sales' }, columns, totals: { amount: 'sum' } };

async function post(): Promise<string> {
  const form = new FormData();
  form.append('report', JSON.stringify({ data: { title: 'Sales', blocks: [table] } }));
  form.append('sales', new Blob([csv], { type: 'text/csv' }), 'sales.csv');
  const answer = await product.request('/v1/reports', { method: 'POST', body: form });
  expect(answer.status).toBe(202);
  return ((await answer.json()) as { id: string }).id;
}

/** The most memory that the worker ever had, in MB. */
const peakMb = (): number =>
  Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${product.workers[0]?.pid}/status`, 'utf8'))?.[1]) / 1000;

describe('a report of 100,000 rows', () => {
  it('through web and worker: every row is printed, in less than 300 MB', async () => {
    const id = await post();
    const job = await product.jobReaches(id, 'completed', 300_000);
    const pdf = join(product.dir, 'large.pdf');
    const answer = await product.request(`/v1/jobs/${id}/result`);
    writeFileSync(pdf, Buffer.from(await answer.arrayBuffer()));
    expect(peakMb()).toBeLessThan(300);
    await run('qpdf', ['--check', pdf]);
    const { stdout } = await run('pdftotext', ['-layout', pdf, '-'], { maxBuffer: 200_000_000 });
    const pages = stdout.split('\f').slice(0, -1);
    expect((job as { result: { pages: number } }).result.pages).toBe(pages.length);
    for (const [index, page] of pages.entries()) {
      expect(page.match(/^ *id +date +region +item +amount +note$/gm)).toHaveLength(1);
      expect(page).toContain(`Page ${index + 1} of ${pages.length}`);
    }
    const printed = [...stdout.matchAll(/ n(\d+) /g)].map(([, number]) => Number(number));
    expect(printed.length).toBe(ROWS);
    expect(printed.every((number, index) => number === index + 1)).toBe(true);
  });

  it('cancelled while it is drawn: ends as cancelled, and the next is drawn', async () => {
    const id = await post();
    const jobOf = async () =>
      (await (await product.request(`/v1/jobs/${id}`)).json()) as { progress?: { done?: number } };
    await until('rows are drawn', async () => ((await jobOf()).progress?.done ?? 0) > 0, { timeoutMs: 300_000 });
    expect((await product.request(`/v1/jobs/${id}/cancel`, { method: 'POST' })).status).toBeLessThan(300);
    await product.jobReaches(id, 'cancelled', 20_000);
    await product.jobReaches(await post(), 'completed', 300_000);
  });
});
