import type { RequestHandler, Response } from 'express';
import { AppError } from '../../errors.ts';
import type { Allowance, Rates } from '../../keys/rates.ts';
import type { Rate } from '../../keys/store.ts';
import { callerOrNull, isSafe } from './identify.ts';
import { shownToken } from './token-routes.ts';

/** Whoever is over the rate may still sign in with another key, and out. */
const SIGN_IN = /^\/log(in|out)\/?$/i;

/**
 * Holds a caller to its key's rate: over it, 429 with `Retry-After`. Every answer says what is left (the RateLimit
 * draft's fields). What counts is every request that may change something, whatever route takes it: all but reading and
 * signing in. A caller whose key has no rate passes without a question to anybody, and so does who has an upload token: that
 * has a rate of its own, and takes off its key's for what is accepted alone.
 */
export function limitRate(rates: Rates): RequestHandler {
  return (req, res, next) => {
    const caller = callerOrNull(req);
    if (!caller?.rate || shownToken(req) !== null || isSafe(req.method) || SIGN_IN.test(req.path)) return next();
    return takeRequest(res, rates, caller.name, caller.rate).then(next);
  };
}

async function takeRequest(res: Response, rates: Rates, name: string, rate: Rate): Promise<void> {
  sayRate(res, rate, await rates.take(name, rate), 'this API key');
}

/** Says in the answer what is left of a rate; throws rate_limited over it, with whose rate it is. */
export function sayRate(res: Response, { requests, seconds }: Rate, allowance: Allowance, whose: string): void {
  const { allowed, remaining, resetMs } = allowance;
  const resetSeconds = Math.max(1, Math.ceil(resetMs / 1000));
  res.setHeader('RateLimit-Policy', `"default";q=${requests};w=${seconds}`);
  res.setHeader('RateLimit', `"default";r=${remaining};t=${resetSeconds}`);
  if (allowed) return;
  const limit = `${requests} ${requests === 1 ? 'request' : 'requests'} in ${seconds} s`;
  throw new AppError('rate_limited', `The limit of ${whose} is ${limit}. Try again in ${resetSeconds} s.`, {
    retryAfterSeconds: resetSeconds,
  });
}
