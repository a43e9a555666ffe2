import { setTimeout as delay } from 'node:timers/promises';
import closeWithGrace from 'close-with-grace';
import { loadConfigOrExit } from '../workers/config.ts';
import { configureContracts, KINDS, SCOPES } from '../workers/index.ts';
import { createAlerts } from './alerts/alerts.ts';
import { hasAlerts } from './alerts/settings.ts';
import { createApp, createAppParts } from './app.ts';
import { createAuditLog } from './audit/audit-log.ts';
import { exitOnConfigError } from './config/config-error.ts';
import { dataPaths, makeDataDir } from './data-dir.ts';
import { createMembership } from './deployment/membership.ts';
import { LaterData } from './deployment/version.ts';
import { examineApart } from './doctor/examine.ts';
import { createEndpoints } from './endpoints/store.ts';
import { createAuditBulkEnd } from './http/access/audit-bulk-end.ts';
import { openAccessLog } from './http/access/open-access-log.ts';
import { createScheduleLoop } from './http/api/schedules/schedule-loop.ts';
import { proxiesOf } from './http/connections/address.ts';
import { createDrain } from './http/connections/drain.ts';
import { tryServer } from './http/try-server.ts';
import { createWebServer } from './http/web-server.ts';
import { openKeyCache } from './keys/key-cache.ts';
import { openKeyring } from './keys/keyring.ts';
import { createQuotas } from './keys/quotas.ts';
import { createRates } from './keys/rates.ts';
import { openSessions } from './keys/sessions.ts';
import { createKeyStore } from './keys/store.ts';
import { createLog } from './log.ts';
import { startBeat, takePlace, tellReady } from './processes/place.ts';
import { startRests } from './processes/rest.ts';
import { createBulkActions } from './queue/bulk/bulk-actions.ts';
import { createBulkRunner } from './queue/bulk/bulk-runner.ts';
import { createJobEvents } from './queue/producer/events.ts';
import { createProducer } from './queue/producer/producer.ts';
import { createCallbackReader } from './queue/upkeep/callbacks/callback-state.ts';
import { createCallbacks, createDerivedJobs } from './queue/upkeep/callbacks/callbacks.ts';
import { createJanitor } from './queue/upkeep/janitor.ts';
import { createRevokedWatch } from './queue/upkeep/revoked-watch.ts';
import { takeOverData } from './queue/upkeep/take-over.ts';
import { watchAnswers } from './redis/answers.ts';
import { infoOfMasters, isCluster } from './redis/cluster.ts';
import { openProducerRedis, openReplicas, openSubscriberRedis } from './redis/connect.ts';
import { readFaults } from './redis/faults.ts';
import { createGuards } from './redis/guards.ts';
import { readSyncPolicy } from './redis/sync-policy.ts';
import { createSchedules } from './schedules/store.ts';
import { openSecrets } from './signing/secret.ts';
import { openStorage } from './storage/open.ts';
import { folderOf } from './storage/place.ts';
import { createStorageBudget } from './storage/storage-budget.ts';
import { createSuppressions } from './suppressions/store.ts';
import { createCollect } from './verdict/collect.ts';
import { keepLast } from './verdict/last.ts';
import { createSinceStore } from './verdict/since.ts';
import { createVerdictWatch } from './verdict/verdict-watch.ts';

/**
 * The web entry: settings, connections, the app, listening, and an orderly end. `--inherited-socket`: it accepts on the socket
 * that supervisord holds, its standard input; `--reuse-port`: others may listen there too; `--trial`: it starts, asks itself
 * whether it is ready, and ends with exit status 0.
 */
const flags = process.argv.slice(2);
const isTrial = flags.includes('--trial');
/** So long a process that starts leaves requests to others, or lets them wait. */
const CONNECTS_WITHIN_MS = 2000;
const ASK_EVERY_MS = 10;
/** What ends after the last answer. */
const CLOSING_MS = 8000;

