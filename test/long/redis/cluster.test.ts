import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { findRedisProblems } from '../../../bin/launch/checks.ts';
import { watchPlan } from '../../../bin/launch/config/watch-plan.ts';
import { createSend } from '../../../bin/watch/redis.js';
import { dataPaths } from '../../../src/data-dir.ts';
import { createLog } from '../../../src/log.ts';
import { watchAnswers } from '../../../src/redis/answers.ts';
import { openProducerRedis } from '../../../src/redis/connect.ts';
import { createGuards } from '../../../src/redis/guards.ts';
import { defaultConfig } from '../../../workers/config.ts';
import { KINDS } from '../../../workers/index.ts';
import { runCli } from '../../support/cli.ts';
import { KEYS, type Product, postPhoto, startProduct } from '../../support/product.ts';
import { type RedisGroup, startCluster } from '../../support/redis/redis-modes.ts';
import { makeTempDir } from '../../support/temp-dir.ts';
import { until } from '../../support/until.ts';

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
  const act = async (action: string, expected: number) => {
    const body = JSON.stringify({ action, filter: {}, expect: expected });
    const headers = { 'Content-Type': 'application/json' };
    const answer = await product.request('/v1/jobs/actions', { method: 'POST', headers, body });
    return [answer.status, ((await answer.json()) as { count?: number; total?: number }).count];
  };
  expect([await act('erase', 0), await act('retry', 0)]).toEqual([
    [409, 2],
    [202, undefined],
  ]);
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

describe('a master that is lost, and has no replica', () => {
  const own = makeTempDir();
  let lossy: RedisGroup;
  let lone: Product;
  beforeAll(async () => {
    lossy = await startCluster(own.path, { replicas: 0, conf: ['--cluster-require-full-coverage', 'no'] });
    lone = await startProduct({ env: { REDIS_URL: lossy.url } });
  });
  afterAll(async () => {
    await lone.close();
    await lossy.stop();
    own.remove();
  });

  const outcome = async (answer: Response): Promise<[number, string | undefined]> => [
    answer.status,
    ((await answer.json()) as { code?: string }).code,
  ];
  const send = (kind: string) => {
    const example = KINDS.find(({ contract }) => contract.kind === kind)?.contract.example;
    const headers = { 'Content-Type': 'application/json' };
    return lone.request(`/v1/${kind}`, { method: 'POST', headers, body: JSON.stringify(example) });
  };
  const post = async (kind: string) => outcome(await send(kind));

  it('what is not sent to it is known not to be done, however long it is away', async () => {
    const config = { REDIS_URL: lossy.url, KEY_PREFIX: 'heavylift', DATA_DIR: own.path };
    const redis = openProducerRedis(config, createLog('silent', 'test'));
    await once(redis, 'ready');
    const write = createGuards(watchAnswers(redis, 'calls')).write(() => redis.set('heavylift:{calls}:x', '1'));
    expect(await write()).toBe('OK');
    const isGone = once(redis, '-node');
    await lossy.nodes[2]?.kill();
    await isGone;
    await expect(write()).rejects.toMatchObject({ code: 'queue_unavailable' });
    redis.disconnect();
  });

  it('kinds there are refused, those on other masters go on; its jobs are there when it is back', async () => {
    await lossy.nodes[2]?.start();
    const id = await until('a call is accepted', async () => {
      const answer = await send('calls');
      return answer.status === 202 && ((await answer.json()) as { id: string }).id;
    });
    await lossy.nodes[2]?.kill();
    await until('it is known', async () => (await lone.request('/readyz')).status === 503);
    await until('the others go on without it', async () => (await post('emails'))[0] === 202);
    expect([await post('calls'), await post('flows'), await post('reports')]).toEqual([
      [503, 'queue_unavailable'],
      [503, 'queue_unavailable'],
      [202, undefined],
    ]);
    expect(await outcome(await lone.request(`/v1/jobs/${id}`))).toEqual([503, 'queue_unavailable']);
    await lossy.nodes[2]?.start();
    await until('calls are accepted again', async () => (await post('calls'))[0] === 202);
    expect((await lone.request(`/v1/jobs/${id}`)).status).toBe(200);
  });
});
