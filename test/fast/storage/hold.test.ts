import { existsSync, readdirSync, readFileSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { listFiles, openFile } from '../../../bin/backup/files.ts';
import { openDiskStorage } from '../../../src/storage/disk.ts';
import { HOLD_DIES_MS, HoldTaken, openHold } from '../../../src/storage/hold.ts';
import type { Storage } from '../../../src/storage/storage.ts';
import { makeTempDir } from '../../support/temp-dir.ts';

describe('what is removed while a backup is made', () => {
  let temp: ReturnType<typeof makeTempDir>;
  let root: string;
  let storage: Storage;
  beforeEach(async () => {
    temp = makeTempDir();
    root = join(temp.path, 'storage');
    storage = await openDiskStorage(root);
  });
  afterEach(() => temp.remove());

  const put = (key: string, text: string) => storage.put(key, Readable.from([Buffer.from(text)]));
  const keptAt = (paths: string[]) => paths.filter(existsSync).map((path) => readFileSync(path, 'utf8'));
  const readAll = async (hold: Awaited<ReturnType<typeof openHold>>) => {
    const found: Record<string, string> = {};
    for await (const name of listFiles(root, hold)) {
      const handle = await openFile(root, hold, name);
      if (handle) found[name] = (await buffer(handle.createReadStream())).toString();
    }
    return found;
  };

  it('a folder, a file and nothing: gone from their places, kept aside, and removed at the end', async () => {
    for (const name of ['a', 'b/c']) await put(`results/img_1/${name}`, name);
    await put('uploads/img_2/file', 'upload');
    const hold = await openHold(root);
    for (const key of ['results/img_1', 'uploads/img_2/file', 'results/img_9']) await storage.remove(key);
    await expect(storage.read('results/img_1/a')).rejects.toMatchObject({ code: 'not_found' });
    const keys = ['results/img_1/a', 'results/img_1/b/c', 'uploads/img_2/file', 'results/img_9/a'];
    expect(keys.map((key) => keptAt(hold.pathsOf(key)))).toEqual([['a'], ['b/c'], ['upload'], []]);
    await hold.close();
    expect(readdirSync(join(root, 'tmp'))).toEqual([]);
    await put('results/img_1/a', 'again');
    await storage.remove('results/img_1');
    expect(readdirSync(join(root, 'tmp'))).toEqual([]);
  });

  it('what was there at the beginning is copied, whatever became of it and of its name since', async () => {
    await put('results/img_1/a', 'first');
    await put('results/img_2/a', 'stays');
    const hold = await openHold(root);
    await storage.remove('results/img_1');
    await put('results/img_1/a', 'second');
    await storage.remove('results/img_1');
    await put('results/img_1/a', 'third');
    expect(await readAll(hold)).toEqual({ 'storage/results/img_1/a': 'first', 'storage/results/img_2/a': 'stays' });
    await hold.close();
  });

  it('a second backup is refused while the first lives; what a dead one left goes, and it is told so', async () => {
    await put('results/img_1/a', 'a');
    const first = await openHold(root);
    await storage.remove('results/img_1');
    await expect(openHold(root)).rejects.toBeInstanceOf(HoldTaken);
    expect(await first.isWhole()).toBe(true);
    const old = new Date(Date.now() - HOLD_DIES_MS - 1000);
    utimesSync(join(root, 'tmp', 'held'), old, old);
    const second = await openHold(root);
    expect([await first.isWhole(), await second.isWhole()]).toEqual([false, true]);
    expect(keptAt(second.pathsOf('results/img_1/a'))).toEqual([]);
    await first.close();
    expect(await second.isWhole()).toBe(true);
    await second.close();
    expect(readdirSync(join(root, 'tmp'))).toEqual([]);
  });
});
