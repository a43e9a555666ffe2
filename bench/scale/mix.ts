import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { until } from '../../test/support/until.ts';
import { percentile } from '../figures.ts';
import { bytesBelow, type Costs, measureCosts, readCounters, readMemory, since } from './costs.ts';
import { type Deployment, openDeployment, postOne } from './deployment.ts';
import { makeWork, type Work } from './work.ts';

/**
 * Whether the costs of single jobs tell what a deployment needs: measures them, computes what a mix of jobs takes, posts that mix for
 * as long and as fast as told, each job with a webhook and each erased at its age, and prints both beside one another.
 * `node mix.ts [minutes] [jobs a second]`. Measured from the moment on when as many jobs are erased as are posted.
 */
const [MINUTES = 30, RATE = 19] = process.argv.slice(2, 4).map(Number);
/** Of a hundred jobs. */
const MIX = { image: 20, report: 5, mail: 75 } as const;
const TTL_SECONDS = Math.min(300, MINUTES * 20);
const MEASURED_JOBS = 200;
const IDLE_MS = 10_000;

type Names = keyof typeof MIX | 'mail+webhook';
const nameOf = (index: number): keyof typeof MIX => {
  // 7 and 100 have no factor in common, so each hundred has each place once.
  const place = (index * 7) % 100;
  if (place < MIX.image) return 'image';
  return place < MIX.image + MIX.report ? 'report' : 'mail';
};

/** Measures one job of each sort that the mix has, and of a mail with its webhook. */
async function measureAll(): Promise<Record<Names, Costs>> {
  const deployment = await openDeployment();
  const costs: Partial<Record<Names, Costs>> = {};
  try {
    const works = await makeWork(deployment.sinkUrl);
    for (const name of [...Object.keys(MIX), 'mail+webhook'] as Names[]) {
      const work = works.find((one) => one.name === name);
      if (work) costs[name] = await measureCosts(deployment, work, MEASURED_JOBS);
    }
  } finally {
    await deployment.close();
  }
  return costs as Record<Names, Costs>;
}

/** Computes what one job of the mix takes, the mean of all, with its webhook. */
function computeMean(costs: Record<Names, Costs>): Costs {
  const columns = Object.keys(costs.mail) as (keyof Costs)[];
  const mean = (column: keyof Costs) => {
    const webhook = costs['mail+webhook'][column] - costs.mail[column];
    const jobs = Object.entries(MIX).map(([name, share]) => (share / 100) * costs[name as keyof typeof MIX][column]);
    return jobs.reduce((sum, value) => sum + value, webhook);
  };
  return Object.fromEntries(columns.map((column) => [column, mean(column)])) as unknown as Costs;
}

/** Posts the mix at the rate until it is told to stop; a job is begun at its moment, however long others take. */
function startPosting(deployment: Deployment, works: readonly Work[]) {
  const latencies: number[] = [];
  const underWay = new Set<Promise<void>>();
  const begunAt = performance.now();
  let posted = 0;
  let stops = false;
  const posting = (async () => {
    while (!stops) {
      const work = works.find(({ name }) => name === nameOf(posted));
      if (!work) throw new Error('no such work');
      const one: Promise<void> = postOne(`${deployment.product.url}${work.path}`, work, latencies).finally(() =>
        underWay.delete(one),
      );
      underWay.add(one);
      posted += 1;
      await delay(Math.max(0, begunAt + (posted / RATE) * 1000 - performance.now()));
    }
    await Promise.all(underWay);
  })();
  return {
    latencies,
    posted: () => posted,
    stop: async () => {
      stops = true;
      await posting;
    },
  };
}

/** Gives each job of the mix a webhook to that address. */
function withWebhooks(works: readonly Work[], sinkUrl: string): Work[] {
  const callbackUrl = `${sinkUrl}/ended`;
  return works.map((work) =>
    typeof work.body === 'string'
      ? { ...work, body: JSON.stringify({ ...JSON.parse(work.body), callbackUrl }) }
      : { ...work, path: `${work.path}&callbackUrl=${encodeURIComponent(callbackUrl)}` },
  );
}

