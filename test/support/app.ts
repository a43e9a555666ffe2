import type { Express } from 'express';
import { examine } from '../../bin/doctor/doctor.ts';
import { createAlerts } from '../../src/alerts/alerts.ts';
import { createApp } from '../../src/app.ts';
import { dataPaths, makeDataDir } from '../../src/data-dir.ts';
import { createEndpoints } from '../../src/endpoints/store.ts';
import type { JobContract } from '../../src/jobs/contract.ts';
import { openKeyCache } from '../../src/keys/key-cache.ts';
import { createKeyring } from '../../src/keys/keyring.ts';
import { createQuotas } from '../../src/keys/quotas.ts';
import { createRates } from '../../src/keys/rates.ts';
import { openSessions } from '../../src/keys/sessions.ts';
import { createKeyStore } from '../../src/keys/store.ts';
import { createLog } from '../../src/log.ts';
import { createBulkActions } from '../../src/queue/bulk/bulk-actions.ts';
import { createJobEvents } from '../../src/queue/producer/events.ts';
import { createProducer, type Producer } from '../../src/queue/producer/producer.ts';
import { createCallbackReader } from '../../src/queue/upkeep/callbacks/callback-state.ts';
import { createCallbacks, createDerivedJobs } from '../../src/queue/upkeep/callbacks/callbacks.ts';
import { watchAnswers } from '../../src/redis/answers.ts';
import { openProducerRedis, openSubscriberRedis } from '../../src/redis/connect.ts';
import { createGuards } from '../../src/redis/guards.ts';
import type { Secrets } from '../../src/signing/secret.ts';
import { openStorage } from '../../src/storage/open.ts';
import type { Storage } from '../../src/storage/storage.ts';
import { createStorageBudget } from '../../src/storage/storage-budget.ts';
import { createSuppressions, type Suppressions } from '../../src/suppressions/store.ts';
import { createCollect } from '../../src/verdict/collect.ts';
import { keepLast } from '../../src/verdict/last.ts';
import { createSinceStore } from '../../src/verdict/since.ts';
import { createVerdictWatch } from '../../src/verdict/verdict-watch.ts';
import type { AllConfig } from '../../workers/index.ts';
import { configureContracts, KINDS } from '../../workers/index.ts';
import { testConfig } from './matrix/test-config.ts';
import { startRedis, type TestRedis } from './redis/redis.ts';
import { listStored } from './storage/stored-files.ts';
import { makeTempDir } from './temp-dir.ts';
import { until } from './until.ts';

/** The app in this process, for supertest, over a real Redis and a real folder; no worker runs. */
export interface TestApp {
  app: Express;
  config: AllConfig;
  redis: TestRedis;
  contracts: readonly JobContract[];
  producer: Producer;
  storage: Storage;
  suppressions: Suppressions;
  /** The deployment's secrets. */
  secrets: Secrets;
  /** Files in storage, as paths below it, with those that are not whole yet. */
  storedFiles(): Promise<string[]>;
  /** Jobs that wait, over all kinds. */
  waiting(): Promise<number>;
  /** Forgets every job and file. */
  clear(): Promise<void>;
  close(): Promise<void>;
}

/** What posts jobs of every kind. */
const POST_SCOPES = KINDS.flatMap(({ scope }) => scope ?? []);

/**
 * The keys of the test app: two callers with kinds only, one who may post images alone, one mails alone, an operator.
 */
export const TEST_KEYS = {
  kari: { name: 'kari', key: 'key-of-kari', scopes: POST_SCOPES },
  ola: { name: 'ola', key: 'key-of-ola', scopes: POST_SCOPES },
  printer: { name: 'printer', key: 'key-of-printer', scopes: ['images'] },
  mailer: { name: 'mailer', key: 'key-of-mailer', scopes: ['emails'] },
  operator: { name: 'operator', key: 'key-of-operator', scopes: ['admin'] },
};

export const bearer = (name: keyof typeof TEST_KEYS): string => `Bearer ${TEST_KEYS[name].key}`;

/** Opens the app with the default settings but for `changes`, and with every kind unless told other ones. */
export async function openTestApp(changes: Partial<AllConfig> = {}, kinds?: readonly JobContract[]): Promise<TestApp> {
  const { path: dir, remove } = makeTempDir();
  const redis = await startRedis(dir);
  const config: AllConfig = { ...testConfig(redis.url, dir), ...changes };
  const contracts = kinds ?? configureContracts(config);
  const paths = dataPaths(dir);
  makeDataDir(paths);
  const log = createLog('silent', 'test');
  const connection = openProducerRedis(config, log);
  const storage = await openStorage(config);
  const secrets: Secrets = ['a secret of the tests that is long enough'];
  const producer = createProducer({
    redis: connection,
    contracts,
    storage,
    derivedJobs: createDerivedJobs({ contracts, secrets }),
    withCallback: createCallbackReader({ contracts, secrets }),
    beforeFinish: createCallbacks({ contracts, secrets, config }),
    maxQueueDepth: config.MAX_QUEUE_DEPTH,
    allowUnsafe: config.REDIS_ALLOW_UNSAFE,
    log,
  });
  await until('the app is connected', () => connection.status === 'ready');
  const keyCache = openKeyCache(createKeyStore(connection));
  const keyring = createKeyring(Object.values(TEST_KEYS), secrets, 'http://127.0.0.1:3000', {
    cache: keyCache,
    sessions: openSessions(connection),
  });
  const rates = createRates(connection);
  const quotas = createQuotas({
    contracts,
    readUsage: producer.usage,
    readMemory: producer.memory,
    readStorageBudget: createStorageBudget(paths.storage, producer.unfinished.pendingBytes),
    maxQueueDepth: config.MAX_QUEUE_DEPTH,
  });
  const events = createJobEvents(
    contracts.map(({ kind }) => kind),
    () => openSubscriberRedis(config, log),
  );
  const guards = createGuards(watchAnswers(connection));
  const suppressions = createSuppressions(connection, secrets, guards);
  const observer = redis.client();
  const storedFiles = () => listStored(storage, config);
  return {
    app: createApp({
      config,
      kinds: KINDS,
      contracts,
      producer,
      events,
      secrets,
      storage,
      keyring,
      rates,
      quotas,
      verdict: createVerdictWatch({
        collect: createCollect({ config, contracts, redis: connection, storage }),
        since: createSinceStore(connection),
        keep: (judged) => keepLast(connection, judged),
        log,
      }),
      examine: () => examine(config),
      alerts: createAlerts({ config, redis: connection, log }),
      bulkActions: createBulkActions(connection),
      suppressions,
      endpoints: createEndpoints(connection, secrets, guards),
      redis: connection,
      guards,
      log,
    }),
    config,
    redis,
    contracts,
    producer,
    storage,
    suppressions,
    secrets,
    storedFiles,
    waiting: async () => Object.values(await producer.counts()).reduce((sum, counts) => sum + counts.waiting, 0),
    async clear() {
      for (const file of await storedFiles()) await storage.remove(file);
      await observer.flushall();
    },
    async close() {
      keyCache.close();
      quotas.close();
      events.close();
      await producer.close();
      await redis.stop();
      remove();
    },
  };
}
