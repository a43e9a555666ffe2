import { afterAll, describe, expect, it } from '@jest/globals';
import { makeTempDir } from '../../../support/temp-dir.ts';
import { giveChart, readChart, readTable } from './data-bench.ts';

const dir = makeTempDir();
afterAll(dir.remove);

const isoDay = (index: number): string =>
  new Date(Date.UTC(2026, 9, 1) + index * 86_400_000).toISOString().slice(0, 10);
/** A row a day from 1 October 2026 on, worth its number. */
const days = (count: number) => Array.from({ length: count }, (_, index) => ({ d: isoDay(index), v: index + 1 }));
const chart = (fields: object, rows: object[], options: object = {}) =>
  readChart({ category: 'd', value: 'v', ...fields }, rows, dir.path, options);
const codes = ({ warnings }: { warnings: { code: string }[] }) => warnings.map(({ code }) => code);

describe('bars of dates', () => {
  it('a month of 31 days: all of them are there, and none is "Other"', async () => {
    for (const by of [undefined, 'day']) {
      const { categories, values, warnings } = await chart({ by }, days(31));
      expect(categories).toHaveLength(31);
      expect([categories[0], categories[30], values[0]?.[30]]).toEqual(['1 Oct', '31 Oct', 31]);
      expect(warnings).toEqual([]);
    }
  });

  it('more than there is room for: the next larger period, nothing lost, and a warning', async () => {
    const { categories, values, warnings } = await chart({}, days(400));
    expect(categories.slice(0, 2)).toEqual(['28 Sept 2026', '5 Oct 2026']);
    expect(values[0]?.reduce((sum: number, value) => sum + (value ?? 0), 0)).toBe((400 * 401) / 2);
    expect(warnings).toEqual([
      { code: 'larger_periods', message: 'The chart by "d" has more than 200 days: it is drawn by week.' },
    ]);
    expect((await chart({ limit: 5, by: 'day' }, days(31))).categories).toHaveLength(5);
    expect((await chart({ chart: 'pie', by: 'month' }, days(400))).categories[0]).toBe('Q4 2026');
    expect((await chart({ chart: 'line' }, days(400))).categories).toHaveLength(400);
  });

  it('too many years: an error that names "by"', async () => {
    const rows = [
      { d: '1500-01-01', v: 1 },
      { d: '2026-01-01', v: 1 },
    ];
    await expect(chart({ by: 'year' }, rows)).rejects.toThrow(
      'more than 200 years of "d", which are too many even with "by": "year"',
    );
  });
});

describe('periods without rows', () => {
  it('no rows at all: no period', async () => {
    expect(await chart({ by: 'day' }, [])).toMatchObject({ categories: [], values: [[]], warnings: [], notes: [] });
  });

  const rows = ['2026-01-31', '2026-02-01', '2026-10-15'].map((d, index) => ({ d, v: index }));

  it.each([
    ['month', 10, ['Jan 2026', 'Feb 2026', 'Mar 2026'], [0, 1, null, null, null, null, null, null, null, 2]],
    ['quarter', 4, ['Q1 2026', 'Q2 2026', 'Q3 2026'], [1, null, null, 2]],
    ['year', 1, ['2026'], [3]],
  ])('by %s: are there, and empty', async (by, count, first, expected) => {
    const { categories, values } = await chart({ by }, rows);
    expect(categories).toHaveLength(count);
    expect(categories.slice(0, 3)).toEqual(first);
    expect(values).toEqual([expected]);
  });

  it('weeks: begin as they do in the locale', async () => {
    const few = days(8).map((row) => ({ ...row, v: 1 }));
    expect(await chart({ by: 'week' }, few)).toMatchObject({ categories: ['28 Sept', '5 Oct'], values: [[4, 4]] });
    const american = await chart({ by: 'week' }, few, { locale: 'en-US' });
    expect(american).toMatchObject({ categories: ['Sep 27', 'Oct 4'], values: [[3, 5]] });
  });

  it('quarters: in the words of the language', async () => {
    expect((await chart({ by: 'quarter' }, rows, { locale: 'nb-NO' })).categories[0]).toBe('1. kv. 2026');
  });

  it.each([
    ['months', ['2026-10', '2026-12'], ['Oct 2026', 'Nov 2026', 'Dec 2026']],
    ['quarters', ['2026-Q1', '2026Q3'], ['Q1 2026', 'Q2 2026', 'Q3 2026']],
    ['ISO weeks', ['2026-W53', '2027-W01'], ['28 Dec 2026', '4 Jan 2027']],
  ])('%s that are written as such: the same', async (_, names, expected) => {
    const { categories } = await chart(
      {},
      names.map((d) => ({ d, v: 1 })),
    );
    expect(categories).toEqual(expected);
  });

  it('years of a column that is called so: the same; other numbers of four digits are names', async () => {
    const numbers = [2023, 2020].map((year) => ({ year, shop: year, v: 1 }));
    expect((await chart({ category: 'year' }, numbers)).categories).toEqual(['2020', '2021', '2022', '2023']);
    expect((await chart({ category: 'shop' }, numbers)).categories).toEqual(['2020', '2023']);
  });

  it('categories that come with their numbers, as ISO dates: the same', () => {
    const { categories, values } = giveChart({ categories: ['2026-12', '2026-10'], series: [{ values: [3, 1] }] });
    expect([categories, values]).toEqual([['Oct 2026', 'Nov 2026', 'Dec 2026'], [[1, null, 3]]]);
  });
});

