import { now } from '../../../src/clock.ts';
import { createScript, ownKey, type Redis } from '../../../src/redis/script.ts';

/** Failures of the relay in a row, over all hosts, after which no mail tries it for a while. */
export const FAILURES_UNTIL_OPEN = 5;
const FIRST_OPEN_MS = 15_000;
const LONGEST_OPEN_MS = 300_000;
/** A relay that has not failed for so long starts from zero. */
const FORGET_MS = 3_600_000;

/**
 * Asks whether the relay may be tried. The first job to ask after the open time is the probe; for all others the
 * breaker stays open as long as the probe may take.
 * KEYS: 1 the breaker. ARGV: 1 now, 2 how long a probe may take (ms), 3 the job's id.
 * Returns the milliseconds to wait, 0 for go ahead.
 */
const enterScript = createScript(
  'heavyliftRelayEnter',
  1,
  `
local openUntil = redis.call('HGET', KEYS[1], 'until')
if not openUntil then return 0 end
local wait = tonumber(openUntil) - tonumber(ARGV[1])
if wait > 0 then return wait end
redis.call('HSET', KEYS[1], 'until', ARGV[1] + ARGV[2], 'probe', ARGV[3])
return 0`,
);

/**
 * Counts a failure. An attempt that fails while the breaker is open had started before and is not counted, the probe
 * apart: else a burst of failures would count as many.
 * KEYS: 1 the breaker. ARGV: 1 now, 2 the job's id, 3 failures until open, 4 first and 5 longest open time (ms), 6 when
 * to forget (ms). Returns how long the breaker opens (ms), 0 if it does not.
 */
const failScript = createScript(
  'heavyliftRelayFail',
  1,
  `
local openUntil = tonumber(redis.call('HGET', KEYS[1], 'until') or 0)
if openUntil > tonumber(ARGV[1]) and redis.call('HGET', KEYS[1], 'probe') ~= ARGV[2] then return 0 end
redis.call('HDEL', KEYS[1], 'probe')
local beyond = redis.call('HINCRBY', KEYS[1], 'failures', 1) - ARGV[3]
redis.call('PEXPIRE', KEYS[1], ARGV[6])
if beyond < 0 then return 0 end
local open = math.min(ARGV[4] * 2 ^ math.min(beyond, 20), tonumber(ARGV[5]))
redis.call('HSET', KEYS[1], 'until', ARGV[1] + open)
return open`,
);

/** Keeps all hosts from trying a relay that is away: mails wait, and use up no attempt. */
export interface Breaker {
  /** Asks for a job whether the relay may be tried; resolves with the milliseconds to wait, 0 for now. */
  enter(jobId: string): Promise<number>;
  /** Counts a failure of the relay; resolves with how long (ms) the breaker is open now, 0 if it is not. */
  fail(jobId: string): Promise<number>;
  /** Closes the breaker and forgets the failures. */
  succeed(): Promise<void>;
}

/** Of what is never away: one mail that is put off keeps no other from being tried. */
export const NO_BREAKER: Breaker = {
  enter: async () => 0,
  fail: async () => 0,
  succeed: async () => {},
};

/** Makes the breaker of one relay (`host:port`). `probeMs` is the longest that one try takes. */
export function createBreaker(redis: Redis, relay: string, probeMs: number): Breaker {
  const key = ownKey('emails', `relay:${relay}`);
  return {
    enter: async (jobId) => Number(await enterScript(redis, [key], [now(), probeMs, jobId])),
    fail: async (jobId) =>
      Number(
        await failScript(redis, [key], [now(), jobId, FAILURES_UNTIL_OPEN, FIRST_OPEN_MS, LONGEST_OPEN_MS, FORGET_MS]),
      ),
    succeed: async () => void (await redis.del(key)),
  };
}
