import { randomUUID } from 'node:crypto';
import { mkdir, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { HELD } from './keys.ts';

/** The owner of a hold shows so often that it lives. */
const RENEW_MS = 5000;
/** One that has not shown it for so long is dead, and what it held goes. */
export const HOLD_DIES_MS = 60_000;

/**
 * What is removed from storage while a backup is made: put aside instead, since jobs of the backup's moment may need it.
 */
export interface Hold {
  /** Where what was put aside lies: an entry for each removed key, with `+` for each `/`. */
  folder: string;
  /** The paths at which a file of that key may lie in it. */
  pathsOf(key: string): string[];
  /** Whether nothing that was put aside is gone. */
  isWhole(): Promise<boolean>;
  /** Ends it, and removes what was put aside. */
  close(): Promise<void>;
}

/** Another hold lives: there is one at a time. */
export class HoldTaken extends Error {
  override readonly name = 'HoldTaken';
}

const heldFolder = (root: string): string => join(root, 'tmp', HELD);
const keptFolder = (root: string): string => join(heldFolder(root), 'kept');

/** Removes what lies at `key`, or puts it aside while there is a hold; what was put aside first stays. */
export async function removeUnlessHeld(root: string, key: string): Promise<void> {
  const path = join(root, key);
  const kept = join(keptFolder(root), key.replaceAll('/', '+'));
  // In one step: a hold that begins meanwhile has it or has it not. Without one there is no such folder.
  const isKept = await rename(path, kept).then(
    () => true,
    () => false,
  );
  if (!isKept) await rm(path, { recursive: true, force: true });
}

/**
 * Begins a hold on the storage below `root`. Rejects with HoldTaken, and with the errors of the disk. A hold whose owner
 * died is removed first.
 */
export async function openHold(root: string): Promise<Hold> {
  const folder = heldFolder(root);
  const before = await stat(folder).catch(() => null);
  if (before) {
    if (before.mtimeMs > Date.now() - HOLD_DIES_MS) throw new HoldTaken(folder);
    await discard(root);
  }
  const draft = join(root, 'tmp', randomUUID());
  const token = randomUUID();
  await mkdir(join(draft, 'kept'), { recursive: true, mode: 0o700 });
  await writeFile(join(draft, token), '');
  await rename(draft, folder).catch(async () => {
    await rm(draft, { recursive: true, force: true });
    throw new HoldTaken(folder);
  });
  const isOurs = () =>
    stat(join(folder, token)).then(
      () => true,
      () => false,
    );
  const renew = () => void utimes(folder, new Date(), new Date()).catch(() => {});
  const timer = setInterval(renew, RENEW_MS).unref();
  return {
    folder: keptFolder(root),
    pathsOf(key) {
      const parts = key.split('/');
      return parts.slice(1).map((_part, index) => {
        const name = parts.slice(0, index + 2).join('+');
        return join(keptFolder(root), name, ...parts.slice(index + 2));
      });
    },
    isWhole: isOurs,
    async close() {
      clearInterval(timer);
      if (await isOurs()) await discard(root);
    },
  };
}

/** Nothing is put aside any more before the first of it is removed. */
async function discard(root: string): Promise<void> {
  const gone = join(root, 'tmp', randomUUID());
  await rename(heldFolder(root), gone).catch(() => {});
  await rm(gone, { recursive: true, force: true });
}
