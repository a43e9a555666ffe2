import { now } from '../clock.ts';
import type { Envelope } from '../jobs/options/options.ts';
import type { StoredJob } from '../jobs/stored-job.ts';

/** Enough of a fingerprint to tell two requests apart. */
const FINGERPRINT_LENGTH = 32;

const shorten = (fingerprint: string): string => fingerprint.slice(0, FINGERPRINT_LENGTH);

/**
 * What the tombstone of a job that was erased before its time knows, `<until>:<fingerprint>`: until when (ms) its
 * idempotency key is not run again, and what was asked for. '' for a job whose id nobody can choose again.
 */
export function tombstoneText({ finishedAt, envelope }: StoredJob, rememberedForMs: number): string {
  const { fingerprint } = envelope;
  return fingerprint === undefined ? '' : `${(finishedAt ?? now()) + rememberedForMs}:${shorten(fingerprint)}`;
}

/** Whether the job of that tombstone was asked for by the same request. */
export const isAskedBy = (tombstone: string, { fingerprint = '' }: Envelope): boolean =>
  tombstone.split(':')[1] === shorten(fingerprint);
