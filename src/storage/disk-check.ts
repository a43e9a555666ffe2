import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { access, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { withinOwnTime } from '../processes/own-time.ts';
import { createDiskRoom, type DiskRoom } from './disk-room.ts';

/** A file that was written and synced says for so long that others can be. */
const WRITE_HOLDS_MS = 1000;
/** A file system that takes longer, such as one whose server is away, takes nothing now: of the time that this process has. */
const WITHIN_MS = 2000;

/**
 * Makes a check of a folder: rejects with the error of the disk when no upload can be written there. Whoever asks while it
 * looks gets the same answer, and a file is written once a second at most.
 */
export function createDiskCheck(folder: string, room: DiskRoom = createDiskRoom(folder)): () => Promise<void> {
  let look: Promise<void> | null = null;
  let wroteAt = Number.NEGATIVE_INFINITY;

  const lookNow = async () => {
    await access(folder, constants.W_OK);
    await room.assert('upload');
    if (performance.now() - wroteAt < WRITE_HOLDS_MS) return;
    await writeFile(join(folder, randomUUID()));
    wroteAt = performance.now();
  };
  const start = () => {
    look = lookNow().finally(() => {
      look = null;
    });
    return look;
  };
  return () => withinOwnTime(look ?? start(), WITHIN_MS, { byThreads: true });
}

/** Writes, syncs and removes a file. */
async function writeFile(path: string): Promise<void> {
  const file = await open(path, 'wx', 0o600);
  try {
    await file.write('.');
    await file.sync();
  } finally {
    await file.close();
    await rm(path, { force: true });
  }
}
