import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { contrast, readableOn } from '../../../../src/brands/contrast.ts';
import { compile } from '../../../../workers/reports/data/shape/expression/evaluate.ts';
import { findExpressionFault, parseExpression } from '../../../../workers/reports/data/shape/expression/parse.ts';
import { RowSorter } from '../../../../workers/reports/data/shape/sort-rows.ts';
import { NotComputed } from '../../../../workers/reports/data/values/not-computed.ts';
import { isDecimal, readDecimal, toNumeric } from '../../../../workers/reports/text/decimal.ts';
import { makeTempDir } from '../../../support/temp-dir.ts';
import { exportTables } from '../../../support/workbooks/export.ts';

const dir = makeTempDir();
afterAll(() => dir.remove());

const VALUES: Record<string, string> = {
  a: '0.1',
  b: '0.2',
  'Unit price': '12.50',
  'x]y': '3',
  zero: '0',
  big: '9e299',
};

/** What an expression comes to; a column without a value is empty. */
function evaluate(text: string): string {
  const compute = compile(parseExpression(text), (key) => () => {
    const value = VALUES[key];
    return value === undefined ? NotComputed.EMPTY : readDecimal(value);
  });
  const value = compute([]);
  return isDecimal(value) ? toNumeric(value) : value.code;
}

describe('an expression', () => {
  it.each([
    ['a + b', '0.3'],
    ['1 + 2 * 3 - 4 / 2', '5'],
    ['-(1 + 2) * -[Unit price]', '37.50'],
    ['10 - 2 - 3', '5'],
    ['[x]]y] / 7', '0.42857142857142857143'],
    ['1 / 8', '0.125'],
    ['-1 / -3 * 3', '0.99999999999999999999'],
    ['round([Unit price] * 1.15, 2)', '14.38'],
    ['round(-2.5)', '-3'],
    ['ROUND(2.4)', '2'],
    ['min(a, b, 5) + max(a, b) + abs(-1)', '1.3'],
    ['none + 1', 'empty'],
    ['ifEmpty(none, 4) * 2', '8'],
    ['ifEmpty(a, 4)', '0.1'],
    ['1 / zero', 'zero'],
    ['ifEmpty(1 / zero, 4)', 'zero'],
    ['big * big', 'large'],
  ])('%s is %s', (text, value) => {
    expect(evaluate(text)).toBe(value);
  });

  it.each([
    ['', 'a number or a column is missing before the end'],
    ['a +', 'a number or a column is missing before the end'],
    ['a b', '"b" at character 3 has no sign before it'],
    ['(a', '")" is missing before the end'],
    ['a ? b', '"?" at character 3 means nothing there'],
    ['[a', 'the bracket at character 1 has no end, or nothing in it'],
    ['sqrt(a)', '"sqrt" at character 1 is none of round, abs, min, max or ifEmpty'],
    ['round(a, b)', 'round at character 1 takes 0 to 20 as its number of decimals'],
    ['round(a, 1.5)', 'round at character 1 takes 0 to 20 as its number of decimals'],
    ['abs(a, b)', 'abs at character 1 takes 1 value'],
    ['ifEmpty(a)', 'ifEmpty at character 1 takes 2 values'],
    ['('.repeat(40), 'it is nested more than 30 deep'],
    ['-'.repeat(40), 'it is nested more than 30 deep'],
    ['1+'.repeat(300), 'it has more than 500 characters'],
  ])('%# is none', (text, fault) => {
    expect(findExpressionFault(text)).toBe(fault);
  });
});

const ROWS = [
  { name: 'Zoë', price: '1 234,50', count: 3, day: '31.10.2026', state: 'Betalt', code: '010' },
  { name: 'ålesund', price: '99,00', count: 12, day: '01.11.2026', state: 'åpen', code: '9' },
  { name: 'Øst', price: '12,5', count: '', day: '15.09.2026', state: 'Forfalt', code: '10' },
  { name: 'Bø', price: 'N/A', count: 2, day: '12.12.2026', state: 'forfalt', code: 'A' },
  { name: 'aal', price: '-7,10', count: 0, day: '', state: null, code: '' },
];
const CSV = `name;price;count;day;state;code\n${ROWS.map((row) => Object.values(row).join(';')).join('\n')}\n`;

