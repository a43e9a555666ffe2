import { setTimeout as delay } from 'node:timers/promises';
import closeWithGrace from 'close-with-grace';
import { loadConfigOrExit } from '../workers/config.ts';
import { configureContracts, KINDS, SCOPES } from '../workers/index.ts';
import { createApp } from './app.ts';
import { exitOnConfigError } from './config/config-error.ts';
import { dataPaths, makeDataDir } from './data-dir.ts';
import { createMembership } from './deployment/membership.ts';
import { openAccessLog } from './http/access/open-access-log.ts';
import { proxiesOf } from './http/connections/address.ts';
import { createWebServer } from './http/web-server.ts';
import { openKeyCache } from './keys/key-cache.ts';
import { openKeyring } from './keys/keyring.ts';
import { createQuotas } from './keys/quotas.ts';
import { createRates } from './keys/rates.ts';
import { openSessions } from './keys/sessions.ts';
import { createKeyStore } from './keys/store.ts';
import { createLog } from './log.ts';
import { startBeat, takePlace } from './processes/place.ts';
import { startRests } from './processes/rest.ts';
import { createBulkActions } from './queue/bulk/bulk-actions.ts';
import { createBulkRunner } from './queue/bulk/bulk-runner.ts';
import { createJobEvents } from './queue/producer/events.ts';
import { createProducer } from './queue/producer/producer.ts';
import { createCallbackReader } from './queue/upkeep/callback-state.ts';
import { createCallbacks, createDerivedJobs } from './queue/upkeep/callbacks.ts';
import { createJanitor } from './queue/upkeep/janitor.ts';
import { LaterData, takeOverData } from './queue/upkeep/take-over.ts';
import { watchAnswers } from './redis/answers.ts';
import { openProducerRedis, openSubscriberRedis } from './redis/connect.ts';
import { readFaults } from './redis/faults.ts';
import { createGuards } from './redis/guards.ts';
import { readSyncPolicy } from './redis/sync-policy.ts';
import { openSecrets } from './signing/secret.ts';
import { openStorage } from './storage/open.ts';
import { createStorageBudget } from './storage/storage-budget.ts';
import { createSuppressions } from './suppressions/store.ts';

/** The web entry: settings, connections, the app, listening, and an orderly end. */
const SHUTDOWN_MS = 10_000;
/** What is being answered when it stops gets this long. */
const LAST_ANSWERS_MS = 5000;

const config = loadConfigOrExit();
const contracts = exitOnConfigError(() => configureContracts(config));
const paths = dataPaths(config.DATA_DIR);
exitOnConfigError(() => makeDataDir(paths));
const { place } = takePlace(process.argv.slice(2));
startBeat(place, paths.run);
startRests();
const log = createLog(config.LOG_LEVEL, 'web');
const accessLog = openAccessLog({ config, folder: paths.logs, place, log });
const redis = openProducerRedis(config, log);
redis.once('ready', async () => {
  const { unsafe } = readFaults(await redis.info().catch(() => ''));
  const policy = await readSyncPolicy(redis).catch(() => 'unknown');
  if (policy === 'everysec' || policy === 'no') {
    log.warn(`Redis syncs late (appendfsync ${policy}): power that fails takes accepted jobs; set: appendfsync always`);
  }
  if (unsafe.length === 0 || config.REDIS_ALLOW_UNSAFE) return;
  for (const fault of unsafe) log.fatal(`Redis is not set up to keep jobs: ${fault}; or set REDIS_ALLOW_UNSAFE=1`);
  process.exit(1);
});
const storage = await openStorage(config);
const secrets = openSecrets(config);
const keyCache = openKeyCache(createKeyStore(redis));
// Another Redis, or one that has lost its data, may know other keys.
redis.on('ready', () => void keyCache.refresh().catch(() => {}));
const keyring = openKeyring(config, SCOPES, { cache: keyCache, sessions: openSessions(redis) });
const deployment = createMembership({ redis, storage, secrets, firstKeyDigest: keyring.firstKeyDigest, log });
const producer = createProducer({
  redis,
  contracts,
  storage,
  derivedJobs: createDerivedJobs({ contracts, secrets }),
  withCallback: createCallbackReader({ contracts, secrets }),
  beforeFinish: createCallbacks({ contracts, secrets, config }),
  maxQueueDepth: config.MAX_QUEUE_DEPTH,
  allowUnsafe: config.REDIS_ALLOW_UNSAFE,
  deployment,
  log,
});
const events = createJobEvents(
  contracts.map(({ kind }) => kind),
  () => openSubscriberRedis(config, log),
);
const janitor = createJanitor({
  redis,
  contracts,
  storage,
  derivedJobs: createDerivedJobs({ contracts, secrets }),
  withCallback: createCallbackReader({ contracts, secrets }),
  resultTtlMs: config.RESULT_TTL,
  maxRecords: config.MAX_RECORDS,
  evictShare: config.EVICT_PERCENT / 100,
  log,
});
// They change and erase data: not before Redis and storage are known to belong together.
const bulkRunner = createBulkRunner({ redis, producer, log });
void deployment
  .join()
  .then(takeOver)
  .then(() => {
    janitor.start();
    bulkRunner.start();
  });
const quotas = createQuotas({
  contracts,
  readUsage: producer.usage,
  readMemory: producer.memory,
  readStorageBudget: createStorageBudget(paths.storage),
  maxQueueDepth: config.MAX_QUEUE_DEPTH,
});
const guards = createGuards(watchAnswers(redis));
const app = createApp({
  config,
  kinds: KINDS,
  contracts,
  producer,
  deployment,
  events,
  storage,
  secrets,
  keyring,
  rates: createRates(redis),
  quotas,
  bulkActions: createBulkActions(redis),
  suppressions: createSuppressions(redis, secrets, guards),
  redis,
  guards,
  log,
  writeAccess: accessLog.write,
});

/** Takes the data of an earlier version over, as soon as Redis lets it; data of a later one ends the process. */
async function takeOver(): Promise<void> {
  await takeOverData({ redis, storage, contracts, log }).catch(async (err) => {
    if (err instanceof LaterData) {
      log.fatal(err.message);
      process.exit(1);
    }
    log.warn({ err }, 'data not taken over yet; trying again');
    await delay(1000, undefined, { ref: false });
    await takeOver();
  });
}

const server = createWebServer(app, { ...config, isProxy: proxiesOf(app) });
server.on('error', (error) => {
  log.fatal({ err: error }, 'can not listen');
  process.exit(1);
});
server.listen(config.PORT, config.HOST, () => log.info({ host: config.HOST, port: config.PORT }, 'listening'));

closeWithGrace({ delay: SHUTDOWN_MS, logger: false }, async ({ err, signal }) => {
  if (err) {
    log.fatal({ err }, 'uncaught error; the process ends');
    process.exit(1);
  }
  log.info({ signal }, 'stopping');
  const closed = new Promise((resolve) => server.close(resolve));
  server.closeIdleConnections();
  // Event streams have no end of their own; browsers come back to the next process.
  await Promise.race([closed, delay(LAST_ANSWERS_MS)]);
  server.closeAllConnections();
  janitor.stop();
  bulkRunner.stop();
  events.close();
  keyCache.close();
  quotas.close();
  await producer.close();
  await accessLog.close();
  log.info('stopped');
});
