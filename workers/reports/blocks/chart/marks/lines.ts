import { area as createArea, line as createLine } from 'd3-shape';
import type { ChartBlock, Series } from '../../../input/chart.ts';
import { type Axis, axisOf } from '../../../input/chart-look.ts';
import { COLORS } from '../../../layout/style.ts';
import type { Box } from '../../../pdf/box.ts';
import { LABEL_SIZE } from '../axes/category-axis.ts';
import { placesOf } from '../axes/time-axis.ts';
import { type Domain, domainOfPoints, domainOfPowers } from '../axes/value-axis.ts';
import { lookOf } from '../palette.ts';
import { type ChartSetting, type Plot, planPlot, VALUE_ROOM } from '../plot.ts';
import type { Shape } from '../shape.ts';
import { findWriter, type WriteValue } from '../value-label.ts';
import { stackValues } from './stack.ts';
import { domainOfStack, drawTargets } from './targets.ts';

type Point = { x: number; y: number } | null;
type Band = { x: number; low: number; high: number } | null;

/** Points this near one another get no markers: they would cover the line. */
const MARKER_STEP = 9;

const traceLine = createLine<Point>()
  .defined((point) => point !== null)
  .x((point) => point?.x ?? 0)
  .y((point) => point?.y ?? 0)
  .digits(2);

const traceArea = createArea<Band>()
  .defined((edge) => edge !== null)
  .x((edge) => edge?.x ?? 0)
  .y0((edge) => edge?.low ?? 0)
  .y1((edge) => edge?.high ?? 0)
  .digits(2);

/** Returns the points of a line that get markers: all where there is room, else those without a neighbour. */
function markedPoints(points: Point[], step: number): { x: number; y: number }[] {
  return points.filter((point, index): point is { x: number; y: number } => {
    const isAlone = !points[index - 1] && !points[index + 1];
    return point !== null && (step >= MARKER_STEP || isAlone);
  });
}

function drawLine(points: Point[], index: number, step: number): Shape[] {
  const { color, dash, marker, hatched } = lookOf(index);
  const path = traceLine(points) ?? '';
  const markers = markedPoints(points, step).map(
    (at): Shape => ({ kind: 'path', path: marker, at, fill: hatched ? '#ffffff' : color, stroke: color, width: 1 }),
  );
  return path === '' ? [] : [{ kind: 'path', path, stroke: color, width: 1.7, dash }, ...markers];
}

/** How numbers over the points are written, where there is a single line and all of them have room. */
function writerOver(chart: ChartBlock, width: number, { writers, measure }: ChartSetting) {
  const { series } = chart;
  if (series.length > 1) return undefined;
  const values = series.flatMap((one) => one.values.filter((value) => value !== null));
  return findWriter(values, (width * 0.86) / placesOf(chart).count - 4, writers, measure);
}

/** Numbers over the points of a line; below where the line comes from above on both sides. */
function labelPoints(values: (number | null)[], { placeOf, reachOf }: Plot, write: WriteValue): Shape[] {
  return values.flatMap((value, category): Shape[] => {
    if (value === null) return [];
    const isValley = (values[category - 1] ?? value) > value && (values[category + 1] ?? value) > value;
    const baseline = reachOf(value) + (isValley ? LABEL_SIZE + 5 : -6);
    const look = { size: LABEL_SIZE, color: COLORS.ink, align: 'center' as const };
    return [{ kind: 'label', text: write(value), x: placeOf(category), baseline, ...look }];
  });
}

/** Draws a series as a line from point to point; where a value is missing it is interrupted. */
export function drawSeries(
  values: readonly (number | null)[],
  { index, axis }: { index: number; axis?: Axis | undefined },
  { placeOf, reachOf, rightReachOf, step }: Plot,
): Shape[] {
  const reach = axisOf({ axis }) === 'right' ? rightReachOf : reachOf;
  const points = values.map((value, category) => (value === null ? null : { x: placeOf(category), y: reach(value) }));
  return drawLine(points, index, step);
}

/** The numbers of those series that are read on an axis. */
export const numbersOn = (series: readonly Pick<Series, 'axis' | 'values'>[], axis: Axis): number[] =>
  series.filter((one) => axisOf(one) === axis).flatMap(({ values }) => values.filter((value) => value !== null));

/** The domain of the axis at the right; undefined where nothing is read there. */
export function rightDomain({ series }: Pick<ChartBlock, 'series'>): Domain | undefined {
  return series.some((one) => axisOf(one) === 'right') ? domainOfPoints(numbersOn(series, 'right')) : undefined;
}

/** Lines from point to point; where a value is missing the line is interrupted. */
export function planLines(chart: ChartBlock, area: Box, setting: ChartSetting): Shape[] {
  const values = numbersOn(chart.series, 'left');
  const write = writerOver(chart, area.width, setting);
  const all = [...values, ...chart.lines.map(({ value }) => value)];
  const domain = chart.scale === 'log' ? domainOfPowers(all) : domainOfPoints(all);
  const { plot, shapes } = planPlot(chart, {
    domain,
    area,
    valueRoom: write ? VALUE_ROOM : 0,
    right: rightDomain(chart),
    setting,
  });
  const lines = chart.series.flatMap(({ values, axis }, index) => drawSeries(values, { index, axis }, plot));
  const labels = write ? labelPoints(chart.series[0]?.values ?? [], plot, write) : [];
  return [...shapes, ...lines, ...labels, ...drawTargets(chart, plot, setting)];
}

/** An area between two lines; one that is a single point wide is drawn as a bar. */
function drawArea(band: Band[], index: number, { box, step }: Plot): Shape[] {
  const { color, hatched } = lookOf(index);
  const wide = band.map((edge, place) => {
    const isAlone = edge && !band[place - 1] && !band[place + 1];
    return isAlone
      ? [
          { ...edge, x: edge.x - step / 4 },
          { ...edge, x: edge.x + step / 4 },
        ]
      : [edge];
  });
  const path = traceArea(wide.flat()) ?? '';
  const look = { fill: color, stroke: '#ffffff', width: 0.6, ...(hatched && { hatched: box }) };
  return path === '' ? [] : [{ kind: 'path', path, ...look }];
}

/** Plans filled areas, one on another. A missing value interrupts a single one; among several it counts as zero. */
export function planAreas(chart: ChartBlock, area: Box, setting: ChartSetting): Shape[] {
  const stacks = stackValues(chart);
  const domain = domainOfStack(chart, stacks.flat(2));
  const { plot, shapes } = planPlot(chart, { domain, area, valueRoom: 0, setting });
  const isStacked = chart.series.length > 1;
  const bands = chart.series.map(({ values }, index) =>
    values.map((value, category): Band => {
      const [from, to] = stacks[index]?.[category] ?? [0, 0];
      if (value === null && !isStacked) return null;
      return { x: plot.placeOf(category), low: plot.reachOf(from), high: plot.reachOf(to) };
    }),
  );
  // The areas stand on the grid: its numbers are read beside them.
  const areas = bands.flatMap((band, index) => drawArea(band, index, plot));
  return [...shapes, ...areas, ...drawTargets(chart, plot, setting)];
}
