import { createHmac, hkdfSync, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Secrets } from '../../signing/secret.ts';
import { sha256 } from '../keyring.ts';

/** What every upload token begins with. */
export const TOKEN_PREFIX = 'tok_';
const RANDOM_BYTES = 18;
const MARK_BYTES = 12;
const SHAPE = /^tok_([\w-]{24})([\w-]{16})$/;

/** The texts of upload tokens: random, and marked by the deployment, so that a guess is refused without a look at Redis. */
export interface TokenTexts {
  /** Makes a new one. */
  make(): string;
  /** Whether a text was made here. */
  isGenuine(text: string): boolean;
}

/** Makes them with the deployment's secrets: the newest marks, each of them is known. */
export function createTokenTexts(secrets: Secrets): TokenTexts {
  const keys = secrets.map((secret) => Buffer.from(hkdfSync('sha256', secret, '', 'heavylift upload tokens', 32)));
  const markOf = (key: Buffer, random: string): Buffer =>
    createHmac('sha256', key).update(random).digest().subarray(0, MARK_BYTES);
  return {
    make() {
      const random = randomBytes(RANDOM_BYTES).toString('base64url');
      return `${TOKEN_PREFIX}${random}${markOf(keys[0] as Buffer, random).toString('base64url')}`;
    },
    isGenuine(text) {
      const [, random = '', mark = ''] = SHAPE.exec(text) ?? [];
      if (mark === '') return false;
      const given = Buffer.from(mark, 'base64url');
      return keys.some((key) => timingSafeEqual(markOf(key, random), given));
    },
  };
}

/** The name by which a token is kept and told of: whoever knows it can't tell the token. */
export const tokenIdOf = (text: string): string => sha256(text).slice(0, 26);
