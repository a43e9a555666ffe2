import { pipeline } from 'node:stream/promises';
import contentDisposition from 'content-disposition';
import type { Request, Response } from 'express';
import { AppError } from '../../errors.ts';
import type { StoredFile } from '../../jobs/files/stored-file.ts';
import type { Storage } from '../../storage/storage.ts';
import { isBrowserSession } from '../auth/identify.ts';
import { tokenOf } from '../auth/token.ts';
import { answerUnchanged } from '../conditional.ts';

/** How answers with a file may be kept, where nothing else is said: the content under a name never changes. */
const KEPT_A_DAY = 'private, immutable, max-age=86400, no-transform';

/** Types a browser may show in place; everything else is downloaded. */
const SHOWN_INLINE = /^(image\/(jpeg|png|webp|avif|gif)|application\/pdf)$/;

/** Whether a browser may show the file in place. */
export const isShown = ({ type }: Pick<StoredFile, 'type'>): boolean => SHOWN_INLINE.test(type);

/** A stored file, and how its answer may be kept where that is something else than for a day. */
export interface SentFile extends StoredFile {
  cacheControl?: string;
  /** Set where it is always sent from here, so that caches have it under its one address. */
  isOurs?: true;
}

/**
 * Sends a stored file: its hash is the strong ETag, `Range` asks for one part of it (206, 416), a matching
 * `If-None-Match` gets 304, another `If-Match` 412. Caches may keep it. `?download` forces a
 * download. Where storage makes addresses of its own, who may follow one is led there.
 */
export async function sendFile(req: Request, res: Response, storage: Storage, file: SentFile): Promise<void> {
  const inline = isShown(file) && req.query['download'] === undefined;
  const etag = `"${file.sha256}"`;
  // An address that has a token in it stays in no cache.
  const caching = tokenOf(req) ? 'no-store, no-transform' : (file.cacheControl ?? KEPT_A_DAY);
  res.set({ ETag: etag, 'Cache-Control': caching });
  if (answerUnchanged(req, res, etag)) return;
  const disposition = contentDisposition(file.name, { type: inline ? 'inline' : 'attachment' });
  if (storage.presign && !file.isOurs && mayRedirect(req)) {
    const address = await storage.presign(file.key, { type: file.type, disposition });
    res.removeHeader('ETag');
    res.set('Cache-Control', 'no-store').redirect(307, address);
    return;
  }
  res.type(file.type).set({ 'Accept-Ranges': 'bytes', 'Content-Disposition': disposition });
  const range = readRange(req, res, file);
  if (range) res.status(206).set('Content-Range', `bytes ${range.start}-${range.end}/${file.bytes}`);
  res.set('Content-Length', String(range ? range.end - range.start + 1 : file.bytes));
  if (req.method === 'HEAD') {
    res.end();
    return;
  }
  const content = await storage.open(file.key, range);
  await pipeline(content, res).catch((error) => {
    // The client went away: nobody is left to tell.
    if ((error as NodeJS.ErrnoException).code !== 'ERR_STREAM_PREMATURE_CLOSE') throw error;
  });
}

/** Whether it may be led to another host: not what a page shows in itself, since pages load nothing from others. */
function mayRedirect(req: Request): boolean {
  if (req.method !== 'GET') return false;
  const shownIn = req.get('sec-fetch-dest');
  return shownIn === undefined ? !isBrowserSession(req) : shownIn === 'document';
}

/**
 * The one byte range asked for, or undefined for the whole file: several at once get the whole, and only GET has ranges
 * (RFC 9110, 14.2).
 */
function readRange(
  req: Request,
  res: Response,
  { bytes, sha256 }: StoredFile,
): { start: number; end: number } | undefined {
  if (req.method !== 'GET') return undefined;
  const ifRange = req.get('if-range');
  if (ifRange !== undefined && ifRange !== `"${sha256}"`) return undefined;
  const ranges = req.range(bytes);
  if (ranges === -1) {
    res.set('Content-Range', `bytes */${bytes}`);
    throw new AppError('range_not_satisfiable', `The file has ${bytes} bytes; the range asked for is outside.`);
  }
  if (!Array.isArray(ranges) || ranges.type !== 'bytes' || ranges.length !== 1) return undefined;
  return ranges[0];
}
