import { createHmac, createSecretKey, hkdfSync, type KeyObject } from 'node:crypto';
import type { JWTPayload } from 'jose';
import { now } from '../clock.ts';
import type { Secrets } from './secret.ts';

/** What a token says: the key it was made from, by its name and the beginning of its digest (hex), and its own id. */
export interface TokenSubject {
  name: string;
  digest: string;
  id: string;
}

/** Signed texts that identify a key, for one purpose and a limited time. */
export interface Tokens {
  issue(purpose: string, subject: TokenSubject, lifeMs: number): Promise<string>;
  /** Reads a token's subject; null when the token is not genuine, for another purpose, or too old. */
  read(purpose: string, token: string): Promise<TokenSubject | null>;
}

/** Loads the library when the first token is made or read: workers and most applications need none. */
const loadJose = () => import('jose');

/** Names a secret in tokens without telling it. */
const keyIdOf = (secret: string): string =>
  createHmac('sha256', secret).update('heavylift key id').digest('base64url').slice(0, 11);

/** JSON Web Tokens (HS256). The newest secret signs; the key id in a token says which one it was verified with. */
export function createTokens(secrets: Secrets): Tokens {
  const keys = new Map(
    secrets.map((secret) => [
      keyIdOf(secret),
      createSecretKey(Buffer.from(hkdfSync('sha256', secret, '', 'heavylift tokens', 32))),
    ]),
  );
  const kid = keyIdOf(secrets[0]);
  const newest = keys.get(kid) as KeyObject;
  return {
    async issue(purpose, { name, digest, id }, lifeMs) {
      const { SignJWT } = await loadJose();
      return new SignJWT({ digest })
        .setProtectedHeader({ alg: 'HS256', kid })
        .setAudience(purpose)
        .setSubject(name)
        .setJti(id)
        .setExpirationTime(new Date(now() + lifeMs))
        .sign(newest);
    },
    async read(purpose, token) {
      // One token has one text: what base64 would overlook is refused.
      if (!token.split('.').every(isCanonical)) return null;
      const { jwtVerify } = await loadJose();
      try {
        const { payload } = await jwtVerify<JWTPayload & { digest?: unknown }>(
          token,
          ({ kid: given = '' }) => keys.get(given) ?? Promise.reject(new Error('signed with no secret of ours')),
          { algorithms: ['HS256'], audience: purpose, currentDate: new Date(now()), requiredClaims: ['exp'] },
        );
        const { sub, jti, digest } = payload;
        return sub !== undefined && jti !== undefined && typeof digest === 'string'
          ? { name: sub, digest, id: jti }
          : null;
      } catch {
        return null;
      }
    },
  };
}

const isCanonical = (part: string): boolean => Buffer.from(part, 'base64url').toString('base64url') === part;
