import { type FileHandle, mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { AppError } from '../errors.ts';

// The steps of which contents on disk are made.

/** The room is looked at before the first byte of a file, and again after so many. */
export const LOOK_EVERY_BYTES = 4 << 20;

/** Throws not_found for a file that is not there, else the error itself. */
export function throwMissing(cause: NodeJS.ErrnoException): never {
  if (cause.code !== 'ENOENT') throw cause;
  throw new AppError('not_found', 'The file is no longer there.', { cause });
}

/** Writes a whole chunk at a place of a file; without one, behind what was written last. */
export async function writeAll(file: FileHandle, chunk: Uint8Array, position?: number): Promise<void> {
  for (let offset = 0; offset < chunk.length; ) {
    const at = position === undefined ? null : position + offset;
    const { bytesWritten } = await file.write(chunk, offset, chunk.length - offset, at);
    offset += bytesWritten;
  }
}

/** Gives a finished file its name, durably: every folder that got a new name in it is synced, up to the first made. */
export async function name(path: string, give: (path: string) => Promise<void>): Promise<void> {
  const folder = dirname(path);
  const made = await mkdir(folder, { recursive: true, mode: 0o700 });
  await give(path);
  await syncFolder(folder);
  if (!made) return;
  for (let child = folder; child.length >= made.length; child = dirname(child)) await syncFolder(dirname(child));
}

/** A rename is durable only when the folder that names the file is synced too (fsync(2)). */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path);
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
