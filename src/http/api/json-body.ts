import { isUtf8 } from 'node:buffer';
import express, { type RequestHandler } from 'express';
import { AppError } from '../../errors.ts';
import { invalidRequest } from '../../fields/invalid-request.ts';

/** The media types of JSON bodies. */
export const JSON_TYPES = ['application/json', 'application/*+json'];

/**
 * Makes the handlers that read a JSON body of at most so many bytes. They throw invalid_request for one that is not
 * UTF-8 or no JSON, and payload_too_large: before anything is read where the length is known.
 */
export function readJsonBody(limit: number): RequestHandler[] {
  const refuseByLength: RequestHandler = (req, _res, next) => {
    if (Number(req.headers['content-length'] ?? 0) > limit && req.is(JSON_TYPES)) {
      throw new AppError('payload_too_large', `The body is larger than the limit of ${limit} bytes.`);
    }
    next();
  };
  return [refuseByLength, express.json({ limit, type: JSON_TYPES, verify: assertUtf8 })];
}

/** Decoding would put U+FFFD in the place of what it can't read. Throws what the parser hands on as it is. */
function assertUtf8(_req: unknown, _res: unknown, body: Buffer, encoding: string): void {
  if (encoding === 'utf-8' && !isUtf8(body)) throw new NotUtf8();
}

/** The parser writes a status of its own onto what is thrown, which an AppError does not let it do. */
export class NotUtf8 extends Error {
  override readonly name = 'NotUtf8';
}

/** Makes the refusal of JSON that is not UTF-8; `pointer` leads to the field that it came in. */
export const notUtf8 = (pointer = ''): AppError =>
  invalidRequest([{ pointer, detail: `${pointer ? 'must be JSON' : 'The body must be'} in UTF-8 (RFC 8259)` }]);
