import type { ChartBlock } from '../../../input/chart.ts';
import { type Axis, stackOf } from '../../../input/chart-look.ts';
import { COLORS } from '../../../layout/style.ts';
import type { Box } from '../../../pdf/box.ts';
import type { LabelLook } from '../../../pdf/canvas.ts';
import { sumDecimals, toFloat } from '../../../text/decimal.ts';
import { LABEL_SIZE } from '../axes/category-axis.ts';
import { placesOf } from '../axes/time-axis.ts';
import { domainFromZero, domainOfPowers } from '../axes/value-axis.ts';
import { lookOf } from '../palette.ts';
import { type ChartSetting, type Plot, type PlotPlace, planPlot, VALUE_ROOM } from '../plot.ts';
import { boxPath, type LabelShape, type Shape } from '../shape.ts';
import { planSideways } from '../sideways.ts';
import { findWriter, type WriteValue } from '../value-label.ts';
import { drawSeries, numbersOn, rightDomain } from './lines.ts';
import { stackValues } from './stack.ts';
import { domainOfStack, drawTargets, withTargets } from './targets.ts';

/** The part of a category's room that its bars fill. */
const FILLED = 0.72;
const WIDEST_BAR = 46;
/** A value of nearly nothing is still seen. */
const THINNEST = 0.6;
/** Numbers inside a bar need this height. */
const ROOM_INSIDE = 10;
/** Numbers beside bars on their side need this height, take at most this part of the width, and stand this far away. */
const ROOM_BESIDE = 7.5;
const MOST_BESIDE = 0.25;
const GAP_BESIDE = 3;

/** A value and its bar; `index` is its series'. */
interface Bar extends Box {
  category: number;
  value: number;
  index: number;
}

/** A series that is drawn as bars or as a line, with its place among all. */
interface Layer {
  values: (number | null)[];
  index: number;
  axis?: Axis | undefined;
}

const layersOf = ({ series }: ChartBlock, isLine: boolean): Layer[] =>
  series.flatMap(({ chart, values, axis }, index) => ((chart === 'line') === isLine ? [{ values, index, axis }] : []));

const numbersOf = (layers: readonly Layer[]): number[] =>
  layers.flatMap(({ values }) => values.filter((value) => value !== null));

function between(zero: number, end: number): { from: number; length: number } {
  const length = Math.max(THINNEST, Math.abs(end - zero));
  return { from: end > zero ? zero : zero - length, length };
}

/** The box of a bar that is `thick` points thick, from one value to another. */
function boxBetween(
  { isHorizontal, reachOf }: Plot,
  { start, thick }: { start: number; thick: number },
  [low, high]: readonly [number, number],
): Box {
  const { from, length } = between(reachOf(low), reachOf(high));
  if (!isHorizontal) return { x: start, width: thick, y: from, height: length };
  return { x: from, width: length, y: start, height: thick };
}

/** The bars between the axis and each value, side by side in their category. */
function setSideBySide(layers: readonly Layer[], plot: Plot): Bar[][] {
  const { placeOf, step, axis } = plot;
  const width = Math.max(THINNEST, Math.min(WIDEST_BAR, (step * FILLED) / layers.length));
  const gap = width > 6 ? 1 : 0;
  return layers.map(({ values, index }, place) =>
    values.flatMap((value, category) => {
      if (value === null) return [];
      const start = placeOf(category) + (place - layers.length / 2) * width + gap / 2;
      const box = boxBetween(plot, { start, thick: width - gap }, [axis.base, value]);
      return [{ category, value, index, ...box }];
    }),
  );
}

function setOnOneAnother(layers: readonly Layer[], stacks: [number, number][][], plot: Plot): Bar[][] {
  const { placeOf, step } = plot;
  const width = Math.max(THINNEST, Math.min(WIDEST_BAR, step * FILLED));
  return layers.map(({ values, index }, place) =>
    values.flatMap((value, category) => {
      const ends = stacks[place]?.[category] ?? ([0, 0] as const);
      if (value === null || value === 0) return [];
      const start = placeOf(category) - width / 2;
      return [{ category, value, index, ...boxBetween(plot, { start, thick: width }, ends) }];
    }),
  );
}

/** All bars of a series as one path. */
function drawBars(bars: Bar[], { box }: Plot): Shape[] {
  const [first] = bars;
  if (!first) return [];
  const { color, hatched } = lookOf(first.index);
  return [{ kind: 'path', path: bars.map(boxPath).join(''), fill: color, ...(hatched && { hatched: box }) }];
}

/** A number at the end of a bar: over or under it, at its right or left. */
function labelBeside(bar: Box & { value: number }, text: string, { isHorizontal }: Plot): LabelShape {
  const { x, y, width, height, value } = bar;
  const look = { kind: 'label' as const, text, size: LABEL_SIZE, color: COLORS.ink };
  if (isHorizontal) {
    const baseline = y + height / 2 + LABEL_SIZE * 0.33;
    return value < 0
      ? { ...look, x: x - GAP_BESIDE, baseline, align: 'right' }
      : { ...look, x: x + width + GAP_BESIDE, baseline };
  }
  return { ...look, x: x + width / 2, baseline: value < 0 ? y + height + LABEL_SIZE : y - 3, align: 'center' };
}

function labelInside({ x, y, width, height }: Bar, text: string, ink: Pick<LabelLook, 'color' | 'behind'>): Shape {
  const baseline = y + height / 2 + LABEL_SIZE * 0.33;
  return { kind: 'label', text, x: x + width / 2, baseline, size: LABEL_SIZE, ...ink, align: 'center' };
}

