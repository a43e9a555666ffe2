import { afterAll, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { createCallerSecrets, MAX_SECRETS } from '../../../src/delivery/caller-secrets.ts';
import { ownKey, type Redis } from '../../../src/redis/script.ts';
import { startRedis, type TestRedis } from '../../support/redis/redis.ts';
import { makeTempDir } from '../../support/temp-dir.ts';

const [OLD, NEW] = ['the-old-secret-of-the-deployment', 'the-new-secret-of-the-deployment'];
const dir = makeTempDir();
let server: TestRedis;
let redis: Redis;
beforeAll(async () => {
  server = await startRedis(dir.path);
  redis = server.client();
});
afterAll(async () => {
  await server.stop();
  dir.remove();
});
beforeEach(() => redis.flushall());

const open = (...secrets: [string, ...string[]]) => createCallerSecrets(redis, secrets);
const key = ownKey('calls', 'secrets:kari');

it('kept, replaced, listed by name, removed; each caller has its own', async () => {
  const secrets = open(NEW);
  expect((await secrets.put('kari', 'shop', 'first')).isNew).toBe(true);
  expect((await secrets.put('kari', 'shop', 'second')).isNew).toBe(false);
  await secrets.put('kari', 'bank', 'third');
  expect((await secrets.list('kari')).map(({ name }) => name)).toEqual(['bank', 'shop']);
  expect(await secrets.list('ola')).toEqual([]);
  expect(await secrets.findMissing('kari', ['shop', 'none'])).toEqual(['none']);
  expect(await secrets.findMissing('ola', ['shop'])).toEqual(['shop']);
  expect(await secrets.open('kari', ['shop', 'none'])).toEqual(
    new Map<string, object>([
      ['shop', { value: 'second' }],
      ['none', { fault: 'missing' }],
    ]),
  );
  expect([await secrets.remove('kari', 'shop'), await secrets.remove('kari', 'shop')]).toEqual([true, false]);
});

it('the deployment’s secret is changed: opened with the old one, sealed anew with the new one, and the old one can go', async () => {
  await open(OLD).put('kari', 'shop', 'sk_live');
  const before = await redis.hget(key, 'shop');
  expect((await open(NEW, OLD).open('kari', ['shop'])).get('shop')).toEqual({ value: 'sk_live' });
  expect(await redis.hget(key, 'shop')).not.toBe(before);
  expect((await open(NEW).open('kari', ['shop'])).get('shop')).toEqual({ value: 'sk_live' });
  expect((await open(OLD).open('kari', ['shop'])).get('shop')).toEqual({ fault: 'sealed' });
});

it('moved in Redis to another caller or name: not opened', async () => {
  const secrets = open(NEW);
  await secrets.put('kari', 'shop', 'sk_live');
  const sealed = String(await redis.hget(key, 'shop'));
  expect(sealed).not.toContain('sk_live');
  await redis.hset(ownKey('calls', 'secrets:ola'), 'shop', sealed);
  await redis.hset(key, 'other', sealed);
  expect((await secrets.open('ola', ['shop'])).get('shop')).toEqual({ fault: 'sealed' });
  expect((await secrets.open('kari', ['other'])).get('other')).toEqual({ fault: 'sealed' });
});

it('no more than there may be; one that is there can be replaced all the same', async () => {
  const secrets = open(NEW);
  await redis.hset(key, Object.fromEntries(Array.from({ length: MAX_SECRETS }, (_, index) => [`s${index}`, 'x'])));
  await expect(secrets.put('kari', 'one-more', 'x')).rejects.toMatchObject({ code: 'conflict' });
  await expect(secrets.put('kari', 's0', 'x')).resolves.toMatchObject({ isNew: false });
});
