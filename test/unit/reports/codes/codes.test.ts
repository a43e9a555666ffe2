import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from '@jest/globals';
import { createSymbol, UnusableCode } from '../../../../workers/reports/codes/create-symbol.ts';
import { findCodeFault, type Symbology } from '../../../../workers/reports/codes/symbologies.ts';
import { reports } from '../../../../workers/reports/job.ts';
import { paintSymbol, readCodes, scanPage } from '../../../support/pdf/read-codes.ts';
import { renderTo } from '../../../support/pdf/render.ts';

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
    ['gs1-128', '(01)09521234543213(17)261331', 'must have a date behind (17), as YYMMDD'],
    ['gs1-128', '(17)270229', 'must have a date behind (17), as YYMMDD'],
    ['gs1-128', '(7003)2610312460', 'must have a date behind (7003), as YYMMDDhhmm'],
    ['qr', 'a\ud800b', 'must be a text of whole characters: one of it is half a pair (a lone surrogate)'],
    ['gs1-128', `(10)${'A'.repeat(60)}`, 'must have at most 48 characters, brackets apart'],
    ['gs1-128', '0109521234543213', expect.stringMatching(/^must be elements such as \(01\)/) as unknown as string],
  ];
  for (const good of ['(17)280229', '(17)261200', '(7003)2610312359', '(4324)2610319999']) {
    expect(findCodeFault('gs1-128', good)).toBeUndefined();
  }
  for (const [symbology, text, fault] of faults) expect(findCodeFault(symbology, text)).toEqual(fault);
  // What each identifier of GS1 takes, only the encoder knows.
  expect(findCodeFault('gs1-128', '(3100)12AB56')).toBeUndefined();
  expect(() => createSymbol('gs1-128', '(3100)12AB56')).toThrow(UnusableCode);
});

const code = (symbology: Symbology, text: string, rest: object = {}) => ({ type: 'code', symbology, text, ...rest });
const reportOf = (blocks: object[], rest: object = {}) => ({ data: { title: 'Codes', blocks }, ...rest });

it('codes of a report: on the page each is read back, also in columns and in a mirrored report', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'heavylift-codes-'));
  try {
    const drawn = READ.slice(0, -1).map(([symbology, text]) => code(symbology, text));
    const thirds = [0, 1, 2].map((at) => drawn.filter((_, index) => index % 3 === at));
    const large = code('qr', 'x'.repeat(1200), { size: '5mm', caption: 'Too small', alt: 'A link' });
    for (const lang of ['en', 'he']) {
      const pdf = join(dir, `${lang}.pdf`);
      const blocks = [{ type: 'columns', columns: thirds }, large, code('gs1-128', '(01)09521234543213(10)ABC')];
      const { warnings } = await renderTo(pdf, reportOf(blocks, { lang, profile: 'PDF/UA-1' }));
      expect(warnings).toEqual([
        {
          code: 'small_code',
          message:
            'The code at /data/blocks/1 has dots of 0.04 mm, and scanners need 0.25 mm: give it more room, or a shorter text.',
          page: 1,
        },
      ]);
      const found = (await readCodes(await scanPage(pdf))).map(({ text }) => text);
      expect(found.toSorted()).toEqual(READ.map(([, text, , said = text]) => said).toSorted());
      const { stdout } = await promisify(execFile)('qpdf', ['--qdf', '--object-streams=disable', pdf, '-']);
      expect(stdout.match(/\/S \/Figure/g)).toHaveLength(READ.length + 1);
    }
  } finally {
    await rm(dir, { recursive: true });
  }
});

it('a code in a request: its text is checked where it stands, and what the encoder finds ends the report', async () => {
  const faultsOf = (block: object, more: object[] = []) =>
    reports.input
      .safeParse(reportOf([{ type: 'columns', columns: [[block]] }, ...more]))
      .error?.issues.map(({ path, message }) => `/${path.join('/')} ${message}`);
  const place = '/data/blocks/0/columns/0/0';
  expect(faultsOf(code('ean13', '4006381333932'))).toEqual([`${place}/text must end with the check digit 1, not 2`]);
  expect(faultsOf(code('qr', 'x', { size: '4mm' }))).toEqual([
    `${place}/size must be a length from 5mm to 300mm, such as "30mm"`,
  ]);
  expect(faultsOf(code('swiss' as Symbology, 'x'))?.[0]).toMatch(/symbology must be qr, datamatrix, .* or itf14$/);
  const many = Array.from({ length: 100 }, () => code('qr', 'x'.repeat(2331)));
  expect(faultsOf(code('qr', 'x'), many)).toEqual([
    '/data/blocks must have codes with texts of at most 200,000 bytes together',
  ]);
  const wrong = renderTo('/dev/null', reportOf([code('gs1-128', '(3100)12AB56')]));
  await expect(wrong).rejects.toThrow(/^The code at \/data\/blocks\/0 can't be a code of gs1-128: .+\.$/);
});
