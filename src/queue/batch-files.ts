import type { Redis } from 'ioredis';
import { heldInputKey, sharedInputKey } from '../redis/keys.ts';

/** A batch is queued within this, or its process is gone. */
const HELD_MS = 600_000;

// The large inputs of a batch lie in one file. Redis counts the jobs that share it, in the scripts that add and erase
// them; the file goes with the last.

/** Holds a file that jobs are about to share. */
export async function holdInputs(redis: Redis, kind: string, folder: string): Promise<void> {
  await redis.set(heldInputKey(kind, folder), '1', 'PX', HELD_MS);
}

/** Lets a file go that was held; answers whether a job shares it. */
export async function letInputsGo(redis: Redis, kind: string, folder: string): Promise<boolean> {
  await redis.del(heldInputKey(kind, folder));
  return (await redis.exists(sharedInputKey(kind, folder))) === 1;
}

/** Whether a job shares a file, or is about to. */
export const isSharedInput = async (redis: Redis, kind: string, folder: string): Promise<boolean> =>
  (await redis.exists(sharedInputKey(kind, folder), heldInputKey(kind, folder))) > 0;
