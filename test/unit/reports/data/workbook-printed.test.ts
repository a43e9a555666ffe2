import { afterAll, describe, expect, it } from '@jest/globals';
import { makeTempDir } from '../../../support/temp-dir.ts';
import { makeXlsx, rowsXml, type TestCell } from '../../../support/workbooks/xlsx.ts';
import { readChart, readTable } from './data-bench.ts';

const dir = makeTempDir();
afterAll(() => dir.remove());

const FORMATS = [
  'dd/mm/yyyy',
  '#,##0.00\\ "kr"',
  '0.0%',
  '#,##0',
  '0',
  '_-[$€-2] * #,##0.00_-;-[$€-2]* #,##0.00_-',
  '[$NOK] #,##0',
  'dd/mm/yyyy hh:mm',
  '[>=10000000]"₹"\\ ##\\,##\\,##\\,##0.00;[>=100000]"₹"\\ ##\\,##\\,##0.00;"₹"\\ ##,##0.00',
  '[$ر.س.\u200f-401]\\ #,##0.00',
];

const book = (rows: TestCell[][], styles: number[] = []) =>
  makeXlsx({ sheets: [{ name: 'Ark1', rows: rowsXml(rows, styles) }], formats: FORMATS });

describe('a workbook in a table', () => {
  it('is printed as its cells are: dates, amounts, percentages, numbers, codes', async () => {
    const names = ['Dato', 'Vare', 'Beløp', 'Andel', 'Antall', 'Kundenr', 'Euro', 'Kroner', 'Tid', 'Vekt'];
    const rows = [
      names,
      [46297, 'Kaffe', 1234.5, 0.12, 1500, 10042, 12.5, 99, 46297.5, 0.30000000000000004],
      [46298, 'Filter', 59, 0.075, 20, 10043, 3, 101, 46298.25, 2],
    ];
    const file = await book(rows, [1, 0, 2, 3, 4, 5, 6, 7, 8, 0]);
    const table = await readTable({ sums: true }, file, dir.path, { locale: 'nb-NO' });
    expect(table.formats).toEqual([
      'date',
      undefined,
      'sign:NOK:2',
      'percent:1',
      'number:0',
      undefined,
      'currency:EUR',
      'currency:NOK:0',
      'datetime',
      'number:2',
    ]);
    expect(table.rows[0]).toEqual([
      '2. okt. 2026',
      'Kaffe',
      '1 234,50 kr',
      '12,0 %',
      '1 500',
      '10042',
      '12,50 €',
      '99 kr',
      '2. okt. 2026, 12:00',
      '0,30',
    ]);
    expect(table.totals).toEqual([['Sum', '', '1 293,50 kr', '', '1 520', '', '15,50 €', '200 kr', '', '2,30']]);
    expect(table.warnings.map(({ code }) => code)).toEqual(['not_summed']);
  });

  it('has dates and its own totals in one column: they are printed as dates, and counted once', async () => {
    const rows = [
      ['Dag', 'Rupi', 'Riyal'],
      [46297, 12_345_678.5, 12.5],
      [46298, 5000, 3],
      ['Sum', 12_350_678.5, 15.5],
    ];
    const table = await readTable({ sums: true }, await book(rows, [1, 9, 10]), dir.path, { locale: 'en-IN' });
    expect(table.rows.map(([day, rupees]) => [day, rupees])).toEqual([
      ['2 Oct 2026', '₹1,23,45,678.50'],
      ['3 Oct 2026', '₹5,000.00'],
      ['Sum', '₹1,23,50,678.50'],
    ]);
    expect(table.formats).toEqual([undefined, 'currency:INR', 'currency:SAR']);
    expect(table.totals).toEqual([['Total', '₹1,23,50,678.50', 'SAR 15.50']]);
    expect(table.warnings.map(({ code }) => code)).toEqual(['total_row']);
  });

  it('is printed as it is asked: also dates by a pattern of texts, and as they stand', async () => {
    const file = await book(
      [
        ['d', 'p', 't'],
        [46297, 0.125, 1.5],
        [46298.5, 0.5, 'x'],
      ],
      [1, 3, 0],
    );
    const columns = [
      { key: 'd', format: 'date', dateFormat: 'MM/DD/YYYY' },
      { key: 'p', type: 'text' },
      { key: 't', format: 'text' },
    ];
    const { rows, warnings } = await readTable({ columns }, file, dir.path);
    expect({ rows, warnings }).toEqual({
      rows: [
        ['2 Oct 2026', '12.5%', '1.5'],
        ['3 Oct 2026', '50%', 'x'],
      ],
      warnings: [],
    });
  });

  it('names what can not be read: an error among numbers', async () => {
    const file = await book([['n'], [1], [2], [3], [{ xml: '<c t="e"><v>#N/A</v></c>' }]] as TestCell[][]);
    const { totals, notes, warnings } = await readTable({ sums: true }, file, dir.path);
    expect({ totals, notes }).toEqual({
      totals: [['Total: 6']],
      notes: ['Total of 3 of 4 rows; 1 is no number: #N/A'],
    });
    expect(warnings.map(({ code }) => code)).toEqual(['format_mismatch']);
  });
});

describe('a workbook in a chart', () => {
  it('is counted by its dates, and by its numbers', async () => {
    const file = await book(
      [
        ['d', 'år', 'v'],
        [46297, 2025, 1.5],
        [46298, 2026, 2],
        [46330, 2026, 4],
      ],
      [1, 0, 2],
    );
    const months = await readChart({ category: 'd', by: 'month', value: 'v' }, file, dir.path);
    expect(months).toMatchObject({ categories: ['Oct 2026', 'Nov 2026'], values: [[3.5, 4]], warnings: [] });
    const years = await readChart({ category: 'år', value: 'v' }, file, dir.path);
    expect(years).toMatchObject({ categories: ['2025', '2026'], values: [[1.5, 6]] });
    const days = await readChart({ category: 'd' }, file, dir.path);
    expect(days.categories).toEqual(['2 Oct', '3 Oct', '4 Nov']);
  });
});
