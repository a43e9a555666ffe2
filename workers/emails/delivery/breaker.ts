import { createScript, ownKey, type Redis } from '../../../src/redis/script.ts';

/** Failures of the relay in a row, over all hosts, after which nobody tries it for a while. */
export const FAILURES_UNTIL_OPEN = 5;
const FIRST_OPEN_MS = 15_000;
const LONGEST_OPEN_MS = 300_000;
/** Without further failures the relay counts as well again. */
const FORGET_MS = 3_600_000;

/**
 * Asks whether the relay may be tried. Keys: breaker; arguments: now, how long a probe may take (ms), who asks. Answers the
 * milliseconds to wait, 0 for go ahead. The first to ask after the breaker was open probes; it stays open for the others.
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
 * Counts a failure. Keys: breaker; arguments: now, who failed, failures until open, first and longest open time (ms), when to
 * forget (ms). Answers how long the breaker opens (ms), 0 if it does not. What fails while it is open had begun before and
 * counts no more, the probe apart: else a burst of failures would count as many.
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
  /** The Redis key; deleting it closes the breaker. */
  key: string;
  /** Milliseconds to wait before the relay is tried; 0 for now. `who` is the job's id. */
  enter(who: string): Promise<number>;
  /** The relay failed; answers for how long (ms) it is left alone now, 0 if it is not. */
  fail(who: string): Promise<number>;
  /** The relay works. */
  succeed(): Promise<void>;
}

/** The breaker of one relay (`host:port`). `probeMs` is the longest that one try takes. */
export function createBreaker(redis: Redis, relay: string, probeMs: number): Breaker {
  const key = ownKey('emails', `relay:${relay}`);
  return {
    key,
    enter: async (who) => Number(await enterScript(redis, [key], [Date.now(), probeMs, who])),
    fail: async (who) =>
      Number(
        await failScript(
          redis,
          [key],
          [Date.now(), who, FAILURES_UNTIL_OPEN, FIRST_OPEN_MS, LONGEST_OPEN_MS, FORGET_MS],
        ),
      ),
    succeed: async () => void (await redis.del(key)),
  };
}
