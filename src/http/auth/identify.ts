import type { IncomingHttpHeaders } from 'node:http';
import { Socket } from 'node:net';
import type { NextFunction, Request, RequestHandler, Response } from 'express';
import { AppError } from '../../errors.ts';
import { type Caller, findCaller, type Keyring } from '../../keys/keyring.ts';
import { tokenExpired } from '../../keys/upload-tokens/token-expired.ts';
import { isOwnAddress } from '../public-path.ts';
import type { Cookies } from './cookies.ts';
import { shownToken } from './token-routes.ts';

const BEARER = /^Bearer +(\S+)$/i;
const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS']);

/** Whether a request of that method changes nothing. */
export const isSafe = (method: string): boolean => SAFE_METHODS.has(method);

/** Who made the request, and whether by the browser's cookie; set by `identifyCaller`. */
interface Identity {
  caller: Caller;
  byCookie: boolean;
  /** Finds the caller again, by the same credential; rejects with queue_unavailable when that can't be said. */
  findAgain: () => Promise<Caller | null>;
}

type ReadCaller = () => Caller | null | Promise<Caller | null>;

/** On the request itself: a WeakMap of all requests made the garbage collector 5 % of accepting a job. */
const IDENTITY = Symbol('identity');
/** Why it can't be said at the moment who asks: the credential is none of those known, and Redis does not answer. */
const UNDECIDED = Symbol('undecided');

/** Who asks for something: a request, or what acts for a caller whose request is over. */
export interface Asker {
  headers: IncomingHttpHeaders;
  socket: Socket;
}

type Identified = Asker & { [IDENTITY]?: Identity; [UNDECIDED]?: unknown };

/**
 * Finds out who asks, by `Authorization: Bearer` or the session cookie, and refuses nobody yet. A cookie only counts
 * for an action when the request comes from a page of our own, and never in what a script of another origin sends. Upload
 * tokens are `admitTokens`' to look at.
 */
export function identifyCaller(keyring: Keyring, cookies: Cookies): RequestHandler {
  return (req, _res, next) => {
    const bearer = BEARER.exec(req.headers.authorization ?? '')?.[1];
    if (bearer !== undefined) {
      const caller = keyring.authenticate(bearer);
      const read = () => keyring.authenticate(bearer);
      if (!caller && shownToken(req) !== null) return next();
      if (!caller) return identifyLater(req, keyring, read, false).then(next);
      (req as Identified)[IDENTITY] = { caller, byCookie: false, findAgain: () => findCaller(keyring, read) };
      return next();
    }
    const session = cookies.read(req, 'session');
    if (!session || shownToken(req) !== null || isForeignReading(req)) return next();
    return identifyLater(req, keyring, () => keyring.readSession(session), true).then(next);
  };
}

/** Whether a script of another origin reads: browsers send the origin along with what scripts may not do to others. */
const isForeignReading = (req: Request): boolean =>
  isSafe(req.method) && req.headers.origin !== undefined && !isOwnAddress(req, req.headers.origin);

/** A credential that is not known here may be one that was made a moment ago. */
async function identifyLater(req: Request, keyring: Keyring, read: ReadCaller, byCookie: boolean): Promise<void> {
  const caller = await findCaller(keyring, read).catch((error) => {
    (req as Identified)[UNDECIDED] = error;
    return null;
  });
  if (!caller) return;
  if (byCookie && !isSafe(req.method)) assertSameOrigin(req);
  (req as Identified)[IDENTITY] = { caller, byCookie, findAgain: () => findCaller(keyring, read) };
}

/** Has the rest of this request be that caller's, who has just signed in. */
export function identifyAs(req: Request, caller: Caller): void {
  (req as Identified)[IDENTITY] = { caller, byCookie: true, findAgain: async () => caller };
}

/** Makes who acts for a caller without a request; `findAgain` tells whether its key holds still. */
export function askAs(caller: Caller, findAgain: () => Promise<Caller | null>): Asker {
  // Nothing is connected: it never closes.
  const asker: Identified = { headers: {}, socket: new Socket().setMaxListeners(0) };
  asker[IDENTITY] = { caller, byCookie: false, findAgain };
  return asker;
}

