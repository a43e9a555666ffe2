import type { EventEmitter } from 'node:events';
import autocannon from 'autocannon';
import { startProcess } from '../test/support/processes.ts';
import { findFreePort } from '../test/support/product.ts';
import { startRedis } from '../test/support/redis/redis.ts';
import { makeTempDir } from '../test/support/temp-dir.ts';
import { until } from '../test/support/until.ts';
import { reports } from '../workers/reports/job.ts';
import { median, percentile } from './figures.ts';

/**
 * How fast one web process accepts `POST /v1/reports` with `appendfsync always`, beside the least that could do it (bare
 * Express and Bull), round about in the same run. Prints medians of the rounds, and ratios. No worker runs.
 */
const ROUNDS = 5;
const SECONDS = 4;
const KEY = 'key-of-the-benchmark';

const { path: dir, remove } = makeTempDir();
const redis = await startRedis(dir);
const observer = redis.client();
const servers = {
  heavylift: await startServer(() => ['src/server.ts'], true),
  baseline: await startServer((port) => ['bench/baseline-server.ts', String(port), redis.socket], false),
};

async function startServer(args: (port: number) => string[], ready: boolean) {
  const port = await findFreePort();
  const child = startProcess(process.execPath, args(port), {
    REDIS_URL: redis.url,
    DATA_DIR: dir,
    PORT: String(port),
    API_KEYS: `bench:${KEY}`,
    MAX_QUEUE_DEPTH: '10000000',
    NODE_ENV: 'production',
  });
  const url = `http://127.0.0.1:${port}`;
  await until('the server answers', async () => (await fetch(ready ? `${url}/readyz` : url)).status < 500);
  return { url, child };
}

/** One round: latencies in ms, sorted, and requests per second; every answer must be 202. */
async function measure(url: string, connections: number) {
  await observer.flushall();
  const latencies: number[] = [];
  const run = autocannon({
    url: `${url}/v1/reports`,
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${KEY}` },
    body: JSON.stringify(reports.example),
    connections,
    duration: SECONDS,
  });
  (run as unknown as EventEmitter).on('response', (_client, _status, _bytes, ms) => latencies.push(ms));
  const { non2xx, errors } = await run;
  // A stray refusal (Redis slower than half a second on a busy machine) is no reason to throw the run away.
  if (non2xx + errors > latencies.length / 1000)
    throw new Error(`${non2xx} answers were not 2xx, ${errors} requests failed`);
  latencies.sort((a, b) => a - b);
  return { p50: percentile(latencies, 50), p99: percentile(latencies, 99), perSecond: latencies.length / SECONDS };
}

type Round = Awaited<ReturnType<typeof measure>>;
const rounds: Record<string, Round[]> = {};
for (let round = 0; round <= ROUNDS; round += 1) {
  for (const connections of [1, 32]) {
    for (const [name, { url }] of Object.entries(servers)) {
      const result = await measure(url, connections);
      // The first round warms up.
      if (round > 0) rounds[`${name} ${connections}`] = [...(rounds[`${name} ${connections}`] ?? []), result];
    }
  }
}

const middle = (name: string, figure: keyof Round) => median((rounds[name] ?? []).map((one) => one[figure]));
console.log(`POST /v1/reports, appendfsync always, medians of ${ROUNDS} rounds of ${SECONDS} s\n`);
console.log('connections  server        p50 ms   p99 ms   requests/s');
for (const connections of [1, 32]) {
  for (const name of Object.keys(servers)) {
    const figures = (['p50', 'p99', 'perSecond'] as const).map((figure) => middle(`${name} ${connections}`, figure));
    const [p50 = 0, p99 = 0, perSecond = 0] = figures;
    const columns = [
      String(connections).padEnd(12),
      name.padEnd(12),
      p50.toFixed(2).padStart(7),
      p99.toFixed(2).padStart(8),
    ];
    console.log(`${columns.join(' ')} ${perSecond.toFixed(0).padStart(12)}`);
  }
}
for (const connections of [1, 32]) {
  const ratios = (rounds[`heavylift ${connections}`] ?? []).map(
    ({ perSecond }, round) => perSecond / (rounds[`baseline ${connections}`]?.[round]?.perSecond ?? Number.NaN),
  );
  console.log(`\nheavylift / baseline at ${connections}: ${median(ratios).toFixed(2)} of the requests/s`);
}

await Promise.all(Object.values(servers).map(({ child }) => child.stop('SIGKILL')));
await redis.stop();
remove();
