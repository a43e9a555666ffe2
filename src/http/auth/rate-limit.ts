import type { RequestHandler, Response } from 'express';
import { AppError } from '../../errors.ts';
import type { Rates } from '../../keys/rates.ts';
import type { Rate } from '../../keys/store.ts';
import { callerOrNull } from './identify.ts';

/** Where a POST counts: the API, and the forms of the page that post a report or a mail. Routes ignore the case too. */
const COUNTED_PATH = /^\/(?:v1\/.*|reports\/?|emails\/?)$/i;

/**
 * Holds a caller to its key's rate: over it, 429 with `Retry-After`. Every answer says what is left (the RateLimit
 * draft's fields). A caller whose key has no rate passes without a question to anybody.
 */
export function limitRate(rates: Rates): RequestHandler {
  return (req, res, next) => {
    const caller = callerOrNull(req);
    if (!caller?.rate || req.method !== 'POST' || !COUNTED_PATH.test(req.path)) return next();
    return takeRequest(res, rates, caller.name, caller.rate).then(next);
  };
}

async function takeRequest(res: Response, rates: Rates, name: string, rate: Rate): Promise<void> {
  const { requests, seconds } = rate;
  const { allowed, remaining, resetMs } = await rates.take(name, rate);
  const resetSeconds = Math.max(1, Math.ceil(resetMs / 1000));
  res.setHeader('RateLimit-Policy', `"default";q=${requests};w=${seconds}`);
  res.setHeader('RateLimit', `"default";r=${remaining};t=${resetSeconds}`);
  if (allowed) return;
  const limit = `${requests} ${requests === 1 ? 'request' : 'requests'} in ${seconds} s`;
  throw new AppError('rate_limited', `The limit of this API key is ${limit}. Try again in ${resetSeconds} s.`, {
    retryAfterSeconds: resetSeconds,
  });
}
