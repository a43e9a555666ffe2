import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Redis, type RedisOptions } from 'ioredis';
import { parseAddress } from '../../../src/config/redis-address.ts';
import type { Certificate } from '../certificates.ts';
import { findFreePort } from '../free-port.ts';
import { REDIS_SERVER } from '../matrix/switch.ts';
import { startProcess, type TestProcess } from '../processes.ts';
import { until } from '../until.ts';

/** One server of several, on a port of loopback. */
export interface RedisNode {
  port: number;
  /** A connection of the test's own to this node alone. */
  client: Redis;
  freeze(): void;
  thaw(): void;
  /** kill -9; what it had written stays. */
  kill(): Promise<void>;
  start(): Promise<void>;
}

/** Servers that are one Redis together. */
export interface RedisGroup {
  /** As the setting REDIS_URL takes it. */
  url: string;
  nodes: RedisNode[];
  /** Those that are masters now, as most of the others see it. */
  masters(): Promise<RedisNode[]>;
  stop(): Promise<void>;
}

/** How a group is made. */
export interface GroupOptions {
  /** Of each master. */
  replicas?: number;
  /** Further lines of configuration of each server, as arguments. */
  conf?: readonly string[];
  /** What its processes have in their environment. */
  env?: Record<string, string>;
  /** All connections are by TLS, with this certificate; of 127.0.0.1. */
  tls?: Certificate & { ca: string };
  /** How long a master is silent before it counts as gone. */
  silentMs?: number;
  /** Further lines of the configuration of each sentinel. */
  sentinelConf?: readonly string[];
}

/** What a server is given to be reached by TLS alone, as `--name value`; the lines of sentinels are the same without the dashes. */
function portArguments(port: number, tls: GroupOptions['tls']): string[] {
  if (!tls) return ['--port', String(port)];
  const files = ['--tls-cert-file', tls.cert, '--tls-key-file', tls.key, '--tls-ca-cert-file', tls.ca];
  const all = ['--tls-auth-clients', 'no', '--tls-replication', 'yes'];
  return ['--port', '0', '--tls-port', String(port), ...files, ...all];
}

/** A connection of a test's own. */
const connectTo = (port: number, tls: GroupOptions['tls'], options: RedisOptions = {}): Redis => {
  const client = new Redis({
    ...{ host: HOST, port, retryStrategy: () => 50, maxRetriesPerRequest: null, ...options },
    ...(tls ? { tls: { ca: readFileSync(tls.ca) } } : {}),
  });
  client.on('error', () => {});
  return client;
};

const CONF = new URL('../../../redis.conf', import.meta.url).pathname;
const HOST = '127.0.0.1';
/** A title of its own is written over the environment, in which stands whose process it is. */
const MARKED = ['--set-proc-title', 'no'];

async function startNode(
  dir: string,
  extra: readonly string[],
  { env, tls }: GroupOptions,
): Promise<RedisNode & { stop(): Promise<void> }> {
  const port = await findFreePort();
  mkdirSync(dir, { recursive: true });
  // Sentinels have the servers write down what they change.
  const conf = join(dir, 'redis.conf');
  copyFileSync(CONF, conf);
  const socket = ['--unixsocket', ''];
  const place = [...portArguments(port, tls), '--bind', HOST, '--protected-mode', 'no', '--dir', dir, ...socket];
  const manner = ['--daemonize', 'no', '--logfile', '', '--repl-diskless-sync-delay', '0', ...MARKED];
  const client = connectTo(port, tls, { lazyConnect: true });
  let server: TestProcess;
  const start = async () => {
    server = startProcess(REDIS_SERVER, [conf, ...place, ...manner, ...extra], env);
    await until(`Redis answers on ${port}`, async () => (await client.ping()) === 'PONG').catch((error) => {
      throw new Error(`${error.message}\n${server.output()}`);
    });
  };
  await start();
  return {
    port,
    client,
    start,
    freeze: () => server.signal('SIGSTOP'),
    thaw: () => server.signal('SIGCONT'),
    kill: async () => void (await server.stop('SIGKILL')),
    async stop() {
      client.disconnect();
      server.signal('SIGCONT');
      await server.stop('SIGKILL');
    },
  };
}

/** Arguments as the lines of a file. */
const linesOf = (args: readonly string[]): string[] =>
  args.flatMap((arg, index) => (arg.startsWith('--') ? [`${arg.slice(2)} ${args[index + 1]}`] : []));

const queryOf = (tls: GroupOptions['tls']): string => (tls ? `?ca=${tls.ca}` : '');

