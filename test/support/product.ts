import sharp from 'sharp';
import { SCOPES } from '../../workers/index.ts';
import { findFreePort } from './free-port.ts';
import { startProcess, type TestProcess } from './processes.ts';
import { startRedis, type TestRedis } from './redis/redis.ts';
import { makeTempDir } from './temp-dir.ts';
import { until } from './until.ts';

export { findFreePort };

/** Two callers with kinds only, and an operator. */
export const KEYS = { kari: 'key-of-kari-0001', ola: 'key-of-ola-00002', operator: 'key-of-operator-3' } as const;
const API_KEYS = `kari:${KEYS.kari},ola:${KEYS.ola}:images,operator:${KEYS.operator}:${SCOPES.join('+')}`;

/** The real web process and worker processes over a real Redis, each started as supervisord starts them. */
export interface Product {
  /** The web process's address, without a slash at its end. */
  url: string;
  dir: string;
  redis: TestRedis;
  web: TestProcess;
  workers: TestProcess[];
  /** Starts another web process on the same port, after the first was ended. */
  restartWeb(env?: Record<string, string>): Promise<void>;
  /** Starts a second web process of the same deployment, on a port of its own. */
  startOtherWeb(): Promise<{ url: string; web: TestProcess }>;
  startWorker(kinds: string | string[], env?: Record<string, string>): TestProcess;
  /** A request with a key (kari's unless told otherwise). */
  request(path: string, init?: RequestInit & { key?: string }): Promise<Response>;
  /** The job as the API shows it, once it has ended or is in that state. */
  jobReaches(id: string, state: string, timeoutMs?: number): Promise<Record<string, unknown>>;
  close(): Promise<void>;
}

export interface ProductOptions {
  /** A worker of each; those of a list in it share one, which starts in the time of one. */
  kinds?: (string | string[])[];
  env?: Record<string, string>;
  /** False: Redis is started later by the test (`redis.start()`). */
  redisUp?: boolean;
}

/** Starts Redis, the web process and a worker of each kind given (of some together), and waits until the web process is ready. */
export async function startProduct({ kinds = [], env = {}, redisUp = true }: ProductOptions = {}): Promise<Product> {
  const { path: dir, remove } = makeTempDir();
  const redis = await startRedis(dir);
  if (!redisUp) await redis.kill();
  const port = await findFreePort();
  const url = `http://127.0.0.1:${port}`;
  const settings = { REDIS_URL: redis.url, DATA_DIR: dir, PORT: String(port), API_KEYS, ...env };

  const startWeb = async (extra: Record<string, string> = {}) => {
    const web = startProcess(process.execPath, ['src/server.ts'], { ...settings, ...extra });
    await until('the web process answers', async () => (await fetch(`${url}/livez`)).ok).catch((error) => {
      throw new Error(`${error.message}\n${web.output()}`);
    });
    if (redisUp) await until('the web process is ready', async () => (await fetch(`${url}/readyz`)).ok);
    return web;
  };

  const request: Product['request'] = (path, { key = KEYS.kari, headers, ...init } = {}) =>
    fetch(`${url}${path}`, {
      ...init,
      headers: { Authorization: `Bearer ${key}`, ...(headers as Record<string, string>) },
    });

  const product: Product = {
    url,
    dir,
    redis,
    web: await startWeb(),
    workers: [],
    request,
    async restartWeb(extra) {
      product.web = await startWeb(extra);
    },
    async startOtherWeb() {
      const otherPort = await findFreePort();
      const otherUrl = `http://127.0.0.1:${otherPort}`;
      const web = startProcess(process.execPath, ['src/server.ts'], { ...settings, PORT: String(otherPort) });
      product.workers.push(web);
      await until('the other web process is ready', async () => (await fetch(`${otherUrl}/readyz`)).ok);
      return { url: otherUrl, web };
    },
    startWorker(kinds, extra = {}) {
      const worker = startProcess(process.execPath, ['workers/main.ts', ...[kinds].flat()], { ...settings, ...extra });
      product.workers.push(worker);
      return worker;
    },
    jobReaches: (id, state, timeoutMs = 60_000) =>
      until(
        `${id} is ${state}`,
        async () => {
          const job = (await (await request(`/v1/jobs/${id}`, { key: KEYS.operator })).json()) as Record<
            string,
            unknown
          >;
          if (job['state'] !== state) throw new Error(JSON.stringify(job));
          return job;
        },
        { timeoutMs },
      ),
    async close() {
      await Promise.all([product.web, ...product.workers].map((one) => one.stop('SIGKILL')));
      await redis.stop();
      remove();
    },
  };
  for (const kind of kinds) product.startWorker(kind);
  return product;
}

/** Posts a small photo, by kari unless told otherwise; answers the job's id. */
export async function postPhoto(
  product: Product,
  { key, ...fields }: { key?: string } & Record<string, string> = {},
): Promise<string> {
  const photo = sharp({ create: { width: 60, height: 40, channels: 3, background: '#27507c' } }).jpeg();
  const answer = await product.request(`/v1/images?${new URLSearchParams(fields)}`, {
    method: 'POST',
    body: new Uint8Array(await photo.toBuffer()),
    headers: { 'Content-Type': 'image/jpeg' },
    ...(key === undefined ? {} : { key }),
  });
  const { id } = (await answer.json()) as { id?: string };
  if (answer.status !== 202 || !id) throw new Error(`the photo was not accepted: ${answer.status}`);
  return id;
}
