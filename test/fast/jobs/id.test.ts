import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { encodeId, idPrefixOf, randomJobId } from '../../../src/jobs/id.ts';

const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';

/** The same by another road: the first 130 bits as one number, digit by digit. */
function encodeByNumber(bytes: Uint8Array): string {
  let number = BigInt(`0x${Buffer.from(bytes).toString('hex').slice(0, 34)}`) >> 6n;
  let text = '';
  for (; text.length < 26; number >>= 5n) text = ALPHABET[Number(number & 31n)] + text;
  return text;
}

describe('encodeId', () => {
  it('no bit set, every bit set: the alphabet from end to end', () => {
    expect(encodeId(new Uint8Array(17))).toBe('0'.repeat(26));
    expect(encodeId(new Uint8Array(17).fill(255))).toBe('z'.repeat(26));
  });

  it('a hundred inputs: as the number they are, written to the base of 32', () => {
    const inputs = Array.from({ length: 100 }, (_, seed) => createHash('sha256').update(String(seed)).digest());
    expect(inputs.map((bytes) => encodeId(bytes))).toEqual(inputs.map(encodeByNumber));
  });

  it('each of the first 130 bits is in it, and no further one', () => {
    const changed = Array.from({ length: 136 }, (_, bit) => {
      const bytes = new Uint8Array(17);
      bytes[bit >> 3] = 128 >> (bit & 7);
      return encodeId(bytes) !== '0'.repeat(26);
    });
    expect(changed).toEqual([...Array(130).fill(true), ...Array(6).fill(false)]);
  });
});

describe('randomJobId', () => {
  it('5,000 ids: all different, all well-formed, each with its prefix', () => {
    const ids = Array.from({ length: 5000 }, () => randomJobId('img'));
    expect(new Set(ids).size).toBe(5000);
    expect(ids.filter((id) => idPrefixOf(id) !== 'img')).toEqual([]);
  });

  it('every letter at every place: none is favoured by the way randomness is cut', () => {
    const ids = Array.from({ length: 5000 }, () => randomJobId('rep').slice(4));
    for (let place = 0; place < 26; place += 1) {
      expect([...new Set(ids.map((id) => id[place]))].toSorted().join('')).toBe(ALPHABET);
    }
  });
});

describe('idPrefixOf', () => {
  const rest = '0123456789abcdefghjkmnpqrs';

  it.each(['img', 'rep', 'eml', 'xyz'])('%s_ and 26 letters: that prefix', (prefix) => {
    expect(idPrefixOf(`${prefix}_${rest}`)).toBe(prefix);
  });

  it.each([
    ['one letter short', `img_${rest.slice(1)}`],
    ['one letter long', `img_${rest}0`],
    ['a letter that could be a digit (i, l, o, u)', `img_${rest.slice(1)}i`],
    ['the letter l', `img_${rest.slice(1)}l`],
    ['the letter o', `img_${rest.slice(1)}o`],
    ['the letter u', `img_${rest.slice(1)}u`],
    ['capitals', `img_${rest.toUpperCase()}`],
    ['a prefix of two', `im_${rest}`],
    ['a prefix of four', `imgs_${rest}`],
    ['a capital prefix', `IMG_${rest}`],
    ['no underscore', `img${rest}`],
    ['a line break behind', `img_${rest}\n`],
    ['a space before', ` img_${rest}`],
    ['a path', `img_../${rest.slice(3)}`],
    ['nothing', ''],
  ])('%s: no id', (_name, text) => {
    expect(idPrefixOf(text)).toBeNull();
  });
});
