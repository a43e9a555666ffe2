import type { Redis } from 'ioredis';
import { AppError } from '../../../errors.ts';
import { heavyRunningKey, heavyWaitingKey, queueKey } from '../../../redis/keys.ts';
import { readWorkers } from '../../counts.ts';
import { acquireSlotScript } from '../../scripts/slots/acquire-slot.ts';
import { releaseSlotScript } from '../../scripts/slots/release-slot.ts';

/**
 * The slots of a kind's heavy jobs. Each worker process keeps half of its slots for light jobs, and where each has just
 * one, one of all; where there is no other slot at all, a heavy job lets those that wait go first, once. Heavy jobs are
 * large ones too: the limit bounds the memory that a worker takes. Nothing here lives in a process: a job holds its
 * slot as long as its lock, which ends with its worker, and a job that waits lies in the delayed set and comes up by
 * itself.
 */

/** A job that waits for a slot asks again after this at the latest; it is promoted earlier when there is room. */
const ASK_AGAIN_SECONDS = { first: 5, last: 60 };
const YIELD_SECONDS = 0.05;

/** Takes a heavy slot for a job. Throws slots_full when it is not the job's turn, with when to ask again. */
export async function acquireHeavySlot(redis: Redis, kind: string, id: string): Promise<void> {
  const keys = [heavyRunningKey(kind), heavyWaitingKey(kind), queueKey(kind, 'wait')];
  const waiting = Number(await acquireSlotScript(redis, keys, await slotArguments(redis, kind, id)));
  if (waiting === 0) return;
  const { first, last } = ASK_AGAIN_SECONDS;
  const retryAfterSeconds = waiting < 0 ? YIELD_SECONDS : Math.min(first + waiting, last);
  throw new AppError('slots_full', 'Other heavy jobs run; this one waits for its turn.', { retryAfterSeconds });
}

/** Releases a job's heavy slot, and promotes the job whose turn it is. */
export async function releaseHeavySlot(redis: Redis, kind: string, id: string): Promise<void> {
  const keys = [heavyRunningKey(kind), heavyWaitingKey(kind), queueKey(kind, 'delayed')];
  await releaseSlotScript(redis, keys, await slotArguments(redis, kind, id));
}

/** Removes an erased job from those that hold a slot or wait for one. */
export async function forgetHeavyJob(redis: Redis, kind: string, id: string): Promise<void> {
  await Promise.all([redis.srem(heavyRunningKey(kind), id), redis.zrem(heavyWaitingKey(kind), id)]);
}

/** How many slots of workers with these concurrencies heavy jobs may hold. */
export function heavySlots(concurrencies: readonly number[]): number {
  const halves = concurrencies.map((concurrency) => Math.max(1, Math.floor(concurrency / 2)));
  return Math.max(1, Math.min(sum(concurrencies) - 1, sum(halves)));
}

const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0);

async function slotArguments(redis: Redis, kind: string, id: string): Promise<(string | number)[]> {
  const concurrencies = (await readWorkers(redis, [kind])).map(({ concurrency }) => concurrency);
  return [id, queueKey(kind, ''), sum(concurrencies), heavySlots(concurrencies)];
}