/** What a table of those rows shows: its cells, line by line, and what was said. They come inside the request and from a file. */
async function show(fields: object, isFile: boolean, report: object = {}) {
  const rows = isFile ? { file: 'sales' } : ROWS;
  const table = { type: 'table', rows, columns: [{ key: 'name' }], ...fields };
  const request = { locale: 'nb-NO', formats: ['csv'], data: { title: 'T', blocks: [table] }, ...report };
  const { files, warnings } = await exportTables(dir.path, request, CSV);
  const [, ...lines] = (files['report.csv'] ?? '').toString().trimEnd().split('\r\n');
  return { lines, warnings: warnings.map(({ code, message }) => `${code}: ${message}`) };
}

describe.each([['inside the request', false] as const, ['of a file', true] as const])('rows %s', (_, isFile) => {
  const names = async (fields: object) => (await show(fields, isFile)).lines.join(' ');

  it('filter: by the value of a number, the day of a date, a text of the locale', async () => {
    const kept = async (...filter: object[]) => names({ filter });
    expect(await kept({ key: 'price', above: 12.5 })).toBe('Zoë ålesund');
    expect(await kept({ key: 'price', atLeast: '12,50', below: 1000 })).toBe('ålesund Øst');
    expect(await kept({ key: 'price', is: ['N/A', -7.1] })).toBe('Bø aal');
    expect(await kept({ key: 'day', is: '2026-10' })).toBe('Zoë');
    expect(await kept({ key: 'day', atMost: '2026-11-01' }, { key: 'count', isEmpty: false })).toBe('Zoë ålesund');
    expect(await kept({ key: 'state', is: 'forfalt' })).toBe('Øst Bø');
    expect(await kept({ key: 'state', isNot: ['forfalt', 'BETALT'] })).toBe('ålesund aal');
    expect(await kept({ key: 'state', isEmpty: true })).toBe('aal');
    expect(await kept({ key: 'name', contains: 'Ø' })).toBe('Øst Bø');
    expect(await kept({ key: 'name', is: 'nobody' })).toBe('');
  });

  it('sort: numbers by their values, dates by time, texts as the locale has them; what is none comes last', async () => {
    const sorted = async (...sort: object[]) => names({ sort });
    expect(await sorted({ key: 'name' })).toBe('Bø Zoë Øst aal ålesund');
    expect(await sorted({ key: 'price' })).toBe('aal Øst ålesund Zoë Bø');
    expect(await sorted({ key: 'price', order: 'descending' })).toBe('Zoë ålesund Øst aal Bø');
    expect(await sorted({ key: 'day', order: 'descending' })).toBe('Bø ålesund Zoë Øst aal');
    expect(await sorted({ key: 'code' })).toBe('ålesund Zoë Øst Bø aal');
    expect(await sorted({ key: 'state' }, { key: 'name', order: 'descending' })).toBe('Zoë Bø Øst ålesund aal');
  });

  it('computed and hidden columns: exact, with what they could not be made of', async () => {
    const columns = [
      { key: 'price', hidden: true },
      { key: 'name' },
      { key: 'tax', value: 'round(sum * 0.25, 2)' },
      { key: 'sum', value: 'price * count' },
      { key: 'each', value: 'sum / count', hidden: true },
    ];
    const filter = [{ key: 'sum', isEmpty: true }];
    const { lines, warnings } = await show({ columns, sort: [{ key: 'sum', order: 'descending' }] }, isFile);
    expect(lines).toEqual(['Zoë;925,88;3703,5', 'ålesund;297;1188', 'aal;0;0', 'Øst;;', 'Bø;;']);
    const none = 'could not be computed, since a value that it is made of is no number (the first in row 4)';
    const zero = 'could not be computed, since it would be divided by zero (the first in row 5)';
    expect(warnings).toEqual([
      `not_computed: Column "sum": 1 of 5 values ${none}. They are left empty.`,
      `not_computed: Column "tax": 1 of 5 values ${none}. They are left empty.`,
      `not_computed: Column "each": 1 of 5 values ${none}. They are left empty.`,
      `not_computed: Column "each": 1 of 5 values ${zero}. They are left empty.`,
    ]);
    expect((await show({ columns, filter }, isFile)).lines).toEqual(['Øst;;', 'Bø;;']);
    await expect(show({ columns }, isFile, { strict: true })).rejects.toThrow(/"sum": 1 of 5 values could not be/);
  });

  it('what can not be compared: is said, or ends the report', async () => {
    const { warnings } = await show({ filter: [{ key: 'price', below: 100 }] }, isFile);
    const none = 'Column "price": 1 of 5 values is no number ("N/A"; the first in row 4)';
    expect(warnings).toEqual([`format_mismatch: ${none}. Rows with what is none are left out by "filter".`]);
    const wrong = 'Column "price", asked of /data/blocks/0: "above" must be a number, as its values are, not "much".';
    await expect(show({ filter: [{ key: 'price', above: 'much' }] }, isFile)).rejects.toThrow(wrong);
  });

  it('groups: of a hidden column; where their rows are not together it is said', async () => {
    const columns = [{ key: 'state', hidden: true }, { key: 'name' }, { key: 'count', format: 'number' }];
    const grouped = { columns, groupBy: 'state', totals: { count: 'sum' } };
    const torn = { ...grouped, filter: [{ key: 'name', isNot: 'x' }], sort: [{ key: 'count' }] };
    const rows = [ROWS[0], ROWS[1], ROWS[0]];
    const inside = await show({ ...grouped, rows }, false);
    expect(inside.warnings).toEqual([
      'torn_group: Column "state": the rows of "Betalt" are not together, so that it has several totals: sort by the column.',
    ]);
    expect((await show({ ...torn, sort: [{ key: 'state' }] }, isFile)).warnings).toEqual([]);
  });
});

