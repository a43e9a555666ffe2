import { randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';
import { janitorLockKey } from '../../redis/keys.ts';
import { releaseLockScript } from '../scripts/release-lock.ts';
import { takeLockScript } from '../scripts/take-lock.ts';

const LOCK_MS = 30_000;

/** Lets one process of a deployment do a work of the background at a time. */
export interface JanitorLock {
  /** Takes the lock, or has it for its whole time again; answers whether it is ours now. */
  acquire(): Promise<boolean>;
  /** Does the same in the middle of the work. Rejects where another process has it by now: the work is its. */
  renew(): Promise<void>;
  /** Lets another process have the lock, if it is ours. */
  release(): Promise<void>;
}

/** Makes it; whoever takes the lock has it for `lockMs`, unless it renews it. */
export function createJanitorLock(redis: Redis, key = janitorLockKey(), lockMs = LOCK_MS): JanitorLock {
  const token = randomUUID();
  const acquire = async () => (await takeLockScript(redis, [key], [token, lockMs])) === 1;
  return {
    acquire,
    async renew() {
      if (!(await acquire())) throw new Error('another process has the lock by now');
    },
    release: async () => void (await releaseLockScript(redis, [key], [token])),
  };
}
