import { setTimeout as delay } from 'node:timers/promises';
import { createEstimates } from '../src/http/api/estimates.ts';
import { randomJobId } from '../src/jobs/id.ts';
import { ENVELOPE_VERSION } from '../src/jobs/options/options.ts';
import { openProbeQueue } from '../test/support/probe/queue.ts';
import { until } from '../test/support/until.ts';
import { percentile } from './figures.ts';

/**
 * How far `etaSeconds` is from what then happens: a few hundred jobs of mixed length (50 ms to 2 s, most of them short)
 * wait and run, the estimate of each is read again and again, and compared with when it really ended.
 */
const JOBS = 300;
const WORKERS = 2;
const READ_EVERY_MS = 500;
const SHORTEST_MS = 50;
const LONGEST_MS = 2000;
/** Estimates are whole seconds: one that is off by less than this is not wrong. */
const RESOLUTION_MS = 1000;

interface Reading {
  id: string;
  state: string;
  at: number;
  etaSeconds: number;
}

const queue = await openProbeQueue([], { maxQueueDepth: 10 * JOBS });
try {
  for (let worker = 0; worker < WORKERS; worker += 1) queue.startWorker();
  await until('the workers are there', async () => (await queue.producer.workers()).length === WORKERS);
  const estimates = createEstimates(queue.producer);
  const ids = await Promise.all(Array.from({ length: JOBS }, (_, index) => addJob(index)));
  const endedAt = new Map<string, number>();
  const readings: Reading[] = [];
  while (endedAt.size < JOBS) {
    for (const id of ids.filter((one) => !endedAt.has(one))) {
      const job = await queue.producer.find(id);
      if (job?.finishedAt) endedAt.set(id, job.finishedAt);
      const etaSeconds = job ? estimates.etaSeconds(job) : null;
      if (job && etaSeconds !== null && !job.finishedAt) {
        readings.push({ id, state: job.state, at: Date.now(), etaSeconds });
      }
    }
    await delay(READ_EVERY_MS);
  }
  console.log(
    `${JOBS} jobs of ${SHORTEST_MS}-${LONGEST_MS} ms, ${WORKERS} workers; error relative to what really came\n`,
  );
  console.log('state     readings   median      p90');
  for (const state of ['waiting', 'active']) report(state, readings, endedAt);
} finally {
  await queue.close();
}

/** Lengths are spread evenly on a logarithmic scale, in an order without pattern but the same every time. */
async function addJob(index: number): Promise<string> {
  const share = ((index * 7919) % JOBS) / JOBS;
  const ms = Math.round(SHORTEST_MS * (LONGEST_MS / SHORTEST_MS) ** share);
  const id = randomJobId('prb');
  const envelope = { v: ENVELOPE_VERSION, caller: 'bench', input: { act: 'done', ms }, uploads: {}, options: {} };
  await queue.producer.enqueue('probes', id, envelope);
  return id;
}

function report(state: string, readings: Reading[], endedAt: Map<string, number>): void {
  const errors = readings
    .filter((reading) => reading.state === state)
    .map(({ id, at, etaSeconds }) => {
      const reallyMs = (endedAt.get(id) ?? Number.NaN) - at;
      return Math.abs(etaSeconds * 1000 - reallyMs) / Math.max(reallyMs, RESOLUTION_MS);
    })
    .sort((a, b) => a - b);
  const percent = (p: number) => `${(100 * percentile(errors, p)).toFixed(0)} %`.padStart(8);
  console.log(`${state.padEnd(8)} ${String(errors.length).padStart(9)} ${percent(50)} ${percent(90)}`);
}
