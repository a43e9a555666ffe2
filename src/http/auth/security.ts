import type { RequestHandler, Response } from 'express';

const UNFRAMED = "frame-ancestors 'none'";

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
  UNFRAMED,
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

/** What a page of another origin may read of an answer beside its content. */
const READ_BY_OTHERS =
  'Accept-Ranges, Content-Disposition, Content-Length, Content-Range, ETag, Retry-After, X-Request-Id';

/**
 * Lets pages of every origin read what needs no credential. Browsers send their scripts nothing that a cookie was sent
 * along for.
 */
export const letOthersRead: RequestHandler = (req, res, next) => {
  res.setHeader('Access-Control-Allow-Origin', '*');
  res.setHeader('Access-Control-Expose-Headers', READ_BY_OTHERS);
  res.setHeader('Cross-Origin-Resource-Policy', 'cross-origin');
  if (req.method === 'OPTIONS') {
    res.setHeader('Access-Control-Allow-Headers', 'If-None-Match, Range, X-Request-Id');
    res.setHeader('Access-Control-Max-Age', '86400');
  }
  next();
};

/** Lets pages of every origin show a file of ours, such as a PDF, in a frame: there is nothing in it to be tricked into. */
export function letOthersFrame(res: Response): void {
  res.setHeader('Content-Security-Policy', CONTENT_SECURITY_POLICY.replace(`; ${UNFRAMED}`, ''));
  res.removeHeader('X-Frame-Options');
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
