import type { Request, Response } from 'express';
import { AppError } from '../errors.ts';

/**
 * Judges a request by its preconditions (RFC 9110, 13.2.2) against the ETag of what is there now; a date alone says
 * nothing, since nothing here has one. Sends 304 and answers true where a reader has it already. Throws
 * precondition_failed.
 */
export function answerUnchanged(req: Request, res: Response, etag: string): boolean {
  const { 'if-match': ifMatch, 'if-none-match': ifNoneMatch } = req.headers;
  if (ifMatch !== undefined && !namesStrongly(ifMatch, etag)) throw failed('If-Match names another ETag than', etag);
  if (ifNoneMatch === undefined || !namesWeakly(ifNoneMatch, etag)) return false;
  if (req.method !== 'GET' && req.method !== 'HEAD') throw failed('If-None-Match names', etag);
  res.status(304).end();
  return true;
}

const namesStrongly = (header: string, etag: string): boolean =>
  header.trim() === '*' || (!etag.startsWith('W/') && etagsIn(header).includes(etag));

const namesWeakly = (header: string, etag: string): boolean =>
  header.trim() === '*' || etagsIn(header).some((one) => opaqueTag(one) === opaqueTag(etag));

const etagsIn = (header: string): string[] => header.match(/(?:W\/)?"[^"]*"/g) ?? [];
const opaqueTag = (etag: string): string => etag.replace(/^W\//, '');

const failed = (what: string, etag: string): AppError =>
  new AppError('precondition_failed', `${what} the one of what is there now: ${etag}.`);