describe('what is no date', () => {
  it('is left out, and said below and in one warning', async () => {
    for (const by of [undefined, 'month']) {
      const read = await chart({ by }, [...days(20), { d: 'N/A', v: 500 }, { d: '', v: 600 }]);
      expect(read.values.flat().reduce((sum: number, value) => sum + (value ?? 0), 0)).toBe(210);
      expect(read.notes).toEqual(['Chart of 20 of 22 rows; 2 have no date: N/A']);
      expect(codes(read)).toEqual(['format_mismatch']);
    }
    const one = await chart({}, [...days(3), { d: '', v: 5 }], { locale: 'de-DE', strict: true });
    expect(one.notes).toEqual(['Diagramm von 3 der 4 Zeilen; 1 hat kein Datum']);
    await expect(chart({}, [...days(3), { d: '?', v: 5 }], { strict: true })).rejects.toThrow(
      '1 of 4 values is no date',
    );
  });

  it('half of a column: they all are names', async () => {
    const rows = [...days(2), { d: 'soon', v: 1 }, { d: 'late', v: 1 }];
    expect(await chart({}, rows)).toMatchObject({
      categories: ['2026-10-01', '2026-10-02', 'soon', 'late'],
      notes: [],
    });
  });
});

describe('moments', () => {
  const rows = [
    { d: '2026-10-31T23:30:00Z', v: 1 },
    { d: '2026-10-31T23:30:00-05:00', v: 2 },
    { d: '2026-10-31T23:30:00', v: 4 },
    { d: 1_793_491_200, v: 8 },
  ];

  it('are of the month that they are in by the clock of the time zone; without one as they are written', async () => {
    const inOslo = await chart({ by: 'month' }, rows, { timeZone: 'Europe/Oslo' });
    expect(inOslo).toMatchObject({ categories: ['Oct 2026', 'Nov 2026'], values: [[4, 11]] });
    expect(await chart({ by: 'month' }, rows)).toMatchObject({ values: [[7, 8]] });
    const inHonolulu = await chart({ by: 'month' }, rows, { timeZone: 'Pacific/Honolulu' });
    expect(inHonolulu).toMatchObject({ categories: ['Oct 2026'], values: [[15]] });
  });

  it('in columns of dates: are printed by the same clock', async () => {
    const columns = [{ key: 'd', format: 'datetime' }, { key: 'e' }];
    const one = [{ d: '2026-10-31T23:30:00Z', e: '2026-10-31T23:30:00Z' }];
    const options = { timeZone: 'Europe/Oslo' };
    const { rows: printed } = await readTable({ columns }, one, dir.path, options);
    expect(printed).toEqual([['1 Nov 2026, 00:30', '2026-10-31T23:30:00Z']]);
  });
});

describe('hours', () => {
  const rows = [
    { d: '2026-10-24T22:10:00Z', v: 1 },
    { d: '2026-10-24T22:50:00Z', v: 2 },
    { d: '2026-10-25T01:30:00Z', v: 4 },
    { d: 'late', v: 8 },
  ];

  it('are all there by the clock of the time zone, also those without rows; without times all is at midnight', async () => {
    const inOslo = await chart({ by: 'hour' }, rows, { timeZone: 'Europe/Oslo' });
    // Clocks are set back in that night: both hours between 02 and 03 are one.
    expect(inOslo).toMatchObject({ categories: ['00:00', '01:00', '02:00'], values: [[3, null, 4]] });
    expect(inOslo.notes).toEqual(['Chart of 3 of 4 rows; 1 has no date: late']);
    expect((await chart({ by: 'hour' }, rows, {})).categories).toEqual([
      '24 Oct, 22:00',
      '24 Oct, 23:00',
      '25 Oct, 0:00',
      '25 Oct, 1:00',
    ]);
    expect(await chart({ by: 'hour' }, days(1))).toMatchObject({ categories: ['1 Oct'], values: [[1]] });
  });

  it('that are too many: days, with a warning; centuries of them take no time', async () => {
    const far = [
      { d: '2026-10-01T00:30:00', v: 1 },
      { d: '2026-10-20T23:30:00', v: 2 },
    ];
    const { categories, warnings } = await chart({ by: 'hour' }, far);
    expect([categories.length, warnings[0]?.message]).toEqual([
      20,
      'The chart by "d" has more than 200 hours: it is drawn by day.',
    ]);
    const wide = [
      { d: '1000-01-01T00:30:00', v: 1 },
      { d: '9999-10-20T23:30:00', v: 2 },
    ];
    await expect(chart({ by: 'hour' }, wide)).rejects.toThrow('more than 200 years');
  });
});

describe('numbers of a counted chart', () => {
  it('are written as a table finds them, unless the chart says how; columns that differ as numbers', async () => {
    const rows = [{ d: 'a', v: 'kr 1 234,50', w: '25 %' }];
    const counted = async (fields: object) => (await chart(fields, rows, { locale: 'nb-NO' })).format;
    expect(await counted({})).toBe('sign:NOK:2');
    expect(await counted({ format: 'number' })).toBe('number');
    expect(await counted({ value: ['v', 'w'] })).toBeUndefined();
    expect(await counted({ value: undefined })).toBeUndefined();
  });

  it('a value with a name and a chart of its own: is such a series', async () => {
    const read = await chart({ value: ['v', { key: 'w', name: 'Budget', chart: 'line' }] }, [{ d: 'a', v: 1, w: 2 }]);
    expect(read.series).toMatchObject([{ name: 'v' }, { name: 'Budget', chart: 'line' }]);
    const value = ['v', { key: 'w', chart: 'line', axis: 'right' }];
    const apart = await chart({ value }, [{ d: 'a', v: 'kr 1 234,50', w: '25 %' }], { locale: 'nb-NO' });
    expect(apart).toMatchObject({ format: 'sign:NOK:2', rightFormat: 'percent:0', series: [{}, { axis: 'right' }] });
  });
});
