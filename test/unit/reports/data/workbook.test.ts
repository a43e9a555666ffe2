import { utils, write } from '@e965/xlsx';
import { afterAll, describe, expect, it } from '@jest/globals';
import { BadData } from '../../../../workers/reports/data/read/bad-data.ts';
import { makeTempDir } from '../../../support/temp-dir.ts';
import { type ReadTable, readTable } from '../../../support/workbooks/read.ts';
import { makeXlsx, rowsXml, type SheetXml, type TestCell, type XlsxParts } from '../../../support/workbooks/xlsx.ts';

const dir = makeTempDir();
afterAll(() => dir.remove());

type Setting = Parameters<typeof readTable>[2];

const read = async (parts: XlsxParts, setting: Setting = {}): Promise<ReadTable> =>
  readTable(dir.path, await makeXlsx(parts), setting);

/** Reads a workbook of one sheet of these rows. */
const readSheet = (rows: TestCell[][], more: Partial<SheetXml & XlsxParts> = {}, setting: Setting = {}) => {
  const { merged, ...parts } = more;
  return read({ sheets: [{ name: 'Ark1', rows: rowsXml(rows), ...(merged && { merged }) }], ...parts }, setting);
};

async function faultOf(reading: Promise<unknown>): Promise<string> {
  const error = await reading.catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(BadData);
  return (error as Error).message;
}

const cell = (xml: string): TestCell => ({ xml });
/** The values of one column below its head `v`, whose cells are written as XML. */
const column = async (cells: string[], more: Partial<XlsxParts> = {}): Promise<unknown[]> => {
  const rows = [['v'], ...cells.map((xml) => [cell(xml)])];
  return (await readSheet(rows, more)).rows.map(([value]) => value);
};

