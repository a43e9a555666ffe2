import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { listProcesses } from '../../bin/launch/supervisor.ts';
import { type DataPaths, dataPaths } from '../../src/data-dir.ts';
import { parseConfig } from '../../workers/config.ts';
import { planPrograms } from '../../workers/programs.ts';
import { openSmtpServer, type TestSmtpServer } from '../support/emails/smtp-server.ts';
import { openHttpSink, type SinkRequest } from '../support/http/http-sink.ts';
import { startProcess, type TestProcess } from '../support/processes.ts';
import { findFreePort } from '../support/product.ts';
import { makeTempDir } from '../support/temp-dir.ts';
import { until } from '../support/until.ts';
import { type Disk, mountDisk } from './disk.ts';
import { type Gate, openGate } from './gate.ts';
import { KINDS } from './kinds.ts';

const KEY = 'key-of-the-drill-0001';
/** The key of the operator. */
export const OPERATOR = 'key-of-the-operator-2';
const STRANGER = 'key-of-a-stranger-003';
const REFUSED = { code: 535, text: '5.7.8 Authentication failed' };
const READY_WITHIN_MS = 180_000;
const ANSWER_WITHIN_MS = 20_000;

/** The product as `npm start` runs it, in a folder and on ports of its own, with its relay and a receiver of webhooks. */
export interface Deployment {
  paths: DataPaths;
  env: Readonly<Record<string, string>>;
  /** Where it answers. */
  url: string;
  /** Where webhooks go. */
  receiverUrl: string;
  smtp: TestSmtpServer;
  /** What stands before the relay, and before the receiver. */
  gates: { relay: Gate; receiver: Gate };
  /** Requests that the receiver got. */
  deliveries: readonly SinkRequest[];
  /** The file systems of the data folder and of storage; null where nothing can be mounted. */
  disks: { data: Disk; storage: Disk } | null;
  /** A request with the drill's key; rejects when no answer comes within 20 s. */
  request(path: string, init?: RequestInit): Promise<Response>;
  /** The same with the key `operator`, of scope `admin`. */
  asOperator(path: string, init?: RequestInit): Promise<Response>;
  /** The same with a key whose jobs are no part of the load. */
  asStranger(path: string, init?: RequestInit): Promise<Response>;
  isReady(): Promise<boolean>;
  /** The pid of that process (`web-0`); waits until there is one. */
  pidOf(name: string): Promise<number>;
  /** The names of the processes that do the work. */
  workers: readonly string[];
  /** Runs commands on its Redis. */
  withRedis<T>(use: (redis: Redis) => Promise<T>): Promise<T>;
  /** What `npm start` is here. */
  launcher(): TestProcess;
  /** Starts everything, after it was ended, and waits until jobs are accepted. */
  start(): Promise<void>;
  close(): Promise<void>;
}

export interface DeploymentOptions {
  /** A new folder; one in the system's temporary directory unless given. */
  dataDir: string | undefined;
  say: (text: string) => void;
  /** Settings on top of the drill's own. */
  env?: Readonly<Record<string, string>>;
}

/** Starts a deployment. Rejects where the folder is in use: it has something in it. */
export async function openDeployment({ dataDir, say, env: more = {} }: DeploymentOptions): Promise<Deployment> {
  if (dataDir !== undefined && existsSync(dataDir) && readdirSync(dataDir).length > 0) {
    throw new Error(`--data-dir: ${dataDir} is in use; the drill breaks what it works with, so name a new folder`);
  }
  const temporary = makeTempDir();
  const root = dataDir ?? join(temporary.path, 'data');
  mkdirSync(root, { recursive: true, mode: 0o700 });
  const paths = dataPaths(root);
  const disks = mountDisks(temporary.path, paths);
  const [port, smtp, sink] = await Promise.all([findFreePort(), openSmtpServer({ auth: REFUSED }), openHttpSink()]);
  // It asks for a login, and takes it.
  delete smtp.misbehaviour.auth;
  const gates = { relay: await openGate(smtp.port), receiver: await openGate(sink.port) };
  const env = { ...settings(root, port, gates.relay), ...more };
  const url = `http://127.0.0.1:${port}`;
  const requestAs =
    (key: string) =>
    (path: string, init: RequestInit = {}) =>
      fetch(`${url}${path}`, {
        signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
        ...init,
        headers: { Authorization: `Bearer ${key}`, ...(init.headers as Record<string, string>) },
      });
  const [request, asOperator, asStranger] = [requestAs(KEY), requestAs(OPERATOR), requestAs(STRANGER)];
  const isReady = async () => (await request('/readyz')).ok;
  let launcher: TestProcess;

  const start = async () => {
    launcher = startProcess(process.execPath, ['bin/heavylift.ts', 'start'], env);
    await until('Heavylift is ready', () => launcher.output().includes('Heavylift is ready.'), {
      timeoutMs: READY_WITHIN_MS,
      everyMs: 200,
    }).catch((error) => {
      throw new Error(`${error.message}\n${launcher.output()}`);
    });
  };
  const close = async () => {
    await launcher?.stop();
    for (const disk of [disks?.storage, disks?.data]) disk?.unmount();
    await Promise.all([smtp.close(), sink.close(), gates.relay.shut(), gates.receiver.shut()]);
    temporary.remove();
  };
  say(`starting in ${root}`);
  await start().catch(async (error) => {
    await close();
    throw error;
  });
  return {
    ...{ paths, env, url, smtp, gates, disks, request, asOperator, asStranger, isReady, start, close },
    workers: planPrograms(parseConfig(env)).flatMap(({ name, processes }) =>
      Array.from({ length: processes }, (_, number) => `${name}-${number}`),
    ),
    receiverUrl: `http://127.0.0.1:${gates.receiver.port}/hook`,
    deliveries: sink.requests,
    launcher: () => launcher,
    pidOf: (name) =>
      until(`${name} runs`, async () => {
        const found = (await listProcesses(paths.supervisorSocket)).find((one) => one.name === name);
        return found?.state === 'RUNNING' ? found.pid : null;
      }),
    async withRedis(use) {
      const redis = new Redis(paths.redisSocket, { maxRetriesPerRequest: 1 });
      redis.on('error', () => {});
      try {
        return await use(redis);
      } finally {
        redis.disconnect();
      }
    },
  };
}

const settings = (root: string, port: number, relay: Gate): Record<string, string> => ({
  DATA_DIR: root,
  PORT: String(port),
  API_KEYS: `drill:${KEY}:${KINDS.join('+')},stranger:${STRANGER}:${KINDS.join('+')},operator:${OPERATOR}:admin`,
  SMTP_URL: `smtp://drill:password@127.0.0.1:${relay.port}`,
  EMAILS_FROM: 'drill@example.org',
  WEBHOOKS_ALLOW: '127.0.0.1,localhost',
  // So that a fault of some seconds is one.
  VERDICT_WAITING: '5s',
  IMAGES_WORKERS: '2',
  DRAIN_SECONDS: '5',
});

/** A disk for the data folder and one for storage in it, so that both can fill up and be taken away. */
function mountDisks(folder: string, paths: DataPaths): Deployment['disks'] {
  const data = mountDisk(join(folder, 'data.img'), paths.root);
  if (!data) return null;
  mkdirSync(paths.storage, { mode: 0o700 });
  const storage = mountDisk(join(folder, 'storage.img'), paths.storage);
  if (storage) return { data, storage };
  data.unmount();
  return null;
}