describe('the example of docs/reports.md', () => {
  it('is a table that prints what its page says', async () => {
    const page = readFileSync(join(import.meta.dirname, '../../../../docs/reports.md'), 'utf8');
    const [, example = ''] = /## What a table can do\n+```json\n([^`]+)```/.exec(page) ?? [];
    const table = JSON.parse(example.replace('"orders"', '"sales"'));
    const csv =
      'customer;due;quantity;Unit price;status\nÅse;31.12.2026;3;33,335;open\nBo;01.10.2026;2;1000;Disputed\n' +
      'Bo;02.10.2026;1;0,10;open\nBo;03.10.2026;1;7;Paid\n';
    const request = { locale: 'nb-NO', formats: ['csv'], data: { title: 'T', blocks: [table] } };
    const { files, warnings } = await exportTables(dir.path, request, csv);
    expect(warnings).toEqual([]);
    expect(files['report.csv']?.toString().slice(1).trimEnd().split('\r\n')).toEqual([
      'Customer;Due;Amount Net;Amount Gross',
      'Bo;2026-10-01;2000;2500',
      'Bo;2026-10-02;0,1;0,125',
      'Åse;2026-12-31;100,01;125,0125',
    ]);
  });
});

describe('a table that asks for what can not be', () => {
  const faults = async (fields: object): Promise<string> => {
    const refused = await show(fields, false).then(
      () => '[]',
      (error: Error) => error.message,
    );
    return JSON.parse(refused)
      .map(({ path, message }: { path: string[]; message: string }) => `${path.slice(3).join('/')} ${message}`)
      .join('; ');
  };

  it.each([
    [
      { columns: [{ key: 'x', value: 'a +' }] },
      /^columns\/0\/value must be an expression over columns, .*: a number or/,
    ],
    [{ columns: [{ key: 'x', value: 'x + 1' }] }, 'columns/0/value must not be made of itself'],
    [
      {
        columns: [
          { key: 'x', value: 'y' },
          { key: 'y', value: '[x]' },
        ],
      },
      /^columns\/0\/value must not be made of itself, over "x", "y"; columns\/1/,
    ],
    [
      { columns: [{ key: 'x', value: 'prise' }] },
      'columns/0/value must be made of columns that the rows have: none has "prise"',
    ],
    [
      { columns: [{ key: 'x', value: '1', type: 'number' }] },
      'columns/0/type must be left out with a value: that is a number as it is',
    ],
    [
      { columns: [{ key: 'x', value: '1', format: 'date' }] },
      'columns/0/format must be a format of numbers with a value',
    ],
    [
      { columns: [{ key: 'name', pictures: { Bø: 'x' } }] },
      'columns/0/pictures/Bø must be a PNG, JPEG, WebP, GIF or SVG file as base64 or as a data URL, without line breaks',
    ],
    [
      { columns: [{ key: 'name', pictures: { Bø: 7 } }] },
      'columns/0/pictures/Bø must be a PNG, JPEG, WebP, GIF or SVG file as base64 or as a data URL, without line breaks, or {"upload": "<id>"} or {"job": "<id>", "file": "<name>"}',
    ],
    [
      { columns: [{ key: 'name', type: 'image' }], rows: [{ name: 'x' }, { name: 7 }, {}] },
      'rows/0/name must be a PNG, JPEG, WebP, GIF or SVG file as base64 or as a data URL, without line breaks; rows/1/name must be a PNG, JPEG, WebP, GIF or SVG file as base64 or as a data URL, without line breaks, {"content": "<base64>"}, {"upload": "<id>"} or {"job": "<id>", "file": "<name>"}, each with "alt" or without, or null',
    ],
    [
      { rows: { file: 'a' }, columns: [{ key: 'name', type: 'image', format: 'text' }] },
      'columns/0/type must be text, number or date, unless the rows are a list of a table in a document; columns/0/format must be left out with the type image',
    ],
    [{ columns: [{ key: 'name', hidden: true }] }, 'columns must have a column that is not hidden'],
    [
      { columns: [{ key: 'name' }, { key: 'price', hidden: true }], totals: { price: 'sum' } },
      'totals/price must be the key of a column that is not hidden',
    ],
    [{ columns: [{ key: 'name' }, { key: '*', hidden: true }] }, 'columns/1/hidden must be left out with the key "*"'],
    [{ filter: [{ key: 'prise', above: 1 }] }, 'filter/0/key must be a column of the rows: none has "prise"'],
    [{ filter: [{ key: 'price' }] }, /^filter\/0 must have one of is, isNot, above/],
    [{ sort: [{ key: 'price', order: 'up' }] }, 'sort/0/order must be ascending or descending'],
    [
      { columns: [{ key: 'name', highlight: [{ when: { is: 'x' }, colour: 'pink' }] }] },
      'columns/0/highlight/0/colour must be red, orange, yellow, green, blue, purple, grey, or a colour such as "#1f4e79"',
    ],
    [
      { columns: [{ key: 'name', highlight: [{ when: { is: 'x' } }] }] },
      'columns/0/highlight/0 must have a colour, a background or "bold": true',
    ],
    [
      { columns: [{ key: 'name', highlight: [{ when: { key: 'prise', is: 'x' }, bold: true }] }] },
      'columns/0/highlight/0/when/key must be a column of the rows: none has "prise"',
    ],
  ])('%j is refused', async (fields, fault) => {
    expect(await faults(fields)).toEqual(typeof fault === 'string' ? fault : expect.stringMatching(fault));
  });
});

