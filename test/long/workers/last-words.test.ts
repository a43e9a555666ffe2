import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { openProbeQueue, type ProbeQueue } from '../../support/probe/queue.ts';
import { until } from '../../support/until.ts';

let queue: ProbeQueue;
beforeEach(async () => {
  queue = await openProbeQueue();
});
afterEach(() => queue.close());

/** The next worker that is about to finish a job dies (kill -9); another is started when it has. */
async function dieAtEnd(): Promise<void> {
  writeFileSync(join(queue.dir, 'die-at-end'), '');
  const start = () => queue.startWorker({}, ['--place', '0a1b2c3d:probes-0']);
  await start().exited;
  expect(existsSync(join(queue.dir, 'die-at-end'))).toBe(false);
  start();
}

it.each([
  ['refuse', 1],
  ['fail', 3],
])(
  'a worker killed between the last run of a job (%s) and its mark: the job fails with %i attempts made',
  async (act, made) => {
    const { id } = await queue.add(act);
    await dieAtEnd();
    const job = await queue.reaches(id, 'failed', 40_000);
    expect(job.attemptsMade).toBe(made);
  },
);

it('a worker killed between the stop of a cancelled job and its mark: not run again, and counted once', async () => {
  const { id } = await queue.add('wait');
  const dying = dieAtEnd();
  await queue.noted(id, 'started');
  await until('it is to stop', async () => {
    const job = await queue.producer.find(id);
    return job && (await queue.producer.cancel(job)) === 'stopping';
  });
  await dying;
  const job = await queue.reaches(id, 'cancelled', 40_000);
  expect(job.attemptsMade).toBe(1);
  expect(queue.journal(id).filter((what) => what === 'started')).toHaveLength(1);
});
