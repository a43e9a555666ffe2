import { createHash, randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { access, type FileHandle, mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { AppError } from '../errors.ts';
import type { PutOptions, Storage, Written } from './index.ts';

/** Files below `root`; a file appears under its key only when its bytes and its name are on disk. */
export async function openDiskStorage(root: string): Promise<Storage> {
  const temporary = join(root, 'tmp');
  await mkdir(temporary, { recursive: true, mode: 0o700 });

  const pathOf = (key: string) => {
    if (!/^[a-z]+(\/[\w][\w.-]*){1,3}$/.test(key)) throw new Error(`not a storage key: ${key}`);
    return join(root, key);
  };

  return {
    put: (key, content, options = {}) =>
      translateErrors(async () => {
        const path = pathOf(key);
        const draft = join(temporary, randomUUID());
        try {
          const written = await writeSynced(draft, content, options);
          const made = await mkdir(dirname(path), { recursive: true, mode: 0o700 });
          await rename(draft, path);
          await syncFolder(dirname(path));
          if (made) await syncFolder(dirname(dirname(path)));
          return written;
        } catch (error) {
          await rm(draft, { force: true });
          throw error;
        }
      }),
    open: (key, range) =>
      translateErrors(async () => {
        const handle = await open(pathOf(key));
        return handle.createReadStream({ ...range });
      }),
    remove: (key) => translateErrors(() => rm(pathOf(key), { recursive: true, force: true })),
    check: () => translateErrors(() => access(temporary, constants.W_OK)),
  };
}

async function writeSynced(path: string, content: AsyncIterable<Uint8Array>, { signal }: PutOptions): Promise<Written> {
  const hash = createHash('sha256');
  let bytes = 0;
  const file = await open(path, 'wx', 0o600);
  try {
    for await (const chunk of content) {
      signal?.throwIfAborted();
      bytes += chunk.length;
      hash.update(chunk);
      await writeAll(file, chunk);
    }
    signal?.throwIfAborted();
    await file.sync();
  } finally {
    await file.close();
  }
  return { bytes, sha256: hash.digest('hex') };
}

async function writeAll(file: FileHandle, chunk: Uint8Array): Promise<void> {
  for (let offset = 0; offset < chunk.length; ) {
    const { bytesWritten } = await file.write(chunk, offset);
    offset += bytesWritten;
  }
}

/** A rename is durable only when the folder that names the file is synced too (fsync(2)). */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path);
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

async function translateErrors<T>(action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    throw classifyDiskError(error);
  }
}

/** File system errors by what the caller can do about them; what did not come from the disk stays as it is. */
export function classifyDiskError(error: unknown): unknown {
  const code = (error as NodeJS.ErrnoException | null)?.code;
  if (error instanceof AppError || code === undefined || !/^E[A-Z]+$/.test(code)) return error;
  const options = { cause: error, retryAfterSeconds: 30 };
  switch (code) {
    case 'ENOENT':
      return new AppError('not_found', 'The file is no longer there.', { cause: error });
    case 'ENOSPC':
    case 'EDQUOT':
      return new AppError('storage_full', 'The storage is full. Nothing was kept; try again later.', options);
    case 'EIO':
    case 'EROFS':
    case 'EACCES':
    case 'EPERM':
    case 'EMFILE':
    case 'ENFILE':
    case 'ENOTDIR':
      return new AppError(
        'storage_unavailable',
        'The storage can not be used at the moment. Try again later.',
        options,
      );
    default:
      return error;
  }
}
