import type { Redis } from 'ioredis';
import { AppError } from '../../errors.ts';
import type { Envelope, Share } from '../../jobs/options/options.ts';
import { newStoredJob, type StoredJob } from '../../jobs/stored-job.ts';
import { type Grant, LIMIT_NAMES } from '../../jobs/usage.ts';
import { sharedInputFolder } from '../../storage/keys.ts';
import { BULL_JOB_OPTIONS, BULL_PRIORITY } from '../bull-options.ts';
import { indexesOf } from '../listing/job-index.ts';
import { searchTextOf } from '../listing/search-text.ts';
import { readJob } from '../read/read-job.ts';
import { isAskedBy } from '../tombstone.ts';
import { usageOf } from '../usage.ts';
import { type AddLimits, addTogether } from './add-together.ts';

/** A queued job; `replayed` when it had been queued before under the same id with the same payload. */
export interface Enqueued {
  job: StoredJob;
  replayed: boolean;
}

/** What is known of a job that is added, beside its envelope. */
export interface AddOptions {
  limits?: AddLimits;
  /** What the caller may add to the kind. */
  grant?: Grant;
  /** The input as JSON, where that is made already. */
  inputText?: string;
  /** Of an upload that is still to come: how many of those a caller may have, and when one expires that gets nothing (ms). */
  unfinished?: { most: number; expiresMs: number } | undefined;
}

/** What Bull keeps with a job, by priority. */
const OPTIONS = Object.fromEntries(
  Object.values(BULL_PRIORITY).map((priority) => [priority, JSON.stringify({ ...BULL_JOB_OPTIONS, priority })]),
);

/**
 * Adds a job, durably when this resolves; those of one turn of the event loop are added together. An envelope with a nonce was given a chosen id: whoever wrote
 * its envelope first owns the job. Throws idempotency_mismatch for another payload under the same id, queue_full,
 * what the grant refuses with, TooLate, and what Redis says; without limits the job is added whatever the time, the depth
 * and the memory.
 */
export async function addJob(
  redis: Redis,
  name: { kind: string; id: string },
  envelope: Envelope,
  { limits, grant, inputText }: AddOptions = {},
): Promise<Enqueued> {
  const { kind, id } = name;
  const data = toText(envelope, inputText);
  const { redisBytes, inputBytes, storedBytes } = usageOf(envelope, Buffer.byteLength(data));
  const { priority = 'normal', runAt } = envelope.options;
  const { now, answer } = await addTogether(redis, kind, limits, [
    id,
    data,
    OPTIONS[BULL_PRIORITY[priority]] as string,
    BULL_PRIORITY[priority],
    runAt ? Date.parse(runAt) : '',
    envelope.caller,
    JSON.stringify(indexesOf(envelope)),
    ...[redisBytes, inputBytes, storedBytes],
    ...limitsOf(grant),
    sharedInputFolder(envelope) ?? '',
    writeShare(envelope.share),
    searchTextOf(envelope),
  ]);
  const [outcome, fact, more] = answer;
  if (outcome === 'gone') throw goneEarly(String(fact), envelope);
  if (outcome === 'full') throw queueFull(kind, Number(fact), limits?.maxDepth ?? 0);
  const overLimit = outcome === 'quota' && LIMIT_NAMES[Number(fact) - 1];
  if (overLimit && grant) {
    const wanted = { jobs: 1, redisBytes, waitingBytes: redisBytes + inputBytes, storedBytes };
    throw grant.refuse(overLimit, more ?? 0, wanted[overLimit]);
  }
  if (outcome === 'there') {
    const there = await findQueued(redis, name, envelope);
    if (!there) throw new Error(`${id} vanished while it was added`);
    return there;
  }
  const state = fact === 1 ? 'delayed' : 'waiting';
  return {
    job: newStoredJob({ id, kind, envelope, createdAt: now, state, position: more || null }),
    replayed: false,
  };
}

const limitsOf = (grant: Grant | undefined): (number | string)[] =>
  LIMIT_NAMES.map((name) => {
    const limit = grant?.limits[name] ?? Number.POSITIVE_INFINITY;
    return Number.isFinite(limit) ? Math.floor(limit) : '';
  });

/** Makes the envelope's text around that of its input, which is most of it. */
function toText(envelope: Envelope, inputText: string | undefined): string {
  if (inputText === undefined || envelope.inputFile) return JSON.stringify(envelope);
  const { input: _, ...rest } = envelope;
  return `${JSON.stringify(rest).slice(0, -1)},"input":${inputText}}`;
}

/** A caller's share as the scripts of the line read it. */
const writeShare = (share: Share | undefined): string =>
  share ? `${share.weight ?? ''} ${share.maxRunning ?? ''}` : '';

/** Makes the error for a queue that takes no more jobs. */
export const queueFull = (kind: string, depth: number, maxDepth: number, jobs = 1): AppError => {
  const what = jobs === 1 ? `The ${kind} queue is full` : `The ${kind} queue has no room for ${jobs} more jobs`;
  const message = `${what}: ${depth} jobs are waiting and ${maxDepth} is the limit. Try again later.`;
  return new AppError('queue_full', message, { retryAfterSeconds: 10 });
};

/**
 * Finds the job under an id that was added, or was to be: whose it is, ours or an earlier one's. Null when there is
 * none; throws idempotency_mismatch for another payload.
 */
export async function findQueued(
  redis: Redis,
  { kind, id }: { kind: string; id: string },
  envelope: Envelope,
): Promise<Enqueued | null> {
  const stored = await readJob(redis, kind, id);
  return stored && { job: stored, replayed: isReplay(envelope, stored.envelope) };
}

/** Makes the error for a key whose job was erased before its time: nothing is run again without being asked for. */
export function goneEarly(tombstone: string, envelope: Envelope): AppError {
  if (!isAskedBy(tombstone, envelope)) return mismatch();
  return new AppError(
    'result_expired',
    'The job of this Idempotency-Key has ended and was erased early, to make room. It is not run again; for that, choose a new key.',
  );
}

const mismatch = (): AppError =>
  new AppError('idempotency_mismatch', 'The Idempotency-Key was used before with another payload. Choose a new key.');

function isReplay(ours: Envelope, stored: Envelope): boolean {
  if (ours.nonce === undefined || ours.nonce === stored.nonce) return false;
  if (ours.fingerprint === stored.fingerprint) return true;
  throw mismatch();
}
