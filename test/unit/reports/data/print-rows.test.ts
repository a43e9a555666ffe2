import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { createColumnReader, needsOf } from '../../../../workers/reports/data/analyse/column-reader.ts';
import { createRowPrinter } from '../../../../workers/reports/data/analyse/print-rows.ts';
import { createRandomSample } from '../../../../workers/reports/data/analyse/width-sample.ts';
import { createInlineRows } from '../../../../workers/reports/data/data-rows.ts';
import { createRowStore, type PrintedRow } from '../../../../workers/reports/data/row-store.ts';
import type { Column, Total } from '../../../../workers/reports/input/columns.ts';
import { messagesFor } from '../../../../workers/reports/locales/index.ts';
import { makeTempDir } from '../../../support/temp-dir.ts';

const dir = makeTempDir();
afterAll(() => dir.remove());

const messages = messagesFor('en');

/** Prints rows of these columns; a row's texts are joined by "|", and a total begins with "=". */
function print(
  columns: Column[],
  rows: unknown[][],
  rest: { totals?: Record<string, Total>; groupBy?: string; locale?: string } = {},
) {
  const store = createRowStore();
  const { totals = {}, groupBy, locale = 'en-GB' } = rest;
  const keys = columns.map(({ key }) => key);
  const objects = rows.map((row) => Object.fromEntries(keys.map((key, index) => [key, row[index]])));
  const totalOf = (key: string) => (Object.hasOwn(totals, key) ? totals[key] : undefined);
  const needs = columns.flatMap((column) => needsOf(column, totalOf(column.key) !== undefined, {}));
  const data = createInlineRows(objects, keys, needs, locale);
  const readers = columns.map((column, index) => {
    const total = totalOf(column.key);
    const named = { name: column.key, pointer: '', isStrict: false };
    const reader = createColumnReader(column, index, data, { locale, named, isSummed: total !== undefined });
    return { key: column.key, reader, total };
  });
  const printer = createRowPrinter({ columns: readers, messages, store, locale, groupBy });
  for (const row of rows) printer.add(row);
  const stats = printer.finish();
  const printed = [...store.rows()].map(({ kind, texts }) =>
    kind === 'total' ? `=${texts.join('|')}` : texts.join('|'),
  );
  const unread = printer.unread().map(({ count }) => count);
  return { ...stats, unread, totals: stats.totals.map((texts) => texts.join('|')), printed, rows: [...store.rows()] };
}

