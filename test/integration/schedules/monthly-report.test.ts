import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { createSinks, type HttpSink } from '../../support/http/http-sink.ts';
import { startProcess } from '../../support/processes.ts';
import { KEYS, type Product, startProduct } from '../../support/product.ts';

/** The schedules that README.md and docs/schedules.md show, put by their own lines, over rows of an application. */
const CUSTOMERS = ['Kari', 'Ola "the Great", Jr'].map((name, index) => ({
  ...{ id: `u-${index}`, name, email: `customer-${index}@example.no` },
  orders: [{ item: 'Coffee', amount: 249 + index }],
}));
const sinks = createSinks();
let shop: HttpSink;
let product: Product;

beforeAll(async () => {
  shop = await sinks.open((res, { path }) => {
    res.end(
      path.includes('.csv') ? 'item,amount\nCoffee,249\n' : CUSTOMERS.map((one) => JSON.stringify(one)).join('\n'),
    );
  });
  product = await startProduct({
    kinds: [['flows', 'emails'], 'reports'],
    env: { FETCH_ALLOW: new URL(shop.url).host, EMAILS_FROM: 'shop@example.no' },
  });
}, 60_000);
afterAll(async () => {
  await product?.close();
  await sinks.close();
});

/** The block of shell lines in a document that puts a schedule, as it is, but for where the application is. */
function linesOf(document: string): string {
  const text = readFileSync(join(import.meta.dirname, '../../..', document), 'utf8');
  const blocks = [...text.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(([, block = '']) => block);
  const [lines] = blocks.filter((block) => block.includes('-X PUT') && block.includes('/v1/schedules/'));
  if (!lines?.includes('https://shop.example')) throw new Error(`${document} puts no schedule`);
  return lines.replaceAll('https://shop.example', shop.url).replace('curl ', 'curl -sS --fail-with-body ');
}

const at = { scheduledAt: '2026-12-01T06:00:00+01:00' };
const runFor = async (document: string, name: string): Promise<string> => {
  const settings = `URL=${product.url}\nKEY=${KEYS.kari}\nAUTH="Authorization: Bearer $KEY"\n`;
  const shell = startProcess('sh', ['-c', `${settings}${linesOf(document)}`]);
  expect([await shell.exited, shell.output()]).toEqual([0, expect.stringContaining('"version":1')]);
  const run = () =>
    product.request(`/v1/schedules/${name}/run`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(at),
    });
  const ids = await Promise.all([run(), run()].map(async (one) => ((await (await one).json()) as { id: string }).id));
  expect(ids[0]).toBe(ids[1]);
  return String(ids[0]);
};

it('the month before, for each customer: a report and a mail', async () => {
  const id = await runFor('README.md', 'monthly');
  await product.jobReaches(id, 'completed', 100_000);
  expect(shop.requests.map(({ path }) => path)).toEqual(['/customers.ndjson?month=2026-11']);
  const listed = await (await product.request('/v1/inbox', { key: KEYS.operator })).json();
  const { mails } = listed as { mails: { subject: string }[] };
  expect(mails.map(({ subject }) => subject)).toEqual(CUSTOMERS.map(() => 'Your orders of 2026-11'));
  expect(JSON.stringify(mails)).toContain('customer-1@example.no');
});

it('a report over rows that are fetched each time', async () => {
  await product.jobReaches(await runFor('docs/schedules.md', 'orders'), 'completed', 100_000);
  expect(shop.requests.at(-1)?.path).toBe('/orders.csv?month=2026-11');
});
