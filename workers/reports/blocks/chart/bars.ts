import type { ChartBlock } from '../../input/chart.ts';
import { COLORS } from '../../layout/style.ts';
import type { Box } from '../../pdf/box.ts';
import { sumDecimals, toFloat } from '../../text/decimal.ts';
import { lookOf } from './palette.ts';
import { type ChartSetting, LABEL_SIZE, type Plot, placesOf, planPlot } from './plot.ts';
import { boxPath, type Shape } from './shape.ts';
import { domainFromZero } from './value-axis.ts';
import { findWriter, type WriteValue } from './value-label.ts';

/** The part of a category's width that its bars fill. */
const FILLED = 0.72;
const WIDEST_BAR = 46;
/** A value of nearly nothing is still seen. */
const THINNEST = 0.6;
/** Numbers inside a bar need this height. */
const ROOM_INSIDE = 10;

interface Bar extends Box {
  category: number;
  value: number;
}

/** The bars between zero and each value, side by side in their category. */
function setSideBySide({ series }: ChartBlock, { xOf, yOf, step }: Plot): Bar[][] {
  const width = Math.max(THINNEST, Math.min(WIDEST_BAR, (step * FILLED) / series.length));
  const gap = width > 6 ? 1 : 0;
  return series.map(({ values }, index) =>
    values.flatMap((value, category) => {
      if (value === null) return [];
      const x = xOf(category) + (index - series.length / 2) * width;
      return [{ category, value, x: x + gap / 2, width: width - gap, ...between(yOf(0), yOf(value)) }];
    }),
  );
}

/** Returns the lower and upper end of each value when those of a category are stacked, below zero downwards. */
export function stackValues({ series, categories }: Pick<ChartBlock, 'series' | 'categories'>): [number, number][][] {
  const above = categories.map(() => 0);
  const below = categories.map(() => 0);
  return series.map(({ values }) =>
    values.map((value, category) => {
      const ends = (value ?? 0) < 0 ? below : above;
      const from = ends[category] ?? 0;
      const to = from + (value ?? 0);
      ends[category] = to;
      return [from, to];
    }),
  );
}

function setOnOneAnother(chart: ChartBlock, { xOf, yOf, step }: Plot): Bar[][] {
  const width = Math.max(THINNEST, Math.min(WIDEST_BAR, step * FILLED));
  const stacks = stackValues(chart);
  return chart.series.map(({ values }, index) =>
    values.flatMap((value, category) => {
      const [from, to] = stacks[index]?.[category] ?? [0, 0];
      if (value === null || value === 0) return [];
      return [{ category, value, x: xOf(category) - width / 2, width, ...between(yOf(from), yOf(to)) }];
    }),
  );
}

function between(zero: number, end: number): { y: number; height: number } {
  const height = Math.max(THINNEST, Math.abs(end - zero));
  return { y: end > zero ? zero : zero - height, height };
}

/** All bars of a series as one path. */
function drawBars(bars: Bar[], index: number, { box }: Plot): Shape[] {
  if (bars.length === 0) return [];
  const { color, hatched } = lookOf(index);
  return [{ kind: 'path', path: bars.map(boxPath).join(''), fill: color, ...(hatched && { hatched: box }) }];
}

function labelBeside({ x, y, width, height, value }: Bar, text: string): Shape {
  const baseline = value < 0 ? y + height + LABEL_SIZE : y - 3;
  return { kind: 'label', text, x: x + width / 2, baseline, size: LABEL_SIZE, color: COLORS.ink, align: 'center' };
}

function labelInside({ x, y, width, height }: Bar, text: string, color: string): Shape {
  const baseline = y + height / 2 + LABEL_SIZE * 0.33;
  return { kind: 'label', text, x: x + width / 2, baseline, size: LABEL_SIZE, color, align: 'center' };
}

/** How numbers over the bars are written, where all of them have room. */
function writerBeside(values: number[], barCount: number, width: number, { writers, measure }: ChartSetting) {
  const step = (width * 0.86) / barCount;
  return findWriter(values, Math.min(WIDEST_BAR * 2, step) - 4, writers, measure);
}

/** Bars side by side, with their numbers where there is room for all of them. */
export function planBars(chart: ChartBlock, area: Box, setting: ChartSetting): Shape[] {
  const { series } = chart;
  const values = series.flatMap((one) => one.values.filter((value) => value !== null));
  const barCount = placesOf(chart).count * (series.length === 1 ? 1 : series.length / FILLED);
  const write = writerBeside(values, barCount, area.width, setting);
  const { plot, shapes } = planPlot(
    chart,
    { domain: domainFromZero(values), area, labelsValues: write !== undefined },
    setting,
  );
  const bars = setSideBySide(chart, plot);
  const labels = write ? bars.flat().map((bar) => labelBeside(bar, write(bar.value))) : [];
  return [...shapes, ...bars.flatMap((own, index) => drawBars(own, index, plot)), ...labels];
}

function labelStack(bars: Bar[], index: number, { writers, measure }: ChartSetting): Shape[] {
  const { inkOn } = lookOf(index);
  if (inkOn === null) return [];
  return bars.flatMap((bar) => {
    const write = bar.height < ROOM_INSIDE ? undefined : findWriter([bar.value], bar.width - 4, writers, measure);
    return write ? [labelInside(bar, write(bar.value), inkOn)] : [];
  });
}

function labelSums(sums: number[], { xOf, yOf }: Plot, write: WriteValue): Shape[] {
  const look = { size: LABEL_SIZE, color: COLORS.ink, bold: true, align: 'center' as const };
  return sums.map((sum, category) => {
    return { kind: 'label', text: write(sum), x: xOf(category), baseline: yOf(sum) - 3, ...look };
  });
}

/** Bars on one another; the numbers stand inside where they fit, and the sums above where no value is negative. */
export function planStackedBars(chart: ChartBlock, area: Box, setting: ChartSetting): Shape[] {
  const { series, categories } = chart;
  const ends = stackValues(chart).flat(2);
  const sums = categories.map((_, category) => toFloat(sumDecimals(series.map(({ values }) => values[category]))));
  const isPlain = ends.every((end) => end >= 0) && series.length > 1;
  const write = isPlain ? writerBeside(sums, placesOf(chart).count, area.width, setting) : undefined;
  const { plot, shapes } = planPlot(
    chart,
    { domain: domainFromZero(ends), area, labelsValues: write !== undefined },
    setting,
  );
  const stacks = setOnOneAnother(chart, plot);
  const bars = stacks.flatMap((own, index) => drawBars(own, index, plot));
  const separators = stacks.flat().map(({ x, y, width }): Shape => {
    return { kind: 'path', path: boxPath({ x, y: y - 0.3, width, height: 0.6 }), fill: '#ffffff' };
  });
  const inside = stacks.flatMap((own, index) => labelStack(own, index, setting));
  return [...shapes, ...bars, ...separators, ...inside, ...(write ? labelSums(sums, plot, write) : [])];
}
