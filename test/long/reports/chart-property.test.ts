import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { planBars, planStackedBars } from '../../../workers/reports/blocks/chart/marks/bars.ts';
import { planAreas, planLines } from '../../../workers/reports/blocks/chart/marks/lines.ts';
import { planPie } from '../../../workers/reports/blocks/chart/marks/pie.ts';
import type { ChartSetting } from '../../../workers/reports/blocks/chart/plot.ts';
import type { LabelShape, Shape } from '../../../workers/reports/blocks/chart/shape.ts';
import { valueWriters } from '../../../workers/reports/blocks/chart/value-label.ts';
import { DAY_MS, type DateUnit, startOf } from '../../../workers/reports/dates/period.ts';
import { writeDates } from '../../../workers/reports/dates/write-dates.ts';
import type { ChartBlock } from '../../../workers/reports/input/chart.ts';
import { messagesFor } from '../../../workers/reports/locales/index.ts';
import type { Box } from '../../../workers/reports/pdf/box.ts';

const measure = (text: string): number => text.length * 4;
const settingOf = ({ series, format }: ChartBlock): ChartSetting => {
  const values = series.flatMap((one) => one.values.filter((value) => value !== null));
  const writers = valueWriters(values, format, 'nb-NO');
  const writeDates = (times: readonly number[]) => times.map(String);
  return {
    locale: 'nb-NO',
    measure,
    writeDates,
    write: String,
    share: (part) => `${Math.round(part * 100)} %`,
    writers,
  };
};

const number = fc.oneof(
  fc.double({ min: -1e15, max: 1e15, noNaN: true }),
  fc.integer({ min: -100, max: 100 }),
  fc.double({ min: -1e-9, max: 1e-9, noNaN: true }),
  fc.constant(null),
);
const lowest = (value: number | null) => (value === null ? null : Math.abs(value));

/** Charts as a request may ask for them. */
const chartOf = (sort: ChartBlock['chart'], isPositive: boolean, maxSeries: number, maxCategories: number) =>
  fc
    .tuple(fc.integer({ min: 1, max: maxCategories }), fc.integer({ min: 1, max: maxSeries }))
    .chain(([categories, series]) =>
      fc.record({
        type: fc.constant('chart' as const),
        chart: fc.constant(sort),
        donut: fc.boolean(),
        horizontal: sort === 'bar' || sort === 'stackedBar' ? fc.boolean() : fc.constant(false),
        scale: fc.constant('linear' as const),
        lines: fc.array(
          fc.record({ value: fc.integer({ min: -200, max: 200 }), label: fc.string({ maxLength: 20 }) }),
          {
            maxLength: sort === 'pie' ? 0 : 3,
          },
        ),
        height: fc.constant('70mm'),
        format: fc.constantFrom(undefined, 'number:2', 'currency:NOK', 'percent', 'bytes'),
        categories: fc.array(fc.string({ maxLength: 40 }), { minLength: categories, maxLength: categories }),
        series: fc.array(
          fc.record({
            name: fc.string({ maxLength: 20 }),
            values: fc.array(isPositive ? number.map(lowest) : number, {
              minLength: categories,
              maxLength: categories,
            }),
          }),
          { minLength: series, maxLength: series },
        ),
      }),
    );

const areas = fc.record({
  x: fc.constant(0),
  y: fc.integer({ min: 0, max: 100 }),
  width: fc.integer({ min: 80, max: 700 }),
  height: fc.integer({ min: 60, max: 400 }),
});

const isFinitePath = (path: string): boolean => !/NaN|Infinity|undefined/.test(path);

/** Where a label that is not turned begins and ends. */
function spanOf({ text, x, align = 'left', maxWidth = Number.POSITIVE_INFINITY }: LabelShape): [number, number] {
  const width = Math.min(maxWidth, measure(text));
  const left = x - width * { left: 0, center: 0.5, right: 1 }[align];
  return [left, left + width];
}

