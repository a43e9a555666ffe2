import { mkdirSync, readdirSync, rmSync, watch } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { createDiskCheck } from '../../../src/storage/disk-check.ts';
import { makeTempDir } from '../../support/temp-dir.ts';

let dir: ReturnType<typeof makeTempDir>;
let folder: string;
beforeEach(() => {
  dir = makeTempDir();
  folder = join(dir.path, 'tmp');
  mkdirSync(folder);
});
afterEach(() => dir.remove());

it('a folder that takes files: resolves, however many ask, and leaves nothing there', async () => {
  const check = createDiskCheck(folder);
  const names = new Set<string>();
  const watcher = watch(folder, (_event, name) => void names.add(name ?? ''));
  await Promise.all(Array.from({ length: 100 }, () => check()));
  for (let round = 0; round < 20; round += 1) await check();
  watcher.close();
  expect(names.size).toBeLessThanOrEqual(2);
  expect(readdirSync(folder)).toEqual([]);
});

it('a folder that is gone: rejects at once, also just after it was well; well again when it is back', async () => {
  const check = createDiskCheck(folder);
  await check();
  rmSync(folder, { recursive: true });
  await expect(check()).rejects.toMatchObject({ code: 'ENOENT' });
  mkdirSync(folder);
  await expect(check()).resolves.toBeUndefined();
});
