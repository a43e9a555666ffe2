import { afterAll, describe, expect, it } from '@jest/globals';
import { makeTempDir } from '../../../support/temp-dir.ts';
import { readChart, readTable } from './data-bench.ts';

const dir = makeTempDir();
afterAll(() => dir.remove());

const file = (cells: string[]) => `name\tv\n${cells.map((cell, index) => `n${index}\t${cell}\n`).join('')}`;
const SUM = { totals: { v: 'sum' } };

async function sumOf(cells: string[], locale = 'en-GB', fields: object = SUM) {
  const table = await readTable(fields, file(cells), dir.path, { locale });
  return { sum: table.totals[0]?.[1], notes: table.notes, warnings: table.warnings.map(({ message }) => message) };
}

describe('the numbers of a column', () => {
  it.each<[string, string[], string]>([
    ['a comma that can be nothing else', ['1.234', '2.500', '950,50'], '4,684.50'],
    ['a point that can be nothing else', ['1,234', '2,500', '950.50'], '4,684.50'],
    ['spaces between groups', ['1 234,50', '99,90', '10,00'], '1,344.40'],
    ['groups of both sorts', ['1.234.567,5', '0,5'], '1,234,568.0'],
    ['brackets, signs behind, currencies', ['(1,234.50)', '$1,234.50', '1234.5-', '+5'], '-1,229.50'],
    ['Swiss amounts', ['1’234.50', 'CHF 5.–'], '1,239.50'],
    ['Indian groups', ['12,34,567.50', '₹1,00,000'], '1,334,567.50'],
    ['what Excel writes', ['1.5E+03', '2E+00'], '1,502'],
    ['percentages', ['25%', '30 %', '12.5%'], '67.5%'],
    ['digits beyond floating point', ['9007199254740993', '12345678901234567.89'], '21,352,878,155,975,560.89'],
  ])('%s: decide how all are read', async (_name, cells, sum) => {
    expect(await sumOf(cells)).toEqual({ sum, notes: [], warnings: [] });
  });

  it.each([
    ['en-GB', '3.734', 'a point'],
    ['de-DE', '3.734', 'a comma'],
    ['nb-NO', '3 734', 'a comma'],
  ])('that all have two readings: %s decides, and a warning shows a sample in both', async (locale, sum, taken) => {
    expect(await sumOf(['1.234', '2.500'], locale)).toEqual({
      sum,
      notes: [],
      warnings: [
        'Column "v": "1.234" is 1.234 with a decimal point and 1234 with a decimal comma, and no value tells which; ' +
          `it was read with ${taken}: set "decimal" to say which.`,
      ],
    });
  });

  it('"decimal" of the file, of the column or of a chart: is believed, and what does not fit it is no number', async () => {
    const rows = { file: 'sales', decimal: ',' };
    expect(await sumOf(['1.234', '2.500'], 'en-GB', { rows, ...SUM })).toMatchObject({ sum: '3,734', warnings: [] });
    const columns = [{ key: 'name' }, { key: 'v', decimal: ',' }];
    const { sum, notes } = await sumOf(['1.234', '1.5'], 'en-GB', { columns, ...SUM });
    expect({ sum, notes }).toEqual({ sum: '1,234', notes: ['Total of 1 of 2 rows; 1 is no number: 1.5'] });
    const formatted = [{ key: 'name' }, { key: 'v', decimal: ',', format: 'number:2' }];
    const { rows: cells } = await readTable({ columns: formatted }, file(['1.5', '2,5']), dir.path);
    expect(cells.map(([, text]) => text)).toEqual(['1.5', '2.50']);
    const chart = await readChart({ category: 'name', value: 'v', decimal: ',' }, file(['1.234']), dir.path);
    expect(chart).toMatchObject({ values: [[1234]], warnings: [] });
  });

  it('other columns of the file tell where its own cells do not', async () => {
    const content = 'a;v;w\nx;1.234;0,5\ny;2.500;1,5\n';
    const table = await readTable({ totals: { v: 'sum', w: 'sum' } }, content, dir.path);
    expect(table.totals[0]?.slice(1)).toEqual(['3,734', '2.0']);
  });

  it('other columns tell too whose numbers nobody needs, but no codes and texts', async () => {
    const columns = [{ key: 'a', format: 'number' }, { key: 'b' }, { key: 'ver' }, { key: 'note' }];
    const content = 'a;b;ver;note\n1.234;950,50;1.5;x\n2.500;1,5;2.5;7.5\n';
    const { rows, warnings } = await readTable({ columns }, content, dir.path);
    expect(rows.map(([a]) => a)).toEqual(['1,234', '2,500']);
    expect(warnings.map(({ message }) => message)).toEqual([
      'Column "a": "1.234" is 1.234 with a decimal point and 1234 with a decimal comma, and no value tells which; ' +
        'it was read with a comma, as other columns have it: set "decimal" to say which.',
    ]);
  });

  it('at odds with one another: each is read as it is written, and a warning says so', async () => {
    const { sum, warnings } = await sumOf(['1.234,50', '1,234.50']);
    expect(sum).toBe('2,469.00');
    expect(warnings).toEqual([
      'Column "v" has decimals behind a point ("1,234.50") and behind a comma ("1.234,50"); each was read as it was ' +
        'written: set "decimal" to say which.',
    ]);
  });

  it('what is none: stands below the table, and in one warning for the column', async () => {
    const columns = [{ key: 'name' }, { key: 'v', format: 'number:2' }];
    const read = await readTable({ columns, ...SUM }, file(['$5', 'N/A', '5', '?', '?', '']), dir.path);
    expect(read.rows.map(([, text]) => text)).toEqual(['5.00', 'N/A', '5.00', '?', '?', '']);
    expect(read.totals).toEqual([['Total', '10.00']]);
    expect(read.notes).toEqual(['Total of 2 of 5 rows; 3 are no numbers: N/A, ?']);
    expect(read.warnings).toEqual([
      {
        code: 'format_mismatch',
        message:
          'Column "v": 3 of 5 values are no numbers ("N/A", "?"; the first in row 2). ' +
          'What is none is printed as it is, and left out of the total.',
      },
    ]);
  });

  it('rows inside the request: are read by the same reader', async () => {
    const rows = ['$5', '5', 'N/A', 7].map((v) => ({ a: 'x', v }));
    const table = await readTable({ columns: [{ key: 'a' }, { key: 'v' }], ...SUM }, rows, dir.path);
    expect(table.totals).toEqual([['Total', '17']]);
    expect(table.notes).toEqual(['Total of 3 of 4 rows; 1 is no number: N/A']);
  });

  it('that count different things: are added up, and a warning says so', async () => {
    expect((await sumOf(['25%', '30'])).warnings).toEqual([
      'Column "v" has 1 percentages beside 1 other numbers (25 % is 0.25, and 25 is 25): they are added up as if they were of one.',
    ]);
    expect((await sumOf(['$5', '€5'])).warnings).toEqual([
      'Column "v" has amounts in "$", "€": they are added up as if they were of one.',
    ]);
    expect((await sumOf(['kr 5', '5 NOK', '5'])).warnings).toEqual([]);
  });

  it('in the language of the report: the note too', async () => {
    expect((await sumOf(['5', 'x', 'y'], 'nb-NO')).notes).toEqual(['Sum av 1 av 3 rader; 2 er ikke tall: x, y']);
    expect((await sumOf(['5', 'x'], 'de-DE')).notes).toEqual(['Summe von 1 der 2 Zeilen; 1 ist keine Zahl: x']);
  });

  it.each([
    [['5', 'x'], 'Column "v": 1 of 2 values is no number ("x"; the first in row 2) of /data/blocks/0: mend the data'],
    [['1.234'], 'it was read with a point: set "decimal" of /data/blocks/0.'],
    [['1.234,50', '1,234.50'], 'set "decimal" of /data/blocks/0.'],
  ])('of a strict report (%#): an error that names what to set, and where', async (cells, sentence) => {
    await expect(readTable(SUM, file(cells), dir.path, { strict: true })).rejects.toThrow(sentence);
  });
});

