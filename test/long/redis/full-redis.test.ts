import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Redis } from 'ioredis';
import { AppError } from '../../../src/errors.ts';
import type { JobContract } from '../../../src/jobs/contract.ts';
import { randomJobId } from '../../../src/jobs/id.ts';
import { ENVELOPE_VERSION, type Envelope } from '../../../src/jobs/options/options.ts';
import type { CallbackState } from '../../../src/jobs/stored-job.ts';
import { createLog } from '../../../src/log.ts';
import type { WithCallback } from '../../../src/queue/upkeep/callbacks/callback-state.ts';
import { createJanitor, type Janitor, type JanitorDeps } from '../../../src/queue/upkeep/janitor.ts';
import { readMemory } from '../../../src/redis/faults.ts';
import { queueKey, writeProbeKey } from '../../../src/redis/keys.ts';
import { openStorage } from '../../../src/storage/open.ts';
import { defaultConfig } from '../../../workers/config.ts';
import { probes } from '../../support/probe/job.ts';
import { openProbeQueue, type ProbeQueue } from '../../support/probe/queue.ts';
import { until } from '../../support/until.ts';

let queue: ProbeQueue;
let redis: Redis;
beforeAll(async () => {
  queue = await openProbeQueue([], { maxQueueDepth: 1000 });
  redis = queue.redis.client();
  queue.startWorker();
});
afterAll(() => queue.close());
beforeEach(async () => {
  await redis.config('SET', 'maxmemory', '512mb');
  await queue.producer.setPaused('probes', false);
  await hasLooked();
  await until('nothing of before is kept', async () => (await (await janitorWith({ resultTtlMs: 1 })).sweep()) === 0);
});

async function janitorWith(more: Partial<JanitorDeps>): Promise<Janitor> {
  return createJanitor({
    redis,
    contracts: [probes as unknown as JobContract],
    storage: await openStorage({ ...defaultConfig(), DATA_DIR: queue.dir }),
    resultTtlMs: 3_600_000,
    maxRecords: 1000,
    log: createLog('silent', 'test'),
    ...more,
  });
}

/** Queues a job that takes about 35 KB of Redis, also once it has failed; as a client does, again when Redis is not heard. */
async function add(caller: string, act = 'refuse', more: Partial<Envelope> = {}): Promise<string> {
  const id = randomJobId('prb');
  const input = { act, job: 'x'.repeat(30_000) };
  const envelope = { v: ENVELOPE_VERSION, caller, input, uploads: {}, options: {}, ...more };
  const queued = await until('the job is queued or refused', () =>
    queue.producer.enqueue('probes', id, envelope).catch((error: AppError) => {
      if (error.code === 'queue_unavailable') throw error;
      return error;
    }),
  );
  if (queued instanceof AppError) throw queued;
  return id;
}

/** Adds so many jobs of a caller, which end in this order. */
async function addEnded(caller: string, count: number): Promise<string[]> {
  const ids: string[] = [];
  for (let number = 0; number < count; number += 1) {
    const id = await add(caller);
    await queue.reaches(id, 'failed');
    ids.push(id);
  }
  return ids;
}

/** Resolves once the producer has looked at Redis after this. */
async function hasLooked(): Promise<void> {
  const before = await redis.pttl(writeProbeKey());
  await until('the producer has looked', async () => (await redis.pttl(writeProbeKey())) > before);
}

const memory = async () => readMemory([await redis.info('memory')]);
/** Sets the limit so that this share of it is used now. */
const useUp = async (share: number) =>
  redis.config('SET', 'maxmemory', String(Math.floor((await memory()).usedBytes / share)));
const shareUsed = async () => {
  const { usedBytes, maxBytes } = await memory();
  return usedBytes / maxBytes;
};
const isThere = async (id: string) => (await queue.producer.find(id)) !== null;
const thereOf = async (ids: string[]) => {
  const there = await Promise.all(ids.map(isThere));
  return ids.filter((_id, index) => there[index]);
};

describe('ended jobs take much of the memory', () => {
  it('those of the caller who takes most go, the one that ended first first; the others notice nothing', async () => {
    const little = await addEnded('little', 5);
    const much = await addEnded('much', 25);
    await useUp(0.8);
    const janitor = await janitorWith({});
    await until('there is room', async () => (await janitor.sweep()) === 0);
    expect(await shareUsed()).toBeLessThan(0.71);
    expect(await thereOf(little)).toEqual(little);
    const left = await thereOf(much);
    expect(left.length).toBeGreaterThan(0);
    expect(left.length).toBeLessThan(25);
    expect(left).toEqual(much.slice(-left.length));
    expect(await queue.producer.hasTombstone(much[0] ?? '')).toBe(true);
    for (const folder of ['uploads', 'results']) {
      const path = join(queue.dir, 'storage', folder);
      const names = existsSync(path) ? readdirSync(path) : [];
      expect(names.filter((name) => name.startsWith(much[0] ?? ''))).toEqual([]);
    }
  });

  it('more of them than MAX_RECORDS: likewise', async () => {
    const little = await addEnded('little', 3);
    const much = await addEnded('much', 12);
    await (await janitorWith({ maxRecords: 10 })).sweep();
    expect(await thereOf([...little, ...much])).toEqual([...little, ...much.slice(-7)]);
  });

  it('one with a pending webhook goes when nothing else is left', async () => {
    const ids = await addEnded('much', 25);
    const [first = ''] = ids;
    const withCallback: WithCallback = async (_redis, job) =>
      job.id === first ? { ...job, callback: { state: 'delayed' } as CallbackState } : job;
    await useUp(0.8);
    const janitor = await janitorWith({ withCallback });
    await until('there is room', async () => (await janitor.sweep()) === 0);
    expect(await isThere(first)).toBe(true);
    expect(await isThere(ids[1] ?? '')).toBe(false);
    await (await janitorWith({ withCallback, maxRecords: 0 })).sweep();
    expect(await thereOf(ids)).toEqual([]);
  });

  it('what fills it are waiting jobs: the few that have ended stay', async () => {
    const ended = await addEnded('little', 2);
    await queue.producer.setPaused('probes', true);
    const waiting = [];
    for (let number = 0; number < 100; number += 1) waiting.push(await add('much', 'done'));
    await useUp(0.78);
    expect(await (await janitorWith({})).sweep()).toBe(0);
    expect(await thereOf([...ended, ...waiting])).toEqual([...ended, ...waiting]);
    await redis.config('SET', 'maxmemory', '512mb');
    await queue.producer.setPaused('probes', false);
    for (const id of waiting) await queue.reaches(id, 'completed');
  });
});

