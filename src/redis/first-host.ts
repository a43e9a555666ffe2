import { Redis } from 'ioredis';
import type { RedisAddress } from '../config/redis-address.ts';
import { readTls } from './tls.ts';

const WITHIN_MS = 1000;

/**
 * Finds out why none of the sentinels, or of the nodes of a cluster, that an address names can be asked: what the connection to the
 * first of them ended with, in words, where the library says no more than that none answers; null where it is taken.
 */
export async function findFirstHostFault(address: RedisAddress): Promise<string | null> {
  const { mode, login, sentinelLogin, hosts } = address;
  const tls = readTls(address);
  const redis = new Redis({
    ...hosts[0],
    ...(mode === 'sentinel' ? sentinelLogin : login),
    ...(tls && { tls }),
    lazyConnect: true,
    enableReadyCheck: false,
    connectTimeout: WITHIN_MS,
    retryStrategy: () => null,
  });
  let fault: Error | null = null;
  redis.on('error', (error: Error) => {
    fault ??= error;
  });
  try {
    await redis.connect();
  } catch (error) {
    fault ??= error as Error;
  } finally {
    redis.disconnect();
  }
  return (fault as Error | null)?.message ?? null;
}
