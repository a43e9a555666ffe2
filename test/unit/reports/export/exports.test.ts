import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { read, utils } from '@e965/xlsx';
import { afterAll, describe, expect, it } from '@jest/globals';
import { withoutFormula } from '../../../../workers/reports/export/csv-exports.ts';
import { createSheetNames } from '../../../../workers/reports/export/sheet-names.ts';
import { columnLetters } from '../../../../workers/reports/export/xlsx/sheet-writer.ts';
import { makeTempDir } from '../../../support/temp-dir.ts';
import { exportTables } from '../../../support/workbooks/export.ts';
import { readTable } from '../../../support/workbooks/read.ts';

const run = promisify(execFile);
const dir = makeTempDir();
afterAll(() => dir.remove());

const tableOf = (fields: object) => ({ type: 'table', ...fields });
const documentOf = (blocks: object[], more: object = {}) => ({
  locale: 'nb-NO',
  data: { title: 'Salg', blocks },
  ...more,
});

const ROWS = [
  { dag: '2026-10-02', vare: '=1+1', beløp: 1234.5, andel: 0.125, antall: 3, tid: '2026-10-02T12:30:00', ok: true },
  { dag: '2026-10-14', vare: 'Kaffe;"mørk"\n1 kg', beløp: -0.1, andel: 1, antall: 1500, tid: null, ok: false },
];
const COLUMNS = [
  { key: 'dag', title: 'Dag', format: 'date' },
  { key: 'vare', title: 'Vare' },
  { key: 'beløp', title: 'Beløp', format: 'currency:NOK' },
  { key: 'andel', title: 'Andel', format: 'percent' },
  { key: 'antall', title: 'Antall', format: 'number' },
  { key: 'tid', title: 'Tid', format: 'datetime' },
  { key: 'ok' },
];
const TABLE = tableOf({ caption: 'Per region', columns: COLUMNS, rows: ROWS, totals: { beløp: 'sum', antall: 'avg' } });

