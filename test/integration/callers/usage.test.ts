import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Redis } from 'ioredis';
import type { JobContract } from '../../../src/jobs/contract.ts';
import { createLog } from '../../../src/log.ts';
import { createJanitor, type Janitor } from '../../../src/queue/upkeep/janitor.ts';
import { probes } from '../../support/probe/job.ts';
import { openProbeQueue, type ProbeQueue } from '../../support/probe/queue.ts';
import { until } from '../../support/until.ts';

const USAGE = 'heavylift:{probes}:probes:usage';
const NOTHING = { jobs: 0, redisBytes: 0, inputBytes: 0, storedBytes: 0, running: 0 };

let queue: ProbeQueue;
let redis: Redis;
let janitor: Janitor;
beforeAll(async () => {
  queue = await openProbeQueue([], { maxQueueDepth: 1000 });
  redis = queue.redis.client();
  janitor = createJanitor({
    redis,
    contracts: [probes as unknown as JobContract],
    storage: queue.storage,
    resultTtlMs: 3_600_000,
    maxRecords: 1000,
    log: createLog('silent', 'test'),
  });
});
afterAll(() => queue.close());

const usage = async () => (await queue.producer.usage()).get('probes')?.get('test') ?? NOTHING;
const usageIs = (expected: object) =>
  until('it is counted', async () => {
    expect(await usage()).toMatchObject(expected);
    return true;
  });
const erase = async (...ids: string[]) => {
  for (const id of ids) {
    const job = await queue.producer.find(id);
    if (job) await queue.producer.erase(job);
  }
};

describe('what a job counts for', () => {
  it('from its accept until it is erased, whatever becomes of it', async () => {
    const delayed = await queue.add('done', { runAt: new Date(Date.now() + 3_600_000).toISOString() });
    const waiting = await queue.add('wait');
    expect(await usage()).toMatchObject({ jobs: 2, running: 0, storedBytes: 0 });
    expect((await usage()).redisBytes).toBeGreaterThan(2000);
    await queue.producer.cancel(delayed);
    expect(await usage()).toMatchObject({ jobs: 1 });

    queue.startWorker();
    await queue.noted(waiting.id, 'started');
    expect(await usage()).toMatchObject({ jobs: 1, running: 1 });
    queue.letGo();
    await queue.reaches(waiting.id, 'completed');
    await usageIs({ jobs: 0, running: 0, redisBytes: 0 });
    const kept = (await usage()).storedBytes;

    const failing = await queue.add('refuse');
    const failed = await queue.reaches(failing.id, 'failed');
    await usageIs({ jobs: 0, storedBytes: kept });
    await queue.stopWorkers();
    await queue.producer.retry(failed);
    expect(await usage()).toMatchObject({ jobs: 1, storedBytes: kept });
    await erase(delayed.id, waiting.id, failing.id);
    expect(await usage()).toEqual(NOTHING);
  });
});

describe('the janitor counts again', () => {
  it('nothing is wrong: nothing changes', async () => {
    const { id } = await queue.add('done');
    const before = await usage();
    expect(await janitor.recount()).toBe(0);
    expect(await usage()).toEqual(before);
    await erase(id);
  });

  it.each(['99 99 99 99 7', 'not a sum', '0 0 0 0 7'])('sums that say %j: they are right again', async (text) => {
    const { id } = await queue.add('done');
    const before = await usage();
    await redis.hset(USAGE, 'test', text);
    expect(await janitor.recount()).toBe(1);
    expect(await usage()).toEqual(before);
    await erase(id);
    expect(await usage()).toEqual(NOTHING);
  });

  it('a job of an earlier version: counted from then on', async () => {
    const { id } = await queue.add('done');
    const before = await usage();
    await redis.hdel(`heavylift:{probes}:probes:${id}`, 'usage');
    await redis.del(USAGE);
    await janitor.recount();
    expect(await usage()).toEqual(before);
    await erase(id);
  });

  it('a job whose end nobody counted: it waits no more', async () => {
    const { id } = await queue.add('done');
    // As Bull leaves it when the worker is killed before it has counted.
    await redis.lrem('heavylift:{probes}:probes:wait', 1, id);
    await redis.zadd('heavylift:{probes}:probes:completed', Date.now(), id);
    expect(await usage()).toMatchObject({ jobs: 1 });
    await janitor.recount();
    expect(await usage()).toMatchObject({ jobs: 0, redisBytes: 0 });
    await erase(id);
  });

  it('more jobs than it looks at in one step: all of them', async () => {
    // A busy machine may be too slow for some of them: these are refused, and added again.
    const add = () => until('it is added', () => queue.add('done'));
    for (let added = 0; added < 600; added += 20) await Promise.all(Array.from({ length: 20 }, add));
    await redis.hset(USAGE, 'test', '1 1 1 1 1');
    await janitor.recount();
    expect((await usage()).jobs).toBe(600);
  });
});
