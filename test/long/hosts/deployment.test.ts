import { readFileSync, rmSync, symlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import { startProcess, type TestProcess } from '../../support/processes.ts';
import {
  findFreePort,
  KEYS,
  type Product,
  type ProductOptions,
  postPhoto,
  startProduct,
} from '../../support/product.ts';
import { makeTempDir } from '../../support/temp-dir.ts';
import { until } from '../../support/until.ts';

const SECRET = 'a secret that both hosts have and long enough';
const RESTORED = {
  redis: 'Redis had lost the id of this deployment',
  storage: 'Storage had lost the id of this deployment',
};

const closings: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closings.splice(0).toReversed()) await close();
});

async function open(options: ProductOptions = {}): Promise<Product> {
  const product = await startProduct(options);
  closings.push(product.close);
  return product;
}

/** A folder as another host has it. */
function openFolder(): string {
  const dir = makeTempDir();
  closings.push(dir.remove);
  return dir.path;
}

const idFile = (dir: string) => join(dir, 'storage/deployment/id');
const idOf = ({ dir }: Product) => readFileSync(idFile(dir), 'utf8').trim();
/** The page shows the verdict, which is judged every five seconds. */
const adminShows = (product: Product, text: string) =>
  until(`/admin says: ${text}`, async () => (await adminPage(product)).includes(text), { timeoutMs: 30_000 });
const adminPage = async (product: Product) => (await product.request('/admin', { key: KEYS.operator })).text();
const verbose = async (product: Product) =>
  (await (await product.request('/readyz?verbose', { key: KEYS.operator })).json()) as {
    deployment: { id: string; restored: { side: string; at: string }[] };
  };

/** The process ends by itself, and says so with both ids. */
async function expectRefused(process: TestProcess, ...said: string[]) {
  expect(await process.exited).toBe(1);
  for (const text of ['this process does not start', ...said]) expect(process.output()).toContain(text);
}

describe('a process that belongs to another deployment', () => {
  it('another folder and so another secret: the worker does not start, says why, and takes no job', async () => {
    const product = await open();
    const id = await postPhoto(product);
    const stranger = product.startWorker('images', { DATA_DIR: openFolder() });
    await expectRefused(stranger, `storage says none, Redis says ${idOf(product)}`, 'DEPLOYMENT_SECRET');
    product.startWorker('images');
    expect(await product.jobReaches(id, 'completed')).toMatchObject({ attempts: { made: 1 } });
  });

  it('two ids that differ: web and worker do not start, say both, and /admin names the host', async () => {
    const [one, other] = [
      await open({ env: { DEPLOYMENT_SECRET: SECRET } }),
      await open({ env: { DEPLOYMENT_SECRET: SECRET } }),
    ];
    const both = `storage says ${idOf(other)}, Redis says ${idOf(one)}`;
    await other.web.stop();
    await expectRefused(other.startWorker('emails', { REDIS_URL: one.redis.url }), both);
    const strange = `its storage belongs to another deployment (${idOf(other)})`;
    await adminShows(one, `A process on ${hostname()} does not start: ${strange}`);
    const settings = { REDIS_URL: one.redis.url, DATA_DIR: other.dir, PORT: String(await findFreePort()) };
    await expectRefused(
      startProcess(process.execPath, ['src/server.ts'], { ...settings, DEPLOYMENT_SECRET: SECRET }),
      both,
    );
    expect(await one.redis.client().pttl('heavylift:{deployment}:refused')).toBeGreaterThan(0);
    expect(await one.redis.client().pttl('heavylift:{deployment}:refused')).toBeLessThanOrEqual(60_000);
  });

  it('a worker whose folder is not mounted yet: waits, takes no job, is told of on /admin, and works when it is', async () => {
    const product = await open({ env: { DEPLOYMENT_SECRET: SECRET } });
    const folder = openFolder();
    const early = product.startWorker('images', { DATA_DIR: folder });
    const id = await postPhoto(product);
    await until('it says that it waits', () => early.output().includes('is the right folder mounted?'), {
      timeoutMs: 30_000,
    });
    await adminShows(product, `A process on ${hostname()} does not start: its storage is empty`);
    await product.jobReaches(id, 'waiting');
    rmSync(join(folder, 'storage'), { recursive: true });
    symlinkSync(join(product.dir, 'storage'), join(folder, 'storage'));
    expect(await product.jobReaches(id, 'completed')).toMatchObject({ attempts: { made: 1 } });
    expect((await verbose(product)).deployment).toMatchObject({ restored: [] });
  });

  it('a running web process whose Redis becomes that of another deployment: not ready', async () => {
    const product = await open();
    await product.redis.client().set('heavylift:{deployment}:id', 'dep_another');
    await until('it is not ready', async () => (await fetch(`${product.url}/readyz`)).status === 503);
    expect(product.web.output()).toContain('it says dep_another');
  });
});

describe('one deployment', () => {
  it('a web process and workers that start at the same time: one id on both sides, and nothing was lost', async () => {
    const product = await open({ kinds: ['images', 'reports', 'emails', 'webhooks'] });
    await product.jobReaches(await postPhoto(product), 'completed');
    await until('every worker is ready', () =>
      product.workers.every((worker) => worker.output().includes('worker ready')),
    );
    expect(await product.redis.client().get('heavylift:{deployment}:id')).toBe(idOf(product));
    expect((await verbose(product)).deployment).toEqual({ id: idOf(product), restored: [], remade: [] });
    const page = await adminPage(product);
    for (const title of Object.values(RESTORED)) expect(page).not.toContain(title);
  });

  it('started again, with its folder or with its secret alone: the same id', async () => {
    const product = await open({ env: { DEPLOYMENT_SECRET: SECRET } });
    const id = idOf(product);
    await product.web.stop();
    await product.restartWeb();
    expect((await verbose(product)).deployment).toEqual({ id, restored: [], remade: [] });
  });

  it('storage without its id, beside jobs in Redis: written again, and told in the log, /admin and /readyz?verbose', async () => {
    const product = await open();
    const id = idOf(product);
    await postPhoto(product);
    await product.web.stop();
    rmSync(join(product.dir, 'storage'), { recursive: true });
    await product.restartWeb();
    expect(idOf(product)).toBe(id);
    expect(product.web.output()).toContain('storage had lost the id of this deployment');
    const restored = [{ side: 'storage', at: expect.any(String) }];
    expect((await verbose(product)).deployment).toEqual({ id, restored, remade: [] });
    await adminShows(product, RESTORED.storage);
  });

  it('Redis without its id, beside files in storage: the same, at a start and while it runs', async () => {
    const product = await open();
    const id = idOf(product);
    await postPhoto(product);
    await product.web.stop();
    await product.redis.client().flushall();
    await product.restartWeb();
    expect(product.web.output()).toContain('Redis had lost the id of this deployment');
    expect((await verbose(product)).deployment).toEqual({
      id,
      restored: [{ side: 'redis', at: expect.any(String), files: expect.any(Number) }],
      remade: [],
    });
    await product.redis.client().flushall();
    await adminShows(product, RESTORED.redis);
    expect(await product.redis.client().get('heavylift:{deployment}:id')).toBe(id);
    await expectRefused(product.startWorker('emails', { DATA_DIR: openFolder() }), `Redis says ${id}`);
  });

  it('an installation without data that starts again over an empty Redis: nothing is told', async () => {
    const product = await open();
    await product.web.stop();
    await product.redis.client().flushall();
    await product.restartWeb();
    expect((await verbose(product)).deployment).toEqual({ id: idOf(product), restored: [], remade: [] });
  });
});
