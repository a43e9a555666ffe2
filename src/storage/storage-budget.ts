import { statfs } from 'node:fs/promises';

/**
 * Makes a reader of how many bytes a folder's file system may still be given; without a folder there is no limit that we know.
 * Rejects with the error of the disk.
 */
export const createStorageBudget = (folder: string | null) => async (): Promise<number> => {
  if (folder === null) return Number.POSITIVE_INFINITY;
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
};
