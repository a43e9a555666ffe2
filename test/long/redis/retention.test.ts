import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { Express } from 'express';
import type { Redis } from 'ioredis';
import request from 'supertest';
import { examine } from '../../../bin/doctor/doctor.ts';
import { createAlerts } from '../../../src/alerts/alerts.ts';
import { createApp } from '../../../src/app.ts';
import { createEndpoints } from '../../../src/endpoints/store.ts';
import type { JobContract } from '../../../src/jobs/contract.ts';
import { randomJobId } from '../../../src/jobs/id.ts';
import { ENVELOPE_VERSION } from '../../../src/jobs/options/options.ts';
import { createKeyring } from '../../../src/keys/keyring.ts';
import { createQuotas } from '../../../src/keys/quotas.ts';
import { createRates } from '../../../src/keys/rates.ts';
import { createLog } from '../../../src/log.ts';
import { createBulkActions } from '../../../src/queue/bulk/bulk-actions.ts';
import { createJobEvents } from '../../../src/queue/producer/events.ts';
import { createJanitor, type Janitor } from '../../../src/queue/upkeep/janitor.ts';
import { openSubscriberRedis } from '../../../src/redis/connect.ts';
import { NO_GUARDS } from '../../../src/redis/guards.ts';
import { callerIndex, indexKey, queueKey, tombstonesKey } from '../../../src/redis/keys.ts';
import { openStorage } from '../../../src/storage/open.ts';
import type { Storage } from '../../../src/storage/storage.ts';
import { createSuppressions } from '../../../src/suppressions/store.ts';
import { createCollect } from '../../../src/verdict/collect.ts';
import { keepLast } from '../../../src/verdict/last.ts';
import { createSinceStore } from '../../../src/verdict/since.ts';
import { createVerdictWatch } from '../../../src/verdict/verdict-watch.ts';
import { defaultConfig } from '../../../workers/config.ts';
import type { AllConfig } from '../../../workers/index.ts';
import { probes } from '../../support/probe/job.ts';
import { openProbeQueue, type ProbeQueue } from '../../support/probe/queue.ts';
import { until } from '../../support/until.ts';

/** A month of a small site, replayed in minutes. */
const JOBS = 20_000;
const MAX_RECORDS = 2000;
const REMEMBERED = 5000;
/** Jobs queued ahead of the workers at most: what waits is bounded by the queue's depth, not by retention. */
const AHEAD = 300;
/** What has ended since the janitor's last round comes on top of what is kept. */
const SLACK = 1500;

const contracts = [probes as unknown as JobContract];
const log = createLog('silent', 'test');
const KEY = 'key-of-the-operator';
let queue: ProbeQueue;
let storage: Storage;
let redis: Redis;
let app: Express;
let closeEvents: () => void;

beforeAll(async () => {
  queue = await openProbeQueue([], { maxQueueDepth: 10 * AHEAD });
  const config: AllConfig = { ...defaultConfig(), DATA_DIR: queue.dir, REDIS_URL: queue.redis.url };
  storage = await openStorage(config);
  redis = queue.redis.client();
  const keyring = createKeyring([{ name: 'op', key: KEY, scopes: ['admin'] }], ['a secret'], 'http://127.0.0.1:3000');
  const events = createJobEvents(['probes'], () => openSubscriberRedis(config, log));
  closeEvents = events.close;
  app = createApp({
    kinds: [],
    ...{ config, contracts, producer: queue.producer, events, storage, keyring, log },
    secrets: ['a secret of the tests that is long enough'],
    rates: createRates(redis),
    quotas: createQuotas({
      contracts,
      readUsage: queue.producer.usage,
      readMemory: queue.producer.memory,
      readStorageBudget: async () => Number.POSITIVE_INFINITY,
      maxQueueDepth: 10 * AHEAD,
    }),
    examine: () => examine(config),
    verdict: createVerdictWatch({
      collect: createCollect({ config, contracts, redis, storage }),
      since: createSinceStore(redis),
      keep: (judged) => keepLast(redis, judged),
      log,
    }),
    alerts: createAlerts({ config, redis, log }),
    bulkActions: createBulkActions(redis),
    suppressions: createSuppressions(redis, ['a secret']),
    endpoints: createEndpoints(redis, ['a secret']),
    redis,
    guards: NO_GUARDS,
  });
});
afterAll(async () => {
  closeEvents?.();
  await queue.close();
});

const janitorWith = (resultTtlMs: number): Janitor =>
  createJanitor({ redis, contracts, storage, resultTtlMs, maxRecords: MAX_RECORDS, tombstones: REMEMBERED, log });
const statusOf = async (id: string) =>
  (await request(app).get(`/v1/jobs/${id}`).set('Authorization', `Bearer ${KEY}`)).status;
