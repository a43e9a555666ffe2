import { afterAll, describe, expect, it } from '@jest/globals';
import type { RowsBlock } from '../../../../workers/reports/data/analyse/read-sources.ts';
import { createInlineRows } from '../../../../workers/reports/data/data-rows.ts';
import { findTotals } from '../../../../workers/reports/data/own-totals/find-totals.ts';
import { findTotalLabel, readTotalLabel } from '../../../../workers/reports/data/own-totals/total-label.ts';
import { splitRows } from '../../../../workers/reports/data/split-rows.ts';
import { parseDecimal } from '../../../../workers/reports/text/decimal.ts';
import { makeTempDir } from '../../../support/temp-dir.ts';
import { readChart, readTable } from './data-bench.ts';

const dir = makeTempDir();
afterAll(() => dir.remove());

describe('a name of a row', () => {
  it.each([
    ['Sum', 'word', ''],
    ['TOTALT:', 'word', ''],
    ['Grand Total 2026', 'word', '2026'],
    ['Sum NOK', 'word', 'nok'],
    ['Zwischensumme', 'word', ''],
    ['小計', 'word', ''],
    ['Промежуточный итог', 'word', ''],
    ['Sum Oslo', 'name', 'oslo'],
    ['Oslo Total', 'name', 'oslo'],
    ['Nord Ergebnis', 'name', 'nord'],
    ['東京 集計', 'name', '東京'],
    ['Oslo i alt', 'name', 'oslo'],
    ['Total Energies', 'name', 'energies'],
  ])('%s: is one of totals', (text, kind, group) => {
    expect(readTotalLabel(text)).toEqual({ kind, group });
    expect(findTotalLabel(['', text, '1'])).toBe(text);
  });

  it.each(['Sumatra', 'summary', 'Totally', 'Oslo', '300', '', 'Gesamtschule', 'x'.repeat(500)])(
    '%s: is none',
    (text) => {
      expect(readTotalLabel(text.slice(0, 100))).toBeUndefined();
      expect(findTotalLabel([text, 7, null])).toBeUndefined();
    },
  );
});

/** Rows as `name number`, of which those that are called totals are found. */
function find(text: string): { found: string[]; others: string[] } {
  const lines = text.split(', ').map((line) => /^(.*) (\S+)$/.exec(line)?.slice(1) ?? []);
  const labels = lines.map((cells) => findTotalLabel(cells));
  const called = new Map(labels.flatMap((label, at) => (label === undefined ? [] : [[at + 1, label] as const])));
  const columns = [{ place: 1, read: (value: unknown) => parseDecimal(String(value)) }];
  const { found, others } = findTotals({ rows: () => lines, count: lines.length, called, columns });
  const name = ({ row, label }: { row: number; label: string }) => `${row} ${label}`;
  return { found: found.map(name), others: others.map(name) };
}

