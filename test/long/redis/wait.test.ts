import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { findRedisProblems } from '../../../bin/launch/checks.ts';
import { defaultConfig } from '../../../workers/config.ts';
import { type Product, startProduct } from '../../support/product.ts';
import { type RedisGroup, type RedisNode, startSentinels } from '../../support/redis/redis-modes.ts';
import { makeTempDir } from '../../support/temp-dir.ts';
import { until } from '../../support/until.ts';

const dir = makeTempDir();
let group: RedisGroup;
let product: Product;
let replica: RedisNode;
beforeAll(async () => {
  group = await startSentinels(dir.path, { replicas: 1 });
  replica = group.nodes[1] as RedisNode;
  product = await startProduct({ env: { REDIS_URL: group.url, REDIS_WAIT: '1' } });
});
afterAll(async () => {
  await product.close();
  await group.stop();
  dir.remove();
});

const post = (key: string) =>
  product.request('/v1/emails', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', 'Idempotency-Key': key },
    body: JSON.stringify({ to: 'kari@example.no', subject: 'x', text: 'x', from: 'a@example.no' }),
  });

it('a replica that keeps up: accepted, and it has the job', async () => {
  const answer = await post('one');
  expect(answer.status).toBe(202);
  const { id } = (await answer.json()) as { id: string };
  expect(await replica.client.exists(`heavylift:{emails}:emails:${id}`)).toBe(1);
});

it('one that stands still: the job is there, and nobody is told that it is safe, until it is', async () => {
  replica.freeze();
  const answer = await post('two');
  expect(await answer.json()).toMatchObject({ status: 503, code: 'outcome_unknown' });
  const found = await product.request(String(answer.headers.get('location')));
  expect(found.status).toBe(200);
  const { id } = (await found.json()) as { id: string };
  const again = post('two');
  replica.thaw();
  expect((await again).status).toBe(202);
  expect(await (await again).json()).toMatchObject({ id });
});

it('none: nothing is queued, not ready, and a start is refused', async () => {
  await replica.kill();
  await until('it is not ready', async () => (await product.request('/readyz')).status === 503);
  const answer = await post('three');
  expect(await answer.json()).toMatchObject({ status: 503, code: 'queue_unavailable' });
  const config = { ...defaultConfig(), DATA_DIR: product.dir, REDIS_URL: group.url, REDIS_WAIT: 1 };
  expect(await findRedisProblems(config)).toEqual(['REDIS_URL: it has 0 replicas, and REDIS_WAIT asks for 1.']);
  await replica.start();
  await until('a job is accepted', async () => (await post('three')).status === 202);
});
