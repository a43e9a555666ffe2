import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { makeBackup } from '../../../bin/backup/backup.ts';
import { dataPaths } from '../../../src/data-dir.ts';
import { jobKey } from '../../../src/redis/keys.ts';
import { parseConfig } from '../../../workers/config.ts';
import { runCli } from '../../support/cli.ts';
import { createSinks, type HttpSink } from '../../support/http/http-sink.ts';
import { startProcess, type TestProcess } from '../../support/processes.ts';
import { findFreePort, KEYS, type Product, startProduct } from '../../support/product.ts';
import { startRedis, type TestRedis } from '../../support/redis/redis.ts';
import { makeTempDir } from '../../support/temp-dir.ts';
import { until } from '../../support/until.ts';

/** More than are under way at a time, so that rows are left at the backup's moment. */
const ROWS = 130;
const LONG = { timeoutMs: 180_000, everyMs: 500 };
const REPORT = {
  name: 'report',
  kind: 'reports',
  input: { template: 'document', data: { title: '{{row.name}}', blocks: [{ type: 'text', text: 'x' }] } },
};
const MAIL = { name: 'mail', kind: 'emails', input: { to: '{{row.email}}', subject: 'Hello', text: 'x' } };

const sinks = createSinks();
const temp = makeTempDir();
const started: (TestProcess | TestRedis)[] = [];
let shop: HttpSink;
let product: Product;
let file: string;
/** The rows as the address has them. */
let content: string;
/** Two flows over the rows of an address, half done at the moment of the backup: one sends, one does not. */
const flows = { inward: '', outward: '' };

const env = () => ({
  EMAILS_FROM: 'shop@example.no',
  FETCH_ALLOW: new URL(shop.url).host,
  API_KEYS: `kari:${KEYS.kari}`,
});
const post = (url: string, steps: object[], key: string) =>
  fetch(`${url}/v1/flows`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${KEYS.kari}`, 'Content-Type': 'application/json', 'Idempotency-Key': key },
    body: JSON.stringify({ steps, forEach: { url: `${shop.url}/customers` } }),
  });
interface FlowBody {
  id: string;
  state: string;
  progress: { done?: number; failed?: number; total?: number };
  error: { detail: string } | null;
}

beforeAll(async () => {
  const row = (_: unknown, n: number) => JSON.stringify({ name: `n${n}`, email: `n${n}@example.no` });
  content = Array.from({ length: ROWS }, row).join('\n');
  shop = await sinks.open((res) => res.end(content));
  product = await startProduct({ kinds: ['flows', 'reports'], env: env() });
  const [inward, outward] = await Promise.all([
    post(product.url, [REPORT], 'inward'),
    post(product.url, [REPORT, MAIL], 'outward'),
  ]);
  Object.assign(flows, {
    inward: ((await inward.json()) as FlowBody).id,
    outward: ((await outward.json()) as FlowBody).id,
  });
  // No mail is sent yet, so that the flow that sends stands at its first rows.
  const stateOf = async (id: string) => (await (await product.request(`/v1/flows/${id}`)).json()) as FlowBody;
  await until('both have begun', async () => {
    const all = await Promise.all(Object.values(flows).map(stateOf));
    return all.every(({ progress }) => progress.total === ROWS) && (all[0]?.progress.done ?? 0) > 5;
  });
  const paths = dataPaths(product.dir);
  mkdirSync(paths.run, { recursive: true });
  symlinkSync(product.redis.socket, paths.redisSocket);
  file = join(temp.path, 'b.tar');
  const signal = new AbortController().signal;
  await makeBackup(parseConfig({ DATA_DIR: product.dir }), {
    ...{ file, withoutSecrets: false, running: true, remark: () => {}, signal },
  });
  await product.close();
}, 180_000);
afterAll(async () => {
  for (const one of started.toReversed()) await one.stop();
  await product.close();
  await sinks.close();
  temp.remove();
});

/** Restores the backup, and runs all that it takes over it. */
async function openRestored(...options: string[]) {
  const dataDir = join(temp.path, `d${started.length}`);
  const restored = await runCli({ DATA_DIR: dataDir }, 'restore', file, ...options);
  expect(restored).toMatchObject({ code: 0 });
  const redis = await startRedis(dataDir);
  const port = await findFreePort();
  const settings = { ...env(), DATA_DIR: dataDir, REDIS_URL: redis.url, PORT: String(port) };
  const web = startProcess(process.execPath, ['src/server.ts'], settings);
  const worker = startProcess(process.execPath, ['workers/main.ts', 'flows', 'reports', 'emails'], settings);
  started.push(redis, web, worker);
  const url = `http://127.0.0.1:${port}`;
  await until('it is ready', async () => (await fetch(`${url}/readyz`).catch(() => null))?.ok, LONG);
  const ask = (path: string, init: RequestInit = {}) =>
    fetch(`${url}${path}`, { ...init, headers: { Authorization: `Bearer ${KEYS.kari}` } });
  return {
    ...{ url, ask, stderr: restored.stderr },
    reaches: (id: string, state: string) =>
      until(
        `${id} is ${state}`,
        async () => {
          const seen = (await (await ask(`/v1/flows/${id}`)).json()) as FlowBody;
          return seen.state === state && seen;
        },
        LONG,
      ),
    /** What a flow counts for in its caller's `storedBytes`. */
    counted: async (id: string) => Number((await redis.client().hget(jobKey('flows', id), 'usage'))?.split(' ')[3]),
    /** The rows that the jobs of a flow are for. */
    rows: async (id: string, kind: string) => {
      const rows: number[] = [];
      for (let cursor: string | null = ''; cursor !== null; ) {
        type Page = { jobs: { flow: { row: number } }[]; cursor: string | null };
        const path: string = `/v1/jobs?flow=${id}&kind=${kind}&limit=100${cursor && `&cursor=${cursor}`}`;
        const page = (await (await ask(path)).json()) as Page;
        rows.push(...page.jobs.map(({ flow }) => flow.row));
        cursor = page.cursor;
      }
      return rows.toSorted((one, other) => one - other);
    },
  };
}
const ALL = Array.from({ length: ROWS }, (_, n) => n + 1);