describe('the totals among rows', () => {
  it.each([
    ['at the end', 'a 1, b 2, Total 3', '3 Total'],
    ['after each group, and at the end', 'a 1, b 2, Sum 3, c 4, d 5, Sum 9, Total 12', '3 Sum|6 Sum|7 Total'],
    [
      'with the names of groups',
      'Oslo 1, Oslo 2, Oslo Total 3, Bergen 4, Bergen Total 4, Grand Total 7',
      '3 Oslo Total|5 Bergen Total|6 Grand Total',
    ],
    ['with names that no cell has', 'a 1, b 2, Sum Nord 3, c 4, d 5, Sum Süd 9', '3 Sum Nord|6 Sum Süd'],
    [
      'of groups in groups',
      'a 1, b 2, Sum 3, c 4, Sum 4, Sum 7, d 1, e 1, Sum 2, Sum 9',
      '3 Sum|5 Sum|6 Sum|9 Sum|10 Sum',
    ],
    ['of all so far', 'a 1, b 2, Subtotal 3, c 4, Subtotal 7, d 1, Total 8', '3 Subtotal|5 Subtotal|7 Total'],
    ['of one row each', 'Oslo 1, Sum Oslo 1, Bergen 4, Sum Bergen 4', '2 Sum Oslo|4 Sum Bergen'],
    ['above their rows', 'Total 3, a 1, b 2, Total 9, a 4, b 5', '1 Total|4 Total'],
    ['above all and above each group', 'Total 12, Sum 3, a 1, b 2, Sum 9, a 4, b 5', '1 Total|2 Sum|5 Sum'],
    ['as binary fractions come to it', 'a 0.1, b 0.2, Sum 0.30000000000000004', '3 Sum'],
    ['with words behind it, below many rows', 'a 1, b 2, c 3, d 4, e 5, Total for October 15', '6 Total for October'],
  ])('%s: are found', (_name, text, found) => {
    expect(find(text)).toEqual({ found: found.split('|'), others: [] });
  });

  it.each([
    ['of two rows', 'a 1, Total 1', ''],
    ['whose numbers are others', 'a 1, b 2, Total 4', '3 Total'],
    ['that are names, of few rows', 'a 1, b 2, Total Energies 3, c 4', ''],
    ['that are numbered', 'SUM-001 10, SUM-002 20, SUM-003 30, SUM-004 5', ''],
    ['that are names, and nothing below what is nothing', 'a 0, b 0, c 0, d 0, e 0, Total Energies 0, f 9', ''],
    ['that are names, with small numbers, above others', 'a 1, b 2, Total Wine 3, c 1, d 4, Total Play 5, e 9', ''],
    ['that are names, below one row', 'a 1, Total Energies 1, c 4, d 2', ''],
  ])('%s: are none', (_name, text, others) => {
    expect(find(text)).toEqual({ found: [], others: others === '' ? [] : [others] });
  });

  it('beside a name that looks like one by chance: are found, and the name is a row', () => {
    expect(find('a 1, Total Energies 1, b 2, c 3, Total 7')).toEqual({ found: ['5 Total'], others: [] });
  });

  it('a hundred thousand rows that are all called so: none is one, and that is known at once', () => {
    const called = new Map(Array.from({ length: 100_000 }, (_, at) => [at + 1, 'Total'] as const));
    let read = 0;
    const rows = function* () {
      for (read = 0; read < 100_000; read += 1) yield [String((read * 7919) % 1009)];
    };
    const columns = [{ place: 0, read: (value: unknown) => parseDecimal(String(value)) }];
    expect(findTotals({ rows, count: 100_000, called, columns }).rows.size).toBe(0);
    expect(read).toBeLessThan(2000);
  });
});

const CITIES =
  'by;dato;v\nOslo;2026-01-02;1,5\nOslo;2026-02-03;2\nSum Oslo;;3,5\nBergen;2026-01-09;4\nBergen;2026-01-10;1\nSum Bergen;;5\nTotalt;;8,5\n';
const COLUMNS = [{ key: 'by' }, { key: 'v', format: 'number:1' }];

it('many totals that are no sums, as of rounded rows: none is left out, and all of them are told of', () => {
  const groups = Array.from({ length: 1100 }, (_, at) => `a ${at + 5}, b ${at + 1}, Sum ${2 * at + 7}`);
  const { found, others } = find(groups.join(', '));
  expect(found).toEqual([]);
  expect(others).toHaveLength(1100);
});

