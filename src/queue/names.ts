import type { QueueOptions } from 'bull';

/**
 * Bull's key prefix of a kind's queue. The hash tag keeps all keys of a queue in one slot of a Redis Cluster;
 * without it Bull's scripts fail there with CROSSSLOT.
 */
export const queuePrefix = (kind: string): string => `heavylift:{${kind}}`;

/** A key of the kind's queue, as Bull names it (`queueKey('images', 'wait')`). */
export const queueKey = (kind: string, name: string): string => `${queuePrefix(kind)}:${kind}:${name}`;

/** A job, by what its keys are made of. */
export interface JobName {
  kind: string;
  id: string;
}

/** Names of jobs as one text, for a hash field or a set. */
export const writeJobNames = (names: readonly JobName[]): string =>
  names.map(({ kind, id }) => `${kind}/${id}`).join(' ');

/** The names in a text of `writeJobNames`; none in none. */
export const readJobNames = (text: string | null | undefined): JobName[] =>
  (text ?? '').split(' ').flatMap((name) => {
    const [kind, id] = name.split('/');
    return kind && id ? [{ kind, id }] : [];
  });

/** What producer and consumer must agree on for every job: we decide on attempts and their spacing, Bull obeys. */
export const BULL_JOB_OPTIONS = {
  attempts: 1_000_000,
  backoff: { type: 'verdict' },
  stackTraceLimit: 3,
} as const;

/** Bull's priorities; 1 runs first. Every job has one, so that `low` can come after `normal`. */
export const BULL_PRIORITY = { high: 1, normal: 2, low: 3 } as const;

export type BullSettings = NonNullable<QueueOptions['settings']>;