it('after a loss: a flow goes on with the rows that it had got, each job once; one that sends waits for a person', async () => {
  const { url, ask, reaches, rows, counted, stderr } = await openRestored();
  expect(stderr).toContain('flows that send begin no further row until they are run again');
  const [inward, outward] = await Promise.all([reaches(flows.inward, 'completed'), reaches(flows.outward, 'failed')]);
  expect(inward.progress).toMatchObject({ done: ROWS, failed: 0, total: ROWS });
  expect(await rows(flows.inward, 'reports')).toEqual(ALL);
  expect(outward.error?.detail).toMatch(
    /^This deployment was restored as of 20\S+, .* run it again to go on\. \d+ of 130/,
  );
  // As accepted before: the same flow, and not another.
  expect(((await (await post(url, [REPORT], 'inward')).json()) as FlowBody).id).toBe(flows.inward);
  expect((await ask(`/v1/flows/${flows.outward}/retry`, { method: 'POST' })).status).toBe(202);
  await reaches(flows.outward, 'completed');
  expect(await rows(flows.outward, 'emails')).toEqual(ALL);
  expect(shop.requests).toHaveLength(2);
  expect(await Promise.all(Object.values(flows).map(counted))).toEqual([content.length, content.length]);
  const erase = (id: string) => async () => (await ask(`/v1/flows/${id}`, { method: 'DELETE' })).status === 404;
  await Promise.all(Object.values(flows).map((id) => until(`${id} is erased`, erase(id), LONG)));
  expect(await (await ask('/v1/usage')).json()).toMatchObject({ storedBytes: { used: 0 } });
}, 300_000);

it('--send-waiting: both go on; as a copy: none does, and each says why', async () => {
  const moved = await openRestored('--send-waiting');
  await Promise.all(Object.values(flows).map((id) => moved.reaches(id, 'completed')));
  expect(await moved.rows(flows.outward, 'emails')).toEqual(ALL);
  const copy = await openRestored('--as-copy');
  for (const id of Object.values(flows))
    expect((await copy.reaches(id, 'cancelled')).error?.detail).toContain('restored as a copy');
}, 400_000);
