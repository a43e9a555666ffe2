import type { Redis } from 'ioredis';
import { readWorkers } from '../counts.ts';

/** How long a count is taken for true. */
const COUNTED_FOR_MS = 1000;

/** Makes a function that counts the places of all workers of a kind, `own` at the least, at most once a second. */
export function createPlaceCount(redis: Redis, kind: string, own: number): () => Promise<number> {
  let places = own;
  let countedAt = Number.NEGATIVE_INFINITY;
  return async () => {
    if (performance.now() - countedAt < COUNTED_FOR_MS) return places;
    countedAt = performance.now();
    const all = await readWorkers(redis, [kind]);
    const sum = all.reduce((total, { concurrency }) => total + concurrency, 0);
    places = Math.max(own, sum);
    return places;
  };
}
