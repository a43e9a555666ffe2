import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { JobContract } from '../../../src/jobs/contract.ts';
import { createLog } from '../../../src/log.ts';
import { createJanitor, type Janitor } from '../../../src/queue/upkeep/janitor.ts';
import { probes } from '../../support/probe/job.ts';
import { openProbeQueue, type ProbeQueue } from '../../support/probe/queue.ts';
import { filesOf } from '../../support/properties/job-model.ts';
import { keysWith } from '../../support/redis/redis-content.ts';

let queue: ProbeQueue;
let janitor: Janitor;
beforeAll(async () => {
  queue = await openProbeQueue();
  janitor = createJanitor({
    redis: queue.redis.client(),
    contracts: [probes as unknown as JobContract],
    storage: queue.storage,
    resultTtlMs: 3_600_000,
    maxRecords: 1000,
    log: createLog('silent', 'test'),
  });
});
afterAll(() => queue.close());

const expectNoTrace = async (id: string) => {
  expect(await queue.producer.find(id)).toBeNull();
  expect(await filesOf(queue, id)).toEqual([]);
  expect(await keysWith(queue.redis.client(), id)).toEqual([]);
};

it('a job that waited when it was looked at and has ended when it is erased: its result goes with it', async () => {
  const seen = await queue.add('done');
  expect(seen.state).toBe('waiting');
  queue.startWorker();
  await queue.reaches(seen.id, 'completed');
  await queue.producer.erase(seen);
  await janitor.sweep();
  await expectNoTrace(seen.id);
});

it('a job that ran when it was looked at and has ended when it is erased: its result goes with it', async () => {
  const { id } = await queue.add('wait');
  await queue.noted(id, 'started');
  const seen = await queue.reaches(id, 'active');
  queue.letGo();
  await queue.reaches(id, 'completed');
  await queue.producer.erase(seen);
  await janitor.sweep();
  await expectNoTrace(id);
});

it('a job that is gone when it is erased: nothing of it comes back', async () => {
  const { id } = await queue.add('done');
  const seen = await queue.reaches(id, 'completed');
  await queue.producer.erase(seen);
  await queue.producer.erase({ ...seen, state: 'active' });
  await queue.producer.erase({ ...seen, state: 'waiting' });
  await janitor.sweep();
  await expectNoTrace(id);
});
