import Bull from 'bull';
import type { Redis } from 'ioredis';
import { queueKey } from '../src/redis/keys.ts';
import { startProcess } from '../test/support/processes.ts';
import { startProduct } from '../test/support/product.ts';
import { until } from '../test/support/until.ts';
import { emails } from '../workers/emails/job.ts';
import { median } from './figures.ts';

/**
 * Jobs per second of one worker process whose jobs do nothing, with `appendfsync always`, beside a bare Bull queue's, round
 * about in the same run. `node jobs.ts [rounds] [places]`. Prints medians and the ratio.
 */
const [ROUNDS = 3, PLACES = 10] = process.argv.slice(2).map(Number);
const JOBS = 5000;
/** Ended when the clock starts: by then the worker has loaded all that it needs. */
const WARM = 1000;

const product = await startProduct({ env: { NODE_ENV: 'production', MAX_QUEUE_DEPTH: '1000000' } });
const redis = product.redis.client();
const bare = new Bull('nothing', { redis: { path: product.redis.socket } });

/** What waits for a worker, and the key of what has ended. */
interface Side {
  fill(): Promise<void>;
  completed: string;
}

const sides: Record<'heavylift' | 'bull', Side> = {
  heavylift: {
    completed: queueKey('emails', 'completed'),
    async fill() {
      const body = JSON.stringify(emails.example);
      const headers = { 'Content-Type': 'application/json' };
      const post = async () => (await product.request('/v1/emails', { method: 'POST', body, headers })).status === 202;
      for (let left = JOBS; left > 0; ) {
        const answers = await Promise.all(Array.from({ length: Math.min(left, 50) }, post));
        left -= answers.filter(Boolean).length;
      }
    },
  },
  bull: {
    completed: 'bull:nothing:completed',
    async fill() {
      await bare.addBulk(Array.from({ length: JOBS }, () => ({ data: emails.example })));
    },
  },
};

async function countUntil(client: Redis, key: string, count: number): Promise<void> {
  await until('the jobs have ended', async () => (await client.zcard(key)) >= count || null, {
    timeoutMs: 120_000,
    everyMs: 5,
  });
}

async function measure(name: 'heavylift' | 'bull'): Promise<number> {
  await redis.flushall();
  await sides[name].fill();
  const env = { REDIS_URL: product.redis.url, DATA_DIR: product.dir, NODE_ENV: 'production' };
  const worker = startProcess(
    process.execPath,
    ['bench/nothing-worker.ts', name, String(PLACES), product.redis.socket],
    env,
  );
  try {
    await countUntil(redis, sides[name].completed, WARM);
    const [begun, from] = [performance.now(), await redis.zcard(sides[name].completed)];
    await countUntil(redis, sides[name].completed, JOBS);
    return (JOBS - from) / ((performance.now() - begun) / 1000);
  } catch (error) {
    throw new Error(`${worker.output()}`, { cause: error });
  } finally {
    await worker.stop('SIGKILL');
  }
}

const rounds: Record<'heavylift' | 'bull', number>[] = [];
try {
  for (let round = 0; round < ROUNDS; round += 1) {
    rounds.push({ heavylift: await measure('heavylift'), bull: await measure('bull') });
  }
  console.log(`${JOBS} jobs that do nothing at ${PLACES} places, appendfsync always, medians of ${ROUNDS} rounds\n`);
  for (const name of ['heavylift', 'bull'] as const) {
    console.log(
      `  ${name.padEnd(12)} ${median(rounds.map((round) => round[name]))
        .toFixed(0)
        .padStart(7)} jobs/s`,
    );
  }
  const ratio = median(rounds.map(({ heavylift, bull }) => heavylift / bull));
  console.log(`\nheavylift / bare Bull: ${ratio.toFixed(2)} of the jobs/s`);
} finally {
  await bare.close();
  await product.close();
}
