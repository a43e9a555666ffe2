import compression from 'compression';
import type { Request, RequestHandler, Response } from 'express';

const FROM_BYTES = 1024;
const NO_TRANSFORM = /(?:^|,)\s*no-transform\s*(?:,|$)/i;

/**
 * Compresses pages, JSON and assets of 1 KB and more as the client takes them (br, gzip). Stands after the routes that
 * accept jobs, whose answers are small; files and streams say `no-transform`.
 */
export const compressAnswers: RequestHandler = compression({ threshold: FROM_BYTES, filter: mayCompress });

/**
 * Whether an answer may be compressed; 304 stands for one that may. Its ETag is made weak for every client that names
 * an encoding: a strong one would say that the bytes are the same.
 */
function mayCompress(req: Request, res: Response): boolean {
  if (NO_TRANSFORM.test(String(res.getHeader('Cache-Control') ?? ''))) return false;
  if (res.statusCode === 206 || (res.statusCode !== 304 && !compression.filter(req, res))) return false;
  const etag = res.getHeader('ETag');
  if (req.headers['accept-encoding'] !== undefined && typeof etag === 'string' && etag.startsWith('"')) {
    res.setHeader('ETag', `W/${etag}`);
  }
  return true;
}
