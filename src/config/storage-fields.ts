import { z } from 'zod';
import { type StoragePlace, storageUrl } from './storage-url.ts';

/** The settings that say where uploads and results lie. */
export const STORAGE_FIELDS = {
  STORAGE_URL: storageUrl.optional(),
  AWS_ACCESS_KEY_ID: z.string().min(1).optional(),
  AWS_SECRET_ACCESS_KEY: z.string().min(1).optional(),
  AWS_SESSION_TOKEN: z.string().min(1).optional(),
};

interface StorageValues {
  STORAGE_URL?: StoragePlace | undefined;
  AWS_ACCESS_KEY_ID?: string | undefined;
  AWS_SECRET_ACCESS_KEY?: string | undefined;
}

/** One line for each setting of S3 that lacks another: both keys, or none where a role of the machine stands for them. */
export function findStorageFaults({ STORAGE_URL, ...keys }: StorageValues): string[] {
  if (STORAGE_URL?.on !== 's3') return [];
  const { AWS_ACCESS_KEY_ID: id, AWS_SECRET_ACCESS_KEY: secret } = keys;
  if (id && !secret) return ['AWS_SECRET_ACCESS_KEY: must be set beside AWS_ACCESS_KEY_ID'];
  return secret && !id ? ['AWS_ACCESS_KEY_ID: must be set beside AWS_SECRET_ACCESS_KEY'] : [];
}
