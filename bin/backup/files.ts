import { type FileHandle, open, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Hold } from '../../src/storage/hold.ts';
import { isEntryName, STORAGE } from './contents.ts';

const READ_BYTES = 1 << 19;

/** The names of all files in the folder of storage, and of those that were put aside meanwhile. */
export async function* listFiles(storage: string, hold: Hold): AsyncGenerator<string> {
  yield* walk(storage, STORAGE);
  // What is put aside after it was listed at its place is opened where it lies then.
  for (const entry of await readdir(hold.folder)) yield* walk(join(hold.folder, entry), heldName(entry));
}

const heldName = (entry: string): string => `${STORAGE}/${entry.replaceAll('+', '/')}`;
/** The storage key of a name. */
const keyOf = (name: string): string => name.slice(STORAGE.length + 1);

/** The files at or below a path, by names that begin with the given one. */
async function* walk(path: string, name: string): AsyncGenerator<string> {
  if (name === 'storage/tmp') return;
  const entries = await readdir(path, { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOTDIR') return null;
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  if (entries === null && isEntryName(name)) yield name;
  for (const entry of entries ?? []) {
    const inner = `${name}/${entry.name}`;
    // Not ours, and perhaps not ours to read: lost+found of a disk.
    if (!isEntryName(inner) && inner !== 'storage/tmp') continue;
    if (entry.isDirectory()) yield* walk(join(path, entry.name), inner);
    else if (entry.isFile()) yield inner;
  }
}

/** Counts these files and their bytes, as they lie there now. */
export async function measureFiles(storage: string, hold: Hold): Promise<{ files: number; bytes: number }> {
  const total = { files: 0, bytes: 0 };
  for await (const name of listFiles(storage, hold)) {
    const { size = 0 } = (await stat(join(storage, keyOf(name))).catch(() => null)) ?? {};
    total.files += 1;
    total.bytes += size;
  }
  return total;
}

/**
 * Opens a file at its place or, before anything that came there since, where it was put aside; null where it is gone:
 * it was on its way out before the backup began.
 */
export async function openFile(storage: string, hold: Hold, name: string): Promise<FileHandle | null> {
  const live = await openIfThere(join(storage, keyOf(name)));
  for (const path of hold.pathsOf(keyOf(name))) {
    const held = await openIfThere(path);
    if (held) {
      await live?.close();
      return held;
    }
  }
  return live;
}

const openIfThere = (path: string): Promise<FileHandle | null> =>
  open(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return null;
    throw error;
  });

/** All reads go into one piece of memory: 10,000 files would leave as many pieces behind. */
const piece = Buffer.allocUnsafeSlow(READ_BYTES);

/** The first bytes of an open file, fewer where it ends earlier; a chunk is good until the next one is asked for. */
export async function* readBytes(handle: FileHandle, bytes: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes; ) {
    const { bytesRead } = await handle.read(piece, 0, Math.min(READ_BYTES, bytes - at), at);
    if (bytesRead === 0) return;
    at += bytesRead;
    yield piece.subarray(0, bytesRead);
  }
}
