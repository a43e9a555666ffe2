import type { QueueOptions } from 'bull';

/** What producer and consumer must agree on for every job: we decide on attempts and their spacing, Bull obeys. */
export const BULL_JOB_OPTIONS = {
  attempts: 1_000_000,
  backoff: { type: 'verdict' },
  stackTraceLimit: 3,
} as const;

/** Bull's priorities; 1 runs first. Every job has one, so that `low` can come after `normal`. */
export const BULL_PRIORITY = { high: 1, normal: 2, low: 3 } as const;

export type BullSettings = NonNullable<QueueOptions['settings']>;