describe('a table as a workbook', () => {
  it('has values, not texts: numbers, dates, percentages, totals; and how they are shown', async () => {
    const { files } = await exportTables(dir.path, documentOf([TABLE]));
    const book = read(files['report.xlsx'], { cellDates: true, cellNF: true, UTC: true });
    expect(book.SheetNames).toEqual(['Per region']);
    const sheet = book.Sheets['Per region'] ?? {};
    const cells = (row: number) => ['A', 'B', 'C', 'D', 'E', 'F', 'G'].map((column) => sheet[`${column}${row}`]);
    const values = (row: number) =>
      cells(row).map((cell) => (cell?.v instanceof Date ? cell.v.toISOString() : cell?.v));
    expect([1, 2, 3, 4, 5].map(values)).toEqual([
      ['Dag', 'Vare', 'Beløp', 'Andel', 'Antall', 'Tid', 'ok'],
      ['2026-10-02T00:00:00.000Z', '=1+1', 1234.5, 0.125, 3, '2026-10-02T12:30:00.000Z', true],
      ['2026-10-14T00:00:00.000Z', 'Kaffe;"mørk"\n1 kg', -0.1, 1, 1500, undefined, false],
      ['Sum', undefined, 1234.4, undefined, undefined, undefined, undefined],
      ['Gjennomsnitt', undefined, undefined, undefined, 751.5, undefined, undefined],
    ]);
    expect(cells(2).map((cell) => cell?.f)).toEqual(cells(2).map(() => undefined));
    expect(
      cells(2)
        .map((cell) => cell?.w)
        .slice(2, 5),
    ).toEqual(['1,234.50 kr', '12.5%', '3']);
    expect(sheet['C4']?.w).toBe('1,234.40 kr');
  });

  it('has the colours of its rules, also where a cell is empty, and no other', async () => {
    const when = { atLeast: 100 };
    const columns = [
      { key: 'n', highlight: [{ when: { key: 'v', ...when }, background: '#FFF2AA', row: true }] },
      { key: 'v', highlight: [{ when, colour: 'red', bold: true }] },
    ];
    const rows = [
      { n: 'a', v: 5 },
      { n: null, v: 100 },
    ];
    const { files, list } = await exportTables(
      dir.path,
      documentOf([tableOf({ columns, rows })], { formats: ['xlsx'] }),
    );
    const sheet = read(files['report.xlsx'], { cellStyles: true }).Sheets;
    const fillOf = (place: string) => Object.values(sheet)[0]?.[place]?.s?.fgColor?.rgb;
    expect(['A2', 'B2', 'A3', 'B3'].map(fillOf)).toEqual([undefined, undefined, 'FFF2AA', 'FFF2AA']);
    const { stdout: styles } = await run('unzip', ['-p', list[0]?.path ?? '', 'xl/styles.xml']);
    expect(styles).toMatch(/<font><b\/><sz val="11"\/><color rgb="FF[0-9A-F]{6}"\/>/);
    expect(styles.match(/<fill>/g)).toHaveLength(3);
  });

  it('of an invoice: has its numbers as numbers, as they are printed; a quantity with its unit is a text', async () => {
    const lines = [
      { description: '=1+1', unitPrice: '1234.5', quantity: -2, vat: 25, discount: { amount: '246.90' } },
      { description: 'Kaffe', unitPrice: '0.125', quantity: '24', unit: 'kg', vat: '5.5' },
    ];
    const parties = { seller: { name: 'S' }, buyer: { name: 'B' } };
    const data = { number: '1', issued: '2026-10-31', currency: 'NOK', type: 'invoice', ...parties, lines };
    const { files } = await exportTables(dir.path, { template: 'invoice', locale: 'nb-NO', data });
    const sheet = Object.values(read(files['report.xlsx'], { cellNF: true }).Sheets)[0] ?? {};
    const rows = [2, 3, 4].map((row) => ['A', 'B', 'C', 'D', 'E'].map((column) => sheet[`${column}${row}`]));
    expect(rows.map((cells) => cells.map((cell) => cell?.v))).toEqual([
      ['=1+1', -2, 1234.5, 0.25, -2469],
      ['Rabatt', undefined, undefined, undefined, 246.9],
      ['Kaffe', '24 kg', 0.125, 0.055, 3],
    ]);
    expect(rows[0]?.map((cell) => cell?.w)).toEqual(['=1+1', '-2', '1,234.50', '25%', '-2,469.00']);
    expect(files['report.csv']?.toString().split('\r\n').slice(1)).toEqual([
      "'=1+1;-2;1234,50;25%;-2469,00",
      'Rabatt;;;;246,90',
      'Kaffe;24 kg;0,125;5,5%;3,00',
      '',
    ]);
  });

  it('read again by a report it is the same table', async () => {
    const { files } = await exportTables(dir.path, documentOf([tableOf({ columns: COLUMNS, rows: ROWS })]));
    const { keys, rows, warnings } = await readTable(dir.path, files['report.xlsx'] ?? Buffer.alloc(0));
    expect({ keys, rows, warnings }).toEqual({
      keys: ['Dag', 'Vare', 'Beløp', 'Andel', 'Antall', 'Tid', 'ok'],
      rows: [
        ['day 2026-10-02', '=1+1', 1234.5, 0.125, 3, 'day 2026-10-02T12:30:00', true],
        ['day 2026-10-14', 'Kaffe;"mørk"\n1 kg', -0.1, 1, 1500, '', false],
      ],
      warnings: [],
    });
  });

  it('has a sheet for each table, also those in columns, of files, and their subtotals', async () => {
    const csv = 'region,beløp\nNord,"1 234,50"\nNord,1\nSør,N/A\n';
    const grouped = tableOf({
      caption: 'Grupper',
      rows: { file: 'sales' },
      columns: [{ key: 'region' }, { key: 'beløp', format: 'auto', type: 'number' }],
      groupBy: 'region',
      totals: { beløp: 'sum' },
    });
    const beside = { type: 'columns', columns: [[tableOf({ columns: [{ key: 'a' }], rows: [{ a: 7 }] })]] };
    const { files, list } = await exportTables(dir.path, documentOf([grouped, beside, TABLE, TABLE]), csv);
    const book = read(files['report.xlsx']);
    expect(book.SheetNames).toEqual(['Grupper', 'Salg', 'Per region', 'Per region (2)']);
    expect(utils.sheet_to_json(book.Sheets['Grupper'] ?? {}, { header: 1 })).toEqual([
      ['region', 'beløp'],
      ['Nord', 1234.5],
      ['Nord', 1],
      ['Sum Nord', 1235.5],
      ['Sør', 'N/A'],
      ['Sum Sør', 0],
      ['Sum', 1235.5],
    ]);
    expect(list.map(({ name }) => name)).toEqual([
      'report.xlsx',
      'report-Grupper.csv',
      'report-Salg.csv',
      'report-Per region.csv',
      'report-Per region (2).csv',
    ]);
  });

  it('titles of several columns: are merged cells, and stand in front of the others in a CSV', async () => {
    const columns = [
      { key: 'sted', title: 'Sted' },
      { key: 'a', title: 'Jan', group: '2025' },
      { key: 'b', title: 'Feb', group: '2025' },
      { key: 'c', title: 'Jan', group: '2026' },
      { key: 'x', hidden: true },
      { key: 'd', title: 'Sum', value: 'a + c' },
    ];
    const rows = [{ sted: 'Oslo', a: 1, b: 2, c: 3, x: 9 }];
    const { files } = await exportTables(dir.path, documentOf([tableOf({ columns, rows })]));
    const sheet = read(files['report.xlsx']).Sheets['Salg'] ?? {};
    expect(utils.sheet_to_json(sheet, { header: 1, defval: '' })).toEqual([
      ['Sted', '2025', '', '2026', 'Sum'],
      ['', 'Jan', 'Feb', 'Jan', ''],
      ['Oslo', 1, 2, 3, 4],
    ]);
    expect(sheet['!merges']?.map((range) => utils.encode_range(range))).toEqual(['B1:C1', 'A1:A2', 'E1:E2']);
    expect(files['report.csv']?.toString()).toContain('Sted;2025 Jan;2025 Feb;2026 Jan;Sum\r\nOslo;1;2;3;4');
    expect((await readTable(dir.path, files['report.xlsx'] ?? Buffer.alloc(0))).keys).toEqual([
      'Sted',
      '2025 Jan',
      '2025 Feb',
      '2026 Jan',
      'Sum',
    ]);
  });

  it('is the same bytes each time', async () => {
    const [one, other] = [
      await exportTables(dir.path, documentOf([TABLE])),
      await exportTables(dir.path, documentOf([TABLE])),
    ];
    expect(one.files['report.xlsx']?.equals(other.files['report.xlsx'] ?? Buffer.alloc(0))).toBe(true);
  });

  it('has texts as they are: signs of XML, what reads like an escape, spaces; and a right-to-left sheet', async () => {
    const texts = ['<a & "b">', '_x0041_ _x005F_', '  x  ', 'שלום'];
    const rows = texts.map((a) => ({ a }));
    const { files } = await exportTables(
      dir.path,
      documentOf([tableOf({ columns: [{ key: 'a' }], rows })], { lang: 'he' }),
    );
    const book = read(files['report.xlsx']);
    expect(utils.sheet_to_json(book.Sheets['Salg'] ?? {}, { header: 1 })).toEqual([
      ['a'],
      ...texts.map((text) => [text]),
    ]);
  });

  it('is called by its caption, cut and made plain, no two alike', () => {
    const nameOf = createSheetNames({ title: 'Salg: [2026]' });
    const long = 'x'.repeat(40);
    const names = [undefined, 'a/b\\c?*', long, long, 'HISTORY', "'quoted'", '\u0000', 'A b c'].map((name) =>
      nameOf(name),
    );
    expect(names).toEqual([
      'Salg 2026',
      'a b c',
      'x'.repeat(31),
      `${'x'.repeat(27)} (2)`,
      'HISTORY (2)',
      'quoted',
      'Salg 2026 (2)',
      'A b c (2)',
    ]);
    expect([0, 25, 26, 701, 702].map(columnLetters)).toEqual(['A', 'Z', 'AA', 'ZZ', 'AAA']);
  });
});

