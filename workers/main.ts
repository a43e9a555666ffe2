import { flushCompileCache } from 'node:module';
import { hostname } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import closeWithGrace from 'close-with-grace';
import { exitOnConfigError } from '../src/config/config-error.ts';
import { workerSetting } from '../src/config/settings.ts';
import { dataPaths } from '../src/data-dir.ts';
import { createMembership } from '../src/deployment/membership.ts';
import type { Processor } from '../src/jobs/processor.ts';
import { createOperators } from '../src/keys/operators.ts';
import type { Kind } from '../src/kinds/kind.ts';
import { lazy } from '../src/lazy.ts';
import { createLog } from '../src/log.ts';
import { startBeat, takePlace, tellReady } from '../src/processes/place.ts';
import { startRests } from '../src/processes/rest.ts';
import { noteLoaded, noteUnloaded } from '../src/queue/host-reports.ts';
import { createLoop } from '../src/queue/loop.ts';
import { readAnyJob } from '../src/queue/read/read-job.ts';
import { createJobFields } from '../src/queue/run/job-fields.ts';
import { createCallbacks } from '../src/queue/upkeep/callbacks/callbacks.ts';
import { createTellEndpoints } from '../src/queue/upkeep/callbacks/tell-endpoints.ts';
import { createConsumer } from '../src/queue/worker/consumer.ts';
import { createMemoryWatch } from '../src/queue/worker/memory-watch.ts';
import { openProcessorRedis, openReplicas, type Redis } from '../src/redis/connect.ts';
import { openSecrets } from '../src/signing/secret.ts';
import { openStorage } from '../src/storage/open.ts';
import { chooseKinds } from './choose-kinds.ts';
import { loadConfigOrExit } from './config.ts';
import { CONTRACTS, configureContracts, SCOPES } from './index.ts';
import { createLateProcessor } from './late-processor.ts';
import { createRowFiles } from './row-files.ts';

/** How often a processor is asked to look at what it depends on. */
const CHECK_EVERY_MS = 1000;
/** Whoever judges the deployment is told of what does not load; a Redis that is away keeps nobody waiting. */
const TOLD_WITHIN_MS = 1000;

/**
 * The worker entry: `node workers/main.ts images` runs jobs of that kind until SIGTERM; some kinds may share a process. With
 * `--trial` it ends when it could take jobs, with exit status 0.
 */
const { place, rest } = takePlace(process.argv.slice(2));
const kinds = chooseKinds(rest);
if (typeof kinds === 'string') {
  process.stderr.write(`${kinds}\n`);
  process.exit(2);
}

const config = loadConfigOrExit();
// A job holds what its presets stood for; a worker reads them only to refuse what the web process refuses.
const contracts = exitOnConfigError(() => configureContracts(config));
const log = createLog(config.LOG_LEVEL, kinds.map(({ contract }) => contract.kind).join('+'));
startBeat(place, dataPaths(config.DATA_DIR).run);
startRests();
const storage = await openStorage(config);
const secrets = openSecrets(config);
const beforeFinish = createCallbacks({ contracts: CONTRACTS, secrets, config });
const replicas = openReplicas(config, log);
/** Asking for jobs takes what the web process has: it loads with the first flow. */
const stepJobs = lazy(async () => {
  const { openStepJobs } = await import('../src/http/api/accept/flows/step-jobs.ts');
  return openStepJobs({ config, contracts, scopes: SCOPES, storage, secrets, log });
});

const makeRowFile = createRowFiles();

const workers = await Promise.all(kinds.map(openWorker));
/** No run lasts longer. */
const longestMs = Math.max(...kinds.map(({ contract }) => contract.timeoutMs(config)));