const config = loadConfigOrExit();
const contracts = exitOnConfigError(() => configureContracts(config));
const paths = dataPaths(config.DATA_DIR);
exitOnConfigError(() => makeDataDir(paths));
const { place } = takePlace(flags);
startBeat(place, paths.run);
startRests();
const log = createLog(config.LOG_LEVEL, 'web');
const accessLog = isTrial ? null : openAccessLog({ config, folder: paths.logs, place, log });
const redis = openProducerRedis(config, log);
redis.once('ready', async () => {
  const { unsafe } = readFaults(await infoOfMasters(redis).catch(() => []), { isCluster: isCluster(redis) });
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
  replicas: openReplicas(config, log),
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
const bulkRunner = createBulkRunner({
  ...{ redis, producer, log },
  onDone: createAuditBulkEnd({ audit: createAuditLog(redis), keyring, log }),
});
void deployment
  .join()
  .then(isTrial ? endTrial : takeOver)
  .then(() => {
    janitor.start();
    bulkRunner.start();
    revokedWatch.start();
    scheduleLoop.start();
  });
const quotas = createQuotas({
  contracts,
  readUsage: producer.usage,
  readMemory: producer.memory,
  readStorageBudget: createStorageBudget(folderOf(config), producer.unfinished.pendingBytes),
  maxQueueDepth: config.MAX_QUEUE_DEPTH,
});
const guards = createGuards(watchAnswers(redis));
const endpoints = createEndpoints(redis, secrets, guards);
const revokedWatch = createRevokedWatch({
  records: [
    { ...endpoints, what: 'webhook endpoints' },
    { ...createSchedules(redis, secrets, guards), what: 'schedules' },
  ],
  async isKey(name) {
    if (!keyring.find(name)) await keyring.refresh();
    return keyring.find(name) !== null;
  },
  log,
});
const alerts = createAlerts({ config, redis, log });
const verdict = createVerdictWatch({
  collect: createCollect({ config, contracts, redis, storage, deployment, failedAlerts: alerts.failed }),
  since: createSinceStore(redis),
  keep: (judged) => keepLast(redis, judged),
  log,
  ...(hasAlerts(config) && !isTrial ? { onJudged: alerts.note } : {}),
});
if (!isTrial) verdict.start();
const appDeps = {
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
  verdict,
  examine: examineApart,
  alerts,
  bulkActions: createBulkActions(redis),
  suppressions: createSuppressions(redis, secrets, guards),
  endpoints,
  redis,
  guards,
  log,
  ...(accessLog ? { writeAccess: accessLog.write } : {}),
};
const parts = createAppParts(appDeps);
const scheduleLoop = createScheduleLoop(parts);
const app = createApp(appDeps, parts);

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

/** Ends a trial: whether it was ready is its exit status. It changes no data. */
async function endTrial(): Promise<never> {
  try {
    await tryServer(server);
    log.info('ready; the trial ends');
    process.exit(0);
  } catch (err) {
    log.fatal({ err }, 'not ready');
    process.exit(1);
  }
}

/** Waits until jobs are accepted: before that it would refuse what another process accepts. Not for a Redis that is away. */
async function untilAccepting(): Promise<void> {
  const over = performance.now() + CONNECTS_WITHIN_MS;
  let isAway = false;
  redis.once('error', () => {
    isAway = true;
  });
  while (!isAway && performance.now() < over) {
    const isReady = await producer.check().then(
      () => true,
      () => false,
    );
    if (isReady) return;
    await delay(ASK_EVERY_MS);
  }
}

const server = createWebServer(app, { ...config, isProxy: proxiesOf(app) });
server.on('error', (error) => {
  log.fatal({ err: error }, 'can not listen');
  process.exit(1);
});
const drain = createDrain(server);
if (!isTrial) {
  await untilAccepting();
  const address = { port: config.PORT, host: config.HOST, reusePort: flags.includes('--reuse-port') };
  server.listen(flags.includes('--inherited-socket') ? { fd: 0 } : address, () => {
    log.info({ host: config.HOST, port: config.PORT }, 'listening');
    tellReady(place, paths.run);
  });
}

closeWithGrace({ delay: config.DRAIN_SECONDS * 1000 + CLOSING_MS, logger: false }, async ({ err, signal }) => {
  if (err) {
    log.fatal({ err }, 'uncaught error; the process ends');
    process.exit(1);
  }
  log.info({ signal }, 'stopping');
  janitor.stop();
  bulkRunner.stop();
  revokedWatch.stop();
  scheduleLoop.stop();
  verdict.stop();
  const drained = drain.close(config.DRAIN_SECONDS * 1000);
  // Whoever waits for a job comes back to another process.
  events.stop();
  await drained;
  events.close();
  keyCache.close();
  quotas.close();
  await alerts.stop();
  await producer.close();
  await accessLog?.close();
  log.info('stopped');
});