/** How numbers beside the bars are written where all of them have room, and what they take. */
interface Beside {
  write: WriteValue | undefined;
  valueRoom: number;
}

/** Finds room for numbers beside bars, of which `barCount` share the axis. */
function planBeside(
  { horizontal }: ChartBlock,
  values: readonly number[],
  { area, barCount }: { area: Box; barCount: number },
  { writers, measure }: ChartSetting,
): Beside {
  if (!horizontal) {
    const step = (area.width * 0.86) / barCount;
    const write = findWriter(values, Math.min(WIDEST_BAR * 2, step) - 4, writers, measure);
    return { write, valueRoom: write ? VALUE_ROOM : 0 };
  }
  const isHigh = (area.height * FILLED) / barCount >= ROOM_BESIDE * FILLED;
  const write = isHigh ? findWriter(values, area.width * MOST_BESIDE, writers, measure) : undefined;
  const widest = write ? values.reduce((max, value) => Math.max(max, measure(write(value))), 0) : 0;
  return { write, valueRoom: write ? widest + GAP_BESIDE : 0 };
}

const planAxes = (chart: ChartBlock, place: PlotPlace) => (chart.horizontal ? planSideways : planPlot)(chart, place);

/** What lies over the bars: lines from point to point, and lines across. */
const drawOver = (chart: ChartBlock, plot: Plot, setting: ChartSetting): Shape[] => [
  ...layersOf(chart, true).flatMap(({ values, ...layer }) => drawSeries(values, layer, plot)),
  ...drawTargets(chart, plot, setting),
];

/** Bars side by side, with their numbers where there is room for all of them. */
export function planBars(chart: ChartBlock, area: Box, setting: ChartSetting): Shape[] {
  const layers = layersOf(chart, false);
  const values = numbersOf(layers);
  const all = [...values, ...numbersOn(layersOf(chart, true), 'left')];
  const barCount = placesOf(chart).count * (layers.length === 1 ? 1 : layers.length / FILLED);
  const isAlone = layers.length === chart.series.length;
  const beside = isAlone ? planBeside(chart, values, { area, barCount }, setting) : { write: undefined, valueRoom: 0 };
  const { write, valueRoom } = beside;
  const targets = chart.lines.map(({ value }) => value);
  const domain = chart.scale === 'log' ? domainOfPowers([...all, ...targets]) : withTargets(domainFromZero(all), chart);
  const { plot, shapes } = planAxes(chart, { domain, area, valueRoom, right: rightDomain(chart), setting });
  const bars = setSideBySide(layers, plot);
  const labels = write ? bars.flat().map((bar) => labelBeside(bar, write(bar.value), plot)) : [];
  return [...shapes, ...bars.flatMap((own) => drawBars(own, plot)), ...labels, ...drawOver(chart, plot, setting)];
}

function labelStack(bars: Bar[], { writers, measure }: ChartSetting): Shape[] {
  const { inkOn, color: behind } = lookOf(bars[0]?.index ?? 0);
  if (inkOn === null) return [];
  return bars.flatMap((bar) => {
    const write = bar.height < ROOM_INSIDE ? undefined : findWriter([bar.value], bar.width - 4, writers, measure);
    return write ? [labelInside(bar, write(bar.value), { color: inkOn, behind })] : [];
  });
}

function labelSums(sums: number[], plot: Plot, write: WriteValue): Shape[] {
  return sums.map((value, category): Shape => {
    const end = boxBetween(plot, { start: plot.placeOf(category), thick: 0 }, [0, value]);
    return { ...labelBeside({ ...end, value }, write(value), plot), bold: true };
  });
}

/** A white line where a bar begins on another. */
function separate({ x, y, width, height }: Bar, { isHorizontal }: Plot): Shape {
  const line = isHorizontal ? { x: x - 0.3, y, width: 0.6, height } : { x, y: y - 0.3, width, height: 0.6 };
  return { kind: 'path', path: boxPath(line), fill: '#ffffff' };
}

/** Bars on one another; the numbers stand inside where they fit, and the sums beside where no value is negative. */
export function planStackedBars(chart: ChartBlock, area: Box, setting: ChartSetting): Shape[] {
  const { series, categories } = chart;
  const layers = layersOf(chart, false);
  const stacks = stackValues({
    categories,
    series: layers.map(({ index }) => series[index] ?? { name: '', values: [] }),
  });
  const ends = stacks.flat(2);
  const sums = categories.map((_, category) => toFloat(sumDecimals(layers.map(({ values }) => values[category]))));
  const isPlain = ends.every((end) => end >= 0) && series.length > 1 && layers.length === series.length;
  const isSummed = isPlain && stackOf(chart) !== 'percent';
  const room = { area, barCount: placesOf(chart).count };
  const { write, valueRoom } = isSummed ? planBeside(chart, sums, room, setting) : { write: undefined, valueRoom: 0 };
  const domain = domainOfStack(chart, [...ends, ...numbersOn(layersOf(chart, true), 'left')]);
  const { plot, shapes } = planAxes(chart, { domain, area, valueRoom, right: rightDomain(chart), setting });
  const bars = setOnOneAnother(layers, stacks, plot);
  return [
    ...shapes,
    ...bars.flatMap((own) => drawBars(own, plot)),
    ...bars.flat().map((bar) => separate(bar, plot)),
    ...bars.flatMap((own) => labelStack(own, setting)),
    ...(write ? labelSums(sums, plot, write) : []),
    ...drawOver(chart, plot, setting),
  ];
}
