import { mastersOf } from '../../../redis/cluster.ts';
import type { Redis } from '../../../redis/connect.ts';
import { readMemory } from '../../../redis/faults.ts';

/** What tombstones may take of Redis' memory, all kinds together. */
const TOMBSTONES_SHARE = 0.05;
/** A tombstone takes 145 bytes, and 160 more with what was asked for. */
const TOMBSTONE_BYTES = 305;

/** Redis' memory in bytes; `maxBytes` is Infinity where it has no limit. */
export interface Memory {
  usedBytes: number;
  maxBytes: number;
}

/** Reads how much memory Redis uses, and how much it may; of a cluster, its fullest master. Rejects as Redis does. */
export const askMemory = async (redis: Redis): Promise<Memory> =>
  readMemory(await Promise.all(mastersOf(redis).map((master) => master.info('memory'))));

/** How many tombstones each of so many kinds keeps in that memory, and never more than `atMost`. */
export function tombstonesIn({ maxBytes }: Memory, kinds: number, atMost: number): number {
  return Math.max(1, Math.min(atMost, Math.floor((maxBytes * TOMBSTONES_SHARE) / TOMBSTONE_BYTES / kinds)));
}