describe('the cells of an XLSX', () => {
  it('are what they are: numbers, texts, dates, true and false', async () => {
    const sheet = utils.aoa_to_sheet(
      [
        ['Dato', 'Vare', 'Antall', 'Betalt'],
        [new Date(Date.UTC(2026, 9, 2)), 'Kaffe & te <1 kg>', 3, true],
        [new Date(Date.UTC(2026, 9, 14, 12, 30)), 'Filter', -1.5, false],
      ],
      { UTC: true, dateNF: 'dd/mm/yyyy hh:mm' },
    );
    const book = utils.book_new();
    utils.book_append_sheet(book, sheet, 'Salg');
    for (const options of [{ bookSST: true }, { bookSST: false }]) {
      const { keys, rows, warnings } = await readTable(
        dir.path,
        write(book, { type: 'buffer', bookType: 'xlsx', compression: true, ...options }),
      );
      expect({ keys, rows, warnings }).toEqual({
        keys: ['Dato', 'Vare', 'Antall', 'Betalt'],
        rows: [
          ['day 2026-10-02T00:00:00', 'Kaffe & te <1 kg>', 3, true],
          ['day 2026-10-14T12:30:00', 'Filter', -1.5, false],
        ],
        warnings: [],
      });
    }
  });

  it('are exact: as they are written, without what floating point adds', async () => {
    const cells = ['0.1', '0.30000000000000004', '1.0999999999999999', '1E-7', '4.9000000000000004E2'];
    const values = cells.map((value) => `<c><v>${value}</v></c>`);
    expect(await column(values)).toEqual([0.1, 0.3, 1.1, 1e-7, 490]);
  });

  it('are dates by their number format, from 1900 and from 1904, also around the day that never was', async () => {
    const formats = ['d.m.yyyy', 'h:mm', '[h]:mm', 'yyyy\\-mm\\-dd\\ hh:mm:ss', '[$-409]mmm\\ yy;@', '0.00'];
    const cells = (values: number[], style: number) => values.map((value) => `<c s="${style}"><v>${value}</v></c>`);
    expect(await column(cells([1, 59, 60, 61, 46326, 2958465], 1), { formats })).toEqual([
      'day 1900-01-01',
      'day 1900-02-28',
      '1900-02-29',
      'day 1900-03-01',
      'day 2026-10-31',
      'day 9999-12-31',
    ]);
    expect(await column(cells([0, 44864], 1), { formats, is1904: true })).toEqual(['day 1904-01-01', 'day 2026-10-31']);
    expect(await column(cells([0.5, 46326.75], 2), { formats })).toEqual(['12:00', '18:00']);
    expect(await column(cells([1.25], 3), { formats })).toEqual(['30:00']);
    expect(await column(cells([46326.999999], 4), { formats })).toEqual(['day 2026-11-01T00:00:00']);
    expect(await column(cells([46326], 5), { formats })).toEqual(['day 2026-10-31']);
    expect(await column(cells([46326], 6), { formats })).toEqual([46326]);
    expect(await column(cells([-1, 2958466], 1), { formats })).toEqual([-1, 2958466]);
    expect(await column(['<c t="d"><v>2026-10-31</v></c>', '<c t="d"><v>2026-10-31T08:05:00Z</v></c>'])).toEqual([
      'day 2026-10-31',
      'day 2026-10-31T08:05:00',
    ]);
  });

  it('keep the zeros that their number format puts in front: they are codes', async () => {
    expect(await column(['<c s="1"><v>581</v></c>'], { formats: ['00000'] })).toEqual(['00581']);
  });

  it('of formulas are the values that were counted last, errors are texts; without a value that is said', async () => {
    const rows = [
      ['a', 'b'],
      [cell('<c><f>1+1</f><v>2</v></c>'), cell('<c t="str"><f>"x"</f><v>x_x000D_\ny</v></c>')],
      [cell('<c t="e"><f>NA()</f><v>#N/A</v></c>'), cell('<c><f>2+2</f></c>')],
    ];
    const { rows: values, warnings } = await readSheet(rows);
    expect(values).toEqual([
      [2, 'x\ny'],
      ['#N/A', ''],
    ]);
    expect(warnings).toEqual([
      {
        code: 'formulas_unknown',
        message:
          'A cell of the file "sales" has a formula without a value: open it in a spreadsheet program, and save it again.',
      },
    ]);
  });

  it('have texts of several fonts as one, with their spaces, escapes, and without how they are spoken', async () => {
    const strings = [
      '<r><t xml:space="preserve">Kaffe </t></r><r><rPr><b/></rPr><t>mørk</t></r>',
      '<t>東京</t><rPh sb="0" eb="2"><t>トウキョウ</t></rPh>',
      '<t>_x005F_x0041_ A&amp;B &#233;</t>',
    ];
    const cells = strings.map((_, at) => `<c t="s"><v>${at}</v></c>`);
    expect(await column(cells, { strings })).toEqual(['Kaffe mørk', '東京', '_x0041_ A&B é']);
  });

  it('may stand anywhere: rows and columns without anything around the table are none', async () => {
    const rows =
      '<row r="4"><c r="C4" t="str"><v>navn</v></c><c r="E4" t="str"><v>sum</v></c></row><row r="9"><c r="C9" t="str"><v>a</v></c><c r="E9"><v>1</v></c><c r="AA9" s="1"/></row>';
    const { keys, rows: values, lines } = await read({ sheets: [{ name: 'A', rows }] });
    expect({ keys, values, lines }).toEqual({ keys: ['navn', 'sum'], values: [['a', 1]], lines: [9] });
  });

  it('are read in any prefix and any way of naming parts', async () => {
    const sheet =
      '<x:worksheet xmlns:x="http://purl.oclc.org/ooxml/spreadsheetml/main"><x:sheetData><x:row><x:c t="inlineStr"><x:is><x:t>a</x:t></x:is></x:c></x:row><x:row><x:c><x:v>1</x:v></x:c></x:row></x:sheetData></x:worksheet>';
    const relation = 'http://purl.oclc.org/ooxml/officeDocument/relationships';
    const parts = {
      'xl/worksheets/sheet1.xml': Buffer.from(`\ufeff${sheet}`, 'utf16le'),
      'xl/_rels/workbook.xml.rels': `<Relationships><Relationship Id="rId1" Type="${relation}/worksheet" Target="/XL/Worksheets/Sheet1.xml"/></Relationships>`,
    };
    const { keys, rows } = await read({ sheets: [{ name: 'A', rows: '' }], parts });
    expect({ keys, rows }).toEqual({ keys: ['a'], rows: [[1]] });
  });
});

