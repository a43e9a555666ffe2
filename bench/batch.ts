import { setTimeout as delay } from 'node:timers/promises';
import sharp from 'sharp';
import { KEYS, startProduct } from '../test/support/product.ts';
import { emails } from '../workers/emails/job.ts';
import { reports } from '../workers/reports/job.ts';
import { cpuMs, median, percentile } from './figures.ts';

/**
 * How fast one web process queues jobs that come in batches of 500, with `appendfsync always`, and how long other requests wait
 * meanwhile, with the processor time of web and Redis for each job. Prints medians of the rounds, for one client and for four at
 * once. No worker runs. Arguments: how many rounds, and of which cases (all).
 */
const ROUNDS = Number(process.argv[2] ?? 5);
const BATCH = 500;

/** What a case sends: so many jobs in all, in batches of that body. */
interface Case {
  jobs: number;
  path: string;
  /** Makes the body, anew for each request. */
  body(): string | FormData;
}

const listOf = <T>(make: (index: number) => T): T[] => Array.from({ length: BATCH }, (_, index) => make(index));
const photo = await sharp({ create: { width: 160, height: 120, channels: 3, background: '#27507c' } })
  .jpeg()
  .toBuffer();
const json = (path: string, body: object): Case => {
  const text = JSON.stringify(body);
  return { jobs: 10_000, path, body: () => text };
};
const CASES: Readonly<Record<string, Case>> = {
  emails: json('/v1/emails/batch', {
    messages: listOf((index) => ({ ...emails.example, to: `person${index}@example.no` })),
  }),
  images: json('/v1/images/batch', {
    images: listOf((index) => ({ source: { url: `https://example.com/${index}.jpg` }, width: 800 })),
  }),
  'images, files': {
    jobs: 2000,
    path: '/v1/images/batch',
    body() {
      const form = new FormData();
      form.set('width', '800');
      for (let index = 0; index < BATCH; index += 1) {
        form.append('file', new Blob([new Uint8Array(photo)], { type: 'image/jpeg' }), `${index}.jpg`);
      }
      return form;
    },
  },
  reports: json('/v1/reports/batch', { reports: listOf(() => reports.example) }),
};

const product = await startProduct({ env: { NODE_ENV: 'production', MAX_QUEUE_DEPTH: '100000' } });
const observer = product.redis.client();
const redisPid = Number(/process_id:(\d+)/.exec(await observer.info('server'))?.[1]);

async function postBatch({ path, body }: Case): Promise<number> {
  const content = body();
  const headers: Record<string, string> = typeof content === 'string' ? { 'Content-Type': 'application/json' } : {};
  const response = await product.request(path, { method: 'POST', headers, body: content, key: KEYS.kari });
  const { items = [] } = (await response.json()) as { items?: { status: number }[] };
  return items.filter(({ status }) => status === 202).length;
}

/** One round: ms for all jobs, and the latencies in ms of a small request that is sent again and again meanwhile. */
async function measure(asked: Case, atOnce: number) {
  await observer.flushall();
  let [left, queued, isOver] = [asked.jobs / BATCH, 0, false];
  const latencies: number[] = [];
  const others = (async () => {
    while (!isOver) {
      const begun = performance.now();
      await fetch(`${product.url}/livez`);
      latencies.push(performance.now() - begun);
      await delay(5);
    }
  })();
  const [begun, web, redis] = [performance.now(), cpuMs(product.web.pid), cpuMs(redisPid)];
  const client = async () => {
    while (left > 0) {
      left -= 1;
      const taken = await postBatch(asked);
      queued += taken;
    }
  };
  await Promise.all(Array.from({ length: atOnce }, client));
  const ms = performance.now() - begun;
  const cpu = { web: (cpuMs(product.web.pid) - web) / asked.jobs, redis: (cpuMs(redisPid) - redis) / asked.jobs };
  isOver = true;
  await others;
  return {
    ms,
    ...cpu,
    refused: asked.jobs - queued,
    p99: percentile(
      latencies.toSorted((a, b) => a - b),
      99,
    ),
  };
}

const chosen = process.argv.slice(3);
console.log(`batches of ${BATCH}, appendfsync always, medians of ${ROUNDS} rounds\n`);
console.log(
  '                at once    jobs        ms      jobs/s   refused  CPU ms: web       Redis  other requests, p99 ms',
);
for (const [name, asked] of Object.entries(CASES)) {
  if (chosen.length > 0 && !chosen.includes(name)) continue;
  for (const atOnce of [1, 4]) {
    await measure(asked, atOnce);
    const rounds: Awaited<ReturnType<typeof measure>>[] = [];
    for (let round = 0; round < ROUNDS; round += 1) rounds.push(await measure(asked, atOnce));
    const of = (figure: keyof (typeof rounds)[0]) => median(rounds.map((one) => one[figure]));
    const ms = of('ms');
    const speed = [ms.toFixed(0), ((asked.jobs / ms) * 1000).toFixed(0), of('refused')];
    const columns = [...speed, of('web').toFixed(3), of('redis').toFixed(3), of('p99').toFixed(1)];
    const head = `${name.padEnd(16)}${String(atOnce).padEnd(7)}${String(asked.jobs).padStart(8)}`;
    console.log(`${head}${columns.map((column) => String(column).padStart(10)).join('  ')}`);
  }
}
await product.close();
