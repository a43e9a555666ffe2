import { setTimeout as delay } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import { parseAddress } from '../../../src/config/redis-address.ts';
import { mastersOf, openCluster } from '../../../src/redis/cluster.ts';
import { OWNER, SHARED } from '../jest/leftovers.ts';
import { makeTempDir } from '../temp-dir.ts';
import { until } from '../until.ts';
import { openSentinelClient, type RedisGroup, startCluster, startSentinels } from './redis-modes.ts';
import type { TestRedis } from './server.ts';

/** A group that tests have one after the other, and where it lies. */
interface Kept {
  group: RedisGroup;
  remove(): void;
}

const { TEST_RUN, ...shared } = globalThis as { TEST_RUN?: string; idleRedisGroups?: Kept[] };
/** Those that no test has at the moment: they outlive the test file that they were started for. */
const idle: Kept[] = shared.idleRedisGroups ?? [];
Object.assign(globalThis, { idleRedisGroups: idle });

/** What changes a server, and not what it holds. */
const CHANGING = ['config', 'acl', 'debug', 'replicaof', 'failover', 'cluster', 'script'] as const;

/**
 * Gives a test a group of servers for its own Redis, empty: one that another test has left as it was, or a new one. With `conf`,
 * lines of configuration as arguments, it is always new, and nobody's afterwards.
 */
export async function openGroup(mode: 'sentinel' | 'cluster', conf: readonly string[]): Promise<TestRedis> {
  const kept = (conf.length === 0 && idle.pop()) || (await startGroup(mode, conf));
  const { group } = kept;
  let isHurt = conf.length > 0;
  const clients: Redis[] = [];
  const connect = () => {
    const redis = mode === 'cluster' ? openAll(group.url) : openSentinelClient(group.url);
    redis.on('error', () => {});
    clients.push(redis);
    return redis;
  };
  const all = async (act: (node: RedisGroup['nodes'][number]) => unknown) => {
    isHurt = true;
    await Promise.all(group.nodes.map(act));
  };
  const own = connect();
  await own.flushall();
  return {
    url: group.url,
    socket: '',
    client() {
      const redis = connect();
      for (const name of CHANGING) {
        const command = redis[name].bind(redis) as (...args: unknown[]) => unknown;
        Object.assign(redis, {
          [name](...args: unknown[]) {
            isHurt = true;
            return command(...args);
          },
        });
      }
      return redis;
    },
    freeze: () => void all((node) => node.freeze()),
    thaw: () => void all((node) => node.thaw()),
    kill: () => all((node) => node.kill()),
    async start() {
      await all((node) => node.start());
      await until('the group takes writes', () => takesWrites(own, mode));
    },
    async stop() {
      for (const redis of clients) redis.disconnect();
      if (!isHurt) return void idle.push(kept);
      await group.stop();
      kept.remove();
    },
  };
}

/** Longer than a busy machine keeps a server from answering: who loses a master on purpose is tested elsewhere. */
const SILENT_MS = 20_000;

async function startGroup(mode: 'sentinel' | 'cluster', conf: readonly string[]): Promise<Kept> {
  const { path, remove } = makeTempDir();
  const options = { conf, env: { [OWNER]: `${TEST_RUN}:${SHARED}` }, silentMs: SILENT_MS };
  const group = await (mode === 'cluster'
    ? startCluster(path, { ...options, replicas: 0 })
    : startSentinels(path, { ...options, replicas: 1 }));
  return { group, remove };
}

const WRITES_WITHIN_MS = 1000;

/** Whether all that has a part of the keys takes a write. */
async function takesWrites(redis: Redis, mode: 'sentinel' | 'cluster'): Promise<boolean> {
  const names = mode === 'cluster' ? ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i'] : ['a'];
  const writing = Promise.all(names.map((name) => redis.set(`started:${name}`, 1, 'PX', 1))).then(() => true);
  return Promise.race([writing, delay(WRITES_WITHIN_MS, false)]);
}

/** A connection to a cluster, of which all masters are asked what one Redis is asked about all of its keys. */
function openAll(url: string): Redis {
  const cluster = openCluster(parseAddress(url), { retryStrategy: (times) => Math.min(20 * times, 200) });
  const ready = async () => {
    if (cluster.status !== 'ready') await new Promise((resolve) => cluster.once('ready', resolve));
    return mastersOf(cluster);
  };
  const ask = async <T>(act: (master: Redis) => Promise<T>): Promise<T[]> => Promise.all((await ready()).map(act));
  const first = async <T>(act: (master: Redis) => Promise<T>): Promise<T> => (await ask(act))[0] as T;
  return Object.assign(cluster, {
    keys: async (pattern: string) => (await ask((master) => master.keys(pattern))).flat(),
    flushall: async () => void (await ask((master) => master.flushall())),
    dbsize: async () => (await ask((master) => master.dbsize())).reduce((sum, size) => sum + size, 0),
    config: (...args: [never]) => first((master) => master.config(...args) as Promise<unknown>),
    acl: (...args: [never]) => first((master) => master.acl(...args) as Promise<unknown>),
  }) as unknown as Redis;
}