describe('the head of a sheet', () => {
  it('is the header row below a preamble, with a title over all columns', async () => {
    const rows = [['Salg 2026'], ['Laget', 'av Kari'], [], ['Region', 'Beløp'], ['Nord', 1], ['Sør', 2]];
    const { keys, rows: values, warnings } = await readSheet(rows as TestCell[][], { merged: ['A1:B1'] });
    expect({ keys, values }).toEqual({
      keys: ['Region', 'Beløp'],
      values: [
        ['Nord', 1],
        ['Sør', 2],
      ],
    });
    expect(warnings).toEqual([
      {
        code: 'preamble_skipped',
        message:
          'What stands before the header row in line 4 of the sheet "Ark1" of the file "sales" is left out ("Salg 2026 / Laget av Kari").',
      },
    ]);
  });

  it('names each column that a merged cell is above, over several rows too', async () => {
    const rows = [
      ['Region', '2025', null, '2026', null, 'Sum'],
      [null, 'Q1', 'Q2', 'Q1', 'Q2', null],
      ['Nord', 1, 2, 3, 4, 10],
      ['Sør', 1, 1, 1, 1, 4],
    ];
    const merged = ['A1:A2', 'B1:C1', 'D1:E1', 'F1:F2'];
    const { keys, rows: values, warnings } = await readSheet(rows, { merged });
    expect(keys).toEqual(['Region', '2025 Q1', '2025 Q2', '2026 Q1', '2026 Q2', 'Sum']);
    expect({ count: values.length, warnings }).toEqual({ count: 2, warnings: [] });
  });

  it('names two columns that share a merged cell alike', async () => {
    const { keys } = await readSheet(
      [
        ['Navn', null, 'Sum'],
        ['Kari', 'Nordmann', 1],
      ],
      { merged: ['A1:B1'] },
    );
    expect(keys).toEqual(['Navn', 'Navn (2)', 'Sum']);
  });

  it('has years as names', async () => {
    const { keys } = await readSheet([
      ['Region', 2025, 2026],
      ['Nord', 17, 18],
      ['Sør', 5, 6],
    ]);
    expect(keys).toEqual(['Region', '2025', '2026']);
  });

  it('is the row behind those that are to be skipped', async () => {
    const rows = [
      ['a', 'b'],
      ['c', 'd'],
      ['e', 'f'],
    ];
    expect((await readSheet(rows, {}, { options: { skipRows: 1 } })).keys).toEqual(['c', 'd']);
  });

  it('stands below pairs, and above a row of units', async () => {
    const { keys, rows, warnings } = await readSheet([
      ['Company', 'Acme'],
      ['Period', 'May'],
      ['Name', 'Weight'],
      [null, 'kg'],
      ['a', 1],
      ['b', 2],
    ]);
    expect([keys, rows.length]).toEqual([['Name', 'Weight'], 2]);
    expect(warnings.map(({ code }) => code)).toEqual(['preamble_skipped', 'units_skipped']);
  });

  it('is said to look like a row of data, and is one where the request says so', async () => {
    const rows = [[null, 1, 2.5], [], [null, 2, 3.5], [null, 3, 4]];
    const [taken, asked] = [await readSheet(rows), await readSheet(rows, {}, { options: { header: false } })];
    expect(taken.warnings).toEqual([
      {
        code: 'header_unlikely',
        message:
          'Line 1 of the sheet "Ark1" of the file "sales" is taken for the header row, and looks like a row of data ' +
          '("1, 2.5"): if it is one, set "header" to false.',
      },
    ]);
    expect([asked.keys, asked.rows.map((row) => row.map(Number)), asked.warnings]).toEqual([
      ['Column 1', 'Column 2'],
      [
        [1, 2.5],
        [2, 3.5],
        [3, 4],
      ],
      [],
    ]);
    expect((await readSheet(rows, {}, { options: { header: true } })).warnings).toEqual([]);
  });

  it('finds columns that are asked for by name and by place; one that is not there is named', async () => {
    const rows = [
      ['Navn', 'Beløp'],
      ['a', 1],
    ];
    expect((await readSheet(rows, {}, { keys: ['beløp', '#1'] })).rows).toEqual([[1, 'a']]);
    expect(await faultOf(readSheet(rows, {}, { keys: ['x'] }))).toBe(
      'The sheet "Ark1" of the file "sales" has no column "x"; its columns are "Navn", "Beløp".',
    );
  });
});

