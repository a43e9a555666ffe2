import type { Backoff } from '../jobs/define.ts';

/**
 * Milliseconds to wait after run number `runs` (1 for the first): exponential up to the limit, then a random half to
 * whole of it, so that jobs that failed together do not come back together.
 */
export function backoffMs(
  { firstMs, factor, maxMs }: Backoff,
  runs: number,
  random: () => number = Math.random,
): number {
  const fullMs = Math.min(firstMs * factor ** (runs - 1), maxMs);
  return Math.round(fullMs / 2 + (fullMs / 2) * random());
}
