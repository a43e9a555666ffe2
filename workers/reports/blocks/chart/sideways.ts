import type { ChartBlock } from '../../input/chart.ts';
import { COLORS } from '../../layout/style.ts';
import type { Box } from '../../pdf/box.ts';
import { LABEL_LEADING, LABEL_SIZE, wrapAnyhow } from './axes/category-axis.ts';
import { placesOf } from './axes/time-axis.ts';
import { axisMaker } from './axes/value-axis.ts';
import type { Plot, PlotPlace } from './plot.ts';
import { linePath, type Shape } from './shape.ts';

/** The part of the width that names may take. */
const MOST_NAMES = 0.38;
/** Room for the numbers of the axis below. */
const AXIS_ROOM = 16;
/** Between names and bars, between two numbers of the axis. */
const GAP = 6;
const MOST_LINES = 2;

/** What the names of lines across take above the bars. */
const targetRoom = ({ lines }: ChartBlock): number => (lines.length === 0 ? 0 : lines.length * LABEL_LEADING + 2);

/** How high bars on their side are together, where nobody says it: a line of text for each, and more for several. */
export function sidewaysHeight(chart: ChartBlock): number {
  const isStacked = chart.chart === 'stackedBar';
  const row = Math.max(15, isStacked ? 0 : chart.series.length * 9 + 4);
  return Math.max(85, placesOf(chart).count * row + AXIS_ROOM + 4) + targetRoom(chart);
}

/** The names at the left, each on as many lines as its row has room for. */
function planNames({ categories }: ChartBlock, width: number, step: number, setting: PlotPlace['setting']): string[][] {
  const most = Math.max(1, Math.min(MOST_LINES, Math.floor(step / LABEL_LEADING)));
  const every = Math.ceil((LABEL_LEADING - 1.5) / step);
  return categories.map((name, at) => (at % every === 0 ? wrapAnyhow(name, width, setting.measure, most) : []));
}

function drawNames(names: readonly string[][], { box, placeOf }: Plot): Shape[] {
  const look = { size: LABEL_SIZE, color: COLORS.muted, align: 'right' as const };
  return names.flatMap((lines, category) =>
    lines.map((text, index): Shape => {
      const top = placeOf(category) - ((lines.length - 1) / 2) * LABEL_LEADING;
      const baseline = top + index * LABEL_LEADING + LABEL_SIZE * 0.33;
      return { kind: 'label', text, x: box.x - GAP, baseline, maxWidth: box.x - GAP, ...look };
    }),
  );
}

/** Lines for the round numbers, from the top to the bottom, and those numbers that have room. */
function drawGrid({ box, axis, reachOf }: Plot, measure: (text: string) => number): Shape[] {
  let end = Number.NEGATIVE_INFINITY;
  return axis.ticks.flatMap(({ value, text }): Shape[] => {
    const x = reachOf(value);
    const look = value === axis.base ? { stroke: COLORS.rule, width: 0.8 } : { stroke: COLORS.hairline, width: 0.6 };
    const line: Shape = { kind: 'path', path: linePath(x, box.y, x, box.y + box.height), ...look };
    const half = measure(text) / 2;
    if (x - half < end + GAP) return [line];
    end = x + half;
    const baseline = box.y + box.height + LABEL_LEADING + 2;
    return [line, { kind: 'label', text, x, baseline, size: LABEL_SIZE, color: COLORS.muted, align: 'center' }];
  });
}

/** Sets out the axes of bars on their side, the first at the top; `valueRoom` is kept for numbers beside the bars. */
export function planSideways(chart: ChartBlock, place: PlotPlace): { plot: Plot; shapes: Shape[] } {
  const { area, domain, setting, valueRoom } = place;
  const { measure } = setting;
  const places = placesOf(chart);
  const widest = chart.categories.reduce((max, name) => Math.max(max, measure(name)), 0);
  const nameWidth = Math.min(widest, area.width * MOST_NAMES);
  const before = valueRoom > 0 && domain[0] < 0 ? valueRoom : 0;
  const left = nameWidth + GAP + before;
  const axisOf = axisMaker(chart, domain, setting.locale);
  const guess = axisOf(area.width - left);
  const after = Math.max(valueRoom, measure(guess.ticks.at(-1)?.text ?? '') / 2);
  const width = Math.max(20, area.width - left - after);
  const axis = axisOf(width);
  const top = 2 + targetRoom(chart);
  const box: Box = { x: area.x + left, y: area.y + top, width, height: Math.max(20, area.height - AXIS_ROOM - top) };
  const step = box.height / places.count;
  const plot: Plot = {
    box,
    axis,
    step,
    isHorizontal: true,
    reachOf: (value) => box.x + width - axis.scale(value),
    // Bars on their side have one axis.
    rightReachOf: (value) => box.x + width - axis.scale(value),
    placeOf: (category) => box.y + ((places.at[category] ?? 0) + 0.5) * step,
  };
  const names = planNames(chart, nameWidth, step, setting);
  const shown = before > 0 ? { ...plot, box: { ...box, x: box.x - before } } : plot;
  return { plot, shapes: [...drawGrid(plot, measure), ...drawNames(names, shown)] };
}
