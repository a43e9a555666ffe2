import { mkdirSync, statfsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { openDiskStorage } from '../../../src/storage/disk.ts';
import { createDiskRoom, reserveOf } from '../../../src/storage/disk-room.ts';
import { openStorage } from '../../../src/storage/open.ts';
import type { Storage } from '../../../src/storage/storage.ts';
import { parseConfig } from '../../../workers/config.ts';
import { inChunks } from '../../support/storage/storage-content.ts';
import { makeTempDir } from '../../support/temp-dir.ts';
import { until } from '../../support/until.ts';

const { path: dir, remove } = makeTempDir();
afterAll(() => remove());

const freeBytes = (): number => {
  const { bavail, bsize } = statfsSync(dir);
  return bavail * bsize;
};

it.each([
  [1e9, 1e8],
  [2.4e9, 2.4e8],
  [2.5e9, 256e6],
  [10e9, 256e6],
  [100e9, 2e9],
])('of a volume of %d bytes %d stay free', (volume, reserve) => {
  expect(reserveOf(volume)).toBe(reserve);
});

it('uploads end before jobs, jobs before results', async () => {
  const outcomes = async (share: number) => {
    const room = createDiskRoom(dir, freeBytes() * share);
    const uses = ['upload', 'job', 'result'] as const;
    return (await Promise.allSettled(uses.map((use) => room.assert(use)))).map(({ status }) => status === 'fulfilled');
  };
  expect(await outcomes(0.5)).toEqual([true, true, true]);
  expect(await outcomes(1.5)).toEqual([false, true, true]);
  expect(await outcomes(3)).toEqual([false, false, true]);
  expect(await outcomes(5)).toEqual([false, false, false]);
});

describe('a storage whose volume has less free than it keeps', () => {
  const put = (storage: Storage, key: string) => storage.put(key, inChunks(Buffer.from('x')));

  it('a little: uploads are refused, jobs and results are not', async () => {
    const storage = await openDiskStorage(dir, freeBytes() * 1.5);
    await expect(put(storage, 'uploads/a-b/file')).rejects.toMatchObject({ code: 'storage_full', status: 507 });
    await expect(storage.check()).rejects.toMatchObject({ code: 'storage_full' });
    await put(storage, 'results/a/file');
    await storage.assertRoom();
    await storage.assertRoom();
  });

  it('much: no job is accepted', async () => {
    const storage = await openDiskStorage(dir, freeBytes() * 3);
    const code = () => storage.assertRoom().catch((error: { code?: string }) => error.code);
    await until('it has looked', async () => (await code()) === 'storage_full');
  });

  it('files in a bucket: jobs are refused for the disk of a queue that lies here, and for none elsewhere', async () => {
    const queue = join(dir, 'redis');
    mkdirSync(queue, { recursive: true });
    const settings = { STORAGE_URL: 's3://files?endpoint=http://127.0.0.1:1', DATA_DIR: dir, DISK_RESERVE: '9000GB' };
    const codeOf = (storage: Storage) => storage.assertRoom().catch((error: { code?: string }) => error.code);
    const own = await openStorage(parseConfig(settings));
    await until('it has looked', async () => (await codeOf(own)) === 'storage_full');
    const elsewhere = await openStorage(parseConfig({ ...settings, REDIS_URL: 'redis://127.0.0.1:1' }));
    expect([await codeOf(elsewhere), await codeOf(elsewhere)]).toEqual([undefined, undefined]);
    // Nothing is there: said at once, and as what it is.
    await expect(elsewhere.read('results/a/file')).rejects.toMatchObject({ code: 'storage_unavailable', status: 503 });
  });

  it('a large upload ends where the reserve begins, and nothing of it stays', async () => {
    const storage = await openDiskStorage(dir, freeBytes() - 6_000_000);
    const large = inChunks(Buffer.alloc(40_000_000));
    await expect(storage.put('uploads/c-d/file', large)).rejects.toMatchObject({ code: 'storage_full' });
    await expect(storage.open('uploads/c-d/file')).rejects.toMatchObject({ code: 'not_found' });
  });
});
