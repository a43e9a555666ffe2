import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { JobContract } from '../../../src/jobs/contract.ts';
import { randomJobId } from '../../../src/jobs/id.ts';
import { ENVELOPE_VERSION, type JobOptions, type Share } from '../../../src/jobs/options/options.ts';
import type { StoredJob } from '../../../src/jobs/stored-job.ts';
import { createLog } from '../../../src/log.ts';
import { createProducer, type Producer } from '../../../src/queue/producer/producer.ts';
import { openProducerRedis } from '../../../src/redis/connect.ts';
import { openStorage } from '../../../src/storage/open.ts';
import type { Storage } from '../../../src/storage/storage.ts';
import type { AllConfig } from '../../../workers/index.ts';
import { testConfig } from '../matrix/test-config.ts';
import { startProcess, type TestProcess } from '../processes.ts';
import { startRedis, type TestRedis } from '../redis/redis.ts';
import { makeTempDir } from '../temp-dir.ts';
import { until } from '../until.ts';
import { probes } from './job.ts';

/** A real Redis, a producer in this process, and as many real worker processes of the probe kind as a test starts. */
export interface ProbeQueue {
  dir: string;
  redis: TestRedis;
  /** The settings of its processes. */
  config: AllConfig;
  storage: Storage;
  producer: Producer;
  startWorker(env?: Record<string, string>, args?: string[]): TestProcess;
  /** Queues a probe job, of the caller `test` unless told otherwise. */
  add(
    act: string,
    options?: JobOptions,
    more?: { ms?: number; job?: string; caller?: string; share?: Share },
  ): Promise<StoredJob>;
  /** The job, once it is in that state. */
  reaches(id: string, state: StoredJob['state'], timeoutMs?: number): Promise<StoredJob>;
  /** What the journal says of a job so far: `started`, `done`, `stopped:<code>`. */
  journal(id: string): string[];
  /** The jobs of which it says that, in the order in which it was said. */
  jobsNoted(what: string): string[];
  /** The jobs that a worker was about to finish, one for each time. */
  finishing(): string[];
  /** Resolves once the journal has that many such entries. */
  noted(id: string, what: string, times?: number): Promise<unknown>;
  /** Lets waiting jobs go on: all, or the one with that id, or the stubborn ones of the worker with that pid. */
  letGo(which?: string): void;
  /** Kills every worker (kill -9). */
  stopWorkers(): Promise<void>;
  close(): Promise<void>;
}

/** Starts Redis and connects; everything ends with `close`. */
export async function openProbeQueue(redisArguments: string[] = [], { maxQueueDepth = 100 } = {}): Promise<ProbeQueue> {
  const { path: dir, remove } = makeTempDir();
  const redis = await startRedis(dir, redisArguments);
  const config = testConfig(redis.url, dir);
  const log = createLog('silent', 'test');
  const storage = await openStorage(config);
  const connection = openProducerRedis(config, log);
  const producer = createProducer({
    redis: connection,
    contracts: [probes as unknown as JobContract],
    storage,
    maxQueueDepth,
    allowUnsafe: false,
    log,
  });
  await until('the producer is connected', () => connection.status === 'ready');
  const workers: TestProcess[] = [];
  const linesOf = (name: string) =>
    existsSync(join(dir, name)) ? readFileSync(join(dir, name), 'utf8').trim().split('\n') : [];
  const lines = () => linesOf('journal');
  const journal = (id: string) =>
    lines().flatMap((line) => (line.startsWith(id) ? [line.split(' ')[1] as string] : []));

  const stopWorkers = async () => void (await Promise.all(workers.map((worker) => worker.stop('SIGKILL'))));

  return {
    dir,
    redis,
    config,
    storage,
    producer,
    journal,
    finishing: () => linesOf('finishing'),
    jobsNoted: (what) => lines().flatMap((line) => (line.split(' ')[1] === what ? [line.split(' ')[0] as string] : [])),
    startWorker(env = {}, args = []) {
      const worker = startProcess(process.execPath, ['test/support/probe/worker.ts', ...args], {
        REDIS_URL: redis.url,
        DATA_DIR: dir,
        DRAIN_SECONDS: '5',
        IMAGES_CONCURRENCY: '2',
        ...env,
      });
      workers.push(worker);
      return worker;
    },
    add: (act, options = {}, { caller = 'test', share, ...more } = {}) =>
      producer
        .enqueue('probes', randomJobId('prb'), {
          v: ENVELOPE_VERSION,
          caller,
          ...(share ? { share } : {}),
          input: { act, ...more },
          uploads: {},
          options,
        })
        .then(({ job }) => job),
    reaches: (id, state, timeoutMs = 60_000) =>
      until(
        `${id} is ${state}`,
        async () => {
          const job = await producer.find(id);
          return job?.state === state ? job : Promise.reject(new Error(`it is ${job?.state}; ${journal(id)}`));
        },
        { timeoutMs },
      ),
    noted: (id, what, times = 1) =>
      until(`${what} of ${id}, ${times} times`, () => journal(id).filter((one) => one === what).length >= times),
    letGo: (which) => writeFileSync(join(dir, which === undefined ? 'go' : `go-${which}`), ''),
    stopWorkers,
    async close() {
      await stopWorkers();
      await producer.close();
      await redis.stop();
      remove();
    },
  };
}
