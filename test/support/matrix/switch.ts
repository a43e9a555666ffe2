import { S3_KEYS } from '../s3/keys.ts';

/** Which Redis the tests of a run have: a server each, or a master with a replica and three sentinels, or a cluster. */
export type RedisMode = 'single' | 'sentinel' | 'cluster';

// biome-ignore lint/style/noProcessEnv: switches of the run, not settings of the product
const { TEST_REDIS = 'single', TEST_REDIS_SERVER = 'redis-server', TEST_S3 } = process.env;

export const REDIS_MODE = TEST_REDIS as RedisMode;

/** The program of each Redis of the run. */
export const REDIS_SERVER = TEST_REDIS_SERVER;

/** Whether files lie on the disk of this machine, rather than in an S3 server. */
export const ON_DISK = !TEST_S3;

/** The bucket of the run; each data folder has a prefix of its own there. */
export const BUCKET = 'tests';

/** The settings of storage for what has these: none on a disk, nor beside the Redis that a product starts itself. */
export function storageSettings({ REDIS_URL, DATA_DIR }: Record<string, string | undefined>): Record<string, string> {
  if (!TEST_S3 || !REDIS_URL || !DATA_DIR) return {};
  return { STORAGE_URL: `s3://${BUCKET}${DATA_DIR}?endpoint=${TEST_S3}`, ...S3_KEYS };
}
