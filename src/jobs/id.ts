import { createHmac, randomBytes } from 'node:crypto';

const CROCKFORD = '0123456789abcdefghjkmnpqrstvwxyz';
const ID_LENGTH = 26;
/** 26 characters of 5 bits need 130 bits. */
const ID_BYTES = 17;
const ID_SHAPE = /^([a-z]{3})_[0-9a-hjkmnp-tv-z]{26}$/;

/** 26 characters of lower-case Crockford base32 from the first 17 bytes given: 130 bits. */
export function encodeId(bytes: Uint8Array): string {
  let text = '';
  let bits = 0;
  let held = 0;
  for (let next = 0; text.length < ID_LENGTH; ) {
    if (held < 5) {
      bits = (bits << 8) | (bytes[next++] as number);
      held += 8;
    }
    held -= 5;
    text += CROCKFORD[(bits >> held) & 31];
    bits &= (1 << held) - 1;
  }
  return text;
}

/** Randomness is drawn for many ids at once: a system call for each was 2 % of accepting a job. */
let pool = Buffer.alloc(0);
let used = 0;

/** A new random job id, `img_` + 26 characters. */
export function randomJobId(idPrefix: string): string {
  if (used + ID_BYTES > pool.length) {
    pool = randomBytes(ID_BYTES * 128);
    used = 0;
  }
  used += ID_BYTES;
  return `${idPrefix}_${encodeId(pool.subarray(used - ID_BYTES, used))}`;
}

/** The three letters before the underscore of a batch's id. */
export const BATCH_PREFIX = 'bat';

/** The three letters in front of a well-formed job id; null for any other text. */
export const idPrefixOf = (id: string): string | null => ID_SHAPE.exec(id)?.[1] ?? null;

/** 8 characters that tell one request from another. */
export const randomNonce = (): string => randomJobId('').slice(1, 9);

/**
 * Makes the id that belongs to these facts: the same for all who have the deployment's secret, a guess for all others.
 */
export function deriveJobId(secret: string, idPrefix: string, facts: readonly (string | number)[]): string {
  return `${idPrefix}_${encodeId(createHmac('sha256', secret).update(JSON.stringify(facts)).digest())}`;
}