/** One kind's side of this process. */
async function openWorker({ contract, program, load }: Kind) {
  if (program.v8Flag && kinds.length === 1 && config.PROFILE === 'large') setFlagsFromString(program.v8Flag);
  const redis = openProcessorRedis(config, log);
  const make = () => noting({ redis, kind: contract.kind }, open);
  const open = async (): Promise<Processor> => {
    const createProcessor = await load();
    return createProcessor({
      ...{ config, log, redis, storage },
      jobFields: createJobFields(redis, contract.kind, replicas),
      findJob: (id) => readAnyJob(redis, CONTRACTS, id),
      tellEndpoints: createTellEndpoints(redis, { contracts: CONTRACTS, secrets }),
      ...{ stepJobs, makeRowFile },
      isOperator: createOperators(config, redis),
    }) as Processor;
  };
  const processor = program.loadsAtStart ? await make() : createLateProcessor(make, endForFault);
  const consumer = createConsumer({
    ...{ config, contract, processor, storage, secrets, beforeFinish, log },
    contracts: CONTRACTS,
    concurrency: workerSetting(config, contract.kind, 'CONCURRENCY'),
    place,
  });
  const checks = createLoop({ everyMs: CHECK_EVERY_MS, run: async () => processor.check?.(), onError: () => {} });
  return {
    start() {
      consumer.start();
      if (processor.check) checks.start();
    },
    async stop(limitMs: number) {
      checks.stop();
      await consumer.drain(limitMs);
      await processor.close?.();
      redis.disconnect();
    },
  };
}

/** Makes a processor, and notes whether what it needs has loaded. */
async function noting(
  { redis, kind }: { redis: Redis; kind: string },
  open: () => Promise<Processor>,
): Promise<Processor> {
  const where = { kind, host: hostname() };
  try {
    const processor = await open();
    void noteLoaded(redis, where).catch(() => {});
    return processor;
  } catch (error) {
    const [message = ''] = String(Object(error).message ?? error).split('\n');
    const noted = noteUnloaded(redis, { ...where, message: message.slice(0, 200) }).catch(() => {});
    await Promise.race([noted, delay(TOLD_WITHIN_MS)]);
    throw error;
  }
}

/** Joins the deployment, or ends the process: a worker with other files or another secret would spoil jobs. */
async function joinDeployment(): Promise<void> {
  const redis = openProcessorRedis(config, log);
  await createMembership({ redis, storage, secrets, waitsForStorage: true, log }).join();
  if (process.argv.includes('--trial')) process.exit(0);
  redis.disconnect();
}

/** A process that can't load what its jobs need puts them back, and supervisord starts it anew. */
let isEnding = false;
async function endForFault(err: unknown): Promise<void> {
  if (isEnding) return;
  isEnding = true;
  log.fatal({ err }, 'what the first job of a kind needs does not load; the worker ends');
  await Promise.all(workers.map((worker) => worker.stop(limitMs)));
  process.exit(1);
}

/** What a process takes too much of it keeps: it lets its jobs end, takes no other, and supervisord starts it anew. */
async function startAnew(residentBytes: number): Promise<void> {
  const { heapUsed, external } = process.memoryUsage();
  const figures = { residentBytes, limitBytes: config.WORKER_MEMORY_BYTES, heapUsed, external };
  log.warn(figures, 'the worker takes more memory than WORKER_MEMORY_BYTES: it finishes its jobs and is started anew');
  await Promise.all(workers.map((worker) => worker.stop(longestMs)));
  log.info('stopped');
  process.exit(0);
}

/** When it has loaded what it needs, and is not being ended yet. */
const FLUSH_AFTER_MS = 1000;
const limitMs = config.DRAIN_SECONDS * 1000;
closeWithGrace({ delay: limitMs + 8000, logger: false }, async ({ err, signal }) => {
  if (err) {
    // The state of this process is unknown: the jobs it had run again elsewhere, supervisord starts it anew.
    log.fatal({ err }, 'uncaught error; the worker ends');
    process.exit(1);
  }
  log.info({ signal }, 'stopping');
  await Promise.all(workers.map((worker) => worker.stop(limitMs)));
  log.info('stopped');
});
await joinDeployment();
// Whoever reads "worker ready" may end this worker at once: by then the signal is heard.
for (const worker of workers) worker.start();
tellReady(place, dataPaths(config.DATA_DIR).run);
createMemoryWatch({ limitBytes: config.WORKER_MEMORY_BYTES, onOver: startAnew }).start();
// A worker that is killed never writes down what node made of its sources, and the one after it would start slowly.
setTimeout(flushCompileCache, FLUSH_AFTER_MS).unref();
