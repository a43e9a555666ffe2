import { read, utils, write } from '@e965/xlsx';
import { afterAll, describe, expect, it } from '@jest/globals';
import { makeTempDir } from '../../../support/temp-dir.ts';
import { makeOds } from '../../../support/workbooks/ods.ts';
import { readTable } from '../../../support/workbooks/read.ts';

const dir = makeTempDir();
afterAll(() => dir.remove());

type Setting = Parameters<typeof readTable>[2];

const cell = (attributes: string, text = ''): string => `<table:table-cell ${attributes}>${text}</table:table-cell>`;
const text = (value: string): string => cell('office:value-type="string"', `<text:p>${value}</text:p>`);
const number = (value: number): string => cell(`office:value-type="float" office:value="${value}"`);
const row = (...cells: string[]): string => `<table:table-row>${cells.join('')}</table:table-row>`;
const table = (name: string, rows: string, more = ''): string =>
  `<table:table table:name="${name}"${more}>${rows}</table:table>`;

const readOds = async (tables: string, styles = '', setting: Setting = {}) =>
  readTable(dir.path, await makeOds(tables, styles), setting);

describe('an ODS', () => {
  it('has numbers, percentages, currencies, dates, times, true and false, and texts as its cells say', async () => {
    const cells = [
      number(1.5),
      cell('office:value-type="percentage" office:value="0.125"'),
      cell('office:value-type="currency" office:currency="NOK" office:value="99.9"'),
      cell('office:value-type="date" office:date-value="2026-10-31"'),
      cell('office:value-type="date" office:date-value="2026-10-31T12:30:00"'),
      cell('office:value-type="time" office:time-value="PT27H05M09S"'),
      cell('office:value-type="boolean" office:boolean-value="true"'),
      text('a<text:s text:c="2"/>b<text:span>c</text:span><text:line-break/>d</text:p><text:p>e'),
      cell('', '<office:annotation><text:p>a remark</text:p></office:annotation>'),
      cell('office:value-type="string" office:string-value="" table:formula="of:=NA()"', '<text:p>#N/A</text:p>'),
    ];
    const names = cells.map((_, at) => text(`c${at}`));
    const { rows } = await readOds(table('A', row(...names) + row(...cells)));
    expect(rows).toEqual([
      [1.5, 0.125, 99.9, 'day 2026-10-31', 'day 2026-10-31T12:30:00', '27:05:09', true, 'a  bc\nd\ne', '', ''],
    ]);
  });

  it('has cells and rows that are repeated as often as they are, and empty ones to the end of the sheet as none', async () => {
    const repeated = cell('office:value-type="float" office:value="7" table:number-columns-repeated="2"');
    const rows =
      row(text('a'), text('b'), text('c'), cell('table:number-columns-repeated="16381"')) +
      `<table:table-row table:number-rows-repeated="3">${repeated}${number(1)}</table:table-row>` +
      `<table:table-row table:number-rows-repeated="1048572">${cell('table:number-columns-repeated="16384"')}</table:table-row>`;
    expect((await readOds(table('A', rows))).rows).toEqual([
      [7, 7, 1],
      [7, 7, 1],
      [7, 7, 1],
    ]);
  });

  it('has heads by its merged cells', async () => {
    const rows =
      row(
        cell('office:value-type="string" table:number-rows-spanned="2"', '<text:p>Region</text:p>'),
        cell('office:value-type="string" table:number-columns-spanned="2"', '<text:p>2026</text:p>'),
        '<table:covered-table-cell/>',
      ) +
      row('<table:covered-table-cell/>', text('Q1'), text('Q2')) +
      row(text('Nord'), number(1), number(2)) +
      row(text('Sør'), number(3), number(4));
    const { keys, rows: values } = await readOds(table('A', `<table:table-header-rows/>${rows}`));
    expect({ keys, count: values.length }).toEqual({ keys: ['Region', '2026 Q1', '2026 Q2'], count: 2 });
  });

  it('has sheets to choose from, and hidden ones that are not chosen by themselves', async () => {
    const styles =
      '<style:style style:name="ta1" style:family="table"><style:table-properties table:display="false"/></style:style>';
    const rows = (name: string) => row(text(name)) + row(number(1));
    const tables =
      table('Skjult', rows('skjult'), ' table:style-name="ta1"') +
      table('Tom', row(cell(''))) +
      table('Salg', rows('salg')) +
      table('Kost', rows('kost'));
    const first = await readOds(tables, styles);
    expect(first.keys).toEqual(['salg']);
    expect(first.warnings.map(({ message }) => message)).toEqual([
      'The sheet "Kost" of the file "sales" is left out: set "sheet" to read it.',
    ]);
    for (const [sheet, key] of [
      ['Kost', 'kost'],
      ['skjult', 'skjult'],
      [3, 'salg'],
    ] as const) {
      const { keys, warnings } = await readOds(tables, styles, { options: { sheet } });
      expect({ keys, warnings }).toEqual({ keys: [key], warnings: [] });
    }
    await expect(readOds(tables, styles, { options: { sheet: 'Ark1' } })).rejects.toThrow(
      'has no sheet "Ark1": its sheets are "Skjult", "Tom", "Salg", "Kost".',
    );
  });

  it('that another program wrote is read as that program reads it', async () => {
    const book = utils.book_new();
    const cells = [
      ['navn', 'sum', 'ok'],
      ['Åse', 1.25, true],
      ['Bo', -3, false],
    ];
    utils.book_append_sheet(book, utils.aoa_to_sheet(cells), 'Salg');
    const file = write(book, { type: 'buffer', bookType: 'ods' });
    const { keys, rows } = await readTable(dir.path, file);
    expect([keys, ...rows]).toEqual(utils.sheet_to_json(read(file).Sheets['Salg'] ?? {}, { header: 1 }));
  });
});
