import { statfs } from 'node:fs/promises';

/**
 * Makes a reader of how many bytes a folder's file system may still be given, beside those that are promised to uploads which are still to
 * come; without a folder there is no limit that we know. Rejects with the error of the disk, and as `readPending` does.
 */
export const createStorageBudget =
  (folder: string | null, readPending: () => Promise<number>) => async (): Promise<number> => {
    if (folder === null) return Number.POSITIVE_INFINITY;
    const [{ bavail, bsize }, pending] = await Promise.all([statfs(folder), readPending()]);
    return Math.max(0, bavail * bsize - pending);
  };
