import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { type Product, postPhoto, startProduct } from '../../support/product.ts';

let one: Product;
let other: Product;

beforeAll(async () => {
  one = await startProduct();
  other = await startProduct({ env: { REDIS_URL: one.redis.url, KEY_PREFIX: 'other' } });
});
afterAll(async () => {
  await other.close();
  await one.close();
});

it('two deployments in one Redis, each with a KEY_PREFIX of its own: neither sees or runs the jobs of the other', async () => {
  const mine = await postPhoto(one);
  const theirs = await postPhoto(other);
  other.startWorker('images', { REDIS_URL: one.redis.url, KEY_PREFIX: 'other' });
  await other.jobReaches(theirs, 'completed');
  expect(await (await one.request(`/v1/jobs/${mine}`)).json()).toMatchObject({ state: 'waiting' });
  expect((await one.request(`/v1/jobs/${theirs}`)).status).toBe(404);
  expect((await other.request(`/v1/jobs/${mine}`)).status).toBe(404);
  const names = await one.redis.client().keys('*');
  expect(names.filter((name) => !/^(heavylift|other):\{[a-z]+\}:/.test(name))).toEqual([]);
});