const touches = (one: LabelShape, other: LabelShape): boolean => {
  const [[from, to], [start, end]] = [spanOf(one), spanOf(other)];
  return one.baseline === other.baseline && from < end - 0.01 && start < to - 0.01;
};

describe('any chart', () => {
  it.each<
    [ChartBlock['chart'], (chart: ChartBlock, area: Box, setting: ChartSetting) => Shape[], boolean, number, number]
  >([
    ['bar', planBars, false, 12, 200],
    ['stackedBar', planStackedBars, false, 12, 200],
    ['line', planLines, false, 12, 200],
    ['area', planAreas, true, 12, 200],
    ['pie', planPie, true, 1, 12],
  ])(
    '%s: every point is a number, and no name below it touches the next',
    (sort, plan, isPositive, most, categories) => {
      fc.assert(
        fc.property(chartOf(sort, isPositive, most, categories), areas, (chart, area) => {
          const shapes = plan(chart, area, settingOf(chart));
          const labels = shapes.filter((shape) => shape.kind === 'label');
          for (const shape of shapes) {
            if (shape.kind === 'path') expect(isFinitePath(shape.path)).toBe(true);
            else expect(Number.isFinite(shape.x + shape.baseline)).toBe(true);
          }
          const names = sort === 'pie' ? [] : labels.filter(({ angle, align }) => !angle && align === 'center');
          const below = Math.max(0, ...names.map(({ baseline }) => baseline));
          const last = names.filter(({ baseline }) => baseline === below);
          for (const [index, name] of last.entries()) {
            const next = last[index + 1];
            if (next) expect(touches(name, next)).toBe(false);
          }
        }),
        { numRuns: 40 },
      );
    },
  );

  it.each<[DateUnit]>([['time'], ['date'], ['day'], ['week'], ['month'], ['quarter'], ['year']])(
    'of dates (%s): every point is a number, and no date below it touches the next',
    (unit) => {
      const isPeriod = unit !== 'date' && unit !== 'time';
      const dates = fc
        .array(fc.integer({ min: Date.UTC(1800, 0), max: Date.UTC(2200, 0) }), { minLength: 1, maxLength: 60 })
        .map((moments) => {
          const length = unit === 'time' ? 60_000 : DAY_MS;
          const starts = moments.map((time) =>
            isPeriod ? startOf(time, unit, 1) : Math.floor(time / length) * length,
          );
          return [...new Set(starts)].sort((one, other) => one - other);
        });
      fc.assert(
        fc.property(dates, fc.constantFrom('bar' as const, 'line' as const), areas, (times, sort, area) => {
          const categories = writeDates(times, unit, { locale: 'nb-NO', messages: messagesFor('nb') });
          const look = { donut: false, horizontal: false, scale: 'linear' as const, lines: [], height: '70mm' };
          const series = [{ name: '', values: times.map((_, index) => index - 3) }];
          const chart: ChartBlock = { type: 'chart', chart: sort, ...look, categories, series, dates: { unit, times } };
          const write = (some: readonly number[], own: DateUnit) =>
            writeDates(some, own, { locale: 'nb-NO', messages: messagesFor('nb') });
          const plan = sort === 'bar' ? planBars : planLines;
          const shapes = plan(chart, area, { ...settingOf(chart), writeDates: write });
          for (const shape of shapes) if (shape.kind === 'path') expect(isFinitePath(shape.path)).toBe(true);
          const labels = shapes.filter((shape) => shape.kind === 'label' && !shape.angle && shape.align === 'center');
          const below = Math.max(0, ...labels.map((label) => (label as LabelShape).baseline));
          const last = labels.filter((label) => (label as LabelShape).baseline === below) as LabelShape[];
          for (const [index, label] of last.entries()) {
            const next = last[index + 1];
            if (next) expect(touches(label, next)).toBe(false);
          }
        }),
        { numRuns: 30 },
      );
    },
  );
});
