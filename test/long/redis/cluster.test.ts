import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { findRedisProblems } from '../../../bin/launch/checks.ts';
import { watchPlan } from '../../../bin/launch/config/watch-plan.ts';
import { createSend } from '../../../bin/watch/redis.js';
import { dataPaths } from '../../../src/data-dir.ts';
import { defaultConfig } from '../../../workers/config.ts';
import { KINDS } from '../../../workers/index.ts';
import { runCli } from '../../support/cli.ts';
import { KEYS, type Product, postPhoto, startProduct } from '../../support/product.ts';
import { type RedisGroup, startCluster } from '../../support/redis/redis-modes.ts';
import { makeTempDir } from '../../support/temp-dir.ts';

const dir = makeTempDir();
let cluster: RedisGroup;
let product: Product;
let settings: { REDIS_URL: string; DATA_DIR: string };
beforeAll(async () => {
  cluster = await startCluster(dir.path);
  product = await startProduct({
    kinds: [KINDS.map(({ contract }) => contract.kind)],
    env: { REDIS_URL: cluster.url },
  });
  settings = { REDIS_URL: cluster.url, DATA_DIR: product.dir };
});
afterAll(async () => {
  await product.close();
  await cluster.stop();
  dir.remove();
});

it('jobs of kinds on several masters run, are awaited, listed and erased', async () => {
  const photo = await postPhoto(product);
  await product.jobReaches(photo, 'completed');
  for (const { contract } of KINDS.filter(({ contract }) => ['emails', 'reports'].includes(contract.kind))) {
    const headers = { 'Content-Type': 'application/json', Prefer: 'wait=30' };
    const init = { method: 'POST', headers, body: JSON.stringify(contract.example) };
    expect(await (await product.request(`/v1/${contract.kind}`, init)).json()).toMatchObject({ state: 'completed' });
  }
  const listed = (await (await product.request('/v1/jobs')).json()) as { jobs: unknown[] };
  expect(listed.jobs).toHaveLength(3);
  expect((await product.request(`/v1/jobs/${photo}`, { method: 'DELETE' })).status).toBe(204);
});

it('pages, metrics and the verdict are those of any Redis', async () => {
  for (const path of ['/metrics', '/admin', '/jobs', '/v1/audit', '/v1/usage', '/admin/queues/api/queues']) {
    expect([path, (await product.request(path, { key: KEYS.operator })).status]).toEqual([path, 200]);
  }
  const verdict = await (await product.request('/v1/verdict', { key: KEYS.operator })).json();
  expect(verdict).toMatchObject({ level: 'green' });
});

it('commands, the start and the watch find what they look for, on whichever node it lies', async () => {
  expect(await runCli(settings, 'keys', 'create', 'ny', '--scopes', 'images')).toMatchObject({ code: 0 });
  expect(await runCli(settings, 'jobs', 'list')).toMatchObject({ code: 0 });
  expect(await findRedisProblems({ ...defaultConfig(), ...settings })).toEqual([]);
  const { redis, deathsKey } = watchPlan({ ...defaultConfig(), ...settings }, dataPaths(product.dir), []);
  const questions = KINDS.map(({ contract: { kind } }) => ['SISMEMBER', `heavylift:{${kind}}:${kind}:callers`, 'kari']);
  const answers = await createSend(redis)([['LLEN', deathsKey], ...questions]);
  const kept = ['emails', 'reports'];
  expect(answers).toEqual([0, ...KINDS.map(({ contract: { kind } }) => (kept.includes(kind) ? 1 : 0))]);
});

it('one node as the whole: refused with the address to write', async () => {
  const url = `redis://127.0.0.1:${cluster.nodes[0]?.port}`;
  expect(await findRedisProblems({ ...defaultConfig(), ...settings, REDIS_URL: url })).toEqual([
    expect.stringMatching(/^REDIS_URL: it is one node of a cluster .* redis-cluster:/),
  ]);
});
