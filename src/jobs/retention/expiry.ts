import type { JobContract } from '../contract.ts';
import type { JobOptions } from '../options/options.ts';

/** When a job becomes useless that was queued, or run again by hand, at `queuedAt` (ms); null for never. */
export function expiryOf(
  { expiresAt, runAt }: JobOptions,
  { expiresAfterMs }: Pick<JobContract, 'expiresAfterMs'>,
  queuedAt: number,
): Date | null {
  if (expiresAt) return new Date(expiresAt);
  if (expiresAfterMs === undefined) return null;
  return new Date(Math.max(queuedAt, runAt ? Date.parse(runAt) : 0) + expiresAfterMs);
}
