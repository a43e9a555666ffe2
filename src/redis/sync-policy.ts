import type { Redis } from 'ioredis';

/** When Redis has what it was given on disk (`appendfsync`): before it answers, within a second, or some time later. */
export type SyncPolicy = 'always' | 'everysec' | 'no' | 'unknown';

/** Asks Redis when it syncs; unknown where it does not say, as managed services do. */
export async function readSyncPolicy(redis: Redis): Promise<SyncPolicy> {
  const answer = await redis.config('GET', 'appendfsync').catch(() => []);
  const [, policy] = answer as [name?: string, policy?: SyncPolicy];
  return policy ?? 'unknown';
}
