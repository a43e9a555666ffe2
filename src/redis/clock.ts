import { setTimeout as delay } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import type { Log } from '../log.ts';

/**
 * The deployment's time is Redis': what is due, expires or is retained must not depend on the machine that looks. A
 * process measures how far Redis' clock is from its own monotonic one, at each connect and every few seconds.
 */
const MEASURE_EVERY_MS = 5000;
const LONGEST_TRIP_MS = 200;
/** A machine's clock that is further off is told of. */
const TOLD_SKEW_MS = 5000;

/** Redis' time minus `performance.now()` (ms); null until it was measured. */
let offsetMs: number | null = null;

/** Tells Redis' time (ms since the epoch) as last measured; this machine's until then. */
export const redisNow = (): number => (offsetMs === null ? Date.now() : performance.now() + offsetMs);

/** Tells how far this machine's clock is ahead of Redis' (ms). */
export const clockSkewMs = (): number => Date.now() - redisNow();

/** Measures Redis' time anew; the error is half the time of the round trip. Rejects as Redis does. */
export async function measureClock(redis: Redis): Promise<void> {
  const askedAt = performance.now();
  const [seconds, microseconds] = await redis.time();
  const answeredAt = performance.now();
  // An answer that took long says little; it is better than nothing.
  if (offsetMs !== null && answeredAt - askedAt > LONGEST_TRIP_MS) return;
  offsetMs = Number(seconds) * 1000 + Number(microseconds) / 1000 - (askedAt + answeredAt) / 2;
}

/** Keeps Redis' time measured over a connection until that ends, and tells once of a machine whose clock is off. */
export function keepClock(redis: Redis, log: Log): void {
  let isTold = false;
  const measure = async () => {
    if (redis.status !== 'ready') return;
    await measureClock(redis);
    const skewMs = clockSkewMs();
    const isOff = Math.abs(skewMs) > TOLD_SKEW_MS;
    if (isOff && !isTold) {
      const seconds = Math.round(Math.abs(skewMs) / 1000);
      const direction = skewMs > 0 ? 'ahead of' : 'behind';
      log.warn(`this machine's clock is ${seconds} s ${direction} that of Redis, whose time is used; set it right`);
    }
    isTold = isOff;
  };
  const repeat = async () => {
    while (redis.status !== 'end') {
      await measure().catch(() => {});
      await delay(MEASURE_EVERY_MS, undefined, { ref: false });
    }
  };
  redis.on('ready', () => void measure().catch(() => {}));
  void repeat();
}
