import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { queueKey } from '../../src/redis/keys.ts';
import { openSlowRelay } from '../support/emails/slow-relay.ts';
import { openProbeQueue, type ProbeQueue } from '../support/probe/queue.ts';
import { until } from '../support/until.ts';

let queue: ProbeQueue;

beforeEach(async () => {
  queue = await openProbeQueue();
});
afterEach(() => queue.close());

/** A worker in the one place that supervisord would start it in again: it need not wait for the locks of a dead one. */
const startInPlace = () => queue.startWorker({}, ['--place', '0a1b2c3d:probes-0']);

const workersAlive = (count: number) =>
  until(`${count} workers are alive`, async () => (await queue.producer.workers()).length === count);

describe('a worker killed mid-job (kill -9)', () => {
  it('the job is finished once by another worker, and the death uses up no attempt', async () => {
    const first = queue.startWorker();
    await workersAlive(1);
    const { id } = await queue.add('wait');
    await queue.noted(id, 'started');
    queue.startWorker();
    await workersAlive(2);
    await first.stop('SIGKILL');
    queue.letGo();
    const job = await queue.reaches(id, 'completed');
    expect(queue.journal(id)).toEqual(['started', 'started', 'done']);
    expect(job).toMatchObject({ attemptsMade: 1, outcome: { result: { attempt: 1 } } });
  });

  it('with no other worker there: the one that is started next in its place finishes the job', async () => {
    const first = startInPlace();
    const { id } = await queue.add('wait');
    await queue.noted(id, 'started');
    await first.stop('SIGKILL');
    queue.letGo();
    startInPlace();
    await queue.reaches(id, 'completed');
  });
});

describe('SIGTERM', () => {
  it('a running job is finished before the worker ends', async () => {
    const worker = queue.startWorker();
    const { id } = await queue.add('wait');
    await queue.noted(id, 'started');
    worker.signal('SIGTERM');
    await until('the worker drains', () => worker.output().includes('no further job is taken'));
    queue.letGo();
    expect(await worker.exited).toBe(0);
    expect(queue.journal(id)).toEqual(['started', 'done']);
    expect((await queue.producer.find(id))?.state).toBe('completed');
  });

  it('no further job is taken while it drains', async () => {
    const worker = queue.startWorker();
    const { id } = await queue.add('wait');
    await queue.noted(id, 'started');
    worker.signal('SIGTERM');
    await until('the worker drains', () => worker.output().includes('no further job is taken'));
    const late = await queue.add('done');
    queue.letGo();
    await worker.exited;
    expect(queue.journal(late.id)).toEqual([]);
    expect((await queue.producer.find(late.id))?.state).toBe('waiting');
  });

  it('what can not finish within the limit goes back to waiting at once and uses up no attempt', async () => {
    const worker = queue.startWorker({ DRAIN_SECONDS: '1' });
    const { id } = await queue.add('wait');
    await queue.noted(id, 'started');
    expect(await worker.stop()).toBe(0);
    expect(queue.journal(id)).toEqual(['started', 'stopped:interrupted']);
    expect(await queue.producer.find(id)).toMatchObject({ state: 'waiting', attemptsMade: 0 });
    // Nobody may be told of an end that has not come.
    expect(existsSync(join(queue.dir, 'finishing'))).toBe(false);
    queue.letGo();
    queue.startWorker();
    expect((await queue.reaches(id, 'completed')).attemptsMade).toBe(1);
  });

  it('a processor that ignores its signal: the worker ends all the same, and the job is in the queue', async () => {
    const worker = queue.startWorker({ DRAIN_SECONDS: '1' });
    const { id } = await queue.add('deaf');
    await queue.noted(id, 'started');
    expect(await worker.stop()).toBe(0);
    expect((await queue.producer.find(id))?.state).toBe('waiting');
  });

  it('an idle worker ends at once', async () => {
    const worker = queue.startWorker();
    await workersAlive(1);
    expect(await worker.stop()).toBe(0);
    expect(await queue.producer.workers()).toEqual([]);
  });

  it('a worker that is ended while its connections to Redis are still being made: exit 0', async () => {
    const relay = await openSlowRelay(join(queue.dir, 'slow.sock'), queue.redis.socket, 20);
    const worker = queue.startWorker({ REDIS_URL: relay.url });
    await until('the worker is alive', async () => (await queue.producer.workers()).length === 1, { everyMs: 1 });
    const code = await worker.stop();
    await relay.close();
    expect(code).toBe(0);
  });
});

it('a job whose workers stand still, one died: given up after five, named as worker_stalled', async () => {
  const { id } = await queue.add('done');
  await queue.redis.client().hset(queueKey('probes', id), { stalls: 4, crashes: 1 });
  queue.startWorker();
  expect((await queue.reaches(id, 'failed')).error).toMatchObject({
    code: 'worker_stalled',
    retryable: false,
    detail: 'The worker stood still while it ran this job. It was given up after 4 workers, and 1 died.',
  });
  expect(queue.journal(id)).toEqual([]);
});
