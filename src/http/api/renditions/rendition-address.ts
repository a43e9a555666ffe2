import { createHmac, timingSafeEqual } from 'node:crypto';
import type { DerivedSource } from '../../../jobs/contract.ts';
import { idPrefixOf } from '../../../jobs/id.ts';

/** An address as it was asked for: whose it is, what signs it, and all that is signed. */
export interface SignedPath {
  name: string;
  signature: string;
  /** `/thumb/img_.../photo.jpg`, as it stands in the address. */
  rest: string;
}

/**
 * Reads a path below `/i`; null for one that is none. The name stands there as it is: caches have a file under one address.
 */
export function readSignedPath(path: string): SignedPath | null {
  const [, name, signature, rest] = /^\/i\/([\w.-]+)\/([\w-]{43})(\/.+)$/.exec(path) ?? [];
  return name && signature && rest ? { name, signature, rest } : null;
}

/** Whether one of these secrets has signed it. As texts: the last sign of one has bits that mean nothing. */
export function isSignedBy({ signature, rest }: SignedPath, secrets: readonly string[]): boolean {
  const given = Buffer.from(signature);
  return secrets.some((secret) =>
    timingSafeEqual(Buffer.from(createHmac('sha256', secret).update(rest).digest('base64url')), given),
  );
}

/** Reads what the signed part names; null for what names nothing. `idPrefix` is that of the jobs whose files are sources. */
export function readRendition(rest: string, idPrefix: string): { preset: string; source: DerivedSource } | null {
  const parts = rest.split('/').slice(1).map(decode);
  const [preset, source, file, ...more] = parts;
  if (!preset || !source || !file || more.length > 0) return null;
  if (idPrefixOf(source) === idPrefix) return { preset, source: { job: source, file } };
  if (source !== 'url') return null;
  const url = Buffer.from(file, 'base64url').toString();
  return Buffer.from(url).toString('base64url') === file ? { preset, source: { url } } : null;
}

/** A part of a path, decoded; null where that can not be. */
function decode(part: string): string | null {
  try {
    return decodeURIComponent(part);
  } catch {
    return null;
  }
}
