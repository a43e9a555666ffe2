import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { queueKey } from '../../../src/redis/keys.ts';
import { openProbeQueue, type ProbeQueue } from '../../support/probe/queue.ts';
import { until } from '../../support/until.ts';

let queue: ProbeQueue;

beforeEach(async () => {
  queue = await openProbeQueue();
});
afterEach(() => queue.close());

it('a worker with a heavy job is killed (kill -9): another runs it and those that waited for it, and the lane is empty', async () => {
  const ids: string[] = [];
  for (let count = 0; count < 3; count += 1) ids.push((await queue.add('heavy')).id);
  const first = queue.startWorker();
  await until('two wait', async () => (await queue.producer.counts())['probes']?.delayed === 2);
  await first.stop('SIGKILL');
  queue.letGo();
  queue.startWorker();
  const jobs = await Promise.all(ids.map((id) => queue.reaches(id, 'completed', 60_000)));
  expect(jobs.map(({ attemptsMade }) => attemptsMade)).toEqual([1, 1, 1]);
  const left = ['running', 'waiting'].map((name) => queueKey('probes', `lane:${name}`));
  expect(await queue.redis.client().exists(...left)).toBe(0);
});
