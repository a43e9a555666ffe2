import { expect, it } from '@jest/globals';
import { createSymbol, UnusableCode } from '../../../../workers/reports/codes/create-symbol.ts';
import { findCodeFault, type Symbology } from '../../../../workers/reports/codes/symbologies.ts';
import { paintSymbol, readCodes } from '../../../support/pdf/read-codes.ts';

const EURO = 'Blåbærsyltetøy 3,50 € ^^ 日本';
const READ: [Symbology, string, string, string?][] = [
  ['qr', EURO, 'QRCode'],
  ['datamatrix', EURO, 'DataMatrix'],
  ['datamatrix', 'A^B', 'DataMatrix'],
  ['aztec', EURO, 'Aztec'],
  ['pdf417', EURO, 'PDF417'],
  ['code128', 'Ab 12345678 ~^FNC1', 'Code128'],
  ['code39', 'AB-12 $/+%.', 'Code39'],
  ['ean13', '400638133393', 'EAN13', '4006381333931'],
  ['ean8', '96385074', 'EAN8'],
  ['upca', '03600029145', 'EAN13', '0036000291452'],
  ['itf14', '10012345678902', 'ITF'],
  ['gs1-128', '(01)09521234543213(10)ABC', 'Code128'],
];

it('every code is read back by a scanner', async () => {
  for (const [symbology, text, format, said = text] of READ) {
    expect([symbology, findCodeFault(symbology, text)]).toEqual([symbology, undefined]);
    const found = await readCodes(paintSymbol(createSymbol(symbology, text)));
    const shown = found.map((code) => ({ ...code, format: code.format.replace(/[-_]/g, '') }));
    expect(shown).toEqual([expect.objectContaining({ text: said, format: expect.stringMatching(format) })]);
  }
});

it('a text that its code can not hold is refused, with what it must be', () => {
  const faults: [Symbology, string, string][] = [
    ['qr', '', 'must be a text of 1 to 2,331 bytes, not 0'],
    ['qr', 'é'.repeat(1166), 'must be a text of 1 to 2,331 bytes, not 2,332'],
    ['code128', 'blåbær', 'must be 1 to 80 characters of ASCII, without line breaks'],
    ['code39', 'abc', 'must be 1 to 40 of A to Z, 0 to 9, space and - . $ / + %'],
    ['ean13', '4006381333932', 'must end with the check digit 1, not 2'],
    ['ean13', '40063', 'must be 13 digits, or the 12 before the check digit'],
    ['upca', '٠٣٦٠٠٠٢٩١٤٥٢', 'must be 12 digits, or the 11 before the check digit'],
    ['gs1-128', '(01)0952123454321', 'must have 14 digits behind (01)'],
    ['gs1-128', '(01)09521234543214', 'must end with the check digit 3, not 4, behind (01)'],
    ['gs1-128', `(10)${'A'.repeat(60)}`, 'must have at most 48 characters, brackets apart'],
    ['gs1-128', '0109521234543213', expect.stringMatching(/^must be elements such as \(01\)/) as unknown as string],
  ];
  for (const [symbology, text, fault] of faults) expect(findCodeFault(symbology, text)).toEqual(fault);
  // What each identifier of GS1 takes, only the encoder knows.
  expect(findCodeFault('gs1-128', '(17)261399')).toBeUndefined();
  expect(() => createSymbol('gs1-128', '(17)261399')).toThrow(UnusableCode);
});