const files = (): number => {
  const results = join(queue.dir, 'storage', 'results');
  return existsSync(results) ? readdirSync(results).length : 0;
};
const ended = async () => (await redis.zcard(key('completed'))) + (await redis.zcard(key('failed')));
const key = (name: string) => queueKey('probes', name);
const bytesUsed = async () => Number(/used_memory:(\d+)/.exec(await redis.info('memory'))?.[1]);

/** Queues one job, one in ten of them to fail; asked again when Redis is not heard in time, as a client does. */
async function enqueue(id: string, index: number): Promise<number> {
  const envelope = {
    v: ENVELOPE_VERSION,
    caller: 'site',
    input: { act: index % 10 === 9 ? 'refuse' : 'done' },
    uploads: {},
    options: { subject: `customer-${index % 100}` },
  };
  for (;;) {
    const enqueued = await queue.producer.enqueue('probes', id, envelope).catch(() => delay(500));
    if (enqueued) return redis.llen(key('wait'));
  }
}

/** Posts every job, a little ahead of the workers. Answers with the ids, in the order of their posts. */
async function replayMonth(): Promise<string[]> {
  const ids: string[] = [];
  const post = async () => {
    while (ids.length < JOBS) {
      const index = ids.push(randomJobId('prb')) - 1;
      const depth = await enqueue(ids[index] as string, index);
      if (depth > AHEAD) await delay(50);
    }
  };
  await Promise.all(Array.from({ length: 8 }, post));
  return ids;
}

it('a month of jobs: records, files, index and memory stay bounded; old ids are 410, then 404', async () => {
  for (let worker = 0; worker < 2; worker += 1) queue.startWorker();
  const janitor = janitorWith(3_600_000);
  janitor.start();
  const seen: { ended: number; files: number; bytes: number }[] = [];
  let over = false;
  const watching = (async () => {
    while (!over) {
      seen.push({ ended: await ended(), files: files(), bytes: await bytesUsed() });
      await delay(500);
    }
  })();

  const begun = performance.now();
  const ids = await replayMonth().finally(() => {
    over = true;
  });
  await watching;
  const most = (figure: 'ended' | 'files' | 'bytes') => Math.max(...seen.map((one) => one[figure]));
  const perSecond = JOBS / ((performance.now() - begun) / 1000);
  console.log(
    `${JOBS} jobs at ${perSecond.toFixed(0)}/s, of which ${MAX_RECORDS} are kept: at most ${most('ended')} records, ` +
      `${most('files')} results, ${(most('bytes') / 1e6).toFixed(1)} MB of Redis`,
  );
  expect(most('ended')).toBeLessThan(MAX_RECORDS + SLACK);
  expect(most('files')).toBeLessThan(MAX_RECORDS + SLACK + AHEAD);
  expect(most('bytes')).toBeLessThan(40_000_000);

  await until(
    'no job waits or runs',
    async () => {
      const counts = (await queue.producer.counts())['probes'];
      return counts && counts.waiting + counts.active === 0;
    },
    { timeoutMs: 120_000 },
  );
  await until('no more records than are kept', async () => (await ended()) <= MAX_RECORDS, { timeoutMs: 120_000 });
  janitor.stop();

  // The index has an entry for each record, and none beside.
  expect(await redis.zcard(indexKey('probes', callerIndex('site')))).toBe(await ended());
  const subjects = await redis.keys(indexKey('probes', 'subject:*'));
  const entries = await Promise.all(subjects.map((subject) => redis.zcard(subject)));
  expect(entries.reduce((sum, count) => sum + count, 0)).toBe(await ended());
  expect(await redis.zcard(tombstonesKey('probes'))).toBe(REMEMBERED);

  expect(await statusOf(ids.at(-1) as string)).toBe(200);
  expect(await statusOf(ids[JOBS - MAX_RECORDS - 2 * SLACK] as string)).toBe(410);
  expect(await statusOf(ids[0] as string)).toBe(404);

  await expectNothingLeft(ids);
});

/** Everything is past its time: what is left are the ids that are tombstones, whatever had happened. */
async function expectNothingLeft(ids: string[]): Promise<void> {
  const janitor = janitorWith(1);
  await until('everything has expired', async () => (await janitor.sweep()) === 0, { timeoutMs: 120_000 });
  expect([await ended(), files(), (await redis.keys(indexKey('probes', '*'))).length]).toEqual([0, 0, 0]);
  expect(await redis.zcard(tombstonesKey('probes'))).toBe(REMEMBERED);
  expect(await statusOf(ids.at(-1) as string)).toBe(410);
  const mentioned = new Set((await redis.keys('*')).flatMap((name) => /prb_\w{26}/.exec(name) ?? []));
  expect([...mentioned]).toEqual([]);
}
