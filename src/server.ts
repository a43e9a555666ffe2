import { createServer } from 'node:http';
import closeWithGrace from 'close-with-grace';
import { CONTRACTS } from '../workers/index.ts';
import { createApp } from './app.ts';
import { loadConfigOrExit } from './config.ts';
import { dataPaths, makeDataDir } from './data-dir.ts';
import { openKeyring } from './http/keys.ts';
import { createLog } from './log.ts';
import { createProducer } from './queue/producer.ts';
import { findUnsafeSettings, openProducerRedis } from './queue/redis.ts';
import { openStorage } from './storage/index.ts';

/** The web entry: settings, connections, the app, listening, and an orderly end. */
const SHUTDOWN_MS = 10_000;
/** A request's headers must be there within this; its body may take as long as a slow upload takes. */
const HEADERS_MS = 15_000;
const WHOLE_REQUEST_MS = 30 * 60_000;

const config = loadConfigOrExit();
makeDataDir(dataPaths(config.DATA_DIR));
const log = createLog(config.LOG_LEVEL, 'web');
const redis = openProducerRedis(config, log);
redis.once('ready', async () => {
  const faults = config.REDIS_ALLOW_UNSAFE ? [] : await findUnsafeSettings(redis).catch(() => []);
  for (const fault of faults) log.fatal(`Redis is not set up to keep jobs: ${fault}; or set REDIS_ALLOW_UNSAFE=1`);
  if (faults.length > 0) process.exit(1);
});
const producer = createProducer({
  redis,
  contracts: CONTRACTS,
  maxQueueDepth: config.MAX_QUEUE_DEPTH,
  allowUnsafe: config.REDIS_ALLOW_UNSAFE,
  log,
});
const app = createApp({
  config,
  contracts: CONTRACTS,
  producer,
  storage: await openStorage(config),
  keyring: openKeyring(config),
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
  await closed;
  await producer.close();
  log.info('stopped');
});
