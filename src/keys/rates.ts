import type { Redis } from 'ioredis';
import { RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible';
import { queueUnavailable } from '../redis/errors.ts';
import { ratePrefix } from '../redis/keys.ts';
import type { Rate } from './store.ts';

/** A caller's rate after one more request. */
export interface Allowance {
  allowed: boolean;
  /** Requests left in the window. */
  remaining: number;
  /** Until the window ends. */
  resetMs: number;
}

/** Counts the callers' requests in Redis, for all web processes together. */
export interface Rates {
  /**
   * Takes one request off the caller's rate. Rejects with `queue_unavailable` or `queue_full` when Redis can't count.
   */
  take(caller: string, rate: Rate): Promise<Allowance>;
  /** Gives a request back that was taken and came to nothing. Rejects as `take`. */
  giveBack(caller: string, rate: Rate): Promise<void>;
  /** How many requests of the window were taken. Rejects as `take`. */
  read(caller: string, rate: Rate): Promise<number>;
}

/** Makes the counters over a connection of `openProducerRedis`. */
export function createRates(redis: Redis): Rates {
  const limiters = new Map<string, RateLimiterRedis>();

  const limiterOf = ({ requests, seconds }: Rate): RateLimiterRedis => {
    const id = `${requests}/${seconds}`;
    const known = limiters.get(id);
    if (known) return known;
    const limiter = new RateLimiterRedis({
      storeClient: redis,
      rejectIfRedisNotReady: true,
      // The rate is part of the key: a caller whose rate was changed starts anew.
      keyPrefix: ratePrefix(requests, seconds),
      points: requests,
      duration: seconds,
      // A caller without requests left is refused from memory until the window ends, and costs Redis nothing.
      inMemoryBlockOnConsumed: requests,
    });
    limiters.set(id, limiter);
    return limiter;
  };

  return {
    async take(caller, rate) {
      try {
        return allowanceOf(true, await limiterOf(rate).consume(caller));
      } catch (refused) {
        if (refused instanceof RateLimiterRes) return allowanceOf(false, refused);
        // Accepting needs Redis as well: saying so now spares the caller a second wait for it.
        throw queueUnavailable(undefined, refused);
      }
    },
    async giveBack(caller, rate) {
      try {
        const limiter = limiterOf(rate);
        await limiter.reward(caller);
        // Who took the last one would be refused from memory.
        limiter.deleteInMemoryBlockedAll();
      } catch (cause) {
        throw queueUnavailable(undefined, cause);
      }
    },
    async read(caller, rate) {
      try {
        const taken = await limiterOf(rate).get(caller);
        return Math.min(taken?.consumedPoints ?? 0, rate.requests);
      } catch (cause) {
        throw queueUnavailable(undefined, cause);
      }
    },
  };
}

const allowanceOf = (allowed: boolean, { remainingPoints, msBeforeNext }: RateLimiterRes): Allowance => ({
  allowed,
  remaining: remainingPoints,
  resetMs: msBeforeNext,
});
