import type { DateUnit } from '../../dates/period.ts';
import type { ChartBlock } from '../../input/chart.ts';
import { COLORS } from '../../layout/style.ts';
import type { Box } from '../../pdf/box.ts';
import type { CategoryLabels, MeasureLabel } from './axes/category-axis.ts';
import { LABEL_LEADING, LABEL_SIZE, LONGEST_TURNED, planCategoryLabels } from './axes/category-axis.ts';
import { type DateLabel, type Places, placesOf, planDateLabels, type WriteDates } from './axes/time-axis.ts';
import type { Domain, ValueAxis } from './axes/value-axis.ts';
import { axisMaker } from './axes/value-axis.ts';
import { linePath, type Shape } from './shape.ts';
import type { WriteValue } from './value-label.ts';

/** What a chart is planned with. */
export interface ChartSetting {
  locale: string;
  measure: MeasureLabel;
  writeDates: WriteDates;
  /** Prints a value in the chart's own format, exactly. */
  write: WriteValue;
  /** Prints a part of 1 as a percentage. */
  share: WriteValue;
  /** Ways to print a value beside a bar or a point, from the long to the short. */
  writers: readonly WriteValue[];
}

/** Room above the highest and below the lowest value, for numbers beside them. */
export const VALUE_ROOM = 11;
/** Between the plot and the numbers at its right, with the marks there. */
const RIGHT_ROOM = 9;
/** The length of the marks above dates where not all of them are written. */
const MARK = 3;

/** The part of a chart that is drawn on, and the axes around it. */
export interface Plot {
  box: Box;
  axis: ValueAxis;
  /** Whether bars lie on their side: values go from the left to the right, categories from the top to the bottom. */
  isHorizontal: boolean;
  /** Where a value is on its axis, counted from the chart's upper or left edge. */
  reachOf(value: number): number;
  /** The same on the axis at the right, where there is one. */
  rightReachOf(value: number): number;
  /** The middle of a category on the other axis, and the room that each has there. */
  placeOf(category: number): number;
  step: number;
}

/** What a plot shows, where, and with what it is planned. */
export interface PlotPlace {
  domain: Domain;
  /** The values that are read on an axis at the right. */
  right?: Domain | undefined;
  area: Box;
  /** What numbers beside the values take, in points; 0 where there are none. */
  valueRoom: number;
  setting: ChartSetting;
}

/** Along a line, or by numbers such as years, the names follow one another. */
function isSequence({ chart, categories }: ChartBlock): boolean {
  return chart === 'line' || chart === 'area' || categories.every((name) => /^\d+$/.test(name));
}

/** Dates that may be written on several lines, the year below. */
const WORDED = new Set<DateUnit>(['month', 'quarter']);

/** The names below a chart: where each stands, and what they take. */
interface Names {
  way: CategoryLabels['way'];
  labels: { place: number; lines: string[] }[];
  height: number;
  /** Whether a mark tells where they stand, since others are left out. */
  isMarked: boolean;
}

/** Dates that have room on one line or several, else a part of them. */
function planNames(
  chart: ChartBlock,
  places: Places,
  widths: { step: number; left: number },
  setting: ChartSetting,
): Names {
  const { measure } = setting;
  const { step, left } = widths;
  const named = (): Names => {
    const { lines, ...labels } = planCategoryLabels(chart.categories, step, isSequence(chart), measure);
    return { ...labels, labels: lines.map((own, at) => ({ place: places.at[at] ?? at, lines: own })), isMarked: false };
  };
  if (!chart.dates) return named();
  // The words of a day stay together.
  const all = named();
  const isWhole = all.way === 'wrapped' && WORDED.has(chart.dates.unit);
  const isFlat = all.way === 'flat' && all.labels.every(({ lines }) => lines.length > 0);
  if (isFlat || isWhole) return all;
  const labels = planDateLabels(chart.dates, places, { ...setting, step, before: left, after: 2 });
  return {
    way: 'flat',
    labels: labels.map(({ place, text }: DateLabel) => ({ place, lines: [text] })),
    height: LABEL_LEADING + MARK,
    isMarked: true,
  };
}

