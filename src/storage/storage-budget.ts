import { statfs } from 'node:fs/promises';

/** Makes a reader of how many bytes a folder's file system may still be given. Rejects with the error of the disk. */
export const createStorageBudget = (folder: string) => async (): Promise<number> => {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
};
