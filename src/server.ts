import { createServer } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import closeWithGrace from 'close-with-grace';
import { loadConfigOrExit } from '../workers/config.ts';
import { configureContracts, KINDS, SCOPES } from '../workers/index.ts';
import { createApp } from './app.ts';
import { exitOnConfigError } from './config/config-error.ts';
import { dataPaths, makeDataDir } from './data-dir.ts';
import { openKeyCache } from './keys/key-cache.ts';
import { openKeyring } from './keys/keyring.ts';
import { createRates } from './keys/rates.ts';
import { createKeyStore } from './keys/store.ts';
import { createLog } from './log.ts';
import { startBeat, takePlace } from './processes/place.ts';
import { createJobEvents } from './queue/producer/events.ts';
import { createProducer } from './queue/producer/producer.ts';
import { createCallbacks, createDerivedJobs } from './queue/upkeep/callbacks.ts';
import { createJanitor } from './queue/upkeep/janitor.ts';
import { findUnsafeSettings, openProducerRedis, openSubscriberRedis } from './redis/connect.ts';
import { classifyRedisError } from './redis/errors.ts';
import { openSecret } from './signing/secret.ts';
import { openStorage } from './storage/open.ts';
import { createSuppressions } from './suppressions/store.ts';

/** The web entry: settings, connections, the app, listening, and an orderly end. */
const SHUTDOWN_MS = 10_000;
/** What is being answered when it stops gets this long. */
const LAST_ANSWERS_MS = 5000;
/** A request's headers must be there within this; its body may take as long as a slow upload takes. */
const HEADERS_MS = 15_000;
const WHOLE_REQUEST_MS = 30 * 60_000;

const config = loadConfigOrExit();
const contracts = exitOnConfigError(() => configureContracts(config));
const paths = dataPaths(config.DATA_DIR);
makeDataDir(paths);
startBeat(takePlace(process.argv.slice(2)).place, paths.run);
const log = createLog(config.LOG_LEVEL, 'web');
const redis = openProducerRedis(config, log);
redis.once('ready', async () => {
  const faults = config.REDIS_ALLOW_UNSAFE ? [] : await findUnsafeSettings(redis).catch(() => []);
  for (const fault of faults) log.fatal(`Redis is not set up to keep jobs: ${fault}; or set REDIS_ALLOW_UNSAFE=1`);
  if (faults.length > 0) process.exit(1);
});
const storage = await openStorage(config);
const secret = openSecret(config);
const producer = createProducer({
  redis,
  contracts,
  storage,
  derivedJobs: createDerivedJobs({ contracts, secret }),
  beforeFinish: createCallbacks({ contracts, secret, config }),
  maxQueueDepth: config.MAX_QUEUE_DEPTH,
  allowUnsafe: config.REDIS_ALLOW_UNSAFE,
  log,
});
const keyCache = openKeyCache(createKeyStore(redis));
const events = createJobEvents(
  contracts.map(({ kind }) => kind),
  () => openSubscriberRedis(config, log),
);
const janitor = createJanitor({
  redis,
  contracts,
  storage,
  derivedJobs: createDerivedJobs({ contracts, secret }),
  resultTtlMs: config.RESULT_TTL,
  maxRecords: config.MAX_RECORDS,
  log,
});
janitor.start();
const app = createApp({
  config,
  kinds: KINDS,
  contracts,
  producer,
  events,
  storage,
  secret,
  keyring: openKeyring(config, SCOPES, keyCache),
  rates: createRates(redis),
  suppressions: createSuppressions(redis, secret, classifyRedisError),
  log,
});

const server = createServer(
  { headersTimeout: HEADERS_MS, requestTimeout: WHOLE_REQUEST_MS, keepAliveTimeout: 65_000 },
  app,
);
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
  events.close();
  keyCache.close();
  await producer.close();
  log.info('stopped');
});