describe('printing the rows of a table', () => {
  it('values: are printed in their format, others as they are, and counted by their columns', () => {
    const columns = [{ key: 'a' }, { key: 'b', format: 'number:1' }, { key: 'c', format: 'date' }];
    const { printed, unread, count } = print(columns, [
      ['x\u0007y', 2, '2026-10-05'],
      [true, 'much', 'soon'],
      [null, undefined, ''],
    ]);
    expect(printed).toEqual(['xy|2.0|5 Oct 2026', 'Yes|much|soon', '||']);
    expect(unread).toEqual([0, 1, 1]);
    expect(count).toBe(3);
  });

  it('totals: a row for each kind that is asked for, in one order, in the format of its column', () => {
    const columns = [{ key: 'name' }, { key: 'a', format: 'currency:GBP' }, { key: 'b' }, { key: 'c' }, { key: 'd' }];
    const totals = { d: 'count', c: 'max', b: 'avg', a: 'sum' } as const;
    const rows = [
      ['x', 0.1, 1, 5, 'p'],
      ['y', 0.2, 2, -7, ''],
      ['z', 'none', null, 6, 'q'],
    ];
    expect(print(columns, rows, { totals }).totals).toEqual([
      'Total|£0.30|||',
      'Average||1.5||',
      'Maximum|||6|',
      'Count||||2',
    ]);
  });

  it('totals of nothing: a sum is 0, the others are empty', () => {
    const columns = [{ key: 'name' }, { key: 'a' }, { key: 'b' }];
    const summed = [{ key: 'a' }, { key: 'b' }];
    expect(print(summed, [[1, 2]], { totals: { a: 'sum', b: 'sum' } })).toMatchObject({
      ...{ totals: ['Total: 1|2'], sums: ['1', '2'], labelAt: -1 },
    });
    const counted = print(summed, [['x', 2]], { totals: { a: 'count', b: 'sum' } });
    expect(counted).toMatchObject({ totals: ['Total|2', 'Count: 1|'], labelAt: -1 });
    expect(print(summed, [['x', 2]], { totals: { b: 'sum' } })).toMatchObject({ totals: ['Total|2'], labelAt: 0 });
    expect(print(columns, [], { totals: { a: 'sum', b: 'min' } }).totals).toEqual(['Total|0|', 'Minimum||']);
  });

  it('groups: end where the value changes, each with its own totals', () => {
    const columns = [{ key: 'region' }, { key: 'amount', format: 'number' }];
    const rows = [
      ['North', 1],
      ['North', 2],
      ['South', 4],
      ['North', 8],
    ];
    const { printed, totals } = print(columns, rows, { groupBy: 'region', totals: { amount: 'sum' } });
    expect(printed).toEqual([
      'North|1',
      'North|2',
      '=Total North|3',
      'South|4',
      '=Total South|4',
      'North|8',
      '=Total North|8',
    ]);
    expect(totals).toEqual(['Total|15']);
    const nameless = print(
      [{ key: 'g' }, { key: 'a' }],
      [
        ['', 1],
        ['x', 2],
      ],
      { totals: { a: 'sum' }, groupBy: 'g' },
    );
    expect(nameless.printed).toEqual(['|1', '=Subtotal|1', 'x|2', '=Total x|2']);
  });

  it('a column named like what every object has: has no total by that', () => {
    expect(print([{ key: 'constructor' }], [[1]], { totals: {} }).totals).toEqual([]);
  });

  it('huge numbers: are printed, and their sum too', () => {
    const { printed, totals } = print(
      [{ key: 'n' }, { key: 'a', format: 'number' }],
      [
        ['x', 1e300],
        ['y', -1e300],
        ['z', 1],
      ],
      {
        totals: { a: 'sum' },
      },
    );
    expect(printed[0]).toBe('x|1E300');
    expect(totals).toEqual(['Total|1']);
  });

  it('samples: numbers and dates by their longest texts, wherever they are; texts by some of them', () => {
    const columns = [{ key: 'n', format: 'number' }, { key: 't' }];
    const rows = Array.from({ length: 5000 }, (_, index) => [
      index === 4321 ? 123_456_789 : index % 10,
      `row ${index}`,
    ]);
    const [numbers = [], texts = []] = print(columns, rows).samples;
    expect(numbers).toEqual(['123,456,789']);
    expect(texts.length).toBe(300);
    // Of all parts of the table there are some.
    const places = texts.map((text) => Number(text.slice(4)));
    for (const part of [0, 1, 2, 3, 4]) {
      expect(places.filter((place) => Math.floor(place / 1000) === part).length).toBeGreaterThan(30);
    }
  });

  it('a random sample: is the same each time', () => {
    const [first, second] = [createRandomSample(), createRandomSample()];
    for (let index = 0; index < 2000; index += 1) {
      first.see(`${index}`);
      second.see(`${index}`);
    }
    expect(first.texts()).toEqual(second.texts());
  });
});

describe('the store of rows', () => {
  const rowsOf = (count: number): PrintedRow[] =>
    Array.from({ length: count }, (_, index) => ({
      kind: index % 100 === 99 ? 'total' : 'row',
      texts: [`row ${index}`, 'Ærø €\n漢 '.repeat(index % 20), ''],
    }));

  it.each([0, 1, 100, 60_000])('%d rows: come back as they were, as often as they are asked for', (count) => {
    const folder = dir.path;
    const path = join(folder, `rows-${count}`);
    const store = createRowStore(path);
    const rows = rowsOf(count);
    for (const row of rows) store.add(row);
    for (let time = 0; time < 2; time += 1) {
      let at = 0;
      for (const row of store.rows()) {
        if (at % 997 === 0) expect(row).toEqual(rows[at]);
        at += 1;
      }
      expect(at).toBe(count);
    }
    // Only what outgrows its memory takes a file.
    expect(readdirSync(folder).includes(`rows-${count}`)).toBe(count > 10_000);
  });

  it('reading that is broken off: leaves no file open, and the next begins at the first row', () => {
    const store = createRowStore(join(dir.path, 'broken-off'));
    for (const row of rowsOf(30_000)) store.add(row);
    for (let time = 0; time < 2000; time += 1) {
      for (const { texts } of store.rows()) {
        expect(texts[0]).toBe('row 0');
        break;
      }
    }
    expect(readdirSync('/proc/self/fd').length).toBeLessThan(500);
  });
});