describe('what a column is', () => {
  const AUTO = (...keys: string[]) => ({ columns: keys.map((key) => ({ key, format: 'auto' })), sums: true });

  it('codes, ZIPs, years, ids and telephones stay texts, and are not summed up', async () => {
    const content =
      'Year,Zip,Varenr,customerId,Phone,EAN,Amount\n2026,00123,17,1,+4712345678,4006381333931,1234.5\n' +
      '2025,04567,18,2,+4712345679,4006381333948,10\n2024,12345,19,3,+4712345670,4006381333955,7\n';
    const keys = ['Year', 'Zip', 'Varenr', 'customerId', 'Phone', 'EAN', 'Amount'];
    const table = await readTable(AUTO(...keys), content, dir.path);
    expect(table.rows[0]).toEqual(['2026', '00123', '17', '1', '+4712345678', '4006381333931', '1,234.50']);
    expect(table.totals).toEqual([['Total', '', '', '', '', '', '1,251.50']]);
  });

  it('"*": all columns that no other names, by their places too', async () => {
    const columns = [
      { key: '#2', format: 'currency:NOK' },
      { key: '*', format: 'auto' },
    ];
    const table = await readTable({ columns, sums: true }, 'Dato;Beløp;Nr\n31.10.2026;5,50;007\n', dir.path);
    expect(table).toMatchObject({
      keys: ['Beløp', 'Dato', 'Nr'],
      rows: [['NOK 5.50', '31 Oct 2026', '007']],
      totals: [['Total: NOK 5.50', '', '']],
    });
  });

  it.each<[string, string | object[]]>([
    ['of a JSON file', '{"n":"a","v":"1.5"}\n{"n":"b","v":"2.5"}\n'],
    [
      'inside the request',
      [
        { n: 'a', v: '1.5' },
        { n: 'b', v: '2.5' },
      ],
    ],
  ])('a place beside "*", %s: is read and summed up', async (_name, content) => {
    const columns = [{ key: '#2', format: 'number:2' }, { key: '*' }];
    const table = await readTable({ columns, totals: { '#2': 'sum' } }, content, dir.path);
    expect(table).toMatchObject({
      keys: ['v', 'n'],
      rows: [
        ['1.50', 'a'],
        ['2.50', 'b'],
      ],
      totals: [['Total: 4.00', '']],
    });
  });

  it('a column beside "*" that a file lacks, of a table or a chart: an error that lists the columns', async () => {
    const columns = [{ key: 'x' }, { key: '*' }];
    await expect(readTable({ columns }, 'a,b\n1,2\n', dir.path)).rejects.toThrow(
      'has no column "x"; its columns are "a", "b".',
    );
  });

  it('amounts that look like years are amounts by their name', async () => {
    const table = await readTable(AUTO('Amount'), 'Amount\n2000\n1950\n', dir.path);
    expect(table.formats).toEqual(['number']);
  });

  it('"type": says so itself', async () => {
    const columns = [
      { key: 'Year', type: 'number' },
      { key: 'n', type: 'text' },
      { key: 'd', type: 'date' },
    ];
    const content = 'Year,n,d\n2026,1234.5,20261031\n2025,7,20261101\n';
    const table = await readTable({ columns, sums: true }, content, dir.path);
    expect(table.rows[0]).toEqual(['2,026', '1234.5', '31 Oct 2026']);
    expect(table.totals).toEqual([['Total: 4,051', '', '']]);
  });

  it('numbers with a few cells that are none: numbers, and those are named; texts with a few numbers: texts', async () => {
    const content = 'v,w\n1.5,1\n2,x\nN/A,y\n4,2\n';
    const table = await readTable(AUTO('v', 'w'), content, dir.path);
    expect(table.formats).toEqual(['number:2', undefined]);
    expect(table.notes).toEqual(['Total of 3 of 4 rows; 1 is no number: N/A']);
  });

  it('dates and times of one form: dates; percentages: are not summed up', async () => {
    const content = 'd;t;p\n31.10.2026;2026-10-31 14:30;25 %\n01.11.2026;2026-11-01 09:00;7,5 %\n';
    const table = await readTable(AUTO('d', 't', 'p'), content, dir.path, { locale: 'nb-NO' });
    expect(table.formats).toEqual(['date', 'datetime', 'percent:1']);
    expect(table.rows[1]).toEqual(['1. nov. 2026', '1. nov. 2026, 09:00', '7,5 %']);
    expect(table.totals).toEqual([]);
  });

  it('ids of NDJSON beyond floating point: every digit, as text', async () => {
    const content = '{"id":9007199254740993,"v":1}\n{"id":1234567890123456789,"v":2.5}\n';
    const table = await readTable(AUTO('id', 'v'), content, dir.path);
    expect(table.rows.map(([id]) => id)).toEqual(['9007199254740993', '1234567890123456789']);
    expect(table.totals).toEqual([['Total', '3.50']]);
  });
});

