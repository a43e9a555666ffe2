import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { JobContract } from '../../../src/jobs/contract.ts';
import { randomJobId } from '../../../src/jobs/id.ts';
import { ENVELOPE_VERSION } from '../../../src/jobs/options/options.ts';
import type { CallbackState } from '../../../src/jobs/stored-job.ts';
import { createLog } from '../../../src/log.ts';
import type { WithCallback } from '../../../src/queue/upkeep/callbacks/callback-state.ts';
import { createJanitor, type Janitor, type JanitorDeps } from '../../../src/queue/upkeep/janitor.ts';
import { queueKey } from '../../../src/redis/keys.ts';
import { uploadKey } from '../../../src/storage/keys.ts';
import type { Storage } from '../../../src/storage/storage.ts';
import { probes } from '../../support/probe/job.ts';
import { openProbeQueue, type ProbeQueue } from '../../support/probe/queue.ts';
import { listStored } from '../../support/storage/stored-files.ts';
import { until } from '../../support/until.ts';

let queue: ProbeQueue;
let storage: Storage;
beforeAll(async () => {
  queue = await openProbeQueue();
  storage = queue.storage;
  queue.startWorker();
});
afterAll(() => queue.close());

const janitorWith = (limits: Partial<Pick<JanitorDeps, 'resultTtlMs' | 'maxRecords' | 'withCallback'>>): Janitor =>
  createJanitor({
    redis: queue.redis.client(),
    contracts: [probes as unknown as JobContract],
    storage,
    resultTtlMs: 3_600_000,
    maxRecords: 1000,
    log: createLog('silent', 'test'),
    ...limits,
  });

const storedFor = async (id: string): Promise<string[]> =>
  (await listStored(storage, queue.config)).filter((path) => path.includes(id));

const found = async (id: string) => {
  const job = await queue.producer.find(id);
  if (!job) throw new Error(`${id} is gone`);
  return job;
};

describe('a running job', () => {
  it('is really stopped when it is cancelled, and ends as cancelled without a file', async () => {
    const { id } = await queue.add('wait');
    await queue.noted(id, 'started');
    expect(await queue.producer.cancel(await found(id))).toBe('stopping');
    const job = await queue.reaches(id, 'cancelled', 5000);
    expect(job.error?.code).toBe('cancelled');
    expect(queue.journal(id)).toEqual(['started', 'stopped:cancelled']);
    expect(await storedFor(id)).toEqual([]);
  });

  it('that ignores its signal is left behind all the same', async () => {
    const { id } = await queue.add('deaf');
    await queue.noted(id, 'started');
    await queue.producer.cancel(await found(id));
    await queue.reaches(id, 'cancelled', 10_000);
  });

  it('is stopped first when it is erased, and gone when it has stopped', async () => {
    const { id } = await queue.add('wait');
    await queue.noted(id, 'started');
    expect(await queue.producer.erase(await found(id))).toBe(false);
    await queue.reaches(id, 'cancelled', 5000);
    await janitorWith({}).sweep();
    expect(await queue.producer.find(id)).toBeNull();
    expect(await queue.producer.hasTombstone(id)).toBe(false);
  });

  it('cancelled between two attempts: it does not run again', async () => {
    const { id } = await queue.add('not-yet');
    await queue.noted(id, 'started', 2);
    await until('it is cancelled', async () => (await queue.producer.cancel(await found(id))) !== 'ended');
    await queue.reaches(id, 'cancelled', 5000);
  });
});

