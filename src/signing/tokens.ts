import { createHmac, timingSafeEqual } from 'node:crypto';
import { now } from '../clock.ts';

/** The key that a token was made from: its name, and the beginning of that key's digest (hex). */
export interface TokenSubject {
  name: string;
  digest: string;
}

/** Signed texts that identify a key, for one purpose and a limited time. */
export interface Tokens {
  issue(purpose: string, subject: TokenSubject, lifeMs: number): string;
  /** Reads a token's subject; null when the token is not genuine, for another purpose, or too old. */
  read(purpose: string, token: string): TokenSubject | null;
}

/** Tokens signed with HMAC-SHA-256; a token is base64url of its facts, a dot, base64url of their signature. */
export function createTokens(secret: string): Tokens {
  const signatureOf = (payload: string) => createHmac('sha256', secret).update(payload).digest();
  return {
    issue(purpose, { name, digest }, lifeMs) {
      const facts = [purpose, name, digest, now() + lifeMs];
      const payload = Buffer.from(JSON.stringify(facts)).toString('base64url');
      return `${payload}.${signatureOf(payload).toString('base64url')}`;
    },
    read(purpose, token) {
      const [payload = '', signature = ''] = token.split('.');
      const given = Buffer.from(signature, 'base64url');
      const expected = signatureOf(payload);
      if (given.length !== expected.length || !timingSafeEqual(given, expected)) return null;
      const facts = JSON.parse(Buffer.from(payload, 'base64url').toString()) as [string, string, string, number];
      const [saidPurpose, name, digest, untilMs] = facts;
      return saidPurpose === purpose && untilMs >= now() ? { name, digest } : null;
    },
  };
}