describe('the dates of a column', () => {
  const DATES = { columns: [{ key: 'd', format: 'date' }] };
  const read = async (cells: string[], fields: object = DATES, options: object = {}) => {
    const { rows, warnings } = await readTable(fields, `d\n${cells.join('\n')}\n`, dir.path, options);
    return { dates: rows.map(([date]) => date), codes: warnings.map(({ code }) => code), warnings };
  };

  it.each([
    [
      ['31.10.2026', '01.11.2026'],
      ['31 Oct 2026', '1 Nov 2026'],
    ],
    [
      ['05/06/2026', '10/31/2026'],
      ['6 May 2026', '31 Oct 2026'],
    ],
    [
      ['05/06/2026', '31/10/2026'],
      ['5 Jun 2026', '31 Oct 2026'],
    ],
    [
      ['1793404800', '46326', '20261031'],
      ['31 Oct 2026', '31 Oct 2026', '31 Oct 2026'],
    ],
  ])('%j: are read by what they show', async (cells, dates) => {
    expect(await read(cells)).toMatchObject({ dates, codes: [] });
  });

  it('that all have two readings: the locale decides, with a warning; "dateFormat" without; strict is an error', async () => {
    const { dates, warnings } = await read(['05/06/2026']);
    expect(dates).toEqual(['5 Jun 2026']);
    expect(warnings).toEqual([
      {
        code: 'ambiguous_dates',
        message:
          'Column "d": "05/06/2026" is 2026-06-05 with the day first and 2026-05-06 with the month first, and no value ' +
          'tells which; "05/06/2026" was read as 2026-06-05: set "dateFormat" to say which.',
      },
    ]);
    expect((await read(['05/06/2026'], DATES, { locale: 'en-US' })).dates).toEqual(['May 6, 2026']);
    const columns = [{ key: 'd', format: 'date', dateFormat: 'MM/DD/YYYY' }];
    expect(await read(['05/06/2026'], { columns })).toMatchObject({ dates: ['6 May 2026'], codes: [] });
    const rows = { file: 'sales', dateFormat: 'MM/DD/YYYY' };
    expect(await read(['05/06/2026'], { ...DATES, rows })).toMatchObject({ dates: ['6 May 2026'], codes: [] });
    await expect(read(['05/06/2026'], DATES, { strict: true })).rejects.toThrow('set "dateFormat" of /data/blocks/0.');
  });

  it('what is none: is printed as it is, and counted in one warning', async () => {
    const { dates, warnings } = await read(['2026-10-31', 'soon', '2026-02-30', '7']);
    expect(dates).toEqual(['31 Oct 2026', 'soon', '2026-02-30', '7']);
    expect(warnings.map(({ message }) => message)).toEqual([
      'Column "d": 3 of 4 values are no dates ("soon", "2026-02-30", "7"; the first in row 2). ' +
        'What is none is printed as it is.',
    ]);
  });
});

