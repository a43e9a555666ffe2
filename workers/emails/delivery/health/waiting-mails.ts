import { setTimeout as delay } from 'node:timers/promises';
import { queueKey } from '../../../../src/redis/keys.ts';
import { createScript, NOW, type Redis } from '../../../../src/redis/script.ts';

/** Called at a time, and how often: faster than they are sent, and slower than Redis and the workers would mind. */
const CALLED_AT_ONCE = 20;
const CALL_EVERY_MS = 100;
/** More come back by themselves: the last ones. */
const MOST_WAITING = 10_000;
/** Of those that do not wait any more (cancelled, expired, erased) so many are passed over at a time. */
const MOST_PASSED = 1000;
/** Longer than a mail waits before it comes back by itself. */
const KEPT_MS = 3_600_000;
/** Lanes first, then the older mail. */
const LANE = 1e13;

/**
 * Calls some of the mails that wait for a breaker; one that does not wait any more is passed over, and counts for none.
 * KEYS: those that wait, delayed, the breaker. ARGV: how many, `1` while it is open too. Answers how many are left to be called.
 */
const callScript = createScript(
  'heavyliftMailCallWaiting',
  3,
  `${NOW}
if ARGV[2] ~= '1' and redis.call('HEXISTS', KEYS[3], 'until') == 1 then return 0 end
local called, most = 0, tonumber(ARGV[1])
for _ = 1, most + ${MOST_PASSED} do
  if called == most then break end
  local first = redis.call('ZPOPMIN', KEYS[1])[1]
  if not first then break end
  if redis.call('ZSCORE', KEYS[2], first) then
    redis.call('ZADD', KEYS[2], now * 4096, first)
    called = called + 1
  end
end
if called > 0 then redis.call('PUBLISH', KEYS[2], now) end
return redis.call('ZCARD', KEYS[1])`,
);

/**
 * Lists a mail that waits for a breaker, if that is open; of too many those are left out that would be called last.
 * KEYS: those that wait, the breaker. ARGV: id, its rank.
 */
const noteScript = createScript(
  'heavyliftMailNoteWaiting',
  2,
  `
if redis.call('HEXISTS', KEYS[2], 'until') == 0 then return end
redis.call('ZADD', KEYS[1], ARGV[2], ARGV[1])
if redis.call('ZCARD', KEYS[1]) > ${MOST_WAITING} then redis.call('ZPOPMAX', KEYS[1]) end
redis.call('PEXPIRE', KEYS[1], ${KEPT_MS})`,
);

/** A mail that waits: which comes first. */
export interface Rank {
  lane: number;
  createdAt: Date;
}

/** Where the mails are listed that wait for a breaker. */
export const waitingKey = (breaker: string): string => `${breaker}:waiting`;

/** Lists a mail among those that wait for a breaker that is open, so that it is called when that closes. */
export async function noteWaiting(redis: Redis, breaker: string, id: string, { lane, createdAt }: Rank): Promise<void> {
  await noteScript(redis, [waitingKey(breaker), breaker], [id, lane * LANE + createdAt.getTime()]);
}

/** Calls the first of the mails that wait for a breaker that is open: to be the one that tries. */
export async function callFirst(redis: Redis, breaker: string): Promise<void> {
  await call(redis, breaker, [1, 1]);
}

/**
 * Calls all mails that wait for a breaker that has closed, little by little, until it opens again; those that are left come back
 * by themselves.
 */
export async function callAll(redis: Redis, breaker: string): Promise<void> {
  let left = 1;
  while (left > 0) {
    // Also before the first: one that was just told to wait is not put back yet.
    await delay(CALL_EVERY_MS, undefined, { ref: false });
    left = await call(redis, breaker, [CALLED_AT_ONCE, 0]);
  }
}

const call = async (redis: Redis, breaker: string, args: [count: number, alsoOpen: 0 | 1]): Promise<number> =>
  Number(await callScript(redis, [waitingKey(breaker), queueKey('emails', 'delayed'), breaker], args));
