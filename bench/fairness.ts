import { setTimeout as delay } from 'node:timers/promises';
import sharp from 'sharp';
import { openSmtpServer } from '../test/support/emails/smtp-server.ts';
import { openHttpSink } from '../test/support/http/http-sink.ts';
import { KEYS, type Product, startProduct } from '../test/support/product.ts';
import { reports } from '../workers/reports/job.ts';
import { median, percentile } from './figures.ts';

/**
 * How long one caller's jobs take from their POST to their end, alone, and beside another caller who posts all it can the whole
 * time: uploads, heavy pictures, addresses that drip, slow templates, reports, batches of mails, delayed ones. Seconds, median
 * and 95th percentile; and how the other one was told. `node fairness.ts [minutes]`.
 */
const MINUTES = Number(process.argv[2] ?? 2);
const ALONE = 12;

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

/** Seconds from POST to the end of a job. A caller who keeps to its limits is refused nothing. */
async function measure({ jobReaches }: Product, kind: keyof typeof KINDS): Promise<number> {
  const answer = await KINDS[kind](KEYS.operator);
  if (answer.status !== 202) throw new Error(`${kind}: ${answer.status} ${await answer.text()}`);
  const { id } = (await answer.json()) as { id: string };
  const job = await jobReaches(id, 'completed', 300_000);
  return (Date.parse(String(job['finishedAt'])) - Date.parse(String(job['createdAt']))) / 1000;
}

/** Slow to be made a mail of. */
const SLOW = '* [a](https://example.no) **b**\n'.repeat(6_000);
const COLUMNS = [{ key: 'a', title: 'A' }];
const ROWS = Array.from({ length: 5000 }, (_, index) => ({ a: `row ${index}` }));
const table = { data: { title: 'T', blocks: [{ type: 'table', columns: COLUMNS, rows: ROWS }] } };
const many = { messages: Array.from({ length: 500 }, () => mail) };

/** What the other caller posts, each in a loop of its own. */
const ALL: ((key: string, count: number) => Promise<Response>)[] = [
  (key) => send('/v1/images', key, { source: { url: `${sink.url}/slow` } }),
  (key) => send('/v1/images?format=avif', key, large),
  (key) => send('/v1/images?width=1000', key, large),
  (key) => send('/v1/reports', key, table),
  (key, count) => send('/v1/emails', key, { ...mail, runAt: new Date(Date.now() + 1000 * count).toISOString() }),
  (key) => send('/v1/emails', key, { ...mail, markdown: SLOW }),
  (key) => send('/v1/emails/batch', key, many),
];

/** Posts all it can until `isOver`; answers how often it was told what. */
async function postAll(key: string, isOver: () => boolean): Promise<Map<string, number>> {
  const told = new Map<string, number>();
  const tell = (what: string) => told.set(what, (told.get(what) ?? 0) + 1);
  const loop = async (post: (typeof ALL)[number]) => {
    for (let count = 0; !isOver(); count += 1) {
      const answer = await post(key, count);
      const body = (await answer.json()) as { code?: string; items?: { status: number; problem?: { code: string } }[] };
      for (const { status, problem } of body.items ?? []) tell(`${status} ${problem?.code ?? 'in a batch'}`);
      if (!body.items) tell(`${answer.status} ${body.code ?? ''}`);
      if (answer.status !== 202) await delay(200);
    }
  };
  await Promise.all(ALL.map(loop));
  return told;
}

const seconds = { alone: {}, beside: {} } as Record<'alone' | 'beside', Record<string, number[]>>;
const note = async (when: 'alone' | 'beside', kind: keyof typeof KINDS) => {
  seconds[when][kind] = [...(seconds[when][kind] ?? []), await measure(product, kind)];
};
try {
  for (const kind of NAMES) await measure(product, kind);
  for (let count = 0; count < ALONE; count += 1) for (const kind of NAMES) await note('alone', kind);
  const until = performance.now() + MINUTES * 60_000;
  const posting = postAll(KEYS.kari, () => performance.now() > until);
  while (performance.now() < until) for (const kind of NAMES) await note('beside', kind);
  const told = await posting;
  console.log(`seconds from POST to end; ${MINUTES} minutes beside a caller who posts all it can\n`);
  console.log('kind       alone p50    p95   beside p50    p95   jobs');
  for (const kind of NAMES) {
    const [alone, beside] = (['alone', 'beside'] as const).map((when) =>
      (seconds[when][kind] ?? []).toSorted((a, b) => a - b),
    ) as [number[], number[]];
    const figures = [alone, beside].flatMap((all) => [median(all), percentile(all, 95)]);
    console.log(kind.padEnd(10), ...figures.map((figure) => figure.toFixed(2).padStart(9)), beside.length);
  }
  console.log('\nthe other one was told');
  for (const [what, times] of told) console.log(`  ${what.padEnd(28)} ${times}`);
} finally {
  for (const drip of drips) clearInterval(drip);
  await product.close();
  await sink.close();
  await smtp.close();
}
