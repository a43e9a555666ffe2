import { AppError } from '../errors.ts';
import type { Redis } from '../redis/connect.ts';
import { dataVersionKey } from '../redis/keys.ts';
import { DATA_VERSION_FILE } from '../storage/keys.ts';
import type { Storage } from '../storage/storage.ts';

/** How keys in Redis and files in storage are laid out: 2 has each job's indexes beside the job. */
export const DATA_VERSION = 2;

/** The data was written by a later version; the message says so in one line. */
export class LaterData extends Error {
  override readonly name = 'LaterData';
}

/** Where the version of the data stands. */
export interface VersionedData {
  redis: Pick<Redis, 'get'>;
  storage: Pick<Storage, 'read'>;
}

/** Rejects with LaterData when a later version has written the data, and with the errors of Redis and storage. */
export async function assertKnownData({ redis, storage }: VersionedData): Promise<void> {
  assertKnown('Redis', await redis.get(dataVersionKey()));
  assertKnown('storage', await readStoredVersion(storage));
}

function assertKnown(where: string, version: string | null): void {
  if (version === null || Number(version) <= DATA_VERSION) return;
  throw new LaterData(
    `the data in ${where} is of version ${version.trim()}, of a later Heavylift, and this one knows up to ` +
      `${DATA_VERSION}: deploy here what runs elsewhere`,
  );
}

/** Reads of which version the data in storage is; null where it does not say. */
export async function readStoredVersion(storage: Pick<Storage, 'read'>): Promise<string | null> {
  try {
    return (await storage.read(DATA_VERSION_FILE)).toString();
  } catch (error) {
    if (error instanceof AppError && error.code === 'not_found') return null;
    throw error;
  }
}
