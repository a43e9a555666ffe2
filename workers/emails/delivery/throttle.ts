import type { Rate } from '../../../src/config/values.ts';
import { createScript, ownKey, type Redis } from '../../../src/redis/script.ts';

/** A turn that was missed by more than this (its mail stood in line, the relay was away) is no turn any more. */
const TURN_KEPT_MS = 10_000;

/**
 * Reserves a turn. Keys: job, the rate's next free turn; arguments: the job's field, now, milliseconds between turns, how
 * long a missed turn counts. Answers the milliseconds until the job's turn: each asks once and then has its own moment,
 * so mails that wait do not ask again and again.
 */
const reserveScript = createScript(
  'heavyliftMailTurn',
  2,
  `
local now = tonumber(ARGV[2])
local turn = tonumber(redis.call('HGET', KEYS[1], ARGV[1]) or 0)
if turn < now - ARGV[4] then
  turn = math.max(now, tonumber(redis.call('GET', KEYS[2]) or 0))
  local following = turn + ARGV[3]
  redis.call('SET', KEYS[2], string.format('%.3f', following), 'PX', math.ceil(following - now + 1000))
  redis.call('HSET', KEYS[1], ARGV[1], string.format('%.3f', turn))
end
return math.max(0, math.ceil(turn - now))`,
);

/** Spaces mails evenly, over all hosts. */
export interface Throttle {
  /** Milliseconds until this attempt may hand the mail over to these domains; 0 for now. */
  reserve(job: { key: string; attempt: number }, domains: readonly string[]): Promise<number>;
}

/**
 * Mails to the same domain keep EMAILS_RATE_PER_DOMAIN, all mails EMAILS_RATE. The relay's turn is asked for when the domains'
 * has come: a mail that waits for a slow domain holds none of the relay's.
 */
export function createThrottle(
  redis: Redis,
  { relay, relayRate, domainRate }: { relay: string; relayRate?: Rate | undefined; domainRate?: Rate | undefined },
): Throttle {
  const turn = async (job: { key: string; attempt: number }, name: string, rate: Rate) =>
    Number(
      await reserveScript(
        redis,
        [job.key, ownKey('emails', `turn:${name}`)],
        [`own:turn:${job.attempt}:${name}`, Date.now(), (rate.seconds * 1000) / rate.count, TURN_KEPT_MS],
      ),
    );
  return {
    async reserve(job, domains) {
      if (domainRate) {
        const waits = await Promise.all(domains.map((domain) => turn(job, `domain:${domain}`, domainRate)));
        const waitMs = Math.max(0, ...waits);
        if (waitMs > 0) return waitMs;
      }
      return relayRate ? turn(job, `relay:${relay}`, relayRate) : 0;
    },
  };
}