/** Sets out the axes of a chart in `area`, and draws them: lines across for the round numbers, names below. */
export function planPlot(chart: ChartBlock, place: PlotPlace): { plot: Plot; shapes: Shape[] } {
  const { domain, right, area, valueRoom, setting } = place;
  const { measure, locale } = setting;
  const above = valueRoom > 0 ? valueRoom : 4;
  const below = domain[0] < 0 ? valueRoom : 0;
  const axisOf = axisMaker(chart, domain, locale);
  // The width of the numbers depends on the height, and the height on the names, whose room depends on the numbers.
  const guess = axisOf(area.height - 30);
  const left = Math.min(area.width / 3, widest(guess, measure) + 6);
  const rightAxisOf = right && axisMaker({ scale: 'linear', format: chart.rightFormat }, right, locale);
  const opposite = rightAxisOf
    ? Math.min(area.width / 3, widest(rightAxisOf(area.height - 30), measure) + RIGHT_ROOM)
    : 0;
  const width = area.width - left - opposite;
  const places = placesOf(chart);
  const step = width / places.count;
  const labels = planNames(chart, places, { step, left }, setting);
  const height = Math.max(20, area.height - above - below - labels.height - 6);
  const axis = axisOf(height);
  const box = { x: area.x + left, y: area.y + above, width, height };
  const rightAxis = rightAxisOf?.(height) ?? axis;
  const plot: Plot = {
    box,
    axis,
    step,
    isHorizontal: false,
    reachOf: (value) => box.y + axis.scale(value),
    rightReachOf: (value) => box.y + rightAxis.scale(value),
    placeOf: (category) => box.x + ((places.at[category] ?? 0) + 0.5) * step,
  };
  const bottom = box.y + box.height + below;
  const drawn = rightAxisOf ? drawRightAxis(plot, rightAxis) : [];
  return { plot, shapes: [...drawGrid(plot), ...drawn, ...drawNames(plot, labels, bottom)] };
}

const widest = ({ ticks }: ValueAxis, measure: MeasureLabel): number =>
  ticks.reduce((max, { text }) => Math.max(max, measure(text)), 0);

function drawGrid({ box, axis, reachOf }: Plot): Shape[] {
  return axis.ticks.flatMap(({ value, text }): Shape[] => {
    const y = reachOf(value);
    const look = value === axis.base ? { stroke: COLORS.rule, width: 0.8 } : { stroke: COLORS.hairline, width: 0.6 };
    const label = { size: LABEL_SIZE, color: COLORS.muted, align: 'right' as const, maxWidth: box.x };
    return [
      { kind: 'path', path: linePath(box.x, y, box.x + box.width, y), ...look },
      { kind: 'label', text, x: box.x - 6, baseline: y + LABEL_SIZE * 0.33, ...label },
    ];
  });
}

/** The axis at the right: a mark and a number for each of its own round numbers. */
function drawRightAxis({ box, rightReachOf }: Plot, { ticks }: ValueAxis): Shape[] {
  const x = box.x + box.width;
  return ticks.flatMap(({ value, text }): Shape[] => {
    const y = rightReachOf(value);
    return [
      { kind: 'path', path: linePath(x, y, x + MARK, y), stroke: COLORS.rule, width: 0.6 },
      { kind: 'label', text, x: x + 6, baseline: y + LABEL_SIZE * 0.33, size: LABEL_SIZE, color: COLORS.muted },
    ];
  });
}

function drawNames({ box, step }: Plot, { way, labels, isMarked }: Names, bottom: number): Shape[] {
  const look = { size: LABEL_SIZE, color: COLORS.muted };
  const mark = isMarked ? MARK : 0;
  const drop = bottom + mark + LABEL_LEADING;
  return labels.flatMap(({ place, lines }): Shape[] => {
    const x = box.x + (place + 0.5) * step;
    if (way !== 'turned') {
      const texts = lines.map((text, index): Shape => {
        const baseline = drop + index * LABEL_LEADING;
        return { kind: 'label', text, x, baseline, align: 'center', ...look };
      });
      const path = linePath(x, bottom, x, bottom + mark);
      return isMarked ? [{ kind: 'path', path, stroke: COLORS.rule, width: 0.6 }, ...texts] : texts;
    }
    // Its end stands below the category's middle; it rises from the left, but not from beyond the chart's edge.
    const [text] = lines;
    if (text === undefined) return [];
    const end = { x: x + 3, baseline: drop - 2, align: 'right' as const, angle: -45 };
    return [{ kind: 'label', text, ...end, maxWidth: Math.min(LONGEST_TURNED, (x + 3) * Math.SQRT2), ...look }];
  });
}
