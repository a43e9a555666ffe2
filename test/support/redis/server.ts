import { spawn } from 'node:child_process';
import { mkdirSync, openSync } from 'node:fs';
import { basename, join } from 'node:path';
import { Redis } from 'ioredis';
import { REDIS_SERVER } from '../matrix/switch.ts';
import { startProcess, type TestProcess } from '../processes.ts';
import { until } from '../until.ts';

/** A real redis-server with the product's own redis.conf, on a unix socket below `dir`; or the group of servers that a run of the matrix has in its place. */
export interface TestRedis {
  /** As the setting REDIS_URL takes it. */
  url: string;
  /** Its unix socket; a group has none. */
  socket: string;
  /** A connection of the test's own, for looking at what is stored. */
  client(): Redis;
  /** Freezes it: connections stay open, nothing is answered. */
  freeze(): void;
  thaw(): void;
  /** kill -9; what it had written stays in `dir`. */
  kill(): Promise<void>;
  /** Starts it again over the same data. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** A folder in which all that is sent to each Redis is written down (`redis-slots.test.ts`). */
// biome-ignore lint/style/noProcessEnv: a switch of the run, not a setting of the product
const RECORDS = process.env['TEST_REDIS_RECORDS'];

/** Writes down what a server is sent, until it ends. */
function record(socket: string, file: string): void {
  spawn('redis-cli', ['-s', socket, 'monitor'], { stdio: ['ignore', openSync(file, 'a'), 'ignore'] }).unref();
}

/** Starts one server and waits until it answers. */
export async function startServer(dir: string, extra: string[]): Promise<TestRedis> {
  const data = join(dir, 'redis');
  mkdirSync(data, { recursive: true });
  const socket = join(dir, 'r.sock');
  const conf = new URL('../../../redis.conf', import.meta.url).pathname;
  const clients: Redis[] = [];
  let server: TestProcess;

  const client = () => {
    const redis = new Redis(socket, { retryStrategy: (times) => Math.min(20 * times, 200) });
    redis.on('error', () => {});
    clients.push(redis);
    return redis;
  };

  const start = async () => {
    const args = [
      conf,
      '--port',
      '0',
      '--unixsocket',
      socket,
      '--dir',
      data,
      '--daemonize',
      'no',
      '--logfile',
      '',
      ...extra,
    ];
    server = startProcess(REDIS_SERVER, args);
    const probe = new Redis(socket, { retryStrategy: () => 20, maxRetriesPerRequest: null });
    probe.on('error', () => {});
    await until('Redis answers', async () => (await probe.ping()) === 'PONG').catch((error) => {
      throw new Error(`${error.message}\n${server.output()}`);
    });
    probe.disconnect();
    if (RECORDS) record(socket, join(RECORDS, basename(dir)));
  };

  await start();
  return {
    url: `unix:${socket}`,
    socket,
    client,
    start,
    freeze: () => server.signal('SIGSTOP'),
    thaw: () => server.signal('SIGCONT'),
    kill: async () => void (await server.stop('SIGKILL')),
    async stop() {
      for (const redis of clients) redis.disconnect();
      server.signal('SIGCONT');
      await server.stop('SIGKILL');
    },
  };
}
