import { randomUUID } from 'node:crypto';
import type { RequestHandler } from 'express';
import type { RequestOrigin } from '../jobs/options/options.ts';

/** On the request itself, as its caller is: nothing is looked up. */
const ORIGIN = Symbol('origin');
type Named = object & { [ORIGIN]?: RequestOrigin };

const REQUEST_ID = /^[\x21-\x7e]{1,128}$/;
/** W3C Trace Context: version, trace, span, flags; version ff and ids of zeros are none. */
const TRACE_PARENT = /^(?!ff)[\da-f]{2}-(?!0{32})[\da-f]{32}-(?!0{16})[\da-f]{16}-[\da-f]{2}$/;

/** Gives each request a name, the caller's `X-Request-Id` or one of our own, and says it in the answer. */
export const nameRequest: RequestHandler = (req, res, next) => {
  const { 'x-request-id': given, traceparent } = req.headers;
  const requestId = typeof given === 'string' && REQUEST_ID.test(given) ? given : randomUUID();
  const isTraced = typeof traceparent === 'string' && TRACE_PARENT.test(traceparent);
  (req as Named)[ORIGIN] = isTraced ? { requestId, traceparent } : { requestId };
  res.setHeader('X-Request-Id', requestId);
  next();
};

/** Reads the request's name, and the trace that it belongs to where the caller said one; set by `nameRequest`. */
export const originOf = (req: object): RequestOrigin => (req as Named)[ORIGIN] ?? {};

/** Gives what acts for a caller without a request the name, and the trace, of the one that it acts for. */
export function originAs<Asks extends object>(asker: Asks, origin: RequestOrigin): Asks {
  (asker as Named)[ORIGIN] = origin;
  return asker;
}
