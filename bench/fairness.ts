import sharp from 'sharp';
import { openHttpSink } from '../test/support/http-sink.ts';
import { KEYS, type Product, startProduct } from '../test/support/product.ts';
import { openSmtpServer } from '../test/support/smtp-server.ts';
import { reports } from '../workers/reports/job.ts';
import { median, percentile } from './figures.ts';

/**
 * How long one caller's jobs take from their POST to their end, alone, and beside another caller who has posted all it can:
 * uploads, heavy pictures, addresses that drip, reports, a batch of mails, delayed ones. Seconds, median and 95th percentile.
 */
const JOBS = 12;

const sink = await openHttpSink();
const drips: NodeJS.Timeout[] = [];
sink.script = (res) => {
  res.writeHead(200, { 'content-type': 'image/jpeg' });
  drips.push(setInterval(() => res.write('x'), 1000));
};
const smtp = await openSmtpServer();
const product = await startProduct({
  env: { FETCH_ALLOW: `127.0.0.1:${sink.port}`, SMTP_URL: smtp.url, EMAILS_FROM: 'a@example.no' },
});
for (const kind of ['images', 'images', 'reports', 'emails', 'webhooks']) product.startWorker(kind);

const noise = { type: 'gaussian', mean: 128, sigma: 30 } as const;
const picture = (width: number, height: number) =>
  sharp({ create: { width, height, channels: 3, background: '#888', noise } })
    .jpeg()
    .toBuffer();
const [small, large] = [await picture(800, 600), await picture(4000, 3000)];

const send = (path: string, key: string, body: Buffer | object) =>
  product.request(path, {
    method: 'POST',
    key,
    headers: { 'Content-Type': Buffer.isBuffer(body) ? 'image/jpeg' : 'application/json' },
    body: Buffer.isBuffer(body) ? new Uint8Array(body) : JSON.stringify(body),
  });

const mail = { to: 'b@example.no', subject: 'S', markdown: '# Hello' };
const KINDS = {
  images: (key: string) => send('/v1/images?width=200', key, small),
  reports: (key: string) => send('/v1/reports', key, reports.example),
  emails: (key: string) => send('/v1/emails', key, mail),
};
const NAMES = ['images', 'reports', 'emails'] as const;

/** Seconds from POST to end of jobs that are posted one after the other. */
async function measure({ jobReaches }: Product, kind: keyof typeof KINDS): Promise<number[]> {
  const seconds: number[] = [];
  for (let count = 0; count < JOBS; count += 1) {
    const { id } = (await (await KINDS[kind](KEYS.operator)).json()) as { id: string };
    const job = await jobReaches(id, 'completed', 300_000);
    seconds.push((Date.parse(String(job['finishedAt'])) - Date.parse(String(job['createdAt']))) / 1000);
  }
  return seconds.toSorted((a, b) => a - b);
}

async function postAll(key: string): Promise<void> {
  for (let count = 0; count < 30; count += 1) {
    await send('/v1/images', key, { source: { url: `${sink.url}/slow` } });
    await send('/v1/images?format=avif', key, large);
    await send('/v1/images?width=1000', key, large);
    await send('/v1/reports', key, { data: { title: 'T', blocks: [{ type: 'table', columns: COLUMNS, rows: ROWS }] } });
    await send('/v1/emails', key, { ...mail, runAt: new Date(Date.now() + 1000 * count).toISOString() });
  }
  await send('/v1/emails/batch', key, { messages: Array.from({ length: 500 }, () => mail) });
}
const COLUMNS = [{ key: 'a', title: 'A' }];
const ROWS = Array.from({ length: 5000 }, (_, index) => ({ a: `row ${index}` }));

try {
  for (const kind of NAMES) await measure(product, kind);
  const alone: Record<string, number[]> = {};
  for (const kind of NAMES) alone[kind] = await measure(product, kind);
  await postAll(KEYS.kari);
  console.log('seconds from POST to end    alone p50   p95     beside p50   p95');
  for (const kind of NAMES) {
    const beside = await measure(product, kind);
    const figures = [alone[kind] ?? [], beside].flatMap((all) => [median(all), percentile(all, 95)]);
    console.log(kind.padEnd(28), ...figures.map((figure) => figure.toFixed(2).padStart(9)));
  }
} finally {
  for (const drip of drips) clearInterval(drip);
  await product.close();
  await sink.close();
  await smtp.close();
}
