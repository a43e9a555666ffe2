import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { takeJobsScript } from '../../src/queue/scripts/line/take-jobs.ts';
import { completeJobsScript } from '../../src/queue/scripts/runs/complete-jobs.ts';
import { jobKey, jobLockKey, queueKey, queueKeys, usageKey } from '../../src/redis/keys.ts';
import { openProbeQueue, type ProbeQueue } from '../support/probe/queue.ts';
import { until } from '../support/until.ts';

let queue: ProbeQueue;

beforeEach(async () => {
  queue = await openProbeQueue([], {});
});
afterEach(() => queue.close());

const PREFIX = queueKey('probes', '');

/** Accepts and takes so many jobs, as a worker named `worker` does; answers their ids. */
async function takeSome(count: number): Promise<string[]> {
  const ids: string[] = [];
  for (let left = count; left > 0; left -= 1) ids.push((await until('it is added', () => queue.add('done'))).id);
  const keys = queueKeys('probes', 'active', 'wait', 'meta-paused');
  const args = [PREFIX, 'worker', 60_000, 100, count, count, 'worker/1', 1];
  expect(await takeJobsScript(queue.redis.client(), keys, args)).toHaveLength(count);
  return ids;
}

const complete = (ids: readonly string[]) => {
  const keys = [...queueKeys('probes', 'active', 'completed', 'stalled'), usageKey('probes')];
  const jobs = ids.flatMap((id) => [id, '{"result":{},"files":[]}', '', 100]);
  return completeJobsScript(queue.redis.client(), keys, [PREFIX, 'worker', ...jobs]);
};

/** Jobs that wait or run, and bytes in storage, of all callers. */
async function usage(): Promise<[jobs: number, stored: number]> {
  const [sums = ''] = await queue.redis.client().hvals(usageKey('probes'));
  const [jobs, , , stored] = sums.split(' ').map(Number);
  return [jobs as number, stored as number];
}

it('jobs whose end is sent again, since the answer was lost, are completed and counted once', async () => {
  const [first = '', second = ''] = await takeSome(3);
  expect(await complete([first, second])).toEqual([0, 0]);
  const counted = await usage();
  expect(counted).toEqual([1, 200]);
  expect(await complete([first, second])).toEqual([0, 0]);
  expect(await usage()).toEqual(counted);
  expect((await until('it is found', () => queue.producer.find(first)))?.state).toBe('completed');
});

it("of jobs that end together, each that is not the worker's any more is refused for itself", async () => {
  const ids = await takeSome(5);
  const redis = queue.redis.client();
  const [gone = '', unlocked = '', taken = '', damaged = '', own = ''] = ids;
  await redis.del(jobKey('probes', gone), jobLockKey('probes', unlocked), jobKey('probes', damaged));
  await redis.set(jobKey('probes', damaged), 'no record');
  await redis.set(jobLockKey('probes', taken), 'another');
  expect(await complete(ids)).toEqual([-1, -2, -6, -1, 0]);
  expect(await redis.zrange(queueKey('probes', 'completed'), 0, -1)).toEqual([own]);
  expect(await redis.get(jobLockKey('probes', taken))).toBe('another');
});
