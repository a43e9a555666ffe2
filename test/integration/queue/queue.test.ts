import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomJobId } from '../../../src/jobs/id.ts';
import { ENVELOPE_VERSION } from '../../../src/jobs/options/options.ts';
import { queueKey } from '../../../src/redis/keys.ts';
import { openProbeQueue, type ProbeQueue } from '../../support/probe/queue.ts';
import { until } from '../../support/until.ts';

let queue: ProbeQueue;

beforeAll(async () => {
  queue = await openProbeQueue();
});
afterAll(() => queue.close());

describe('the producer', () => {
  it('Redis has lost its data: the jobs accepted since are listed for the operator all the same', async () => {
    await queue.add('done');
    await queue.redis.client().flushall();
    const { id } = await queue.add('done');
    const { jobs } = await queue.producer.list({ caller: null, after: null, limit: 10 });
    expect(jobs.map((job) => job.id)).toEqual([id]);
    await queue.redis.client().flushall();
  });

  it('a job that is queued: it waits, and each has its position in the line', async () => {
    const first = await queue.add('done');
    const second = await queue.add('done');
    expect(first).toMatchObject({ state: 'waiting', position: 1, attemptsMade: 0, kind: 'probes' });
    expect(second.position).toBe(2);
  });

  it('priorities: high goes before normal, low comes last', async () => {
    const low = await queue.add('done', { priority: 'low' });
    const normal = await queue.add('done');
    const high = await queue.add('done', { priority: 'high' });
    const positions = await Promise.all(
      [high, normal, low].map(async ({ id }) => (await queue.producer.find(id))?.position),
    );
    expect(positions).toEqual([1, 4, 5]);
  });

  it('the same id twice: nothing is queued twice', async () => {
    const id = randomJobId('prb');
    const envelope = { v: ENVELOPE_VERSION, caller: 'test', input: { act: 'done' }, uploads: {}, options: {} };
    const before = (await queue.producer.counts())['probes']?.waiting ?? 0;
    await Promise.all([1, 2, 3].map(() => queue.producer.enqueue('probes', id, envelope)));
    expect((await queue.producer.counts())['probes']?.waiting).toBe(before + 1);
  });

  it('runAt: the job is delayed until then', async () => {
    const job = await queue.add('done', { runAt: new Date(Date.now() + 3_600_000).toISOString() });
    expect(job).toMatchObject({ state: 'delayed', position: null });
  });

  it('an id of another shape or kind: there is no such job', async () => {
    expect(await queue.producer.find('prb_short')).toBeNull();
    expect(await queue.producer.find(randomJobId('xyz'))).toBeNull();
    expect(await queue.producer.find(randomJobId('prb'))).toBeNull();
  });

  it('a full queue: the job is refused as queue_full with the limit in the sentence', async () => {
    const waiting = (await queue.producer.counts())['probes'];
    const room = 100 - (waiting?.waiting ?? 0) - (waiting?.delayed ?? 0);
    for (let added = 0; added < room; added += 1) await queue.add('done');
    await expect(queue.add('done')).rejects.toMatchObject({
      code: 'queue_full',
      message: expect.stringContaining('100'),
    });
  });
});