describe('the totals that a file has itself', () => {
  const LIST = '3 rows of the file "sales" ("Sum Oslo" in row 3, "Sum Bergen" in row 6, "Totalt" in row 7)';

  it.each([
    ['a table', {}, 7, `${LIST} have the sums of others: they are printed, and left out of the totals.`],
    [
      'a table that carries its sums',
      { carry: 'v' },
      7,
      `${LIST} have the sums of others: they are printed, and left out of the totals.`,
    ],
    ['groups', { groupBy: 'by' }, 6, `${LIST} have the sums of others: they are left out.`],
    ['an order', { sort: [{ key: 'v' }] }, 4, `${LIST} have the sums of others: they are left out.`],
    ['a condition', { filter: [{ key: 'v', above: 0 }] }, 4, `${LIST} have the sums of others: they are left out.`],
  ])('%s: counts them for nothing', async (_name, fields, rows, message) => {
    const asked = { columns: COLUMNS, totals: { v: 'sum', by: 'count' }, ...fields };
    const table = await readTable(asked, CITIES, dir.path, { locale: 'nb-NO' });
    expect(table.entries).toBe(4);
    expect(table.totals).toEqual([
      ['Sum', '8,5'],
      ['Antall: 4', ''],
    ]);
    expect(table.rows.length).toBe('groupBy' in fields ? rows + 2 : rows);
    expect(table.warnings.map((warning) => warning.message)).toEqual([message]);
  });

  it('a chart: has none of them, whether it asks for their names or not', async () => {
    const named = await readChart({ category: 'by', value: 'v' }, CITIES, dir.path, { locale: 'nb-NO' });
    expect(named).toMatchObject({ categories: ['Oslo', 'Bergen'], values: [[3.5, 5]] });
    expect(named.warnings.map(({ message }) => message)).toEqual([
      `${LIST} have the sums of others: they are left out of the chart.`,
    ]);
    const dated = await readChart({ category: 'dato', by: 'month', value: 'v' }, CITIES, dir.path, { locale: 'nb-NO' });
    expect(dated).toMatchObject({ values: [[6.5, 2]], notes: [] });
    const counted = await readChart({ category: 'by' }, 'by\nOslo\nBergen\nTotal\n', dir.path);
    expect(counted.categories).toEqual(['Oslo', 'Bergen', 'Total']);
    expect(counted.warnings.map(({ message }) => message)).toEqual([
      'The last row of the file "sales", "Total", is called a total: it is counted as others are. Leave it out by "filter" where it is one.',
    ]);
  });

  it('amounts with the yen of Shift_JIS, which is a backslash elsewhere: are amounts, of groups among all columns', async () => {
    // 東,\1,200 / 東,\800 / 東 集計,\2,000 / 大,\50, as Excel writes them in Japan.
    const lines = ['n,v', '\x93\x8c,"\\1,200"', '\x93\x8c,\\800', '\x93\x8c \x8fW\x8cv,"\\2,000"', '\x91\xe5,\\50'];
    const columns = [{ key: '*', format: 'auto' }];
    const fields = { rows: { file: 'sales', encoding: 'shift_jis' }, columns, groupBy: 'n', totals: { v: 'sum' } };
    const table = await readTable(fields, Buffer.from(`${lines.join('\n')}\n`, 'latin1'), dir.path, {
      locale: 'ja-JP',
    });
    expect(table.totals).toEqual([['合計', '￥2,050']]);
    expect(table.rows.map((texts) => texts.join(' '))).toEqual([
      ...['東 ￥1,200', '東 ￥800', '合計 東 ￥2,000'],
      ...['大 ￥50', '合計 大 ￥50'],
    ]);
  });

  it('a backslash at the end of a piece of the file: is a yen sign as others are', async () => {
    const rows = { file: 'sales', encoding: 'shift_jis' };
    const lines = Array.from({ length: 90_000 }, () => '\\1');
    for (const start of ['v', 'vv', 'vvv']) {
      const content = Buffer.from(`${start}\n${lines.join('\n')}\n`, 'latin1');
      const columns = [{ key: start, format: 'auto' }];
      const table = await readTable({ rows, columns, totals: { [start]: 'sum' } }, content, dir.path);
      expect(table).toMatchObject({ totals: [['Total: ¥90,000']], notes: [] });
    }
  });

  it('rows inside the request, and JSON: the same', async () => {
    const rows = [
      { n: 'a', v: 1 },
      { n: 'b', v: 2 },
      { n: 'Total', v: 3 },
    ];
    const fields = { columns: [{ key: 'n' }, { key: 'v' }], totals: { v: 'sum' } };
    for (const content of [rows, JSON.stringify(rows)]) {
      expect((await readTable(fields, content, dir.path)).totals).toEqual([['Total', '3']]);
      expect((await readChart({ category: 'n', value: 'v' }, content, dir.path)).categories).toEqual(['a', 'b']);
      expect((await readChart({ category: 'n', value: 'v' }, content, dir.path)).values).toEqual([[1, 2]]);
    }
  });

  it('one with averages beside its sums: is one all the same; with other numbers alone it is none', async () => {
    const columns = [{ key: 'n' }, { key: 'q' }, { key: 'p', format: 'number:2' }];
    const fields = { columns, totals: { q: 'sum', p: 'avg' } };
    const table = await readTable(fields, 'n,q,p\na,2,1.50\nb,3,2\nTotal,5,1.80\n', dir.path);
    expect(table.totals).toEqual([
      ['Total', '5', ''],
      ['Average', '', '1.75'],
    ]);
    // Nor is one whose quantity is the sum of others by chance, as its price is that of none.
    const chance = await readTable(fields, 'n,q,p\na,2,1.50\nb,3,2\nTotal,5,9.80\nc,1,1\n', dir.path);
    expect(chance.totals[0]).toEqual(['Total', '11', '']);
    const sums = { ...fields, totals: { q: 'sum', p: 'sum' } };
    const rounded = await readTable(sums, 'n,q,p\na,2,1.50\nb,3,2\nTotal,5,3.51\n', dir.path);
    expect(rounded.totals[0]).toEqual(['Total', '5', '3.50']);
    const other = await readTable(fields, 'n,q,p\na,2,1.50\nb,3,2\nTotal,6,1.80\n', dir.path);
    expect(other.totals[0]).toEqual(['Total', '11', '']);
    expect(other.warnings.map(({ message }) => message)).toEqual([expect.stringContaining('is called a total, but')]);
  });

  it('computed columns: are empty there, and their totals of all other rows', async () => {
    const columns = [{ key: 'n' }, { key: 'q' }, { key: 'p' }, { key: 'net', value: 'q * p', format: 'number:2' }];
    const content = 'n,q,p\na,2,1.50\nb,3,2\nTotal,5,\n';
    const table = await readTable({ columns, totals: { net: 'sum', q: 'sum' } }, content, dir.path);
    expect(table).toMatchObject({ totals: [['Total', '5', '', '9.00']], notes: [] });
    expect(table.rows.at(-1)).toEqual(['Total', '5', '', '']);
    expect(table.warnings.map(({ code }) => code)).toEqual(['total_row']);
  });

  it('one with other numbers: is added up, and a warning says so, unless a condition leaves it out', async () => {
    const content = 'n;v\na;1\nb;2\nTotal;4\n';
    const fields = { columns: [{ key: 'n' }, { key: 'v' }], totals: { v: 'sum' } };
    const table = await readTable(fields, content, dir.path);
    expect(table.totals).toEqual([['Total', '7']]);
    expect(table.warnings.map(({ message }) => message)).toEqual([
      'The last row of the file "sales", "Total", is called a total, but has not the sums of those before it: it is added up with them. Leave it out by "filter" where it is one.',
    ]);
    const without = await readTable({ ...fields, filter: [{ key: 'n', isNot: 'Total' }] }, content, dir.path);
    expect(without).toMatchObject({ totals: [['Total', '3']], warnings: [] });
  });

  it('reports of each group: have none of them, and none is made of one', () => {
    const keys = ['by', 'v'];
    const values = ['Oslo 1', 'Oslo 2', 'Sum 3'].map((text) => text.split(' '));
    const objects = values.map(([by, v]) => ({ by, v }));
    const rows = createInlineRows(objects, keys, [{ key: 'v', what: 'number' }], 'en');
    const columns = [{ place: 1, read: (value: unknown) => parseDecimal(String(value)) }];
    const ownTotals = findTotals({ rows: () => values, count: 3, called: rows.called, columns });
    const block = { type: 'table', rows: objects, columns: [{ key: 'by' }] } as unknown as RowsBlock;
    const [group, ...others] = splitRows([block], () => ({ ...rows, ownTotals }), 'by');
    expect(others).toEqual([]);
    expect(group?.name).toBe('Oslo');
    const own = group?.rowsOf(block);
    expect(own?.count).toBe(2);
    expect(own?.warnings.map(({ message }) => message)).toEqual([
      'The last row of the request, "Sum", has the sums of those before it: it is left out.',
    ]);
  });
});
