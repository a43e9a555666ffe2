import type { Redis } from 'ioredis';
import { ALL_INDEX, indexKey, jobKey } from '../redis/keys.ts';

/** Jobs of a kind that are weighed. */
const SAMPLE = 8;

/** About what the jobs of a kind take of Redis' memory. */
export interface MemoryOfKind {
  kind: string;
  jobs: number;
  bytes: number;
}

/** Estimates it by a few jobs of each kind, those who take most first; kinds without jobs are left out. */
export async function readMemoryByKind(redis: Redis, kinds: readonly string[]): Promise<MemoryOfKind[]> {
  const weighed = await Promise.all(
    kinds.map(async (kind): Promise<MemoryOfKind> => {
      const index = indexKey(kind, ALL_INDEX);
      const [jobs, ids] = await Promise.all([redis.zcard(index), redis.zrandmember(index, SAMPLE)]);
      const sample = ids as unknown as string[];
      const sizes = await Promise.all(sample.map((id) => redis.memory('USAGE', jobKey(kind, id), 'SAMPLES', 0)));
      const bytes = sizes.reduce((sum: number, size) => sum + (size ?? 0), 0);
      return { kind, jobs, bytes: sample.length === 0 ? 0 : Math.round((bytes / sample.length) * jobs) };
    }),
  );
  return weighed.filter(({ jobs }) => jobs > 0).toSorted((one, other) => other.bytes - one.bytes);
}
