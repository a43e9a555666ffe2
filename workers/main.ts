import { setFlagsFromString } from 'node:v8';
import closeWithGrace from 'close-with-grace';
import { loadConfigOrExit, orExit } from '../src/config/load.ts';
import { openSecret } from '../src/keys/secret.ts';
import { createLog } from '../src/log.ts';
import { createCallbacks } from '../src/queue/upkeep/callbacks.ts';
import { createConsumer } from '../src/queue/worker/consumer.ts';
import { openProcessorRedis } from '../src/redis/connect.ts';
import { queueKey } from '../src/redis/keys.ts';
import { openStorage } from '../src/storage/open.ts';
import { CONTRACTS, configureContracts, KINDS } from './index.ts';

/** The worker entry: `node workers/main.ts images` runs jobs of that kind until it is told to stop. */
const name = process.argv[2];
const kind = KINDS.find(({ contract }) => contract.kind === name);
if (!kind) {
  process.stderr.write(`usage: node workers/main.ts ${KINDS.map(({ contract }) => contract.kind).join('|')}\n`);
  process.exit(2);
}

const config = loadConfigOrExit();
// A job holds what its presets stood for; a worker reads them only to refuse what the web process refuses.
orExit(() => configureContracts(config));
const log = createLog(config.LOG_LEVEL, kind.contract.kind);
if (kind.v8Flag) setFlagsFromString(kind.v8Flag);
const createProcessor = await kind.load();
const redis = openProcessorRedis(config, log);
const processor = createProcessor({ config, log, redis, jobKey: (id) => queueKey(kind.contract.kind, id) });
const consumer = createConsumer({
  config,
  contract: kind.contract,
  processor,
  storage: await openStorage(config),
  contracts: CONTRACTS,
  onEnded: createCallbacks({ contracts: CONTRACTS, secret: openSecret(config), config }),
  concurrency: kind.concurrency(config),
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