describe('a chart', () => {
  it('by month, of dates as people write them: the months', async () => {
    const content = 'd;v\n31.10.2026;1.234,50\n01.10.2026;0,50\n03.11.2026;5\n';
    const chart = await readChart({ category: 'd', by: 'month', value: 'v' }, content, dir.path);
    expect(chart).toMatchObject({ categories: ['Oct 2026', 'Nov 2026'], values: [[1235, 5]], warnings: [], notes: [] });
  });

  it('by month, of what is no date: an error that says so', async () => {
    const chart = readChart({ category: 'd', by: 'month' }, 'd\nsoon\nlate\n', dir.path);
    await expect(chart).rejects.toThrow('has "by": "month", but no value of "d" is a date ("soon"): set "dateFormat"');
  });

  it('numbers that are none: a sentence below, and one warning', async () => {
    const chart = await readChart({ category: 'a', value: 'v' }, 'a,v\nx,"(1,234.50)"\ny,1.5E+03\nz,N/A\n', dir.path);
    expect(chart).toMatchObject({
      categories: ['x', 'y', 'z'],
      values: [[-1234.5, 1500, null]],
      notes: ['Chart of 2 of 3 rows; 1 is no number: N/A'],
      warnings: [
        {
          code: 'format_mismatch',
          message:
            'The chart by "a", column "v": 1 of 3 values is no number ("N/A"; the first in row 3). ' +
            'What is none is left out of the chart.',
        },
      ],
    });
    await expect(readChart({ category: 'a', value: 'v' }, 'a,v\nx,?', dir.path, { strict: true })).rejects.toThrow(
      '1 of 1',
    );
  });
});