/** Has the request be that caller's, who has shown an upload token; `findAgain` looks whether that still holds. */
export function identifyByToken(req: Request, caller: Caller, findAgain: Identity['findAgain']): void {
  (req as Identified)[IDENTITY] = { caller, byCookie: false, findAgain };
}

/** Says that it can't be told at the moment who asks. */
export function leaveUndecided(req: Request, error: unknown): void {
  (req as Identified)[UNDECIDED] = error;
}

/** The caller, or null when the request has no credential that holds. */
export const callerOrNull = (req: Asker): Caller | null => (req as Identified)[IDENTITY]?.caller ?? null;

/** Whether a person's browser asks: signed in by cookie. */
export const isBrowserSession = (req: Asker): boolean => (req as Identified)[IDENTITY]?.byCookie ?? false;

/** The caller; throws unauthorized, or token_expired, or queue_unavailable when the credential can't be checked at the moment. */
export function callerOf(req: Asker): Caller {
  const caller = callerOrNull(req);
  if (caller) return caller;
  const undecided = (req as Identified)[UNDECIDED];
  if (undecided) throw undecided;
  if (shownToken(req) !== null) throw tokenExpired();
  const { authorization } = req.headers;
  const way = 'send it as "Authorization: Bearer <key>"';
  if (authorization === undefined) throw new AppError('unauthorized', `An API key is needed: ${way}, or sign in.`);
  if (BEARER.test(authorization)) throw new AppError('unauthorized', 'The API key is not known.');
  throw new AppError('unauthorized', `The Authorization header holds no API key as a Bearer token: ${way}.`);
}

/**
 * Whether the key or the session of a request that takes its time holds still: it may be revoked or signed out
 * meanwhile. While that can't be said it holds.
 */
export async function stillHolds(req: Asker): Promise<boolean> {
  const identity = (req as Identified)[IDENTITY];
  if (!identity) return true;
  return (await identity.findAgain().catch(() => identity.caller)) !== null;
}

/** Throws unauthorized, or token_expired, where what the request came with does not hold any more. */
export async function assertHolds(req: Asker): Promise<void> {
  if (await stillHolds(req)) return;
  if (shownToken(req) !== null) throw tokenExpired();
  throw new AppError('unauthorized', 'The key was revoked while the request was read.');
}

/** Lets the request pass only when its caller has the scope, or one of the others; throws unauthorized or forbidden. */
export function requireScope(scope: string, ...others: string[]): RequestHandler {
  return (req: Request, _res: Response, next: NextFunction) => {
    assertScope(req, scope, ...others);
    next();
  };
}

/** Throws unauthorized, or forbidden unless the caller has the scope, or one of the others. */
export function assertScope(req: Asker, scope: string, ...others: string[]): void {
  const { scopes } = callerOf(req);
  if (![scope, ...others].some((one) => scopes.has(one))) {
    throw new AppError('forbidden', `The API key lacks the scope "${scope}".`);
  }
}

/**
 * Throws forbidden unless the browser says that the request comes from our own pages (Fetch Metadata; Origin where a
 * browser has none). A client that sends neither is no browser, and no other site can make it send our cookie.
 */
export function assertSameOrigin(req: Request): void {
  const site = req.get('sec-fetch-site');
  const origin = req.get('origin');
  const isOurs = origin === undefined || isOwnAddress(req, origin);
  if (site === undefined ? isOurs : site === 'same-origin') return;
  throw new AppError('forbidden', 'The request came from another site and was refused.');
}

/** Signs the browser in as that caller. */
export async function setSession(res: Response, keyring: Keyring, cookies: Cookies, caller: Caller): Promise<void> {
  const { value, maxAgeMs } = await keyring.createSession(caller);
  cookies.set(res, 'session', value, Math.floor(maxAgeMs / 1000));
}

/** Signs the browser out, and ends the session for whoever has a copy of its cookie. Rejects with queue_unavailable. */
export async function endSession(req: Request, res: Response, keyring: Keyring, cookies: Cookies): Promise<void> {
  const value = cookies.read(req, 'session');
  if (value !== undefined) await keyring.endSession(value);
  cookies.set(res, 'session', '', 0);
}
