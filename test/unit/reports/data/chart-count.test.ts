import { describe, expect, it } from '@jest/globals';
import { createChartCount } from '../../../../workers/reports/data/charts/chart-count.ts';
import type { CountedChart } from '../../../../workers/reports/input/chart.ts';
import { messagesFor } from '../../../../workers/reports/locales/index.ts';
import { toDecimal } from '../../../../workers/reports/text/decimal.ts';

const LOOK = { donut: false, horizontal: false, scale: 'linear' as const, lines: [] };
const setting = { locale: 'en-GB', messages: messagesFor('en') };

function count(fields: Partial<CountedChart>, rows: [unknown, ...unknown[]][]) {
  const chart: CountedChart = {
    type: 'chart',
    chart: 'bar',
    ...LOOK,
    rows: [],
    category: 'c',
    ...fields,
  };
  const counting = createChartCount(chart, setting);
  for (const [category, ...values] of rows) {
    expect(counting.add(String(category), values.map(toDecimal))).toBe(true);
  }
  const counted = counting.finish(fields.by);
  return counted && { categories: counted.categories, series: counted.series };
}

describe('counting rows into a chart', () => {
  it('sums by category, in the order in which the rows name them', () => {
    const rows: [unknown, ...unknown[]][] = [
      ['b', 1],
      ['a', 2],
      ['b', '0.5'],
      ['a', 'none'],
      ['c', null],
    ];
    expect(count({ value: 'v' }, rows)).toEqual({
      categories: ['b', 'a', 'c'],
      series: [{ name: '', values: [1.5, 2, null] }],
    });
  });

  it('numbers of every size: are added up exactly', () => {
    const rows = [1e308, 1e308, -1e308, -1e308, 0.1, 0.2].map((v) => ['a', v] as [unknown, unknown]);
    expect(count({ value: 'v' }, rows)?.series[0]?.values).toEqual([0.3]);
  });

  it('without a value: counts the rows', () => {
    expect(count({}, [['a'], ['b'], ['a']])?.series).toEqual([{ name: '', values: [2, 1] }]);
  });

  it('several values: a series each', () => {
    expect(
      count({ value: ['v', 'w'] }, [
        ['a', 1, 10],
        ['a', 2, 20],
      ])?.series,
    ).toEqual([
      { name: 'v', values: [3] },
      { name: 'w', values: [30] },
    ]);
  });

  it('dates by month: in their order, written by the locale', () => {
    const rows: [unknown, ...unknown[]][] = [
      ['2026-11-03', 1],
      ['2026-10-31', 2],
      ['2026-11-30', 4],
    ];
    expect(count({ value: 'v', by: 'month' }, rows)).toEqual({
      categories: ['Oct 2026', 'Nov 2026'],
      series: [{ name: '', values: [2, 5] }],
    });
  });

  it('days of one year: without the year; of several: with it', () => {
    expect(count({ by: 'day' }, [['2026-11-02'], ['2026-10-31']])?.categories).toEqual(['31 Oct', '1 Nov', '2 Nov']);
    expect(count({ by: 'day' }, [['2026-01-01'], ['2025-12-31']])?.categories).toEqual(['31 Dec 2025', '1 Jan 2026']);
  });

  it('more than the limit: the largest stay, the others become one', () => {
    const rows: [unknown, ...unknown[]][] = [
      ['a', 5],
      ['b', 1],
      ['c', 9],
      ['d', 2],
    ];
    expect(count({ value: 'v', limit: 3 }, rows)).toEqual({
      categories: ['a', 'c', 'Other'],
      series: [{ name: '', values: [5, 9, 3] }],
    });
  });

  it('slices of a pie: the largest first', () => {
    expect(
      count({ chart: 'pie', value: 'v' }, [
        ['a', 1],
        ['b', 3],
      ])?.categories,
    ).toEqual(['b', 'a']);
  });

  it('a line with more points than it may have: is not drawn', () => {
    const rows = Array.from({ length: 201 }, (_, index): [unknown, unknown] => [index, 1]);
    expect(count({ chart: 'line', value: 'v' }, rows)).toBeUndefined();
  });

  it('endless categories: are refused before they fill the memory', () => {
    const counting = createChartCount({ type: 'chart', chart: 'bar', ...LOOK, rows: [], category: 'c' }, setting);
    for (let index = 0; index < 50_000; index += 1) counting.add(String(index), []);
    expect([counting.add('one more', []), counting.add('1', [])]).toEqual([false, true]);
  });
});
