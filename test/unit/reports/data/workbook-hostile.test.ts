import { afterAll, describe, expect, it } from '@jest/globals';
import { BadData } from '../../../../workers/reports/data/read/bad-data.ts';
import { inspectData } from '../../../../workers/reports/data/read/file-head.ts';
import { makeTempDir } from '../../../support/temp-dir.ts';
import { makeOds, ODS_TYPE } from '../../../support/workbooks/ods.ts';
import { readTable } from '../../../support/workbooks/read.ts';
import { makeXlsx, rowsXml, xlsxParts } from '../../../support/workbooks/xlsx.ts';
import { zipTexts } from '../../../support/workbooks/zip.ts';

const dir = makeTempDir();
afterAll(() => dir.remove());

const SHEET = 'xl/worksheets/sheet1.xml';
const sheets = [{ name: 'A', rows: rowsXml([['a'], [1], [2]]) }];

async function faultOf(content: Uint8Array, maxUnpackedBytes = 20_000_000): Promise<string> {
  const error = await readTable(dir.path, content, { maxUnpackedBytes }).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(BadData);
  return (error as Error).message.replace('The file "sales" ', '');
}

const withSheet = (xml: string | Buffer) => makeXlsx({ sheets, parts: { [SHEET]: xml } });
const worksheet = (content: string, before = ''): string =>
  `${before}<worksheet><sheetData>${content}</sheetData></worksheet>`;

/** The place of a part's entry in the list at the end of a ZIP. */
const entryOf = (zip: Buffer, name: string): number => zip.lastIndexOf(name) - 46;

