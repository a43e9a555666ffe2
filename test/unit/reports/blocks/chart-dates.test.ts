import { describe, expect, it } from '@jest/globals';
import { placeDates, planDateLabels } from '../../../../workers/reports/blocks/chart/axes/time-axis.ts';
import { planBars } from '../../../../workers/reports/blocks/chart/marks/bars.ts';
import { planLines } from '../../../../workers/reports/blocks/chart/marks/lines.ts';
import type { ChartSetting } from '../../../../workers/reports/blocks/chart/plot.ts';
import type { Shape } from '../../../../workers/reports/blocks/chart/shape.ts';
import { type Period, periodsBetween } from '../../../../workers/reports/dates/period.ts';
import { writeDates } from '../../../../workers/reports/dates/write-dates.ts';
import type { ChartBlock, ChartDates } from '../../../../workers/reports/input/chart.ts';
import { messagesFor } from '../../../../workers/reports/locales/index.ts';

const AREA = { x: 0, y: 0, width: 480, height: 150 };
const language = { locale: 'en-GB', messages: messagesFor('en') };
const measure = (text: string): number => text.length * 4;
const setting: ChartSetting = {
  locale: 'en-GB',
  measure,
  writeDates: (times, unit) => writeDates(times, unit, language),
  write: String,
  share: String,
  writers: [],
};
const timesOf = (...days: string[]) => days.map((day) => Date.parse(`${day}Z`));

function chartOf(chart: ChartBlock['chart'], dates: ChartDates, values: (number | null)[]): ChartBlock {
  const categories = writeDates(dates.times, dates.unit, language);
  const look = { donut: false, horizontal: false, scale: 'linear', lines: [] } as const;
  return { type: 'chart', chart, ...look, lines: [], categories, dates, series: [{ name: '', values }] };
}

/** Where the bars of a chart begin and end. */
function barsOf(shapes: Shape[]): [number, number][] {
  const path = shapes.find((shape) => shape.kind === 'path' && shape.fill === '#1f4e79');
  const boxes = (path?.kind === 'path' ? path.path : '').matchAll(/M([\d.]+),[\d.]+H([\d.]+)/g);
  return [...boxes].map(([, from, to]) => [Number(from), Number(to)]);
}

describe('an axis of dates', () => {
  it('bars: as far from one another as their days', () => {
    const dates: ChartDates = { unit: 'date', times: timesOf('2026-10-01', '2026-10-02', '2026-10-12') };
    const [first = [0, 0], second = [0, 0], third = [0, 0]] = barsOf(
      planBars(chartOf('bar', dates, [1, 2, 3]), AREA, setting),
    );
    expect((third[0] - second[0]) / (second[0] - first[0])).toBeCloseTo(10, 1);
    expect(first[1]).toBeLessThan(second[0]);
  });

  it('a line: is interrupted where a month has no value', () => {
    const dates: ChartDates = { unit: 'month', times: timesOf('2026-01-01', '2026-02-01', '2026-03-01', '2026-04-01') };
    const shapes = planLines(chartOf('line', dates, [1, 2, null, 4]), AREA, setting);
    const line = shapes.find((shape) => shape.kind === 'path' && shape.width === 1.7);
    expect(line?.kind === 'path' && line.path.match(/M/g)).toHaveLength(2);
  });

  it('moments: by the clock', () => {
    const times = timesOf('2026-10-01T00:00', '2026-10-01T01:00', '2026-10-02T01:00');
    expect(placeDates({ unit: 'time', times })).toMatchObject({ count: 26, at: [0, 1, 25] });
  });

  it.each<[string, Period, string, string, string[]]>([
    ['a day of hours', 'hour', '2026-10-01T00:00', '2026-10-01T23:00', ['00:00', '03:00', '06:00']],
    ['a week of hours', 'hour', '2026-10-01T05:00', '2026-10-07T23:00', ['2 Oct', '3 Oct', '4 Oct']],
    ['a month of days', 'day', '2026-10-01', '2026-10-31', ['1 Oct', '6 Oct', '11 Oct']],
    ['a year of days', 'day', '2026-01-15', '2027-01-14', ['1 Mar 2026', '1 May 2026', '1 Jul 2026']],
    ['ten years of months', 'month', '2026-02-01', '2036-01-01', ['Jan 2028', 'Jan 2030', 'Jan 2032']],
    ['a century', 'year', '1926-01-01', '2026-01-01', ['1930', '1940', '1950']],
  ])('%s: as many dates as have room, at even distances of the calendar', (_, unit, from, to, expected) => {
    const [first = 0, last = 0] = timesOf(from, to);
    const dates: ChartDates = { unit, times: periodsBetween(first, last, unit) };
    const places = placeDates(dates);
    const step = 300 / places.count;
    const labels = planDateLabels(dates, places, { ...setting, step, before: 10, after: 2 });
    const own = labels.map(({ text }) => text);
    expect(own.slice(0, 3)).toEqual(expected);
    for (const [index, { place, text }] of labels.slice(1).entries()) {
      const before = labels[index] ?? { place: 0, text: '' };
      expect((place - before.place) * step).toBeGreaterThan((measure(text) + measure(before.text)) / 2);
    }
  });

  it('one date alone, and dates too far apart to count: are drawn', () => {
    expect(
      barsOf(planBars(chartOf('bar', { unit: 'date', times: timesOf('2026-10-01') }, [1]), AREA, setting)),
    ).toHaveLength(1);
    const far = { unit: 'time' as const, times: timesOf('1000-01-01T00:00', '1000-01-01T00:01', '9999-01-01T00:00') };
    expect(barsOf(planBars(chartOf('bar', far, [1, 2, 3]), AREA, setting))).toHaveLength(3);
  });
});
