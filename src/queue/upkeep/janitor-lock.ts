import { randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';
import { janitorLockKey } from '../../redis/keys.ts';
import { takeLockScript } from '../scripts/take-lock.ts';

const LOCK_MS = 30_000;

/** Lets one process of a deployment do a work of the background at a time. */
export interface JanitorLock {
  /** Answers whether the lock is ours now. */
  acquire(): Promise<boolean>;
  renew(): Promise<void>;
  /** Lets another process have the lock, if it is ours. */
  release(): Promise<void>;
}

/** Makes it; whoever takes the lock has it for `lockMs`, unless it renews it. */
export function createJanitorLock(redis: Redis, key = janitorLockKey(), lockMs = LOCK_MS): JanitorLock {
  const token = randomUUID();
  const isOurs = async () => (await redis.get(key)) === token;
  return {
    acquire: async () => (await takeLockScript(redis, [key], [token, lockMs])) === 1,
    renew: async () => void (await redis.pexpire(key, lockMs)),
    async release() {
      if (await isOurs()) await redis.del(key);
    },
  };
}
