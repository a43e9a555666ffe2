import { hostname } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Redis } from 'ioredis';
import request from 'supertest';
import { joinDeployment } from '../../../src/deployment/join.ts';
import { readNotes } from '../../../src/deployment/notes.ts';
import { LaterData } from '../../../src/deployment/version.ts';
import { createLog } from '../../../src/log.ts';
import { takeOverData } from '../../../src/queue/upkeep/take-over.ts';
import { deploymentIdKey } from '../../../src/redis/keys.ts';
import { openSecrets } from '../../../src/signing/secret.ts';
import { openDiskStorage } from '../../../src/storage/disk.ts';
import { bearer, openTestApp, type TestApp } from '../../support/app.ts';

const REPORT = { template: 'document', data: { title: 'T', blocks: [{ type: 'text', text: 'x' }] } };
const log = createLog('silent', 'test');

describe('data of an earlier version', () => {
  let test: TestApp;
  let redis: Redis;
  beforeAll(async () => {
    test = await openTestApp();
    redis = test.redis.client();
  });
  afterAll(() => test.close());

  const takeOver = () => {
    const { storage } = test;
    return takeOverData({ redis, storage, contracts: test.contracts, log });
  };
  const list = async (query: string, key: Parameters<typeof bearer>[0] = 'kari') => {
    const { body } = await request(test.app).get(`/v1/jobs?${query}`).set('Authorization', bearer(key));
    return body.jobs.map(({ id }: { id: string }) => id);
  };
  const VERSION = 'deployment/version';

  it('the first version: its jobs are listed as before, newest first, and nothing of its indexes is left', async () => {
    const ids: string[] = [];
    for (const subject of ['a', 'b', 'a']) {
      const sending = request(test.app).post('/v1/reports').set('Authorization', bearer('kari'));
      ids.unshift((await sending.send({ ...REPORT, subject, tags: ['t'] })).body.id);
    }
    await layOutAsFirstVersion(redis, ids);
    expect(await list('')).toEqual([]);
    await takeOver();
    expect(await list('')).toEqual(ids);
    expect(await list('subject=a')).toEqual([ids[0], ids[2]]);
    expect(await list('', 'operator')).toEqual(ids);
    expect(await list('', 'ola')).toEqual([]);
    expect(await redis.keys('heavylift:{index}:*')).toEqual([]);
    expect(await redis.exists('heavylift:{images}:images:lane:waiting')).toBe(0);
    expect(await redis.zcard('heavylift:{images}:images:heavy:waiting')).toBe(1);
  });

  it('taken over before: nothing changes', async () => {
    const before = await redis.keys('*');
    await takeOver();
    expect((await redis.keys('*')).toSorted()).toEqual(before.toSorted());
    expect(String(await test.storage.read(VERSION))).toBe('2\n');
  });

  it.each(['Redis', 'storage'])(
    'a later version in %s: whoever joins is refused in one line, and that is noted',
    async (where) => {
      if (where === 'Redis') await redis.set('heavylift:{deployment}:version', '3');
      else await test.storage.put(VERSION, Readable.from([Buffer.from('3\n')]));
      const refused = takeOver();
      await expect(refused).rejects.toBeInstanceOf(LaterData);
      const sentence = `the data in ${where} is of version 3, of a later Heavylift, and this one knows up to 2: deploy here`;
      await expect(refused).rejects.toThrow(sentence);
      const { storage, config } = test;
      await expect(joinDeployment({ redis, storage, secrets: openSecrets(config) })).rejects.toThrow(sentence);
      expect((await readNotes(redis)).refused).toMatchObject([{ host: hostname(), reason: 'version' }]);
      await redis.set('heavylift:{deployment}:version', '2');
      await test.storage.put(VERSION, Readable.from([Buffer.from('2\n')]));
    },
  );
});

/** Moves the jobs' index entries to where the first version kept them, beside an entry whose job is gone. */
async function layOutAsFirstVersion(redis: Redis, ids: readonly string[]): Promise<void> {
  const room = 'heavylift:{reports}:reports';
  await redis.sadd('heavylift:{index}:callers', 'kari', 'gone');
  await redis.zadd('heavylift:{index}:caller:kari', 1, 'rep_gone');
  for (const id of ids) {
    const at = Number(await redis.hget(`${room}:${id}`, 'timestamp'));
    await redis.zadd('heavylift:{index}:caller:kari', at, id);
    await redis.zadd('heavylift:{index}:subject:abc', at, id);
    await redis.hdel(`${room}:${id}`, 'indexes');
  }
  await redis.del(...(await redis.keys(`${room}:index:*`)), `${room}:callers`);
  await redis.zadd('heavylift:{images}:images:lane:waiting', 1, 'img_old');
}

describe('a storage that files are moved to, or were moved away from', () => {
  let test: TestApp;
  beforeAll(async () => {
    test = await openTestApp();
  });
  afterAll(() => test.close());

  it.each([
    ['moving', 'dep_1', 'storage says dep_1 still moving there'],
    ['id', 'dep_1 moved to s3://files', 'storage says dep_1 moved to s3://files'],
  ])(
    'deployment/%s with %s: no process starts there, whatever Redis has, and Redis stays as it is',
    async (name, text, says) => {
      const redis = test.redis.client();
      const storage = await openDiskStorage(join(test.config.DATA_DIR, `place-${name}`));
      await storage.put(`deployment/${name}`, Readable.from([Buffer.from(`${text}\n`)]));
      for (const id of [null, 'dep_1']) {
        await (id === null ? redis.del(deploymentIdKey()) : redis.set(deploymentIdKey(), id));
        await expect(joinDeployment({ redis, storage, secrets: ['x'.repeat(32)] })).rejects.toThrow(says);
        expect(await redis.get(deploymentIdKey())).toBe(id);
      }
    },
  );
});