describe('a table as CSV', () => {
  it('has what the locale reads: its decimal sign and delimiter, all digits, ISO dates, no formulas', async () => {
    const { files } = await exportTables(dir.path, documentOf([TABLE]));
    expect(files['report.csv']?.toString()).toBe(
      `\ufeffDag;Vare;Beløp;Andel;Antall;Tid;ok\r\n` +
        `2026-10-02;'=1+1;1234,5;12,5%;3;2026-10-02 12:30:00;true\r\n` +
        `2026-10-14;"Kaffe;""mørk""\n1 kg";-0,1;100%;1500;;false\r\n`,
    );
    const english = await exportTables(dir.path, documentOf([TABLE], { locale: 'en-GB' }));
    expect(english.files['report.csv']?.toString().split('\r\n')[1]).toBe(
      "2026-10-02,'=1+1,1234.5,12.5%,3,2026-10-02 12:30:00,true",
    );
  });

  it('read again by a report it is the same table', async () => {
    const { files } = await exportTables(dir.path, documentOf([TABLE]));
    const { keys, rows } = await readTable(dir.path, files['report.csv'] ?? Buffer.alloc(0));
    expect([keys, rows[0]]).toEqual([
      ['Dag', 'Vare', 'Beløp', 'Andel', 'Antall', 'Tid', 'ok'],
      ['2026-10-02', "'=1+1", '1234,5', '12,5%', '3', '2026-10-02 12:30:00', 'true'],
    ]);
  });

  it('has a file for each table, no two of one name, and quotes around what parts cells anywhere', async () => {
    const captions = ['Sum <1000', 'Sum >1000', 'Total', 'Total.'];
    const tables = captions.map((caption, index) =>
      tableOf({ caption, columns: [{ key: 'a' }], rows: [{ a: `x;=${index}` }] }),
    );
    const { files } = await exportTables(
      dir.path,
      documentOf(tables, { locale: 'en-US', formats: ['csv'], fileName: 'S.xlsx' }),
    );
    const texts = Object.entries(files).map(([name, content]) => `${name} ${content.toString().split('\r\n')[1]}`);
    expect(texts).toEqual([
      'S-Sum -1000.csv "x;=0"',
      'S-Sum -1000 (2).csv "x;=1"',
      'S-Total.csv "x;=2"',
      'S-Total (2).csv "x;=3"',
    ]);
  });

  it('has an apostrophe before what a spreadsheet would take for a formula, and before nothing else', () => {
    for (const text of ['=1', '+cmd|x', '-1+2', '@SUM(A1)', '\t=1', ' =1', '＝1', '=']) {
      expect(withoutFormula(text)).toBe(`'${text}`);
    }
    for (const text of ['-5', '+47 123 45 678', '-12,5%', 'a=b', '', '5-3']) expect(withoutFormula(text)).toBe(text);
  });
});
