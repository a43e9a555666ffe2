import { randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';
import { janitorLockKey } from '../../redis/keys.ts';
import { takeLockScript } from '../scripts/take-lock.ts';

const LOCK_MS = 30_000;

/** Lets one process of a deployment do the janitor's work at a time. */
export interface JanitorLock {
  /** Answers whether the lock is ours now. */
  acquire(): Promise<boolean>;
  renew(): Promise<void>;
  /** Lets another process have the lock, if it is ours. */
  release(): Promise<void>;
}

export function createJanitorLock(redis: Redis): JanitorLock {
  const token = randomUUID();
  const key = janitorLockKey();
  const isOurs = async () => (await redis.get(key)) === token;
  return {
    acquire: async () => (await takeLockScript(redis, [key], [token, LOCK_MS])) === 1,
    renew: async () => void (await redis.pexpire(key, LOCK_MS)),
    async release() {
      if (await isOurs()) await redis.del(key);
    },
  };
}