async function run(mean: Costs): Promise<void> {
  const deployment = await openDeployment({ RESULT_TTL: `${TTL_SECONDS}s` });
  try {
    const { product, redis, count } = deployment;
    const works = withWebhooks(await makeWork(deployment.sinkUrl), deployment.sinkUrl);
    const kinds = [['images'], ['reports'], ['emails', 'webhooks', 'calls']];
    const workers = kinds.map((kind) => product.startWorker(kind));
    const pids = workers.map(({ pid }) => pid);
    await until('the workers live', async () => (await redis.keys('*:workers')).length >= 3 || null, {
      timeoutMs: 60_000,
    });
    await delay(IDLE_MS);
    const resting = await readCounters(deployment, pids);
    await delay(IDLE_MS);
    const idle = since(await readCounters(deployment, pids), resting);
    const empty = { redis: await readMemory(redis), files: bytesBelow(join(product.dir, 'storage')) };

    const load = startPosting(deployment, works);
    await delay((TTL_SECONDS + 60) * 1000);
    const begun = { ...(await readCounters(deployment, pids)), jobs: load.posted(), answers: load.latencies.length };
    await delay(MINUTES * 60_000 - (TTL_SECONDS + 60) * 1000);
    const used = since(await readCounters(deployment, pids), begun);
    const jobs = load.posted() - begun.jobs;
    const held = {
      redis: (await readMemory(redis)) - empty.redis,
      files: bytesBelow(join(product.dir, 'storage')) - empty.files,
    };
    const waits = load.latencies.slice(begun.answers).toSorted((a, b) => a - b);
    await load.stop();
    const failed = await Promise.all(['images', 'reports', 'emails', 'webhooks'].map((kind) => count(kind, 'failed')));

    const seconds = used.at / 1000;
    const rate = jobs / seconds;
    const core = (each: number) => (each * rate) / 1000;
    const rows: [name: string, computed: number, measured: number][] = [
      ['web, cores', core(mean.webMs + mean.eraseWebMs), core(perJob('webMs'))],
      ['workers, cores', core(mean.workerMs), core(perJob('workerMs'))],
      ['Redis, cores', core(mean.redisMs + mean.eraseRedisMs), core(perJob('redisMs'))],
      ['commands a second', mean.commands * rate, perJob('commands') * rate],
      ['held in Redis, MB', (mean.endedBytes * rate * TTL_SECONDS) / 1e6, held.redis / 1e6],
      ['held in files, MB', (mean.storedBytes * rate * TTL_SECONDS) / 1e6, held.files / 1e6],
    ];
    function perJob(name: 'webMs' | 'workerMs' | 'redisMs' | 'commands'): number {
      return (used[name] - (idle[name] / idle.at) * used.at) / jobs;
    }
    console.log(
      `${load.posted()} jobs posted, ${rate.toFixed(1)} a second over the last ${(seconds / 60).toFixed(1)} minutes`,
    );
    console.log(
      `accepted in ${percentile(waits, 50).toFixed(1)} ms (p50), ${percentile(waits, 99).toFixed(1)} ms (p99)`,
    );
    console.log(`failed: ${failed.join(', ')} (images, reports, emails, webhooks)\n`);
    console.log(`${''.padEnd(20)}${'computed'.padStart(10)}${'measured'.padStart(10)}${'ratio'.padStart(8)}`);
    for (const [name, computed, measured] of rows) {
      const cells = [computed.toFixed(3).padStart(10), measured.toFixed(3).padStart(10)];
      console.log(`${name.padEnd(20)}${cells.join('')}${(measured / computed).toFixed(2).padStart(8)}`);
    }
  } finally {
    await deployment.close();
  }
}

await run(computeMean(await measureAll()));
