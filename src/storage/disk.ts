import { createHash, randomUUID } from 'node:crypto';
import { link, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { createDiskCheck } from './disk-check.ts';
import { translateErrors } from './disk-errors.ts';
import { LOOK_EVERY_BYTES, name, syncFolder, throwMissing, writeAll } from './disk-files.ts';
import { createDiskGrowing } from './disk-growing.ts';
import { createDiskRoom } from './disk-room.ts';
import { removeUnlessHeld } from './hold.ts';
import { assertKey, GROWING, isKey, isUploadKey } from './keys.ts';
import type { Entry, PutOptions, Storage, Written } from './storage.ts';
import { untilAborted } from './until-aborted.ts';

/** Read at a time: a photograph in a few steps, each of which waits for a thread that may be at work on pixels. */
const READ_BYTES = 1 << 19;

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
    growing: createDiskGrowing(root, room),
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
    // What is not whole, and what is not ours, such as lost+found.
    if (key === 'tmp' || key === GROWING || !/^\w[\w.-]*$/.test(entry.name)) continue;
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
