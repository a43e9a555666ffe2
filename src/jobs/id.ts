import { randomBytes } from 'node:crypto';

const CROCKFORD = '0123456789abcdefghjkmnpqrstvwxyz';
const ID_SHAPE = /^([a-z]{3})_[0-9a-hjkmnp-tv-z]{26}$/;

/** 26 characters of lower-case Crockford base32 from the first 17 bytes given: 130 bits. */
export function encodeId(bytes: Uint8Array): string {
  let value = 0n;
  for (const byte of bytes.subarray(0, 17)) value = (value << 8n) | BigInt(byte);
  let text = '';
  for (let digit = 0; digit < 26; digit += 1) {
    text += CROCKFORD[Number(value & 31n)];
    value >>= 5n;
  }
  return text;
}

/** A new random job id, `img_` + 26 characters. */
export const randomJobId = (idPrefix: string): string => `${idPrefix}_${encodeId(randomBytes(17))}`;

/** The three letters in front of a well-formed job id; null for any other text. */
export const idPrefixOf = (id: string): string | null => ID_SHAPE.exec(id)?.[1] ?? null;
