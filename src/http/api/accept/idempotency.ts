import { createHash } from 'node:crypto';
import type { Request } from 'express';
import { invalidRequest } from '../../../fields/invalid-request.ts';
import type { Envelope } from '../../../jobs/options/options.ts';

/** The request's Idempotency-Key: a structured-field string, or bare; undefined without one. Throws invalid_request. */
export function readIdempotencyKey(req: Request): string | undefined {
  const header = req.get('idempotency-key')?.trim();
  if (header === undefined) return undefined;
  // A string of RFC 8941 may have parameters, which are no part of it.
  const quoted = /^"((?:[^"\\]|\\.)*)" *(?:;.*)?$/.exec(header)?.[1];
  const key = quoted === undefined ? header : quoted.replaceAll(/\\(["\\])/g, '$1');
  if (/^[\x20-\x7e]{1,255}$/.test(key)) return key;
  throw invalidRequest([{ pointer: '', detail: 'Idempotency-Key must be 1 to 255 printable ASCII characters' }]);
}

/**
 * What was asked for, as a SHA-256 (hex): the same whatever the order of the fields, and for an upload by its content.
 * Where it is known already, that.
 */
export function fingerprintOf(
  asked: Pick<Envelope, 'input' | 'options' | 'uploads'> & { fingerprint?: string | undefined },
): string {
  const { input, options, uploads, fingerprint } = asked;
  if (fingerprint !== undefined) return fingerprint;
  const files = Object.entries(uploads).map(([field, { sha256 }]) => [field, sha256]);
  return createHash('sha256')
    .update(canonicalJson([input, options, files]))
    .digest('hex');
}

function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) =>
    part && typeof part === 'object' && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}
