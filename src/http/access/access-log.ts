import type { Request, RequestHandler, Response } from 'express';
import type { ErrorCode } from '../../errors.ts';
import { maskAddresses } from '../../logs/mask.ts';
import { createThinner } from '../../logs/thinner.ts';
import { callerOrNull } from '../auth/identify.ts';
import { clientAddress } from '../client-address.ts';
import { linkTo } from '../public-path.ts';
import { originOf } from '../request-origin.ts';

/** Refusals of one code and caller that have a line of their own, in a second; */
const REFUSALS = 10;
/** and answers of one route to one caller. */
const ANSWERS = 200;
const LONGEST_PATH = 100;

/** What is known of a request when it has been answered; a line of the access log. */
export interface AccessFacts {
  method: string;
  /** The route's pattern, which has no ids and addresses in it; null where there is none. */
  route: string | null;
  /** The path of a request without a route, its beginning, mail addresses and tokens masked. */
  path?: string;
  status: number;
  ms: number;
  /** The name of its key; null for nobody. */
  caller: string | null;
  address: string;
  requestId: string | undefined;
  /** Why it was refused. */
  code?: ErrorCode;
  /** A key or a sign-in link was shown that does not hold. */
  signIn?: 'refused';
  /** The job that was asked for, or that was made. */
  job?: string;
  /** The client went away before it had the whole answer. */
  cut?: true;
  /** So many like this one were not written. */
  count?: number;
}

/** Takes a line of the access log; must neither throw nor wait. */
export type WriteAccess = (facts: AccessFacts) => void;

/** On the request itself, as its caller is. */
const REFUSAL = Symbol('refusal');
type Refused = Request & { [REFUSAL]?: { code: ErrorCode; signIn?: 'refused' } };

/** Notes why a request is refused; `signIn` where it showed a credential that does not hold. */
export function noteRefusal(req: Request, code: ErrorCode, signIn?: 'refused'): void {
  (req as Refused)[REFUSAL] = signIn ? { code, signIn } : { code };
}

/** Whether the request showed a key or a sign-in link that does not hold. */
export const isRefusedSignIn = (req: Request): boolean => (req as Refused)[REFUSAL]?.signIn === 'refused';

/**
 * Writes a line for each request when its answer has gone out. Of refusals with the same code to the same caller (without
 * a key: the same address) ten a second are written, of other answers 200 a route and caller; what is beyond is one line
 * with its number in `count`, so that nobody can wash away what the others did.
 */
export function logAccess(write: WriteAccess): RequestHandler {
  const thinner = createThinner<AccessFacts>({
    limit: ({ code }) => (code === undefined ? ANSWERS : REFUSALS),
    tell: ({ job: _job, requestId: _id, ms: _ms, ...facts }, count) =>
      write({ ...facts, requestId: undefined, ms: 0, count }),
  });
  return (req, res, next) => {
    const startedAt = performance.now();
    // Asked now: a connection that was cut has none.
    clientAddress(req);
    res.once('close', () => {
      const facts = readFacts(req, res, Math.round(performance.now() - startedAt));
      const { code, caller, address, method, route } = facts;
      const what = code ?? `${method} ${route}`;
      if (thinner.passes(`${what} ${caller ?? ''} ${caller === null ? address : ''}`, facts)) write(facts);
    });
    next();
  };
}

function readFacts(req: Request, res: Response, ms: number): AccessFacts {
  const route = routeOf(req);
  const job = jobOf(req, res);
  return {
    method: req.method,
    route,
    ...(route === null ? { path: maskAddresses(maskTokens(req.path).slice(0, LONGEST_PATH)) } : {}),
    status: res.statusCode,
    ms,
    caller: callerOrNull(req)?.name ?? null,
    address: clientAddress(req),
    requestId: originOf(req).requestId,
    ...(req as Refused)[REFUSAL],
    ...(job === undefined ? {} : { job }),
    ...(res.writableFinished ? {} : { cut: true }),
  };
}

/** Masks what may be the token of a link, by which whoever reads the log could follow it. */
const maskTokens = (path: string): string => path.replace(/[\w-]{40,}/g, '***');

const JOB_PATH = '/v1/jobs/';
const JOB_ID = /^[a-z]{3}_[0-9a-z]{26}$/;

/** The job that the request named, or the one that the answer does. */
function jobOf(req: Request, res: Response): string | undefined {
  const location = res.getHeader('Location');
  const path = linkTo(res, JOB_PATH);
  const made = typeof location === 'string' && location.startsWith(path) ? location.slice(path.length) : undefined;
  const id = made ?? req.params['id'];
  return typeof id === 'string' && JOB_ID.test(id) ? id : undefined;
}

/** The pattern of the route; of one with several addresses, that which was asked. */
function routeOf(req: Request): string | null {
  const paths: unknown[] = [req.route?.path].flat();
  const asked = paths.find(
    (path): path is string =>
      typeof path === 'string' && (paths.length === 1 || req.path.startsWith(beginningOf(path))),
  );
  return asked === undefined ? null : `${req.baseUrl}${asked}`;
}

const beginningOf = (pattern: string): string => pattern.slice(0, pattern.indexOf(':'));
