import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from '@jest/globals';
import { openProbeQueue } from '../support/probe/queue.ts';
import { until } from '../support/until.ts';

const JOBS = 3000;
const WORKERS = 3;
const WORKER_KILLS = 20;
const REDIS_KILLS = 6;

it('workers and Redis killed again and again under load: every acknowledged job ends well, none is lost', async () => {
  const queue = await openProbeQueue([], { maxQueueDepth: 10 * JOBS });
  let over = false;
  try {
    const running = Array.from({ length: WORKERS }, () => queue.startWorker());
    // What supervisord does: a worker that died is started again.
    const supervised = running.map(async (_worker, slot) => {
      while (!over) {
        await running[slot]?.exited;
        if (!over) running[slot] = queue.startWorker();
      }
    });

    const acknowledged = new Set<string>();
    const post = async () => {
      while (acknowledged.size < JOBS) {
        const job = await queue.add('done').catch(() => delay(50));
        if (job) acknowledged.add(job.id);
        await delay(10);
      }
    };
    const killWorkers = async () => {
      for (let kill = 0; kill < WORKER_KILLS; kill += 1) {
        await delay(1000 + Math.random() * 1000);
        await running[kill % WORKERS]?.stop('SIGKILL');
      }
    };
    const killRedis = async () => {
      for (let kill = 0; kill < REDIS_KILLS; kill += 1) {
        await delay(3000 + Math.random() * 3000);
        await queue.redis.kill();
        await delay(Math.random() * 2000);
        await queue.redis.start();
      }
    };
    await Promise.all([...Array.from({ length: 4 }, post), killWorkers(), killRedis()]);

    await until(
      'nothing waits, is delayed or runs',
      async () => {
        const counts = (await queue.producer.counts())['probes'];
        return counts && counts.waiting + counts.delayed + counts.active === 0;
      },
      { timeoutMs: 60_000, everyMs: 250 },
    );
    const lost: string[] = [];
    for (const id of acknowledged) {
      const job = await queue.producer.find(id);
      if (job?.state !== 'completed') lost.push(`${id} ${job?.state} ${job?.error?.code}`);
    }
    expect(lost).toEqual([]);
    expect(acknowledged.size).toBeGreaterThanOrEqual(JOBS);
    over = true;
    await queue.stopWorkers();
    await Promise.all(supervised);
  } finally {
    over = true;
    await queue.close();
  }
});
