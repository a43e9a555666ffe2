import { chmodSync, existsSync, readdirSync, readlinkSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { AppError } from '../../../src/errors.ts';
import { openDiskStorage } from '../../../src/storage/disk.ts';
import { resultKey, uploadKey } from '../../../src/storage/keys.ts';
import type { Storage } from '../../../src/storage/storage.ts';
import { describeStorage } from '../../support/storage/storage-conformance.ts';
import { makeTempDir } from '../../support/temp-dir.ts';

const filesBelow = (root: string): string[] =>
  readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));

describeStorage('files on disk', async () => {
  const { path: root, remove } = makeTempDir();
  return {
    storage: await openDiskStorage(root),
    stored: async () => filesBelow(root),
    clear: async () => {
      const names = readdirSync(root).filter((name) => name !== 'tmp');
      for (const name of names) rmSync(join(root, name), { recursive: true });
    },
    close: async () => remove(),
  };
});

describe('files on disk', () => {
  let temp: ReturnType<typeof makeTempDir>;
  let root: string;
  let storage: Storage;
  beforeEach(async () => {
    temp = makeTempDir();
    root = join(temp.path, 'some', 'storage');
    storage = await openDiskStorage(root);
  });
  afterEach(() => temp.remove());

  async function* content() {
    yield Buffer.from('content');
  }
  const modeOf = (path: string) => (statSync(path).mode & 0o777).toString(8);

  it('a folder that is not there yet: made, with all above it', () => {
    expect(existsSync(root)).toBe(true);
  });

  it('opened again over the same folder, as after a restart: what was written is there', async () => {
    await storage.put('results/job/file', content());
    const again = await openDiskStorage(root);
    expect(await text(await again.open('results/job/file'))).toBe('content');
  });

  it('put: the bytes are synced before the file gets its name, and then each folder that got a new name', async () => {
    const handle = await open(root);
    const prototype = Object.getPrototypeOf(handle) as FileHandle;
    await handle.close();
    const { sync } = prototype;
    const synced: string[] = [];
    const spy = jest.spyOn(prototype, 'sync').mockImplementation(async function (this: FileHandle) {
      const path = relative(root, readlinkSync(`/proc/self/fd/${this.fd}`));
      const stats = await this.stat();
      synced.push(
        stats.isFile()
          ? `${dirname(path)}: ${stats.size} bytes`
          : `${path}/: ${readdirSync(join(root, path)).toSorted()}`,
      );
      await sync.call(this);
    });
    try {
      await storage.put('results/job/file', content());
    } finally {
      spy.mockRestore();
    }
    expect(synced).toEqual(['tmp: 7 bytes', 'results/job/: file', 'results/: job', '/: results,tmp']);
  });

  it('folders and files: for their owner alone, whatever the umask', async () => {
    const umask = process.umask(0);
    try {
      await storage.put('results/job/file', content());
    } finally {
      process.umask(umask);
    }
    expect(modeOf(join(root, 'results'))).toBe('700');
    expect(modeOf(join(root, 'results/job'))).toBe('700');
    expect(modeOf(join(root, 'results/job/file'))).toBe('600');
  });

  it('a name with more than a file name may have: refused by the disk, and nothing is left', async () => {
    await expect(storage.put(`results/${'x'.repeat(256)}`, content())).rejects.toMatchObject({ code: 'ENAMETOOLONG' });
    expect(filesBelow(root)).toEqual([]);
  });

  it('the storage folder has vanished (a volume that is not mounted): unavailable, not "not found"', async () => {
    renameSync(root, `${root}-elsewhere`);
    await expect(storage.check()).rejects.toMatchObject({ code: 'storage_unavailable' });
    await expect(storage.put('uploads/job/file', content())).rejects.toMatchObject({ code: 'storage_unavailable' });
    renameSync(`${root}-elsewhere`, root);
    await storage.check();
    await storage.put('uploads/job/file', content());
  });

  it('a file in the place of a folder: unavailable with a time to try again, and no path in the sentence', async () => {
    writeFileSync(join(root, 'uploads'), '');
    const error = await storage.put('uploads/job/file', content()).catch((thrown: unknown) => thrown as AppError);
    expect(error).toBeInstanceOf(AppError);
    expect(error).toMatchObject({ code: 'storage_unavailable', retryAfterSeconds: 30 });
    expect((error as AppError).message).not.toContain(root);
    expect(filesBelow(root)).toEqual([join(root, 'uploads')]);
  });

  // The superuser may write everywhere.
  (process.getuid?.() === 0 ? it.skip : it)('a folder that may not be written to: check rejects', async () => {
    chmodSync(join(root, 'tmp'), 0o500);
    await expect(storage.check()).rejects.toMatchObject({ code: 'storage_unavailable' });
  });
});

describe('keys', () => {
  it("a job's uploads and results: below one prefix each", () => {
    expect(uploadKey('img_1', 'nonce', 'file')).toBe('uploads/img_1-nonce/file');
    expect([resultKey('img_1'), resultKey('img_1', 'a.webp')]).toEqual(['results/img_1', 'results/img_1/a.webp']);
  });
});
