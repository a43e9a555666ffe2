import { expect, it } from '@jest/globals';
import { createSymbol } from '../../../workers/reports/codes/create-symbol.ts';
import { findCodeFault, type Symbology } from '../../../workers/reports/codes/symbologies.ts';
import { createRandom } from '../../support/fonts/random-strings.ts';
import { paintSymbol, readCodes } from '../../support/pdf/read-codes.ts';

const LONGEST: [Symbology, number][] = [
  ['qr', 2331],
  ['datamatrix', 1500],
  ['aztec', 1000],
  ['pdf417', 800],
];
const ALPHABETS = ['0123456789', 'ABC', 'a1', 'aA1.', 'x^', '()*+,!%&', 'aé', '中', ' \n\ta'];

it('texts of the most bytes that a code may have have room in it, whatever they are made of', () => {
  for (const [symbology, most] of LONGEST) {
    for (const [seed, alphabet] of ALPHABETS.entries()) {
      const random = createRandom(seed + 1);
      const letters = Array.from(alphabet);
      let text = '';
      while (Buffer.byteLength(text) < most - 3) text += letters[random(letters.length)] ?? '';
      text += '~'.repeat(most - Buffer.byteLength(text));
      expect([symbology, findCodeFault(symbology, text)]).toEqual([symbology, undefined]);
      expect(createSymbol(symbology, text).width).toBeGreaterThan(50);
    }
  }
});

it('the longest texts are read back by a scanner', async () => {
  for (const [symbology, most] of LONGEST) {
    const text = 'aA1.'.repeat(most / 4);
    const [found] = await readCodes(paintSymbol(createSymbol(symbology, text)));
    expect([symbology, found?.text]).toEqual([symbology, text]);
  }
});

it('any printable ASCII is read back from bars', async () => {
  const random = createRandom(7);
  for (let index = 0; index < 60; index += 1) {
    const text = Array.from({ length: 1 + random(80) }, () => String.fromCharCode(32 + random(95))).join('');
    const [found] = await readCodes(paintSymbol(createSymbol('code128', text)));
    expect(found?.text).toBe(text);
  }
});
