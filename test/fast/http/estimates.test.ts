import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { createEstimates } from '../../../src/http/api/estimates.ts';
import { newStoredJob, type StoredJob } from '../../../src/jobs/stored-job.ts';
import type { Counts, WorkerFacts } from '../../../src/queue/counts.ts';

const COUNTS: Counts = {
  waiting: 0,
  delayed: 0,
  active: 0,
  completed: 0,
  failed: 0,
  cancelled: 0,
  paused: false,
  pausedSince: null,
  pausedBy: null,
};
const JOB = newStoredJob({
  id: 'img_00000000000000000000000000',
  kind: 'images',
  position: 1,
  envelope: { v: 1, caller: 'kari', input: {}, uploads: {}, options: {} },
  createdAt: 0,
});

/** Asks once for the figures to be read, and again when they are there. */
async function estimate(
  job: Partial<StoredJob>,
  { paused = false, meansMs = [10_000] as (number | null)[] } = {},
): Promise<number | null> {
  const workers = meansMs.map((meanMs) => ({ kind: 'images', concurrency: 2, running: 0, meanMs }) as WorkerFacts);
  const { etaSeconds } = createEstimates({
    workers: async () => workers,
    counts: async () => ({ images: { ...COUNTS, paused } }),
  });
  expect(etaSeconds(JOB)).toBeNull();
  await turn();
  return etaSeconds({ ...JOB, ...job });
}

describe('the time a job has left', () => {
  it.each([
    [1, 10],
    [2, 10],
    [3, 20],
    [9, 50],
  ])('place %i in line, two at a time of 10 s: %i s', async (position, seconds) =>
    expect(await estimate({ position })).toBe(seconds),
  );

  it('several workers: their places together, the mean of their means', async () =>
    expect(await estimate({ position: 8 }, { meansMs: [10_000, 20_000] })).toBe(30));

  it('nothing was measured yet: nothing is said', async () =>
    expect(await estimate({ position: 1 }, { meansMs: [null] })).toBeNull());

  it('the queue is paused: nothing is said of a job that waits, as ever of one that runs', async () => {
    expect(await estimate({ position: 1 }, { paused: true })).toBeNull();
    expect(await estimate({ state: 'active', position: null, startedAt: Date.now() }, { paused: true })).toBe(10);
  });

  it('a running job: by its own progress as soon as there is some', async () => {
    const running = { state: 'active', position: null, startedAt: Date.now() - 30_000 } as const;
    expect(await estimate({ ...running, progress: { percent: 50 } })).toBeGreaterThanOrEqual(30);
    expect(await estimate({ ...running, progress: { percent: 2 } })).toBe(0);
  });

  it.each(['delayed', 'completed', 'failed', 'cancelled'] as const)(
    'a job that is %s: nothing is said',
    async (state) => expect(await estimate({ state, position: null })).toBeNull(),
  );
});