it('an idempotency key whose job made way: told, not run again; a mismatch for another payload; free after RESULT_TTL', async () => {
  const chosen = { nonce: 'n1', fingerprint: 'a'.repeat(64) };
  const id = await add('much', 'refuse', chosen);
  await queue.reaches(id, 'failed');
  await (await janitorWith({ maxRecords: 0 })).sweep();
  expect(await queue.producer.hasTombstone(id)).toBe(true);
  const again = (more: Partial<Envelope>) =>
    queue.producer.enqueue('probes', id, {
      ...{ v: ENVELOPE_VERSION, caller: 'much', input: { act: 'done' }, uploads: {}, options: {}, ...chosen },
      ...more,
    });
  await expect(again({ nonce: 'n2' })).rejects.toMatchObject({ code: 'result_expired' });
  await expect(again({ fingerprint: 'b'.repeat(64) })).rejects.toMatchObject({ code: 'idempotency_mismatch' });
  expect(await isThere(id)).toBe(false);
  await redis.hset(`${queueKey('probes', 'expired')}:known`, id, `${Date.now() - 1}:${'a'.repeat(32)}`);
  expect((await again({ nonce: 'n3' })).replayed).toBe(false);
  await queue.reaches(id, 'completed');
});

it('tombstones are bounded, with what they know', async () => {
  const ids = await addEnded('much', 4);
  await Promise.all(ids.map((id) => redis.hset(`${queueKey('probes', 'expired')}:known`, id, '1:a')));
  await (await janitorWith({ maxRecords: 0, tombstones: 2 })).sweep();
  expect(await redis.zcard(queueKey('probes', 'expired'))).toBe(2);
  expect(await redis.hlen(`${queueKey('probes', 'expired')}:known`)).toBeLessThanOrEqual(2);
});

describe('no memory left', () => {
  it('the janitor works: what is past its time goes by itself, held jobs too', async () => {
    const ids = await addEnded('much', 20);
    await useUp(1.1);
    await expect(redis.set('x', 'y')).rejects.toThrow('OOM');
    const [first = ''] = ids;
    const withCallback: WithCallback = async (_redis, job) =>
      job.id === first
        ? { ...job, callback: { state: 'delayed', sends: [{}], createdAt: Date.now() } as CallbackState }
        : job;
    const janitor = await janitorWith({ withCallback, resultTtlMs: 1 });
    janitor.start();
    await until('all but the held one are gone', async () => (await thereOf(ids)).length <= 1);
    janitor.stop();
    expect(await redis.set('x', 'y')).toBe('OK');
    await redis.del('x');
  });

  it('a running job keeps its lock and ends; cancelling and erasing work', async () => {
    const { id } = await queue.add('wait');
    await queue.noted(id, 'started');
    const ids = await addEnded('much', 3);
    await queue.producer.setPaused('probes', true);
    const waiting = await queue.add('done');
    await useUp(1.2);
    expect(await queue.producer.cancel(waiting)).toBe('cancelled');
    const found = await queue.producer.find(ids[0] ?? '');
    expect(found && (await queue.producer.erase(found))).toBe(true);
    await until('the lock was renewed', async () => (await redis.pttl(`${queueKey('probes', id)}:lock`)) > 3500);
    queue.letGo();
    expect((await queue.reaches(id, 'completed')).attemptsMade).toBe(1);
    await redis.config('SET', 'maxmemory', '512mb');
    await queue.producer.setPaused('probes', false);
  });
});

it('more jobs come within a second than there is room for: refused at 80 %, not at 100 %', async () => {
  await queue.producer.setPaused('probes', true);
  const { usedBytes } = await memory();
  await redis.config('SET', 'maxmemory', String(usedBytes + 3_000_000));
  await hasLooked();
  await until('one is refused for want of memory', async () => {
    const outcomes = await Promise.allSettled(Array.from({ length: 20 }, () => add('much', 'done')));
    return outcomes.some((outcome) => outcome.status === 'rejected' && outcome.reason.code === 'queue_full');
  });
  expect(await shareUsed()).toBeLessThan(0.9);
  await redis.config('SET', 'maxmemory', '512mb');
});