describe('sorting more rows than a piece', () => {
  it('is stable, as often as it is asked for, and can be broken off', () => {
    const number = (value: unknown) => readDecimal(String(value));
    const reader = { place: 1, kind: 'number' as const, number, date: () => undefined };
    const column = { reader, order: 'ascending' as const };
    const sorter = new RowSorter([column], new Intl.Collator('en'), join(dir.path, 'sorted'));
    const count = 60_000;
    for (let index = 0; index < count; index += 1) sorter.add([String(index), String((index * 7919) % 1000)]);
    for (let time = 0; time < 2; time += 1) {
      for (const row of sorter.values()) {
        expect(row).toEqual(['0', '0']);
        break;
      }
      let [before, at, wrong, rows] = [-1, -1, 0, 0];
      for (const [index, value] of sorter.values()) {
        if (Number(value) < before || (Number(value) === before && Number(index) <= at)) wrong += 1;
        [before, at] = [Number(value), Number(index)];
        rows += 1;
      }
      expect({ wrong, rows }).toEqual({ wrong: 0, rows: count });
    }
  });
});

describe('the colour of a highlighted text', () => {
  it.each([
    ['#ffffff', '#ffff00'],
    ['#1f4e79', '#b42318'],
    ['#777777', '#777777'],
    ['#fff1b8', undefined],
    ['#102030', undefined],
    ['#808080', undefined],
  ])('on %s, wanted %s: can be read', (background, wanted) => {
    expect(contrast(background, readableOn(background, wanted))).toBeGreaterThanOrEqual(4.5);
  });
});
