import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { findRedisProblems } from '../../../bin/launch/checks.ts';
import { defaultConfig } from '../../../workers/config.ts';
import { KINDS } from '../../../workers/index.ts';
import { quotedIn, readDocument, sectionOf } from '../../fast/docs/documents.ts';
import { runCli } from '../../support/cli.ts';
import { KEYS, type Product, postPhoto, startProduct } from '../../support/product.ts';
import { documentedUser } from '../../support/redis/documented-user.ts';
import { startRedis, type TestRedis } from '../../support/redis/redis.ts';
import { makeTempDir } from '../../support/temp-dir.ts';

const dir = makeTempDir();
let redis: TestRedis;
let product: Product;
let url: string;

beforeAll(async () => {
  const file = join(dir.path, 'users.acl');
  writeFileSync(file, `user default on nopass ~* &* +@all\n${documentedUser()}\n`);
  redis = await startRedis(dir.path, ['--aclfile', file]);
  url = `unix://heavylift:secret@${redis.socket}`;
  product = await startProduct({ kinds: [KINDS.map(({ contract }) => contract.kind)], env: { REDIS_URL: url } });
});
afterAll(async () => {
  await product.close();
  await redis.stop();
  dir.remove();
});

const post = async (path: string, body: unknown, key?: string) => {
  const headers = { 'Content-Type': 'application/json' };
  const init = { method: 'POST', body: JSON.stringify(body), headers, ...(key ? { key } : {}) };
  return (await (await product.request(path, init)).json()) as Record<string, string>;
};

describe('with the user that the docs give', () => {
  it('jobs are accepted, awaited, run, listed, found, cancelled, run again and erased', async () => {
    const photo = await postPhoto(product);
    const mails = KINDS.find(({ contract }) => contract.kind === 'emails')?.contract.example;
    const reports = KINDS.find(({ contract }) => contract.kind === 'reports')?.contract.example;
    const { id: mail = '' } = await post('/v1/emails', mails);
    const { id: report = '' } = await post('/v1/reports', reports);
    const later = { ...(mails as object), runAt: new Date(Date.now() + 3_600_000).toISOString() };
    const { id: delayed = '' } = await post('/v1/emails', later);
    const awaited = await product.request(`/v1/jobs/${report}`, { headers: { Prefer: 'wait=20' } });
    expect(await awaited.json()).toMatchObject({ state: 'completed' });
    for (const id of [photo, mail]) await product.jobReaches(id, 'completed');
    expect((await product.request(`/v1/jobs/${delayed}/cancel`, { method: 'POST' })).ok).toBe(true);
    expect((await product.request(`/v1/jobs/${delayed}/retry`, { method: 'POST' })).status).toBeLessThan(500);
    for (const path of [
      '/v1/jobs',
      '/v1/jobs?state=completed',
      '/v1/jobs?text=a',
      '/v1/usage',
      `/v1/jobs/${mail}/log`,
    ]) {
      expect([path, (await product.request(path)).status < 500]).toEqual([path, true]);
    }
    expect((await product.request(`/v1/jobs/${photo}`, { method: 'DELETE' })).ok).toBe(true);
  });

  it('operators see and do what they do elsewhere, and the start finds nothing wrong', async () => {
    const paths = [
      '/metrics',
      '/v1/verdict',
      '/v1/audit',
      '/admin',
      '/readyz?verbose',
      '/v1/emails/unknown',
      '/v1/inbox',
    ];
    for (const path of paths) {
      expect([path, (await product.request(path, { key: KEYS.operator })).status]).toEqual([path, 200]);
    }
    const config = { ...defaultConfig(), REDIS_URL: url, DATA_DIR: product.dir };
    expect(await findRedisProblems(config)).toEqual([]);
    const settings = { REDIS_URL: url, DATA_DIR: product.dir };
    expect(await runCli(settings, 'keys', 'create', 'ny', '--scopes', 'images')).toMatchObject({ code: 0 });
    expect(await runCli(settings, 'keys', 'list')).toMatchObject({ code: 0 });
  });

  it('Redis has refused it nothing but what it does without', async () => {
    const entries = (await redis.client().call('ACL', 'LOG')) as string[][];
    const refused = entries.map((entry) => entry[entry.indexOf('object') + 1] ?? '');
    const spared = quotedIn(sectionOf(readDocument('docs/redis.md'), '## A user without rights to spare'));
    expect(refused.filter((command) => !spared.includes(command))).toEqual([]);
  });
});
