import { readMemory } from '../../../src/config/machine.ts';

const LEAST_BYTES = 64 * 2 ** 20;
const MOST_BYTES = 4 * 2 ** 30;

/**
 * How much memory the Redis that is started here may use, unless a setting says it: a quarter of the machine's, or of
 * what its control group allows where that is less; from 64 MB to 4 GB.
 */
export const redisMemory = (memory = readMemory()): number =>
  Math.min(MOST_BYTES, Math.max(LEAST_BYTES, Math.floor(memory / 4)));
