import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import { queueKey, tombstonesKey } from '../../src/redis/keys.ts';
import { until } from '../../test/support/until.ts';
import { cpuMs } from '../figures.ts';
import { type Deployment, postMany } from './deployment.ts';
import type { Work } from './work.ts';

const IDLE_MS = 4000;

/** What one job takes, from its POST until it is erased. */
export interface Costs {
  webMs: number;
  workerMs: number;
  redisMs: number;
  eraseWebMs: number;
  eraseRedisMs: number;
  commands: number;
  waitingBytes: number;
  endedBytes: number;
  erasedBytes: number;
  logBytes: number;
  storedBytes: number;
}

const sumOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);

/** Counts what only grows: ms of processors, commands (those of scripts too), bytes of the append-only file. */
export async function readCounters({ product, redis, redisPid }: Deployment, workerPids: readonly number[]) {
  const stats = await redis.info('commandstats');
  const commands = [...stats.matchAll(/calls=(\d+)/g)].reduce((sum, [, calls]) => sum + Number(calls), 0);
  const log = Number(/aof_current_size:(\d+)/.exec(await redis.info('persistence'))?.[1]);
  return {
    ...{
      at: performance.now(),
      webMs: cpuMs(product.web.pid),
      workerMs: sumOf(workerPids.map(cpuMs)),
      redisMs: cpuMs(redisPid),
    },
    ...{ commands, logBytes: log },
  };
}

export type Counters = Awaited<ReturnType<typeof readCounters>>;
/** What was used between two moments. */
export const since = (after: Counters, before: Counters): Counters =>
  Object.fromEntries(
    Object.entries(after).map(([name, value]) => [name, value - before[name as keyof Counters]]),
  ) as unknown as Counters;

/** Sums up what all keys take in Redis, in bytes. */
export async function readMemory(redis: Redis): Promise<number> {
  let [cursor, bytes] = ['0', 0];
  do {
    const [next, keys] = await redis.scan(cursor, 'COUNT', 1000);
    const asked = redis.pipeline();
    for (const key of keys) asked.memory('USAGE', key, 'SAMPLES', 0);
    for (const [, size] of (await asked.exec()) ?? []) bytes += Number(size);
    cursor = next;
  } while (cursor !== '0');
  return bytes;
}

/** Bytes of all files below a folder. */
export const bytesBelow = (folder: string): number =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    // One that is written at the moment may be gone.
    .reduce(
      (sum, { parentPath, name }) => sum + (statSync(join(parentPath, name), { throwIfNoEntry: false })?.size ?? 0),
      0,
    );

/** Measures what one job of that work takes, as the mean of many that wait, run and are erased together. */
export async function measureCosts(deployment: Deployment, work: Work, jobs: number): Promise<Costs> {
  const { redis, product } = deployment;
  const [worker] = await deployment.startWorkers(work, 1);
  if (!worker) throw new Error('no worker');
  const completed = () => deployment.count(work.endsAs, 'completed');
  const waitUntilEnded = async (more: number, from: number) => deployment.ended(work, from + more, 100);
  const storage = join(product.dir, 'storage');
  // So many that small sets have become large ones: what is measured is one job more among many.
  await postMany(deployment, work, jobs);
  await waitUntilEnded(jobs, 0);

  const idle = await readCounters(deployment, [worker.pid]);
  await delay(IDLE_MS);
  const perMs = since(await readCounters(deployment, [worker.pid]), idle);

  const key = (name: string) => queueKey(work.kind, name);
  await redis.set(key('meta-paused'), 1);
  const ended = await completed();
  const bytes = { redis: await readMemory(redis), storage: bytesBelow(storage) };
  const begun = await readCounters(deployment, [worker.pid]);
  await postMany(deployment, work, jobs);
  const accepted = since(await readCounters(deployment, [worker.pid]), begun);
  const waitingBytes = (await readMemory(redis)) - bytes.redis;
  const resumed = await readCounters(deployment, [worker.pid]);
  // What resuming does: the line is given back its name.
  await redis.multi().del(key('meta-paused')).rename(key('paused'), key('wait')).exec();
  await redis.publish(key('wait'), '1');
  const polls = await waitUntilEnded(jobs, ended);
  const ran = since(await readCounters(deployment, [worker.pid]), resumed);
  const endedBytes = (await readMemory(redis)) - bytes.redis;
  const storedBytes = bytesBelow(storage) - bytes.storage;
  await worker.stop();
  const erased = await measureErasing(deployment, work, perMs);

  const each = (name: keyof Counters) =>
    (accepted[name] + ran[name] - (perMs[name] / perMs.at) * (accepted.at + ran.at)) / jobs;
  return {
    ...{ webMs: each('webMs'), workerMs: each('workerMs'), redisMs: each('redisMs'), logBytes: each('logBytes') },
    commands: each('commands') - polls / jobs,
    ...{ waitingBytes: waitingBytes / jobs, endedBytes: endedBytes / jobs, storedBytes: storedBytes / jobs },
    ...erased,
  };
}

/** Lets all ended jobs be erased by age; answers what each took, with the webhook that told of it, and what Redis keeps of it. */
async function measureErasing(deployment: Deployment, { kind, endsAs }: Work, idle: Counters) {
  const { product, redis, redisPid, count } = deployment;
  const kinds = [...new Set([kind, endsAs])];
  const sum = async (read: (one: string) => Promise<number | null>) =>
    (await Promise.all(kinds.map(read))).reduce<number>((all, one) => all + (one ?? 0), 0);
  const left = () => sum((one) => count(one, 'completed'));
  const tombstones = () => sum((one) => redis.memory('USAGE', tombstonesKey(one), 'SAMPLES', 0));
  const known = await tombstones();
  await product.web.stop();
  await product.restartWeb({ RESULT_TTL: '1s' });
  const jobs = await count(kind, 'completed');
  const [at, web, server] = [performance.now(), cpuMs(product.web.pid), cpuMs(redisPid)];
  await until('all are erased', async () => (await left()) === 0 || null, { timeoutMs: 120_000, everyMs: 100 });
  const rest = (performance.now() - at) / idle.at;
  const used = {
    eraseWebMs: (cpuMs(product.web.pid) - web - rest * idle.webMs) / jobs,
    eraseRedisMs: (cpuMs(redisPid) - server - rest * idle.redisMs) / jobs,
  };
  const erasedBytes = ((await tombstones()) - known) / jobs;
  await product.web.stop();
  await product.restartWeb();
  return { ...used, erasedBytes };
}