describe('a workbook that is none, or not whole', () => {
  it('too many bytes, unpacked: the part is named, and it is stopped on the way', async () => {
    const large = await withSheet(worksheet(`<row><c><v>${'1 '.repeat(300_000)}</v></c></row>`));
    expect(await faultOf(large, 100_000)).toBe(
      `unpacks to more than 100,000 bytes (${SHEET}): save it as CSV, or split it.`,
    );
    // What the list of parts says of its size is not believed.
    large.writeUInt32LE(50_000, entryOf(large, SHEET) + 24);
    expect(await faultOf(large, 100_000)).toMatch(/^unpacks to more than 100,000 bytes/);
    expect(await faultOf(large)).toBe(
      `is a damaged workbook (the size of ${SHEET} is wrong): open it, and save it again.`,
    );
  });

  it('a part that was packed far more than cells can be', async () => {
    const bomb = await withSheet(worksheet(' '.repeat(11_000_000)));
    expect(await faultOf(bomb)).toMatch(/^is no workbook that a program saved: .* is 200 times as large as packed\.$/);
  });

  it('a wrong checksum, a wrong size, parts that overlap, that come twice, a file that is cut off', async () => {
    const whole = await makeXlsx({ sheets });
    const damage = (change: (zip: Buffer, entry: number) => void): Promise<string> => {
      const copy = Buffer.from(whole);
      change(copy, entryOf(copy, SHEET));
      return faultOf(copy);
    };
    expect(await damage((zip, at) => zip.writeUInt32LE(1, at + 16))).toMatch(/damaged workbook \(the checksum of/);
    expect(await damage((zip, at) => zip.writeUInt32LE(3, at + 20))).toMatch(/damaged workbook/);
    expect(await damage((zip, at) => zip.writeUInt32LE(0, at + 42))).toMatch(/damaged workbook: its parts overlap/);
    expect(await damage((zip, at) => zip.writeUInt16LE(99, at + 10))).toMatch(/encrypted or packed in an unknown way/);
    expect(await damage((zip, at) => zip.writeUInt16LE(1, at + 8))).toMatch(/encrypted or packed in an unknown way/);
    expect(await damage((zip, at) => zip.write('XL/STYLES.XML  '.padEnd(SHEET.length, ' '), at + 46))).toMatch(
      /damaged workbook/,
    );
    expect(await faultOf(whole.subarray(0, whole.length - 30))).toMatch(/damaged workbook/);
    expect(await faultOf(whole.subarray(0, 2000))).toMatch(/damaged workbook/);
    const twice = await zipTexts({ ...xlsxParts({ sheets }), [SHEET.toUpperCase()]: '' });
    expect(await faultOf(twice)).toBe(`is a damaged workbook: it has "${SHEET}" twice.`);
  });

  it('a part that is missing: the sheet, the texts', async () => {
    const { [SHEET]: _sheet, ...parts }: Record<string, string | Buffer> = xlsxParts({ sheets });
    expect(await faultOf(await zipTexts(parts))).toBe(`is a damaged workbook: its part "${SHEET}" is missing.`);
    expect(await faultOf(await withSheet(worksheet('<row><c t="s"><v>7</v></c></row>')))).toBe(
      'is a damaged workbook: line 1 has a text that is not there.',
    );
  });

  it('XML that declares entities, is no XML, is nested too deep, or has a tag without an end', async () => {
    const entities = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">]>';
    expect(await faultOf(await withSheet(worksheet('<row/>', entities)))).toBe(
      'is a damaged workbook: its XML has a document type, which no workbook has.',
    );
    expect(await faultOf(await withSheet('<worksheet><sheetData>'))).toMatch(/its XML is not well-formed/);
    expect(await faultOf(await withSheet(worksheet('<row><c><v>&xxe;</v></c></row>')))).toMatch(/not well-formed/);
    expect(await faultOf(await withSheet(Buffer.from([0x3c, 0x61, 0x3e, 0xff, 0x3c])))).toMatch(/damaged workbook/);
    expect(await faultOf(await withSheet('<a>'.repeat(200)))).toMatch(/more than 100 elements in one another/);
    const long = Array.from({ length: 100_000 }, (_, at) => `a${at}="${at}"`).join(' ');
    expect(await faultOf(await withSheet(worksheet(`<row ${long}/>`)))).toMatch(
      /a tag or a text of its XML has more than/,
    );
  });

  it('cells outside of every column, a row that is too long', async () => {
    const beyond = (name: string) => withSheet(worksheet(`<row><c r="${name}"><v>1</v></c></row>`));
    for (const name of ['XFE1', 'AAAA1', '11', 'a1', '']) {
      expect(await faultOf(await beyond(name))).toBe('is a damaged workbook: line 1 has a cell that no column has.');
    }
    const wide =
      '<table:table-cell office:value-type="float" office:value="1" table:number-columns-repeated="99999999"/>';
    const ods = await makeOds(`<table:table table:name="A"><table:table-row>${wide}</table:table-row></table:table>`);
    expect(await faultOf(ods)).toBe('is a damaged workbook: line 1 has a cell that no column has.');
    const strings = [`<t>${'x'.repeat(600_000)}</t>`];
    const twice = '<row><c t="s"><v>0</v></c><c t="s"><v>0</v></c></row>';
    expect(await faultOf(await makeXlsx({ sheets: [{ name: 'A', rows: twice }], strings }))).toMatch(
      /line 1 has more than/,
    );
  });
});

describe('a file that is no workbook which can be read', () => {
  const refusalOf = (head: Uint8Array): string => {
    try {
      return `taken for ${inspectData(head, {}, 'sales').type}`;
    } catch (error) {
      return (error as Error).message.replace('The file "sales" ', '');
    }
  };

  it('by its first bytes, at the request: each says what to save it as', async () => {
    const zip = async (parts: Record<string, string>) => refusalOf((await zipTexts(parts)).subarray(0, 4096));
    expect(refusalOf(Buffer.from('d0cf11e0a1b11ae1', 'hex'))).toBe(
      'is an Excel workbook of before 2007 (.xls), or one with a password: save it as .xlsx without a password.',
    );
    const start = { '[Content_Types].xml': 'x'.repeat(500), '_rels/.rels': 'y' };
    expect(await zip({ ...start, 'xl/workbook.bin': 'z' })).toBe(
      'is a binary Excel workbook (.xlsb): save it as .xlsx.',
    );
    expect(await zip({ ...start, 'word/document.xml': 'z' })).toMatch(/^is a Word document/);
    expect(await zip({ 'Index/Document.iwa': 'z' })).toBe(
      'is a Numbers or another iWork document: export it as .xlsx or CSV.',
    );
    expect(await zip({ 'photo.jpg': 'z' })).toBe('is a ZIP archive: send a workbook (.xlsx, .ods), CSV or NDJSON.');
    const odt = Buffer.from(await makeOds(''));
    odt.write('text       ', odt.indexOf('spreadsheet'));
    expect(refusalOf(odt.subarray(0, 4096))).toBe('is no spreadsheet: save its table as .ods or CSV.');
    const xlsx = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet';
    expect(refusalOf((await makeXlsx({ sheets })).subarray(0, 4096))).toBe(`taken for ${xlsx}`);
    expect(refusalOf((await makeOds('')).subarray(0, 4096))).toBe(`taken for ${ODS_TYPE}`);
  });

  it('by all of it, when it is read', async () => {
    const start = { '[Content_Types].xml': Buffer.alloc(5000, 'x').toString() };
    expect(await faultOf(await zipTexts({ ...start, 'docProps/app.xml': '', 'word/document.xml': '<a/>' }))).toMatch(
      /^is a Word document/,
    );
    expect(await faultOf(await zipTexts({ ...start, 'xl/workbook.bin': '' }))).toMatch(/^is a binary Excel workbook/);
    expect(await faultOf(await zipTexts(start))).toMatch(/^is a ZIP archive/);
    expect(await faultOf(await zipTexts({ mimetype: ODS_TYPE, 'encrypted-package': 'x' }))).toBe(
      'is closed with a password: save it without one.',
    );
    const manifest = '<m:manifest xmlns:m="x"><m:file-entry><m:encryption-data/></m:file-entry></m:manifest>';
    expect(await faultOf(await makeOds('', '', { 'META-INF/manifest.xml': manifest }))).toMatch(
      /closed with a password/,
    );
    expect(await faultOf(await makeOds(''))).toBe('has no sheet that is shown and has something in it.');
  });
});
