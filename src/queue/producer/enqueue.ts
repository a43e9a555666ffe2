import type { Redis } from 'ioredis';
import { AppError } from '../../errors.ts';
import type { Envelope, Share } from '../../jobs/options.ts';
import { newStoredJob, type StoredJob } from '../../jobs/stored-job.ts';
import { type Grant, LIMIT_NAMES } from '../../jobs/usage.ts';
import { callersKey, indexKey, jobKey, queueKey, queueKeys, usageKey } from '../../redis/keys.ts';
import { sharedInputFolder } from '../../storage/keys.ts';
import { BULL_JOB_OPTIONS, BULL_PRIORITY } from '../bull-options.ts';
import { readJob } from '../read-job.ts';
import { addDerivedJobScript, addJobScript } from '../scripts/add-job.ts';
import { isAskedBy } from '../tombstone.ts';
import { usageOf } from '../usage.ts';
import { indexesOf } from './job-index.ts';

/** A queued job; `replayed` when it had been queued before under the same id with the same payload. */
export interface Enqueued {
  job: StoredJob;
  replayed: boolean;
}

/** Until when, and into how full a queue, a job may be added. */
export interface AddLimits {
  /** By Redis' clock (ms); a job that Redis comes to later is not added. */
  deadlineMs: number;
  /** How far ahead the deadline can be (ms): one that is further says that Redis' clock was set back. */
  aheadMs: number;
  /** How many jobs may wait or be delayed. */
  maxDepth: number;
}

/** What is known of a job that is added, beside its envelope. */
export interface AddOptions {
  limits?: AddLimits;
  /** What the caller may add to the kind. */
  grant?: Grant;
  /** The input as JSON, where that is made already. */
  inputText?: string;
}

/** Redis came to an add after its deadline: nothing was added. */
export class TooLate extends Error {}

/** What Bull keeps with a job, by priority. */
const OPTIONS = Object.fromEntries(
  Object.values(BULL_PRIORITY).map((priority) => [priority, JSON.stringify({ ...BULL_JOB_OPTIONS, priority })]),
);

/**
 * Adds a job by one script, durably when this resolves. An envelope with a nonce was given a chosen id: whoever wrote
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
  const indexes = indexesOf(envelope);
  const keys = [
    ...queueKeys(kind, 'wait', 'paused', 'meta-paused', 'id', 'delayed', 'priority'),
    jobKey(kind, id),
    callersKey(kind),
    usageKey(kind),
    ...indexes.map((index) => indexKey(kind, index)),
  ];
  writeTogether(redis);
  const answer = await (limits ? addJobScript : addDerivedJobScript)(redis, keys, [
    id,
    queueKey(kind, ''),
    data,
    OPTIONS[BULL_PRIORITY[priority]] as string,
    BULL_PRIORITY[priority],
    runAt ? Date.parse(runAt) : '',
    envelope.caller,
    JSON.stringify(indexes),
    limits ? Math.floor(limits.deadlineMs) : '',
    limits ? limits.aheadMs : '',
    limits ? limits.maxDepth : '',
    ...[redisBytes, inputBytes, storedBytes],
    ...limitsOf(grant),
    sharedInputFolder(envelope) ?? '',
    writeShare(envelope.share),
  ]);
  const [outcome, now, depth = 0, delayed, position] = answer as [string, number, number?, number?, number?];
  if (outcome === 'late') throw new TooLate();
  if (outcome === 'gone') throw goneEarly(String(depth), envelope);
  if (outcome === 'full') throw queueFull(kind, depth, limits?.maxDepth ?? 0);
  const overLimit = outcome === 'quota' && LIMIT_NAMES[depth - 1];
  if (overLimit && grant) throw grant.refuse(overLimit, delayed ?? 0);
  if (outcome === 'there') {
    const there = await findQueued(redis, name, envelope);
    if (!there) throw new Error(`${id} vanished while it was added`);
    return there;
  }
  const state = delayed === 1 ? 'delayed' : 'waiting';
  return {
    job: newStoredJob({ id, kind, envelope, createdAt: now, state, position: position || null }),
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

const held = new WeakSet<Redis>();

/**
 * Holds back what is sent to Redis until the event loop's turn is over, so that all jobs accepted in one turn go out as
 * one write: Redis then syncs its file once for all of them. (ioredis' own auto-pipelining crashes on scripts that
 * Redis does not know yet.)
 */
function writeTogether(redis: Redis): void {
  const { stream } = redis;
  if (!stream || held.has(redis)) return;
  held.add(redis);
  stream.cork();
  setImmediate(() => {
    held.delete(redis);
    stream.uncork();
  });
}
