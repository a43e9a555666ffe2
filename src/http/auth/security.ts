import type { RequestHandler, Response } from 'express';

/** Nothing is loaded from anywhere but here, nothing inline runs, nobody may frame a page. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data: blob:",
  "font-src 'self'",
  "connect-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** How long a browser comes by https only, once it was here. */
const HSTS = 'max-age=31536000';

/**
 * Makes the headers every answer carries. By https, browsers are told to come by nothing else; not where the public URL
 * has a path, since the rest of that host is another's.
 */
export function securityHeaders(publicUrl: string): RequestHandler {
  const { protocol, pathname } = new URL(publicUrl);
  const isHttpsAlone = protocol === 'https:' && pathname === '/';
  return (_req, res, next) => {
    if (isHttpsAlone) res.setHeader('Strict-Transport-Security', HSTS);
    setHeaders(res);
    next();
  };
}

function setHeaders(res: Response): void {
  res.setHeader('Content-Security-Policy', CONTENT_SECURITY_POLICY);
  res.setHeader('X-Content-Type-Options', 'nosniff');
  res.setHeader('X-Frame-Options', 'DENY');
  // Not no-referrer: with it, browsers send `Origin: null` along with our own forms.
  res.setHeader('Referrer-Policy', 'same-origin');
  res.setHeader('Cross-Origin-Opener-Policy', 'same-origin');
  res.setHeader('Cross-Origin-Resource-Policy', 'same-origin');
}
