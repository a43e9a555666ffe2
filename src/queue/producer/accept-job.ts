import { setTimeout as delay } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import { now } from '../../clock.ts';
import { AppError, addressOf } from '../../errors.ts';
import { UPLOADS } from '../../jobs/files/upload-record.ts';
import type { Envelope } from '../../jobs/options/options.ts';
import type { Answers } from '../../redis/answers.ts';
import { measureClock, readTime } from '../../redis/clock.ts';
import { classifyRedisError, mayHaveRun, OutcomeUnknown, queueUnavailable, REFUSED } from '../../redis/errors.ts';
import { jobKey } from '../../redis/keys.ts';
import type { Replicas } from '../../redis/replicas.ts';
import { addUpload } from '../uploads/add-upload.ts';
import { TooLate } from './add-together.ts';
import { type AddOptions, addJob, type Enqueued, findQueued } from './enqueue.ts';

/** A job that Redis has not come to by then is not added: its caller is told that nothing was accepted. */
const DEADLINE_MS = 500;
/** A deadline that is further ahead by Redis' clock was made before that clock was set back. */
const MOST_AHEAD_MS = 2 * DEADLINE_MS;
/** What became of an unanswered add is asked for this long. */
const ASKED_FOR_MS = 10_000;
const ASK_AGAIN_MS = 50;

export interface AcceptDeps {
  redis: Redis;
  answers: Answers;
  maxQueueDepth: number;
  /** What has to have it before it is accepted; null where the master is enough. */
  replicas: Replicas | null;
}

/** What comes with an envelope that is accepted. */
export type AcceptOptions = Pick<AddOptions, 'grant' | 'inputText' | 'unfinished'>;

/**
 * Accepts a job, and tells the truth of it: queue_unavailable means that it is not there and will not be. One whose
 * answer was lost is looked for until Redis can tell, for up to ten seconds; then it is an outcome_unknown, as is one that too few
 * replicas got within another ten. Rejects with AppErrors alone.
 */
export async function acceptJob(
  deps: AcceptDeps,
  name: { kind: string; id: string },
  envelope: Envelope,
  options: AcceptOptions = {},
): Promise<Enqueued> {
  const enqueued = await addOnMaster(deps, name, envelope, options);
  const held = deps.replicas ? await deps.replicas.assure(name.kind, { key: jobKey(name.kind, name.id) }) : 'held';
  if (held === 'held') return enqueued;
  throw new OutcomeUnknown(
    `${held === 'gone' ? 'The queue lost its master' : 'Too few replicas of the queue answered'} just after the ${wordOf(name)} was ` +
      `queued: it may be lost or not. Sent again with the same Idempotency-Key it makes no second ${wordOf(name)}; ` +
      `${addressOf(name.id)} tells in a moment.`,
    name.id,
  );
}

const wordOf = ({ kind }: { kind: string }): string => (kind === UPLOADS.kind ? 'upload' : 'job');

async function addOnMaster(
  deps: AcceptDeps,
  name: { kind: string; id: string },
  envelope: Envelope,
  options: AcceptOptions,
): Promise<Enqueued> {
  const { redis, answers } = deps;
  let deadlineMs = 0;
  const tryOnce = (): Promise<Enqueued> => {
    deadlineMs = now() + DEADLINE_MS;
    const limits = { deadlineMs, aheadMs: MOST_AHEAD_MS, maxDepth: deps.maxQueueDepth };
    const add = name.kind === UPLOADS.kind ? addUpload : addJob;
    return add(redis, name, envelope, { ...options, limits });
  };
  const sentAt = performance.now();
  try {
    return await tryOnce().catch(async (error) => {
      // Late although it was quick: Redis' clock is not where it was thought to be.
      if (!(error instanceof TooLate) || performance.now() - sentAt > DEADLINE_MS / 2) throw error;
      await measureClock(redis, name.kind);
      return tryOnce();
    });
  } catch (cause) {
    if (cause instanceof TooLate) throw queueUnavailable(REFUSED, cause);
    if (!mayHaveRun(cause)) throw classifyRedisError(cause, REFUSED);
    answers.missed();
    return findOut(deps, name, { envelope, deadlineMs });
  }
}

/** Finds out what became of an add that was sent and not answered. */
async function findOut(
  { redis, answers }: AcceptDeps,
  name: { kind: string; id: string },
  { envelope, deadlineMs }: { envelope: Envelope; deadlineMs: number },
): Promise<Enqueued> {
  const until = performance.now() + ASKED_FOR_MS;
  while (performance.now() < until) {
    await answers.wait(until - performance.now());
    try {
      // The time first: an add that has not run by then never will, once its deadline is past.
      const time = await readTime(redis, name.kind);
      const found = await findQueued(redis, name, envelope);
      if (found) return found;
      if (time > deadlineMs + 1) throw queueUnavailable(REFUSED);
    } catch (error) {
      if (error instanceof AppError) throw error;
      answers.missed();
    }
    await delay(ASK_AGAIN_MS);
  }
  const what = wordOf(name);
  throw new OutcomeUnknown(
    `The ${what} was sent to the queue, which has not answered: it may be accepted or not. Sent again with the same ` +
      `Idempotency-Key it makes no second ${what}; ${addressOf(name.id)} tells in a moment.`,
    name.id,
  );
}
