import type { RequestHandler, Response } from 'express';
import { AppError } from '../../errors.ts';
import type { Rates } from '../../keys/rates.ts';
import type { Rate } from '../../keys/store.ts';
import { callerOrNull } from './identify.ts';

/**
 * Holds a caller to its key's rate: over it, 429 with `Retry-After`. Every answer says what is left (the RateLimit
 * draft's fields). What counts is a POST to the API, or to one of the forms by which people post jobs. A caller whose
 * key has no rate passes without a question to anybody.
 */
export function limitRate(rates: Rates, formPaths: readonly string[]): RequestHandler {
  // Routes ignore the case and a slash at the end too.
  const forms = new Set(formPaths.map((path) => path.toLowerCase()));
  const counts = (path: string) =>
    path.startsWith('/v1/') || forms.has(path.replace(/\/$/, '')) || /^\/jobs\/[^/]+\/again\/?$/.test(path);
  return (req, res, next) => {
    const caller = callerOrNull(req);
    if (!caller?.rate || req.method !== 'POST' || !counts(req.path.toLowerCase())) return next();
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
