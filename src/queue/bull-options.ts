/** The name of our backoff strategy: it asks the retry decision. Jobs in Redis carry it, so it stays. */
export const BACKOFF_TYPE = 'verdict';

/** What producer and consumer must agree on for every job: we decide on attempts and their spacing, Bull obeys. */
export const BULL_JOB_OPTIONS = {
  attempts: 1_000_000,
  backoff: { type: BACKOFF_TYPE },
  stackTraceLimit: 3,
} as const;

/** Bull's priorities; 1 runs first. Every job has one, so that `low` can come after `normal`. */
export const BULL_PRIORITY = { high: 1, normal: 2, low: 3 } as const;