describe('the sheets of a workbook', () => {
  const one = (text: string): string => rowsXml([[text], [1]]);
  const sheets = [
    { name: 'Skjult', rows: one('skjult'), state: 'hidden' },
    { name: 'Tom', rows: '<row r="1"><c r="A1" s="1"/></row>' },
    { name: 'Salg', rows: one('salg') },
    { name: 'Kost', rows: one('kost') },
  ];

  it('the first that is shown and has something is read, and what is left out is said', async () => {
    const { keys, warnings } = await read({ sheets });
    expect(keys).toEqual(['salg']);
    expect(warnings).toEqual([
      { code: 'sheets_skipped', message: 'The sheet "Kost" of the file "sales" is left out: set "sheet" to read it.' },
    ]);
  });

  it('one is asked for by its name or its number, hidden ones too, without a warning', async () => {
    for (const [sheet, key] of [
      ['kost', 'kost'],
      ['Skjult', 'skjult'],
      [3, 'salg'],
      ['4', 'kost'],
    ] as const) {
      const { keys, warnings } = await read({ sheets }, { options: { sheet } });
      expect({ keys, warnings }).toEqual({ keys: [key], warnings: [] });
    }
  });

  it('one that is not there is refused with the names of those that are', async () => {
    const names = 'its sheets are "Skjult", "Tom", "Salg", "Kost".';
    expect(await faultOf(read({ sheets }, { options: { sheet: 'Ark1' } }))).toBe(
      `The file "sales" has no sheet "Ark1": ${names}`,
    );
    expect(await faultOf(read({ sheets }, { options: { sheet: 5 } }))).toBe(
      `The file "sales" has no sheet number 5: ${names}`,
    );
    expect(await faultOf(read({ sheets }, { options: { sheet: 'Tom' } }))).toBe(
      'The sheet "Tom" of the file "sales" is empty: a table begins with a header row.',
    );
    expect(await faultOf(read({ sheets: sheets.slice(0, 2) }))).toBe(
      'The file "sales" has no sheet that is shown and has something in it: it has "Skjult", "Tom".',
    );
  });

  it('what says nothing of a workbook is named, and of a CSV "sheet"', async () => {
    const { warnings } = await read({ sheets: sheets.slice(2, 3) }, { options: { delimiter: ';', encoding: 'utf-8' } });
    expect(warnings.map(({ message }) => message)).toEqual([
      'The file "sales" is a workbook, of which "encoding" and "delimiter" say nothing.',
    ]);
    const csv = await readTable(dir.path, Buffer.from('a,b\n1,2\n'), { options: { sheet: 'x' } });
    expect(csv.warnings).toEqual([
      { code: 'option_unused', message: 'The file "sales" is no workbook: "sheet" says nothing of it.' },
    ]);
  });
});
