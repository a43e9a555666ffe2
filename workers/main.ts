import { setFlagsFromString } from 'node:v8';
import closeWithGrace from 'close-with-grace';
import { exitOnConfigError } from '../src/config/config-error.ts';
import { workerSetting } from '../src/config/settings.ts';
import { createLog } from '../src/log.ts';
import { createJobFields } from '../src/queue/run/job-fields.ts';
import { createCallbacks } from '../src/queue/upkeep/callbacks.ts';
import { createConsumer } from '../src/queue/worker/consumer.ts';
import { openProcessorRedis } from '../src/redis/connect.ts';
import { openSecret } from '../src/signing/secret.ts';
import { openStorage } from '../src/storage/open.ts';
import { loadConfigOrExit } from './config.ts';
import { CONTRACTS, configureContracts, KINDS } from './index.ts';

/** The worker entry: `node workers/main.ts images` runs jobs of that kind until SIGTERM. */
const name = process.argv[2];
const kind = KINDS.find(({ contract }) => contract.kind === name);
if (!kind) {
  process.stderr.write(`usage: node workers/main.ts ${KINDS.map(({ contract }) => contract.kind).join('|')}\n`);
  process.exit(2);
}

const config = loadConfigOrExit();
// A job holds what its presets stood for; a worker reads them only to refuse what the web process refuses.
exitOnConfigError(() => configureContracts(config));
const log = createLog(config.LOG_LEVEL, kind.contract.kind);
if (kind.program.v8Flag) setFlagsFromString(kind.program.v8Flag);
const createProcessor = await kind.load();
const redis = openProcessorRedis(config, log);
const processor = createProcessor({ config, log, redis, jobFields: createJobFields(redis, kind.contract.kind) });
const consumer = createConsumer({
  config,
  contract: kind.contract,
  processor,
  storage: await openStorage(config),
  contracts: CONTRACTS,
  beforeFinish: createCallbacks({ contracts: CONTRACTS, secret: openSecret(config), config }),
  concurrency: workerSetting(config, kind.contract.kind, 'CONCURRENCY'),
  log,
});

const limitMs = config.DRAIN_SECONDS * 1000;
closeWithGrace({ delay: limitMs + 8000, logger: false }, async ({ err, signal }) => {
  if (err) {
    // The state of this process is unknown: the jobs it had run again elsewhere, supervisord starts it anew.
    log.fatal({ err }, 'uncaught error; the worker ends');
    process.exit(1);
  }
  log.info({ signal }, 'stopping');
  await consumer.drain(limitMs);
  await processor.close?.();
  redis.disconnect();
  log.info('stopped');
});
// Whoever reads "worker ready" may end this worker at once: by then the signal is heard.
consumer.start();
void processor.check?.();