describe('a worker', () => {
  it('takes what waits, also when it starts after the jobs were queued', async () => {
    queue.startWorker();
    await until('the queue is empty', async () => (await queue.producer.counts())['probes']?.waiting === 0);
    expect((await queue.producer.counts())['probes']).toMatchObject({ failed: 0, delayed: 1 });
  });

  it('a job that ends well: completed, with its file, its result and its times', async () => {
    const { id } = await queue.add('done');
    const job = await queue.reaches(id, 'completed');
    expect(job.outcome).toMatchObject({
      result: { attempt: 1 },
      files: [
        {
          key: `results/${id}/answer.txt`,
          name: 'answer.txt',
          bytes: 9,
          sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
        },
      ],
    });
    expect(job.attemptsMade).toBe(1);
    expect(job.error).toBeNull();
    expect(job.finishedAt ?? 0).toBeGreaterThanOrEqual(job.startedAt ?? Number.POSITIVE_INFINITY);
  });

  it('an input that lies in storage: the processor gets it as if it had come through Redis', async () => {
    const id = randomJobId('prb');
    const key = `uploads/${id}-nonce000/input.json`;
    const storage = queue.storage;
    const written = await storage.put(key, Readable.from([Buffer.from('{"act":"done"}')]));
    const inputFile = { key, name: 'input.json', type: 'application/json', ...written };
    const envelope = {
      v: ENVELOPE_VERSION,
      caller: 'test',
      input: { act: 'fail' },
      inputFile,
      uploads: {},
      options: {},
    };
    await queue.producer.enqueue('probes', id, envelope);
    await queue.reaches(id, 'completed');
  });

  it('a passing fault: the job runs again until it succeeds, and each run counts', async () => {
    const { id } = await queue.add('flaky');
    const job = await queue.reaches(id, 'completed');
    expect(job.attemptsMade).toBe(3);
    expect(queue.journal(id)).toEqual(['started', 'started', 'started', 'done']);
  });

  it('a final fault: failed after one run, with its sentence', async () => {
    const { id } = await queue.add('refuse');
    const job = await queue.reaches(id, 'failed');
    expect(job.error).toMatchObject({
      code: 'image_unreadable',
      status: 422,
      detail: 'The image could not be decoded.',
    });
    expect(queue.journal(id)).toEqual(['started']);
    expect(job.attemptsMade).toBe(1);
  });

  it('a bug: tried as often as the contract says, then failed without a word of the cause', async () => {
    const { id } = await queue.add('fail');
    const job = await queue.reaches(id, 'failed');
    expect(job.attemptsMade).toBe(3);
    expect(job.error).toMatchObject({ code: 'internal', status: 500 });
    expect(JSON.stringify(job.error)).not.toContain('secret');
  });

  it('a job that waits for another uses up no attempt', async () => {
    const { id } = await queue.add('not-yet');
    await queue.noted(id, 'started', 5);
    queue.letGo();
    const job = await queue.reaches(id, 'completed');
    expect(job.attemptsMade).toBe(1);
  });

  it('an expired job: fails as expired without running', async () => {
    const runAt = new Date(Date.now() + 300).toISOString();
    const { id } = await queue.add('done', { runAt, expiresAt: new Date(Date.now() + 100).toISOString() });
    const job = await queue.reaches(id, 'failed');
    expect(job.error?.code).toBe('expired');
    expect(queue.journal(id)).toEqual([]);
  });

  it('a failed job run again: all its attempts are back and its priority is kept', async () => {
    const { id } = await queue.add('refuse', { priority: 'high' });
    const failed = await queue.reaches(id, 'failed');
    await queue.producer.setPaused('probes', true);
    expect(await queue.producer.retry(failed)).toBe(true);
    const waiting = await queue.reaches(id, 'waiting');
    expect(waiting).toMatchObject({ attemptsMade: 0, error: null, finishedAt: null });
    const other = await queue.add('done', { priority: 'low' });
    expect((await queue.producer.find(id))?.position).toBe(1);
    expect(other.position).toBe(2);
    await queue.producer.setPaused('probes', false);
    await queue.reaches(id, 'failed');
    expect(queue.journal(id)).toEqual(['started', 'started']);
  });

  it('a completed job is not run again', async () => {
    const { id } = await queue.add('done');
    expect(await queue.producer.retry(await queue.reaches(id, 'completed'))).toBe(false);
  });

  it('is listed among the living, with how much it runs', async () => {
    const [worker] = await until('a worker is listed', async () => {
      const workers = await queue.producer.workers();
      return workers.length > 0 && workers;
    });
    expect(worker).toMatchObject({ kind: 'probes', concurrency: 2 });
  });
});

describe('a run', () => {
  it('longer than its limit: its signal aborts, it is tried again and fails as timed_out', async () => {
    const worker = queue.startWorker({ IMAGES_TIMEOUT_SECONDS: '1' });
    const { redis, producer } = queue;
    // The worker without the short limit is not to take it.
    await producer.setPaused('probes', false);
    const others = (await producer.workers()).filter(({ pid }) => pid !== worker.pid);
    for (const { pid } of others) process.kill(pid, 'SIGTERM');
    await until('that worker alone is left', async () => {
      const pids = (await producer.workers()).map(({ pid }) => pid);
      return pids.length === 1 && pids[0] === worker.pid;
    });
    // One heeds its signal and one does not: the latter is left behind some seconds later, which is seen once.
    const [{ id }, deaf] = await Promise.all([queue.add('done', {}, { ms: 60_000 }), queue.add('deaf')]);
    const job = await queue.reaches(id, 'failed', 30_000);
    expect(job.error).toMatchObject({ code: 'timed_out', detail: expect.stringContaining('1 second') });
    expect(job.attemptsMade).toBe(3);
    expect(await redis.client().hget(queueKey('probes', id), 'run')).toBeNull();
    await queue.noted(deaf.id, 'started', 2);
  });
});
