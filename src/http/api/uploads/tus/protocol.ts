import { getHashes } from 'node:crypto';
import type { Request, RequestHandler } from 'express';
import { AppError } from '../../../../errors.ts';
import { invalidRequest } from '../../../../fields/invalid-request.ts';
import { assertPlainBody } from '../plain-body.ts';
import { mostBytesOfAll, type PolicyDeps } from '../upload-policy.ts';

// The protocol of resumable uploads, tus 1.0.0: https://tus.io/protocols/resumable-upload

export const TUS_VERSION = '1.0.0';
const EXTENSIONS = 'creation,creation-with-upload,expiration,checksum,termination';
/** The media type of bytes that are appended. */
export const PART_TYPE = 'application/offset+octet-stream';
/** The hashes that a checksum may be of, by the names that the protocol has for them. */
const ALGORITHMS = ['sha1', 'sha256', 'sha512', 'md5'].filter((name) => getHashes().includes(name));
const UPLOADS_PATH = /^\/v1\/uploads(?:\/[^/]+)?\/?$/;
/** What a client may ask for that can only POST. */
const OVERRIDES = ['PATCH', 'DELETE'];

/** Whether a request speaks the protocol. */
export const isTus = (req: Request): boolean => req.get('tus-resumable') !== undefined;

/**
 * Has all answers at `/v1/uploads` to those who speak the protocol say that we do, whatever becomes of the request, and OPTIONS say
 * what of it.
 */
export function speakTus(deps: PolicyDeps): RequestHandler {
  const maxSize = String(mostBytesOfAll(deps));
  return (req, res, next) => {
    if (!UPLOADS_PATH.test(req.path)) return next();
    if (req.method === 'OPTIONS') {
      res.set({
        'Tus-Resumable': TUS_VERSION,
        'Tus-Version': TUS_VERSION,
        'Tus-Extension': EXTENSIONS,
        'Tus-Checksum-Algorithm': ALGORITHMS.join(','),
        'Tus-Max-Size': maxSize,
      });
      return next();
    }
    const version = req.get('tus-resumable');
    if (version === undefined) return next();
    res.set('Tus-Resumable', TUS_VERSION);
    if (version !== TUS_VERSION) res.set('Tus-Version', TUS_VERSION);
    const method = req.get('x-http-method-override')?.toUpperCase();
    if (req.method === 'POST' && method && OVERRIDES.includes(method)) req.method = method;
    return next();
  };
}

/**
 * Throws precondition_failed for another version of the protocol: once it is known who asks, so that a page of another origin may
 * read why.
 */
export const refuseOtherTus: RequestHandler = (req, _res, next) => {
  const version = UPLOADS_PATH.test(req.path) ? req.get('tus-resumable') : undefined;
  if (version === undefined || version === TUS_VERSION) return next();
  const sentence = `Tus-Resumable must be ${TUS_VERSION}, the version that is spoken here.`;
  throw new AppError('precondition_failed', sentence);
};

/** Makes the refusal of a header. */
export const badHeader = (name: string, detail: string): AppError =>
  invalidRequest([{ pointer: '', detail: `${name} ${detail}` }]);

/** Reads a header that is a number of bytes; undefined without it. Throws invalid_request. */
export function readBytes(req: Request, name: string): number | undefined {
  const text = req.get(name);
  if (text === undefined) return undefined;
  const bytes = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isSafeInteger(bytes)) return bytes;
  throw badHeader(name, 'must be a whole number of bytes, 0 or more');
}

/** A checksum that came with bytes. */
export interface Checksum {
  algorithm: string;
  digest: Buffer;
}

/** Reads `Upload-Checksum`; undefined without it. Throws invalid_request. */
export function readChecksum(req: Request): Checksum | undefined {
  const text = req.get('upload-checksum');
  if (text === undefined) return undefined;
  const [, algorithm = '', value = ''] = /^([\w-]{1,32}) +([A-Za-z0-9+/]{1,100}={0,2})$/.exec(text.trim()) ?? [];
  if (algorithm === '') throw badHeader('Upload-Checksum', 'must be the name of a hash and its value in Base64');
  if (ALGORITHMS.includes(algorithm)) return { algorithm, digest: Buffer.from(value, 'base64') };
  throw badHeader('Upload-Checksum', `must be one of ${ALGORITHMS.join(', ')}`);
}

/** Throws unsupported_media_type unless bytes come as the protocol has it. */
export function assertPart(req: Request): void {
  const type = req.get('content-type')?.split(';')[0]?.trim().toLowerCase();
  if (type !== PART_TYPE) {
    throw new AppError('unsupported_media_type', `The Content-Type must be ${PART_TYPE}.`);
  }
  assertPlainBody(req, 'the bytes themselves');
}
