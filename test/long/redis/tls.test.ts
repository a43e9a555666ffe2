import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { findRedisProblems } from '../../../bin/launch/checks.ts';
import { watchPlan } from '../../../bin/launch/config/watch-plan.ts';
import { createSend } from '../../../bin/watch/redis.js';
import { dataPaths } from '../../../src/data-dir.ts';
import { defaultConfig } from '../../../workers/config.ts';
import { certify } from '../../support/certificates.ts';
import { findFreePort, type Product, postPhoto, startProduct } from '../../support/product.ts';
import { startRedis, type TestRedis } from '../../support/redis/redis.ts';
import { makeTempDir } from '../../support/temp-dir.ts';

const dir = makeTempDir();
const file = (name: string) => join(dir.path, name);
let redis: TestRedis;
let port: number;
let product: Product | undefined;

beforeAll(async () => {
  const authority = certify(dir.path, 'ca', '/CN=An authority');
  certify(dir.path, 'server', '/CN=localhost', authority);
  certify(dir.path, 'client', '/CN=heavylift', authority);
  certify(dir.path, 'other', '/CN=Another authority');
  port = await findFreePort();
  const certificates = ['--tls-cert-file', file('server.pem'), '--tls-key-file', file('server.key')];
  const more = ['--tls-ca-cert-file', file('ca.pem'), '--aclfile', file('users.acl')];
  // The helper's own look at its socket needs the default user.
  writeFileSync(file('users.acl'), 'user default on nopass ~* &* +@all\nuser kari on >s@cret ~* &* +@all\n');
  redis = await startRedis(dir.path, ['--tls-port', String(port), ...certificates, ...more]);
});
afterAll(async () => {
  await product?.close();
  await redis.stop();
  dir.remove();
});

const address = (query: string) => `rediss://kari:s%40cret@localhost:${port}/2?${query}`;
const files = (ca: string) => `ca=${file(`${ca}.pem`)}&cert=${file('client.pem')}&key=${file('client.key')}`;
const config = (url: string) => ({ ...defaultConfig(), REDIS_URL: url, DATA_DIR: dir.path });

it('a Redis behind TLS that asks for a certificate: jobs are accepted and run, the watch gets in too', async () => {
  product = await startProduct({ env: { REDIS_URL: address(files('ca')) } });
  product.startWorker('images');
  const id = await postPhoto(product);
  await product.jobReaches(id, 'completed');
  const { redis: place } = watchPlan(config(address(files('ca'))), dataPaths(dir.path), []);
  expect(await createSend(place)([['PING'], ['DBSIZE']])).toEqual(['PONG', expect.any(Number)]);
  expect(await redis.client().dbsize()).toBe(0);
});

it.each([
  [
    'an authority that is not believed',
    () => address(files('other')),
    /REDIS_URL: Redis does not answer there \(.*certificate/,
  ],
  ['a password that is wrong', () => address(files('ca')).replace('s%40cret', 'x'), /REDIS_URL: .*WRONGPASS/],
])('%s: the start says so', async (_name, url, said) => {
  expect(await findRedisProblems(config(url()))).toEqual([expect.stringMatching(said)]);
});
