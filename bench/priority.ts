import type { StoredJob } from '../src/jobs/stored-job.ts';
import { openProbeQueue, type ProbeQueue } from '../test/support/probe/queue.ts';
import { until } from '../test/support/until.ts';
import { median } from './figures.ts';

/**
 * What priority is worth and what it costs with 10,000 jobs waiting: adding a hundred jobs of high and of normal priority,
 * one after the other; then how long one of each takes to have run when both are added at the same moment.
 */
const WAITING = 10_000;
const ADDED = 100;
const ROUNDS = 3;

const queue = await openProbeQueue([], { maxQueueDepth: 10 * WAITING });
try {
  await fill(queue, WAITING);
  console.log(`${WAITING} jobs of normal priority are waiting\n`);

  console.log(`${ADDED} adds, one after the other: ms for each, median (and the slowest)`);
  for (const priority of ['normal', 'high'] as const) {
    const added: StoredJob[] = [];
    const times: number[] = [];
    for (let count = 0; count < ADDED; count += 1) {
      const begun = performance.now();
      added.push(await queue.add('done', { priority }));
      times.push(performance.now() - begun);
    }
    console.log(`  ${priority.padEnd(8)} ${median(times).toFixed(2)} (${Math.max(...times).toFixed(2)})`);
    for (const job of added) await queue.producer.erase(job);
  }

  console.log('\nadded at the same moment while a worker is busy with the rest: ms until it has run');
  queue.startWorker();
  await until(
    'the worker is at work',
    async () => {
      const counts = (await queue.producer.counts())['probes'];
      return counts && counts.completed > 100;
    },
    { timeoutMs: 60_000 },
  );
  const rounds: { high: number; normal: Promise<number> }[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const [normal, high] = await Promise.all([queue.add('done'), queue.add('done', { priority: 'high' })]);
    rounds.push({ high: await msUntilRun(high), normal: msUntilRun(normal) });
  }
  console.log(`  high     ${median(rounds.map(({ high }) => high))}`);
  console.log(`  normal   ${median(await Promise.all(rounds.map(({ normal }) => normal)))}`);
} finally {
  await queue.close();
}

async function fill({ add }: ProbeQueue, count: number): Promise<void> {
  for (let added = 0; added < count; added += 100) await Promise.all(Array.from({ length: 100 }, () => add('done')));
}

async function msUntilRun({ id, createdAt }: StoredJob): Promise<number> {
  const { finishedAt } = await queue.reaches(id, 'completed', 600_000);
  return (finishedAt ?? Number.NaN) - createdAt;
}