describe('a file', () => {
  it.each([
    ['a preamble', 'Statement 01.10.2026\n\nDate;Text;Amount\n01.10.2026;Coffee;-45,00\n', ['Date', 'Text', 'Amount']],
    [
      'a preamble of pairs',
      'Account;1234\nHolder;Ann\nDate;Text;Amount\n1.1.2026;a;1\n2.1.2026;b;2\n',
      ['Date', 'Text', 'Amount'],
    ],
    ['a comma in the header row', 'Name, first;Amount\nAnn;1\nBob;2\n', ['Name, first', 'Amount']],
    ['decimal commas', 'a;b;c\nx;1,5;2,5\ny;3,5;4,5\n', ['a', 'b', 'c']],
    ['tabs beside commas', 'a, b\tc\nx, y\tz\n', ['a, b', 'c']],
    ['one column with a comma', 'name\nAnn\nBob, jr\nCid\nDan\n', ['name']],
    ['rows longer than the header', 'name,city\nAnn,Oslo,x\nBob,Bergen,y\n', ['name', 'city']],
    ['rows shorter than the header', 'a,b,c\n1,2\n3,4\n', ['a', 'b', 'c']],
    ['delimiters at the ends of rows', 'a;b\n1;2;\n3;4;\n', ['a', 'b']],
    ['years as names', 'Region;2024;2025\nNorth;1;2\nSouth;3;4\n', ['Region', '2024', '2025']],
    ['a line sep=', 'sep=|\na|b\n1,5|2\n', ['a', 'b']],
    ['quotes in the middle', 'item\tsize\n19" monitor\t5" pipe\n37°36\'37.8"N\tx\n', ['item', 'size']],
    ['quotes at the beginning of a cell', 'Name,"Big" n\n"Smith" Ltd,5\n"B" ,6\n', ['Name', '"Big" n']],
    ['breaks in quotes', '"Amount\n(NOK)",b\n"1\n2",3\n', ['Amount\n(NOK)', 'b']],
  ])('%s: its table is found', async (_name, content, keys) => {
    const table = await readTable({}, content, dir.path);
    expect(table.keys).toEqual(keys);
  });

  it('what it says of itself: is believed less than what the request says', async () => {
    const rows = { file: 'sales', skipRows: 2, delimiter: ',', encoding: 'windows-1250' };
    const content = Buffer.from('x;y;z\n1;2;3\nA,\u00f8;b\n1,2\n', 'latin1');
    expect(await readTable({ rows }, content, dir.path)).toMatchObject({
      keys: ['A', 'ř;b'],
      rows: [['1', '2']],
      warnings: [],
    });
  });
});
