import { z } from 'zod';
import { type StoragePlace, storageUrl } from './storage-url.ts';
import { duration } from './values.ts';

/** No server takes a longer time for an address. */
const LONGEST_PRESIGN_MS = 7 * 86_400_000;

/** The settings that say where uploads and results lie. */
export const STORAGE_FIELDS = {
  STORAGE_URL: storageUrl.optional(),
  STORAGE_PRESIGN: duration.refine((ms) => ms <= LONGEST_PRESIGN_MS, 'must be at most 7d').optional(),
  AWS_ACCESS_KEY_ID: z.string().min(1).optional(),
  AWS_SECRET_ACCESS_KEY: z.string().min(1).optional(),
  AWS_SESSION_TOKEN: z.string().min(1).optional(),
};

interface StorageValues {
  STORAGE_URL?: StoragePlace | undefined;
  STORAGE_PRESIGN?: number | undefined;
  AWS_ACCESS_KEY_ID?: string | undefined;
  AWS_SECRET_ACCESS_KEY?: string | undefined;
}

/** One line for each setting of S3 that lacks another: both keys, or none where a role of the machine stands for them. */
export function findStorageFaults({ STORAGE_URL, STORAGE_PRESIGN, ...keys }: StorageValues): string[] {
  if (STORAGE_URL?.on !== 's3') {
    return STORAGE_PRESIGN === undefined
      ? []
      : ['STORAGE_PRESIGN: must stand beside a STORAGE_URL that begins with s3://'];
  }
  const { AWS_ACCESS_KEY_ID: id, AWS_SECRET_ACCESS_KEY: secret } = keys;
  if (id && !secret) return ['AWS_SECRET_ACCESS_KEY: must be set beside AWS_ACCESS_KEY_ID'];
  return secret && !id ? ['AWS_ACCESS_KEY_ID: must be set beside AWS_SECRET_ACCESS_KEY'] : [];
}
