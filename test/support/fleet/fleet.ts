import { join } from 'node:path';
import { SCOPES } from '../../../workers/index.ts';
import { openSmtpServer, type TestSmtpServer } from '../emails/smtp-server.ts';
import { type HttpSink, openHttpSink } from '../http/http-sink.ts';
import { startProcess, type TestProcess } from '../processes.ts';
import { findFreePort } from '../product.ts';
import { startRedis, type TestRedis } from '../redis/redis.ts';
import { makeTempDir } from '../temp-dir.ts';
import { until } from '../until.ts';

const REPOSITORY = join(import.meta.dirname, '../../..');
const READY_WITHIN_MS = 120_000;
/** The caller, and the operator. */
export const FLEET_KEYS = { kari: 'key-of-kari-0001', operator: 'key-of-operator-3' } as const;
/** Every kind that does work. */
export const ALL_KINDS = ['images', 'reports', 'emails', 'webhooks', 'calls', 'flows'] as const;

/** Where a process of the fleet runs, and what. */
export interface Seat {
  /** The checkout that it is started from; this one unless given. */
  folder?: string;
  /** What its machine is called; this machine's own name unless given. Wants root. */
  host?: string;
  env?: Record<string, string>;
}

export interface FleetWeb {
  url: string;
  process: TestProcess;
}

/** Web processes and workers of several versions and hosts over one Redis, one folder, one relay and one receiver. */
export interface Fleet {
  dir: string;
  redis: TestRedis;
  /** Where Redis is reached by TCP. */
  redisPort: number;
  smtp: TestSmtpServer;
  sink: HttpSink;
  /** Starts a program of node with the settings of the fleet. */
  start(args: string[], seat?: Seat): TestProcess;
  /** Starts a web process and waits until it is ready; on that port, or a new one. */
  startWeb(seat?: Seat, port?: number): Promise<FleetWeb>;
  /** Starts a worker of these kinds and waits until it takes jobs. */
  startWorker(kinds?: readonly string[], seat?: Seat): Promise<TestProcess>;
  close(): Promise<void>;
}

/** A request to one web process with a key: kari's unless told otherwise. */
export const ask = (
  url: string,
  path: string,
  { key = FLEET_KEYS.kari, ...init }: RequestInit & { key?: string } = {},
) =>
  fetch(`${url}${path}`, {
    signal: AbortSignal.timeout(30_000),
    ...init,
    headers: { Authorization: `Bearer ${key}`, ...(init.headers as Record<string, string>) },
  });

/** Opens a fleet that has no process yet; these settings are everybody's. */
export async function openFleet(env: Record<string, string> = {}): Promise<Fleet> {
  const { path: dir, remove } = makeTempDir();
  const redisPort = await findFreePort();
  const [redis, smtp, sink] = await Promise.all([
    startRedis(dir, ['--port', String(redisPort)]),
    openSmtpServer(),
    openHttpSink(),
  ]);
  const started: TestProcess[] = [];
  const settings = {
    REDIS_URL: `redis://127.0.0.1:${redisPort}`,
    DATA_DIR: dir,
    API_KEYS: `kari:${FLEET_KEYS.kari},operator:${FLEET_KEYS.operator}:${SCOPES.join('+')}`,
    SMTP_URL: smtp.url,
    EMAILS_FROM: 'fleet@example.org',
    WEBHOOKS_ALLOW: '127.0.0.1,localhost',
    CALLS_ALLOW: '127.0.0.1,localhost',
    DRAIN_SECONDS: '10',
    ...env,
  };

  const start = (args: string[], { folder = REPOSITORY, host, env: more = {} }: Seat = {}) => {
    const [command, ...rest] = host === undefined ? [process.execPath, ...args] : inNamed(host, args);
    const child = startProcess(command as string, rest, { ...settings, ...more }, folder);
    started.push(child);
    return child;
  };
  const wait = (awaited: string, child: TestProcess, isSo: () => Promise<boolean> | boolean) =>
    until(awaited, isSo, { timeoutMs: READY_WITHIN_MS, everyMs: 100 }).catch((error) => {
      throw new Error(`${error.message}\n${child.output()}`);
    });

  return {
    ...{ dir, redis, redisPort, smtp, sink, start },
    async startWeb(seat = {}, given) {
      const port = given ?? (await findFreePort());
      const url = `http://127.0.0.1:${port}`;
      const child = start(['src/server.ts'], { ...seat, env: { ...seat.env, PORT: String(port) } });
      await wait('the web process is ready', child, async () => (await fetch(`${url}/readyz`)).ok);
      return { url, process: child };
    },
    async startWorker(kinds = ALL_KINDS, seat = {}) {
      const child = start(['workers/main.ts', ...kinds], seat);
      await wait('the worker is ready', child, () => child.output().split('worker ready').length > kinds.length);
      return child;
    },
    async close() {
      await Promise.all(started.map((one) => one.stop('SIGKILL')));
      await Promise.all([redis.stop(), smtp.close(), sink.close()]);
      remove();
    },
  };
}

/** A program of this node on a machine of that name: the same in all else. */
const inNamed = (host: string, args: string[]): string[] => [
  ...['unshare', '--uts', 'sh', '-c', 'hostname "$0" && exec "$@"', host],
  ...[process.execPath, ...args],
];