describe('what is kept', () => {
  it('a job that ended longer ago than results are kept: files and record go, the id is remembered', async () => {
    const { id } = await queue.add('done');
    await queue.reaches(id, 'completed');
    expect((await storedFor(id)).length).toBeGreaterThan(0);
    await janitorWith({}).sweep();
    expect((await found(id)).state).toBe('completed');
    await until('it is swept', async () => (await janitorWith({ resultTtlMs: 1 }).sweep()) > 0);
    expect(await queue.producer.find(id)).toBeNull();
    expect(await queue.producer.hasTombstone(id)).toBe(true);
    expect(await storedFor(id)).toEqual([]);
  });

  it('more ended jobs than are kept, completed and failed: the oldest go first, and no more than are too many', async () => {
    const ids: string[] = [];
    for (let index = 0; index < 5; index += 1) {
      const fails = index % 2 === 1;
      const { id } = await queue.add(fails ? 'refuse' : 'done');
      await queue.reaches(id, fails ? 'failed' : 'completed');
      ids.push(id);
    }
    await janitorWith({ maxRecords: 2 }).sweep();
    const left = await Promise.all(ids.map(async (id) => (await queue.producer.find(id)) !== null));
    expect(left).toEqual([false, false, false, true, true]);
  });

  it('more ended jobs than are kept: one that its webhook holds goes after those that none holds', async () => {
    const ids: string[] = [];
    for (let index = 0; index < 3; index += 1) {
      const { id } = await queue.add('done');
      await queue.reaches(id, 'completed');
      ids.push(id);
    }
    const withCallback: WithCallback = async (_redis, job) =>
      job.id === ids[0] ? { ...job, callback: { state: 'delayed' } as CallbackState } : job;
    const ended = (await queue.producer.counts())['probes'];
    const maxRecords = (ended?.completed ?? 0) + (ended?.failed ?? 0) - 1;
    await queue.redis.client().zadd(queueKey('probes', 'completed'), 1, ids[0] ?? '', 2, ids[1] ?? '');
    await janitorWith({ maxRecords, withCallback, resultTtlMs: 2 * Date.now() }).sweep();
    const left = await Promise.all(ids.map(async (id) => (await queue.producer.find(id)) !== null));
    expect(left).toEqual([true, false, true]);
  });

  it('jobs that wait or run are not touched, however old', async () => {
    await queue.producer.setPaused('probes', true);
    const { id } = await queue.add('done');
    await janitorWith({ resultTtlMs: 1, maxRecords: 0 }).sweep();
    expect((await found(id)).state).toBe('waiting');
    await queue.producer.setPaused('probes', false);
    await queue.reaches(id, 'completed');
  });

  it('a result without a job is swept when it is old, one of a job stays', async () => {
    const { id } = await queue.add('done');
    await queue.reaches(id, 'completed');
    const lost = randomJobId('prb');
    await storage.put(`results/${lost}/answer.txt`, Readable.from([Buffer.from('x')]));
    expect(await janitorWith({}).sweepOrphans()).toBe(0);
    await janitorWith({}).sweepOrphans(-1);
    expect(await storedFor(lost)).toEqual([]);
    expect((await storedFor(id)).length).toBeGreaterThan(0);
  });

  it('an upload without a job is swept when it is old, one that a job refers to stays', async () => {
    await queue.producer.setPaused('probes', true);
    const id = randomJobId('prb');
    const [used, orphan] = ['nonce000', 'abcdefgh'].map((nonce) => uploadKey(id, nonce, 'file')) as [string, string];
    const written = await storage.put(used, Readable.from([Buffer.from('{"act":"done"}')]));
    const inputFile = { key: used, name: 'input.json', type: 'application/json', ...written };
    const envelope = {
      v: ENVELOPE_VERSION,
      caller: 'test',
      input: { act: 'fail' },
      inputFile,
      uploads: {},
      options: {},
    };
    await queue.producer.enqueue('probes', id, envelope);
    const unknown = uploadKey(randomJobId('prb'), 'abcdefgh', 'file');
    await storage.put(unknown, Readable.from([Buffer.from('x')]));
    await storage.put('tmp/a-draft', Readable.from([Buffer.from('half a file')]));
    await storage.put(orphan, [Buffer.from('x')] as unknown as AsyncIterable<Uint8Array>);
    expect(await janitorWith({}).sweepOrphans(3_600_000)).toBe(0);
    // A run that was stopped may have left a draft of its own.
    expect(await janitorWith({}).sweepOrphans(-1)).toBeGreaterThanOrEqual(2);
    expect(await storedFor('a-draft')).toEqual([]);
    for (const key of [orphan, unknown]) {
      await expect(storage.open(key)).rejects.toMatchObject({ code: 'not_found' });
    }
    await queue.producer.setPaused('probes', false);
    await queue.reaches(id, 'completed');
  });
});
