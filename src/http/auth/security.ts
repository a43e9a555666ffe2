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

/** Lets a page show frames of our own. */
export function allowFrames(res: Response): void {
  res.setHeader('Content-Security-Policy', `${CONTENT_SECURITY_POLICY}; frame-src 'self'`);
}

/**
 * Sets what HTML of strangers may do in a frame of ours: nothing runs, nothing is sent or loaded, it is of no origin, and
 * its links open in a tab of their own. With `pictures`, those of other hosts are loaded, which tells the hosts.
 */
export function isolate(res: Response, { pictures }: { pictures: boolean }): void {
  const policy = [
    'sandbox allow-popups allow-popups-to-escape-sandbox',
    "default-src 'none'",
    `img-src data:${pictures ? ' https: http:' : ''}`,
    "style-src 'unsafe-inline'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'self'",
  ];
  res.setHeader('Content-Security-Policy', policy.join('; '));
  res.setHeader('X-Frame-Options', 'SAMEORIGIN');
  // Browsers refuse to show a document that has both a sandbox and this, in a tab of its own.
  res.removeHeader('Cross-Origin-Opener-Policy');
  res.setHeader('Referrer-Policy', 'no-referrer');
  res.setHeader('X-DNS-Prefetch-Control', 'off');
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
