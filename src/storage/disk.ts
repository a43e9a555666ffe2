import { createHash, randomUUID } from 'node:crypto';
import { type FileHandle, link, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { AppError } from '../errors.ts';
import { createDiskCheck } from './disk-check.ts';
import { classifyDiskError } from './disk-errors.ts';
import { createDiskRoom } from './disk-room.ts';
import { removeUnlessHeld } from './hold.ts';
import { assertKey, isKey, isUploadKey } from './keys.ts';
import type { Entry, PutOptions, Storage, Written } from './storage.ts';
import { untilAborted } from './until-aborted.ts';

/** Read at a time: a photograph in a few steps, each of which waits for a thread that may be at work on pixels. */
const READ_BYTES = 1 << 19;

/** The room is looked at before the first byte of a file, and again after so many. */
const LOOK_EVERY_BYTES = 4 << 20;

/**
 * Files below `root`; a file appears under its key only when its bytes and its name are on disk. `reserveBytes` of the
 * volume stay free.
 */
export async function openDiskStorage(root: string, reserveBytes?: number): Promise<Storage> {
  const temporary = join(root, 'tmp');
  await mkdir(temporary, { recursive: true, mode: 0o700 });

  const room = createDiskRoom(temporary, reserveBytes);
  const check = createDiskCheck(temporary, room);
  const pathOf = (key: string) => {
    assertKey(key);
    return join(root, key);
  };

  return {
    put: async (key, content, options = {}) => {
      const path = pathOf(key);
      const draft = join(temporary, randomUUID());
      try {
        const assertRoom = () => room.assert(isUploadKey(key) ? 'upload' : 'result');
        const written = await writeSynced(draft, content, options, assertRoom);
        await translateErrors(() => name(path, () => rename(draft, path)));
        return written;
      } catch (error) {
        // Why it failed matters more than whether the draft could be removed.
        await rm(draft, { force: true }).catch(() => {});
        throw error;
      }
    },
    open: (key, range) =>
      translateErrors(async () => {
        const handle = await open(pathOf(key)).catch(throwMissing);
        return handle.createReadStream({ ...range, highWaterMark: READ_BYTES });
      }),
    read: (key) => translateErrors(() => readWhole(pathOf(key))),
    move: (from, to) =>
      translateErrors(async () => {
        await rename(pathOf(from), pathOf(to)).catch(throwMissing);
        await syncFolder(dirname(pathOf(to)));
      }),
    link: (from, to) => translateErrors(() => name(pathOf(to), (path) => link(pathOf(from), path).catch(throwMissing))),
    remove: (key) =>
      translateErrors(() => {
        pathOf(key);
        return removeUnlessHeld(root, key);
      }),
    async *list(prefix) {
      const folder = join(root, prefix);
      for (const name of await readdir(folder).catch(() => [])) {
        const stats = await stat(join(folder, name)).catch(() => null);
        if (stats) yield { name, modifiedAt: stats.mtimeMs };
      }
    },
    walk: () => walk(root),
    check: () => translateErrors(check),
    assertRoom: () => translateErrors(() => room.assertSeen('job')),
  };
}

/** A file in one piece, and in one step: readFile would take one for every 512 KB. */
async function readWhole(path: string): Promise<Buffer> {
  const file = await open(path).catch(throwMissing);
  try {
    const { size } = await file.stat();
    const content = Buffer.allocUnsafeSlow(size);
    let end = 0;
    for (let bytesRead = -1; end < size && bytesRead !== 0; end += bytesRead) {
      ({ bytesRead } = await file.read(content, end, size - end));
    }
    return end < size ? content.subarray(0, end) : content;
  } finally {
    await file.close();
  }
}

/** The files at or below a folder of keys; drafts are none. */
async function* walk(root: string, folder = ''): AsyncGenerator<Entry> {
  const entries = await translateErrors(() => readdir(join(root, folder), { withFileTypes: true }).catch(noneIfGone));
  for (const entry of entries) {
    const key = folder === '' ? entry.name : `${folder}/${entry.name}`;
    // Drafts, and what is not ours, such as lost+found.
    if (key === 'tmp' || !/^\w[\w.-]*$/.test(entry.name)) continue;
    if (entry.isDirectory()) yield* walk(root, key);
    else if (entry.isFile() && isKey(key)) {
      const stats = await stat(join(root, key)).catch(() => null);
      if (stats) yield { key, bytes: stats.size, modifiedAt: stats.mtimeMs };
    }
  }
}

function noneIfGone(error: NodeJS.ErrnoException): [] {
  if (error.code === 'ENOENT') return [];
  throw error;
}

function throwMissing(cause: NodeJS.ErrnoException): never {
  if (cause.code !== 'ENOENT') throw cause;
  throw new AppError('not_found', 'The file is no longer there.', { cause });
}

/**
 * Writes and syncs a file. Errors of the content's iterator and of the signal pass through; only the disk's are
 * classified.
 */
async function writeSynced(
  path: string,
  content: AsyncIterable<Uint8Array>,
  { signal }: PutOptions,
  assertRoom: () => Promise<void>,
): Promise<Written> {
  const hash = createHash('sha256');
  let bytes = 0;
  let lookAt = LOOK_EVERY_BYTES;
  await translateErrors(assertRoom);
  const file = await translateErrors(() => open(path, 'wx', 0o600));
  try {
    for await (const chunk of signal ? untilAborted(content, signal) : content) {
      bytes += chunk.length;
      if (bytes > lookAt) {
        await translateErrors(assertRoom);
        lookAt = bytes + LOOK_EVERY_BYTES;
      }
      hash.update(chunk);
      await translateErrors(() => writeAll(file, chunk));
    }
    await translateErrors(() => file.sync());
    signal?.throwIfAborted();
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

/** Gives a finished file its name, durably: every folder that got a new name in it is synced, up to the first made. */
async function name(path: string, give: (path: string) => Promise<void>): Promise<void> {
  const folder = dirname(path);
  const made = await mkdir(folder, { recursive: true, mode: 0o700 });
  await give(path);
  await syncFolder(folder);
  if (!made) return;
  for (let child = folder; child.length >= made.length; child = dirname(child)) await syncFolder(dirname(child));
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
