import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { Redis } from 'ioredis';
import { randomJobId } from '../../../src/jobs/id.ts';
import { ENVELOPE_VERSION, type Envelope } from '../../../src/jobs/options/options.ts';
import { jobKey } from '../../../src/redis/keys.ts';
import { openProbeQueue, type ProbeQueue } from '../../support/probe/queue.ts';

let queue: ProbeQueue;
let redis: Redis;
beforeAll(async () => {
  queue = await openProbeQueue();
  redis = queue.redis.client();
  queue.startWorker();
});
afterAll(() => queue.close());

const LONG = 'x'.repeat(20_000);

/** Queues a job whose input has a long text, and everything that a page shows of one. */
async function add(act: string, more: Partial<Envelope> = {}): Promise<string> {
  const id = randomJobId('prb');
  const envelope: Envelope = {
    v: ENVELOPE_VERSION,
    caller: 'kari',
    title: 'The title',
    facts: { file: 'a.csv' },
    subjects: ['per@example.no'],
    input: { act, job: LONG },
    uploads: {},
    options: { tags: ['one'], metadata: { order: 7 } },
    ...more,
  };
  await queue.producer.enqueue('probes', id, envelope);
  return id;
}

it('a completed job: its input goes, and what pages, listings and a repeated key need stays', async () => {
  const id = await add('done', { nonce: 'n', fingerprint: 'f'.repeat(64) });
  const { envelope, state } = await queue.reaches(id, 'completed');
  expect(state).toBe('completed');
  expect(envelope).toEqual({
    v: ENVELOPE_VERSION,
    caller: 'kari',
    title: 'The title',
    facts: { file: 'a.csv' },
    subjects: ['per@example.no'],
    nonce: 'n',
    fingerprint: 'f'.repeat(64),
    input: null,
    inputDropped: true,
    uploads: {},
    options: { tags: ['one'], metadata: { order: 7 } },
  });
  expect(await redis.memory('USAGE', jobKey('probes', id), 'SAMPLES', 0)).toBeLessThan(2500);
});

it('the key of a completed job, sent again: the same payload is the same job, another one is a mismatch', async () => {
  const first = { nonce: 'n1', fingerprint: 'a'.repeat(64) };
  const id = await add('done', first);
  await queue.reaches(id, 'completed');
  const again = (more: Partial<Envelope>) =>
    queue.producer.enqueue('probes', id, {
      ...{ v: ENVELOPE_VERSION, caller: 'kari', input: { act: 'done', job: LONG }, uploads: {}, options: {} },
      ...more,
    });
  expect(await again({ ...first, nonce: 'n2' })).toMatchObject({ replayed: true, job: { id, state: 'completed' } });
  await expect(again({ nonce: 'n3', fingerprint: 'b'.repeat(64) })).rejects.toMatchObject({
    code: 'idempotency_mismatch',
  });
});

it('a completed job with a small input keeps it', async () => {
  const { id } = await queue.add('done', {}, { ms: 1 });
  expect((await queue.reaches(id, 'completed')).envelope.input).toEqual({ act: 'done', ms: 1 });
});

it('a completed job that came by a form keeps its input: the form shows it again', async () => {
  const id = await add('done', { byForm: true });
  expect((await queue.reaches(id, 'completed')).envelope.input).toEqual({ act: 'done', job: LONG });
});

it('a failed and a cancelled job keep their input: they can run again', async () => {
  const failed = await add('refuse');
  await queue.producer.setPaused('probes', true);
  const cancelled = await add('done');
  const found = await queue.producer.find(cancelled);
  if (found) await queue.producer.cancel(found);
  await queue.producer.setPaused('probes', false);
  for (const [id, state] of [
    [failed, 'failed'],
    [cancelled, 'cancelled'],
  ] as const) {
    const job = await queue.reaches(id, state);
    expect(job.envelope.input).toMatchObject({ job: LONG });
  }
  const job = await queue.producer.find(cancelled);
  expect(job && (await queue.producer.retry(job))).toBe(true);
  expect((await queue.reaches(cancelled, 'completed')).envelope.inputDropped).toBe(true);
});
