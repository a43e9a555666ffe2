import { createCipheriv, createDecipheriv, createHmac, hkdfSync } from 'node:crypto';
import type { Secrets } from './secret.ts';

/** Facts in a token: short texts, numbers, or nothing. */
export type Facts = readonly (string | number | null)[];

const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** Texts for links that need no credential: a holder can neither read nor change the facts in it. */
export interface SealedTokens {
  /** Seals facts; the same facts give the same token, so that a mail which is sent twice is the same mail. */
  seal(facts: Facts): string;
  /** Opens a token: the facts in it; null for anything that was not sealed here for this purpose. */
  open(token: string): Facts | null;
}

/**
 * Tokens of AES-256-GCM with a key of the deployment's newest secret and the purpose: an address in a link does not end
 * up readable in the logs of servers on the way. The nonce follows from the facts. What a former secret sealed is opened
 * too.
 */
export function createSealedTokens(secrets: Secrets, purpose: string): SealedTokens {
  const [newest, ...before] = secrets.map((secret) => createSealer(secret, purpose)) as [
    SealedTokens,
    ...SealedTokens[],
  ];
  return {
    seal: newest.seal,
    open(token) {
      for (const sealer of [newest, ...before]) {
        const facts = sealer.open(token);
        if (facts) return facts;
      }
      return null;
    },
  };
}

function createSealer(secret: string, purpose: string): SealedTokens {
  const keys = Buffer.from(hkdfSync('sha256', secret, '', `heavylift ${purpose}`, 64));
  const [cipherKey, nonceKey] = [keys.subarray(0, 32), keys.subarray(32)];
  return {
    seal(facts) {
      const plain = JSON.stringify(facts);
      const nonce = createHmac('sha256', nonceKey).update(plain).digest().subarray(0, NONCE_BYTES);
      const cipher = createCipheriv('aes-256-gcm', cipherKey, nonce);
      const sealed = Buffer.concat([cipher.update(plain, 'utf8'), cipher.final()]);
      return Buffer.concat([nonce, sealed, cipher.getAuthTag()]).toString('base64url');
    },
    open(token) {
      const bytes = Buffer.from(token, 'base64url');
      // One token has one text: what base64 would overlook is refused.
      if (bytes.length <= NONCE_BYTES + TAG_BYTES || bytes.toString('base64url') !== token) return null;
      try {
        const decipher = createDecipheriv('aes-256-gcm', cipherKey, bytes.subarray(0, NONCE_BYTES));
        decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
        const sealed = bytes.subarray(NONCE_BYTES, -TAG_BYTES);
        return JSON.parse(Buffer.concat([decipher.update(sealed), decipher.final()]).toString()) as Facts;
      } catch {
        return null;
      }
    },
  };
}
