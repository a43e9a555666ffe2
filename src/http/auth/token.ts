import type { Request, RequestHandler, Response } from 'express';
import { AppError } from '../../errors.ts';
import type { Allowance, Rates } from '../../keys/rates.ts';
import type { Rate } from '../../keys/store.ts';
import { tokenIdOf } from '../../keys/upload-tokens/token-text.ts';
import type { UploadToken } from '../../keys/upload-tokens/upload-token.ts';
import type { HeldToken, UploadTokens } from '../../keys/upload-tokens/upload-tokens.ts';
import { foreignOrigin, openTo } from './cross-origin.ts';
import { type Asker, callerOrNull, identifyByToken, leaveUndecided } from './identify.ts';
import { sayRate } from './rate-limit.ts';
import { type FindTokenRoute, shownToken } from './token-routes.ts';

/** Requests of one token, reading ones included: so many that no page comes to it, and that a leaked one is bounded. */
export const TOKEN_RATE: Rate = { requests: 600, seconds: 60 };

/** On the request itself, as its caller is. */
const TOKEN = Symbol('token');
type WithToken = Asker & { [TOKEN]?: UploadToken };

/** The upload token that the request came with; null for a key, a session or nobody. */
export const tokenOf = (req: Asker): UploadToken | null => (req as WithToken)[TOKEN] ?? null;

export interface TokenDeps {
  tokens: Pick<UploadTokens, 'isGenuine' | 'find'>;
  rates: Pick<Rates, 'take'>;
  findRoute: FindTokenRoute;
}

/**
 * Lets in who shows an upload token that holds, to what it serves, from the origins that it names. Throws origin_refused,
 * forbidden and rate_limited. Who shows one that does not hold is nobody; the answer that says so may be read by any page, since it
 * says nothing else.
 */
export function admitTokens(deps: TokenDeps): RequestHandler {
  return (req, res, next) => {
    const text = callerOrNull(req) ? null : shownToken(req);
    return text === null ? next() : admit(req, res, text, deps).then(next);
  };
}

async function admit(req: Request, res: Response, text: string, deps: TokenDeps): Promise<void> {
  res.setHeader('Referrer-Policy', 'no-referrer');
  res.setHeader('Cache-Control', 'no-store');
  res.vary('Origin');
  const origin = foreignOrigin(req);
  const found = deps.tokens.isGenuine(text) ? await look(req, text, deps) : null;
  if (!found?.held) {
    if (origin !== undefined && origin !== 'null') openTo(res, origin);
    return;
  }
  const { allowance, held } = found;
  const { token, caller } = held;
  (req as WithToken)[TOKEN] = token;
  const findAgain = async () => ((await deps.tokens.find(text)) ? caller : null);
  identifyByToken(req, caller, findAgain);
  if (origin !== undefined) {
    assertListed(token, origin);
    openTo(res, origin);
  }
  if (token.origins.length > 0) res.setHeader('Cross-Origin-Resource-Policy', 'cross-origin');
  if (!deps.findRoute(req.path, token.kind)?.methods.includes(req.method)) {
    const serves = `it is for ${token.kind}, and what was made with it`;
    throw new AppError(
      'forbidden',
      `An upload token does not serve ${req.method} ${req.path.slice(0, 100)}: ${serves}.`,
    );
  }
  sayRate(res, TOKEN_RATE, allowance, 'this upload token');
}

/** Looks a token up, and counts the request; null where that can't be said at the moment. */
async function look(
  req: Request,
  text: string,
  { tokens, rates }: TokenDeps,
): Promise<{ allowance: Allowance; held: HeldToken | null } | null> {
  try {
    const counted = rates.take(`token:${tokenIdOf(text)}`, TOKEN_RATE);
    const [allowance, held] = await Promise.all([counted, tokens.find(text)]);
    return { allowance, held };
  } catch (error) {
    leaveUndecided(req, error);
    return null;
  }
}

function assertListed({ origins }: UploadToken, origin: string): void {
  if (origins.includes(origin)) return;
  throw new AppError('origin_refused', 'This upload token serves no page of the origin that the request came from.');
}
