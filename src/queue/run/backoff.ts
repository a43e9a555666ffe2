import type { Backoff } from '../../jobs/contract.ts';

/**
 * Milliseconds to wait after run number `runs` (1 for the first): exponential up to the limit or by the schedule, then
 * a random half to whole of it, so that jobs that failed together do not come back together.
 */
export function backoffMs(backoff: Backoff, runs: number, random: () => number = Math.random): number {
  const fullMs = fullWaitMs(backoff, runs);
  return Math.round(fullMs / 2 + (fullMs / 2) * random());
}

function fullWaitMs(backoff: Backoff, runs: number): number {
  if ('scheduleMs' in backoff) return backoff.scheduleMs[runs - 1] ?? backoff.scheduleMs.at(-1) ?? 0;
  return Math.min(backoff.firstMs * backoff.factor ** (runs - 1), backoff.maxMs);
}
