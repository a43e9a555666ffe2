import { setTimeout as delay } from 'node:timers/promises';
import { KEYS, startProduct } from '../test/support/product.ts';
import { emails } from '../workers/emails/job.ts';
import { cpuMs, median, percentile } from './figures.ts';

/**
 * How fast one web process queues 10,000 mails that come in batches of 500, with `appendfsync always`, and how long other
 * requests wait meanwhile, with the processor time of web and Redis for each mail. Prints medians of the rounds. No worker runs.
 */
const ROUNDS = Number(process.argv[2] ?? 5);
const MAILS = 10_000;
const BATCH = 500;

const product = await startProduct({ env: { NODE_ENV: 'production' } });
const observer = product.redis.client();
const redisPid = Number(/process_id:(\d+)/.exec(await observer.info('server'))?.[1]);
const messages = Array.from({ length: BATCH }, (_, index) => ({ ...emails.example, to: `person${index}@example.no` }));
const body = JSON.stringify({ messages });

async function postBatch(): Promise<number> {
  const init = { method: 'POST', headers: { 'Content-Type': 'application/json' }, body, key: KEYS.kari };
  const response = await product.request('/v1/emails/batch', init);
  const { items = [] } = (await response.json()) as { items?: { status: number }[] };
  return items.filter(({ status }) => status === 202).length;
}

/** One round: ms for all mails, and the latencies in ms of a small request that is sent again and again meanwhile. */
async function measure(atOnce: number) {
  await observer.flushall();
  let [left, queued, isOver] = [MAILS / BATCH, 0, false];
  const latencies: number[] = [];
  const others = (async () => {
    while (!isOver) {
      const asked = performance.now();
      await fetch(`${product.url}/livez`);
      latencies.push(performance.now() - asked);
      await delay(5);
    }
  })();
  const [begun, web, redis] = [performance.now(), cpuMs(product.web.pid), cpuMs(redisPid)];
  const client = async () => {
    while (left > 0) {
      left -= 1;
      const taken = await postBatch();
      queued += taken;
    }
  };
  await Promise.all(Array.from({ length: atOnce }, client));
  const ms = performance.now() - begun;
  const cpu = { web: (cpuMs(product.web.pid) - web) / MAILS, redis: (cpuMs(redisPid) - redis) / MAILS };
  isOver = true;
  await others;
  return {
    ms,
    ...cpu,
    refused: MAILS - queued,
    p99: percentile(
      latencies.toSorted((a, b) => a - b),
      99,
    ),
  };
}

console.log(`${MAILS} mails in batches of ${BATCH}, appendfsync always, medians of ${ROUNDS} rounds\n`);
console.log('at once        ms      mails/s   refused  CPU ms: web       Redis  other requests, p99 ms');
for (const atOnce of [1, 4]) {
  await measure(atOnce);
  const rounds: Awaited<ReturnType<typeof measure>>[] = [];
  for (let round = 0; round < ROUNDS; round += 1) rounds.push(await measure(atOnce));
  const of = (name: keyof (typeof rounds)[0]) => median(rounds.map((one) => one[name]));
  const ms = of('ms');
  const speed = [ms.toFixed(0), ((MAILS / ms) * 1000).toFixed(0), of('refused')];
  const columns = [...speed, of('web').toFixed(3), of('redis').toFixed(3), of('p99').toFixed(1)];
  console.log(`${String(atOnce).padEnd(7)} ${columns.map((column) => String(column).padStart(10)).join('  ')}`);
}
await product.close();
