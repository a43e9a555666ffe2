import { constants, type Stats } from 'node:fs';
import { type FileHandle, open, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { translateErrors } from './disk-errors.ts';
import { LOOK_EVERY_BYTES, name, syncFolder, throwMissing, writeAll } from './disk-files.ts';
import type { DiskRoom } from './disk-room.ts';
import { assertKey, growingKey } from './keys.ts';
import type { GrowingContents, Growth } from './storage.ts';

/** Makes the contents that grow below a folder: each is one file, which is moved to its key once it is whole. */
export function createDiskGrowing(root: string, room: DiskRoom): GrowingContents {
  const pathsOf = (key: string) => {
    assertKey(key);
    return { path: join(root, key), draft: join(root, growingKey(key)) };
  };
  const isWhole = async (path: string, total: number) => (await statOrNull(path))?.size === total;

  return {
    size: (key, total, sure = total) =>
      translateErrors(async () => {
        const { path, draft } = pathsOf(key);
        const file = await open(draft, 'r+').catch(noneIfMissing);
        if (!file) return (await isWhole(path, total)) ? total : 0;
        try {
          // What a killed process wrote lies in the system's memory alone.
          await file.datasync();
          return Math.min((await file.stat()).size, total, sure);
        } finally {
          await file.close();
        }
      }),
    async append(key, content, growth) {
      const { path, draft } = pathsOf(key);
      if (growth.from === growth.total && (await translateErrors(() => isWhole(path, growth.total))))
        return growth.total;
      await translateErrors(() => room.assert('upload'));
      const size = await write(draft, content, growth, () => translateErrors(() => room.assert('upload')));
      if (size === growth.total) {
        await translateErrors(() =>
          name(path, () => rename(draft, path)).catch(async (error) => {
            // A process that stood still may have come back, and have moved what both had written.
            if (!(await isWhole(path, size))) throwMissing(error);
          }),
        );
        await translateErrors(() => syncFolder(dirname(draft)));
      }
      return size;
    },
    remove: (key) => translateErrors(() => rm(pathsOf(key).draft, { force: true })),
    assertRoom: (bytes) => translateErrors(() => room.assert('upload', bytes)),
  };
}

/** Writes and syncs what is appended; answers how large the file is. */
async function write(
  draft: string,
  content: AsyncIterable<Uint8Array>,
  growth: Growth,
  assertRoom: () => Promise<void>,
): Promise<number> {
  const { from, total, accept } = growth;
  const file = await openDraft(draft, growth);
  try {
    let size = from;
    let lookAt = from + LOOK_EVERY_BYTES;
    for await (const chunk of content) {
      if (size + chunk.length > total) throw new Error(`more than ${total} bytes for ${draft}`);
      if (size > lookAt) {
        await assertRoom();
        lookAt = size + LOOK_EVERY_BYTES;
      }
      // At its place: a process that stood still and comes back writes nothing anywhere else.
      await translateErrors(() => writeAll(file, chunk, size));
      size += chunk.length;
    }
    await translateErrors(() => file.datasync());
    accept?.();
    return size;
  } finally {
    // What was written stays, whatever happened: by now another may write at this file.
    await file.close();
  }
}

/** Opens the file, cut off at that place; a new one is on disk with its name. */
async function openDraft(draft: string, { from, mayCut }: Growth): Promise<FileHandle> {
  const flags = constants.O_RDWR | constants.O_CREAT;
  const opened = await translateErrors(() =>
    open(draft, flags, 0o600).catch(async (error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error;
      await name(draft, async () => {});
      return open(draft, flags, 0o600);
    }),
  );
  try {
    const { size } = await translateErrors(() => opened.stat());
    if (size < from) throw new Error(`${draft} has ${size} bytes, not ${from}`);
    if (size > from) {
      await mayCut?.();
      await translateErrors(() => opened.truncate(from));
    }
    if (size === 0) await translateErrors(() => syncFolder(dirname(draft)));
    return opened;
  } catch (error) {
    await opened.close();
    throw error;
  }
}

const statOrNull = (path: string): Promise<Stats | null> => stat(path).catch(noneIfMissing);

function noneIfMissing(error: NodeJS.ErrnoException): null {
  if (error.code === 'ENOENT') return null;
  throw error;
}
