import type { Request, RequestHandler, Response } from 'express';
import { isOwnAddress } from '../public-path.ts';
import type { FindTokenRoute } from './token-routes.ts';

/** What a page of another origin may send. */
const REQUEST_HEADERS = [
  'Authorization',
  'Content-Type',
  'Idempotency-Key',
  'If-Match',
  'If-None-Match',
  'If-Range',
  'Last-Event-ID',
  'Prefer',
  'Range',
  'Traceparent',
  'Tus-Resumable',
  'Upload-Checksum',
  'Upload-Concat',
  'Upload-Defer-Length',
  'Upload-Length',
  'Upload-Metadata',
  'Upload-Offset',
  'X-HTTP-Method-Override',
  'X-Request-Id',
  'X-Requested-With',
].join(', ');

/** What its script may read of an answer, beside what every script may. */
const ANSWER_HEADERS = [
  'Accept-Ranges',
  'Content-Disposition',
  'Content-Length',
  'Content-Range',
  'ETag',
  'Idempotency-Replayed',
  'Location',
  'Preference-Applied',
  'RateLimit',
  'RateLimit-Policy',
  'Retry-After',
  'Tus-Checksum-Algorithm',
  'Tus-Extension',
  'Tus-Max-Size',
  'Tus-Resumable',
  'Tus-Version',
  'Upload-Expires',
  'Upload-Length',
  'Upload-Metadata',
  'Upload-Offset',
  'X-Request-Id',
].join(', ');

/** So long browsers need not ask again: no browser keeps it for longer. */
const PREFLIGHT_SECONDS = 7200;

/**
 * Answers the question of a browser whether a page may send what no form can (a preflight). It carries no token, so the answer is
 * the same for every origin, id and caller: it says which methods and headers a route takes from whoever has a token, and
 * tells nothing of who has. Other routes, and pages without an origin, get no such answer.
 */
export function answerPreflight(findRoute: FindTokenRoute): RequestHandler {
  return (req, res, next) => {
    if (req.method !== 'OPTIONS' || req.headers['access-control-request-method'] === undefined) return next();
    const { origin } = req.headers;
    const route = findRoute(req.path);
    if (route === undefined || origin === undefined || !isOrigin(origin)) return next();
    res
      .status(204)
      .set({
        'Access-Control-Allow-Origin': origin,
        'Access-Control-Allow-Methods': route.methods.join(', '),
        'Access-Control-Allow-Headers': REQUEST_HEADERS,
        'Access-Control-Max-Age': String(PREFLIGHT_SECONDS),
        'Cache-Control': 'no-store',
      })
      .vary('Origin')
      .end();
  };
}

/** Whether a text is the origin of a web page, written as browsers do. */
export const isOrigin = (text: string): boolean =>
  /^https?:\/\//.test(text) && URL.canParse(text) && new URL(text).origin === text;

/** Lets the scripts of that origin read the answer, errors included; a cookie never comes into it. */
export function openTo(res: Response, origin: string): void {
  res.setHeader('Access-Control-Allow-Origin', origin);
  res.setHeader('Access-Control-Expose-Headers', ANSWER_HEADERS);
}

/**
 * Finds the origin of the page that sent a request, where it is another one than ours: `null` for a page that has none. What a
 * page shows in itself (a picture) carries no origin, but, as a rule, says by which page it was asked for.
 */
export function foreignOrigin(req: Request): string | undefined {
  const { origin, referer } = req.headers;
  if (origin !== undefined) return isOwnAddress(req, origin) ? undefined : origin;
  if (req.get('sec-fetch-mode') !== 'no-cors' || referer === undefined || !URL.canParse(referer)) return undefined;
  return isOwnAddress(req, referer) ? undefined : new URL(referer).origin;
}