/** A master that the others follow, and three sentinels that call it `mymaster`. */
export async function startSentinels(
  dir: string,
  { replicas = 2, conf = [], sentinelConf = [], silentMs = 1500, env, tls }: GroupOptions = {},
): Promise<RedisGroup & { sentinels: Redis[]; failover(): Promise<void> }> {
  const of = { ...(env && { env }), ...(tls && { tls }) };
  const master = await startNode(join(dir, 'n0'), conf, of);
  const followers = await Promise.all(
    Array.from({ length: replicas }, (_, index) =>
      startNode(join(dir, `n${index + 1}`), ['--replicaof', `${HOST} ${master.port}`, ...conf], of),
    ),
  );
  const nodes = [master, ...followers];
  for (const { client } of followers) {
    await until('it follows', async () => (await client.info('replication')).includes('master_link_status:up'));
  }
  const watchers: { process: TestProcess; redis: Redis; port: number }[] = [];
  for (const name of ['s1', 's2', 's3']) {
    const port = await findFreePort();
    mkdirSync(join(dir, name));
    const file = join(dir, name, 'sentinel.conf');
    const lines = [
      ...linesOf([...portArguments(port, tls), ...MARKED]),
      `bind ${HOST}`,
      `dir ${join(dir, name)}`,
      `sentinel monitor mymaster ${HOST} ${master.port} 2`,
      `sentinel down-after-milliseconds mymaster ${silentMs}`,
      'sentinel failover-timeout mymaster 5000',
      ...sentinelConf,
    ];
    writeFileSync(file, `${lines.join('\n')}\n`);
    const process = startProcess(REDIS_SERVER, [file, '--sentinel'], env);
    const redis = connectTo(port, tls);
    watchers.push({ process, redis, port });
  }
  const sentinels = watchers.map(({ redis }) => redis);
  await until('the sentinels know each other and all replicas', async () => {
    const answers = await Promise.all(
      sentinels.map(async (sentinel) => {
        const known = (await sentinel.call('SENTINEL', 'REPLICAS', 'mymaster')) as unknown[];
        return (
          String(await sentinel.call('SENTINEL', 'CKQUORUM', 'mymaster')).startsWith('OK 3') &&
          known.length === replicas
        );
      }),
    );
    return answers.every(Boolean);
  });
  return {
    url: `redis${tls ? 's' : ''}-sentinel://${watchers.map(({ port }) => `${HOST}:${port}`).join(',')}/mymaster${queryOf(tls)}`,
    nodes,
    sentinels,
    async masters() {
      const [, port] = ((await sentinels[0]?.call('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', 'mymaster')) ??
        []) as string[];
      return nodes.filter((node) => String(node.port) === port);
    },
    failover: async () => void (await sentinels[0]?.call('SENTINEL', 'FAILOVER', 'mymaster')),
    async stop() {
      for (const { process, redis } of watchers) {
        redis.disconnect();
        await process.stop('SIGKILL');
      }
      await Promise.all(nodes.map((node) => node.stop()));
    },
  };
}

/** A connection of the test's own to the master that sentinels know. */
export function openSentinelClient(url: string): Redis {
  const { hosts, masterName = '' } = parseAddress(url);
  return new Redis({ sentinels: hosts, name: masterName, retryStrategy: () => 50, sentinelRetryStrategy: () => 50 });
}

const MASTERS = 3;

/** A cluster of three masters, each with so many replicas. */
export async function startCluster(
  dir: string,
  { replicas = 1, conf = [], silentMs = 2000, env, tls }: GroupOptions = {},
): Promise<RedisGroup> {
  const count = MASTERS * (1 + replicas);
  const clustered = [
    ...(tls ? ['--tls-cluster', 'yes'] : []),
    '--cluster-enabled',
    'yes',
    '--cluster-config-file',
    'nodes.conf',
    '--cluster-node-timeout',
    String(silentMs),
  ];
  const nodes = await Promise.all(
    Array.from({ length: count }, async (_, index) => {
      const bus = ['--cluster-port', String(await findFreePort())];
      const of = { ...(env && { env }), ...(tls && { tls }) };
      return startNode(join(dir, `n${index}`), [...clustered, ...bus, ...conf], of);
    }),
  );
  const addresses = nodes.map(({ port }) => `${HOST}:${port}`);
  const creation = startProcess('redis-cli', [
    ...(tls ? ['--tls', '--cacert', tls.ca] : []),
    '--cluster',
    'create',
    ...addresses,
    '--cluster-replicas',
    String(replicas),
    '--cluster-yes',
  ]);
  await until('the cluster is made', () => creation.output().includes('[OK] All 16384 slots covered')).catch(
    (error) => {
      throw new Error(`${error.message}\n${creation.output()}`);
    },
  );
  for (const { client } of nodes) {
    await until('a node sees all of it', async () => {
      const text = String(await client.cluster('INFO'));
      return text.includes('cluster_state:ok') && text.includes(`cluster_known_nodes:${count}`);
    });
    await until('a node is in step', async () =>
      /role:master|master_link_status:up/.test(await client.info('replication')),
    );
  }
  return {
    url: `redis${tls ? 's' : ''}-cluster://${addresses.slice(0, 3).join(',')}${queryOf(tls)}`,
    nodes,
    async masters() {
      const roles = await Promise.all(nodes.map(({ client }) => Promise.race([client.info('replication'), later()])));
      return nodes.filter((_, index) => roles[index]?.includes('role:master'));
    },
    async stop() {
      await Promise.all(nodes.map((node) => node.stop()));
    },
  };
}

const later = (): Promise<string> =>
  new Promise((resolve) => {
    setTimeout(() => resolve(''), 500).unref();
  });
