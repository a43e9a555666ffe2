import { arc, pie } from 'd3-shape';
import type { ChartBlock } from '../../../input/chart.ts';
import { COLORS } from '../../../layout/style.ts';
import type { Box } from '../../../pdf/box.ts';
import { sumDecimals, toFloat } from '../../../text/decimal.ts';
import { shorten } from '../../../text/shorten.ts';
import { LABEL_SIZE } from '../axes/category-axis.ts';
import { SMALLEST_RANGE } from '../axes/value-axis.ts';
import { lookOf } from '../palette.ts';
import type { ChartSetting } from '../plot.ts';
import { boxPath, type Shape } from '../shape.ts';

/** The hole of a donut, as a part of its radius. */
const HOLE = 0.6;
/** A slice this large has room for its share. */
const SMALLEST_LABELLED = 0.06;
/** Lines of the list: as high as this, and where the page is low no lower than that. */
const ROW = 15;
const LOWEST_ROW = 9;

/** The values of the slices, and what they come to. */
interface Whole {
  values: number[];
  total: number;
}

/** Where the circle and the list of its slices stand, and how high each line of the list is. */
function arrange({ x, y, width, height }: Box, count: number): { circle: Box; list: Box; row: number } {
  if (width >= 260) {
    const size = Math.min(height, width * 0.48);
    const row = Math.max(LOWEST_ROW, Math.min(ROW, height / count));
    const left = x + size + 28;
    const listTop = y + Math.max(0, (height - count * row) / 2);
    const circle = { x, y: y + (height - size) / 2, width: size, height: size };
    return { circle, list: { x: left, y: listTop, width: width - size - 28, height }, row };
  }
  const row = Math.max(LOWEST_ROW, Math.min(ROW, (height * 0.55) / count));
  const size = Math.max(30, Math.min(width, height - count * row - 10));
  const circle = { x: x + (width - size) / 2, y, width: size, height: size };
  return { circle, list: { x, y: y + size + 10, width, height: height - size - 10 }, row };
}

/** The slices of a whole, clockwise from the top, with their shares; beside them a list of names, values and shares. */
export function planPie(chart: ChartBlock, area: Box, setting: ChartSetting): Shape[] {
  const values = (chart.series[0]?.values ?? []).map((value) => value ?? 0);
  const total = toFloat(sumDecimals(values));
  const { circle, list, row } = arrange(area, values.length);
  // What would stand below the chart's end is left out.
  const shown = chart.categories.slice(0, Math.max(1, Math.floor(list.height / row + 0.01)));
  const slices = total > SMALLEST_RANGE ? drawSlices(chart, { values, total }, circle, setting) : [drawEmpty(circle)];
  const center: Shape[] = chart.donut ? [drawCenter(circle, setting.write(total), setting)] : [];
  return [...slices, ...center, ...drawList(shown, { values, total }, { ...list, height: row }, setting)];
}

function drawSlices(chart: ChartBlock, { values, total }: Whole, circle: Box, setting: ChartSetting): Shape[] {
  const radius = circle.width / 2;
  const at = { x: circle.x + radius, y: circle.y + radius };
  const round = { x: -radius, y: -radius, width: 2 * radius, height: 2 * radius };
  const trace = arc<{ startAngle: number; endAngle: number }>()
    .innerRadius(chart.donut ? radius * HOLE : 0)
    .outerRadius(radius)
    .digits(2);
  const slices = pie<number>().sort(null)(values);
  const visible = slices.filter(({ value }) => value > 0);
  const paths = visible.map((slice): Shape => {
    const { color, hatched } = lookOf(slice.index);
    const separator = visible.length > 1 ? { stroke: '#ffffff', width: 1.2 } : {};
    return {
      kind: 'path',
      path: trace(slice) ?? '',
      at,
      fill: color,
      ...separator,
      ...(hatched && { hatched: round }),
    };
  });
  const labels = visible.flatMap((slice): Shape[] => {
    const { inkOn, color: behind } = lookOf(slice.index);
    const share = slice.value / total;
    if (inkOn === null || share < SMALLEST_LABELLED || radius < 45) return [];
    const middle = (slice.startAngle + slice.endAngle) / 2;
    const distance = visible.length === 1 && !chart.donut ? 0 : radius * (chart.donut ? (1 + HOLE) / 2 : 0.68);
    const x = at.x + Math.sin(middle) * distance;
    const baseline = at.y - Math.cos(middle) * distance + LABEL_SIZE * 0.33;
    return [
      {
        kind: 'label',
        text: setting.share(share),
        x,
        baseline,
        size: LABEL_SIZE,
        color: inkOn,
        behind,
        align: 'center',
      },
    ];
  });
  return [...paths, ...labels];
}

/** Nothing of nothing: an empty circle. */
function drawEmpty({ x, y, width }: Box): Shape {
  const path =
    arc<null>()
      .innerRadius(0)
      .outerRadius(width / 2)
      .startAngle(0)
      .endAngle(2 * Math.PI)
      .digits(2)(null) ?? '';
  return { kind: 'path', path, at: { x: x + width / 2, y: y + width / 2 }, stroke: COLORS.rule, width: 0.8 };
}

function drawCenter({ x, y, width }: Box, text: string, { measure }: ChartSetting): Shape {
  const room = width * HOLE - 20;
  const size = Math.max(6, Math.min(15, (LABEL_SIZE * room) / Math.max(1, measure(text) * 1.08)));
  const baseline = y + width / 2 + size * 0.33;
  return { kind: 'label', text, x: x + width / 2, baseline, size, color: COLORS.ink, bold: true, align: 'center' };
}

/** A line for each slice; `place` is the first of them. */
function drawList(categories: string[], { values, total }: Whole, place: Box, setting: ChartSetting): Shape[] {
  const { measure, write, share } = setting;
  const numbers = values.map((value) => write(value));
  const shares = values.map((value) => (total > SMALLEST_RANGE ? share(value / total) : ''));
  const widthOf = (texts: string[]) => texts.reduce((max, text) => Math.max(max, measure(text)), 0);
  // The numbers stand near the names, as far as the names leave them room.
  const beside = 16 + 18 + widthOf(numbers) + 14 + widthOf(shares);
  const nameWidth = Math.max(20, Math.min(widthOf(categories), place.width - beside));
  const valueEnd = place.x + 16 + nameWidth + 18 + widthOf(numbers);
  const right = valueEnd + 14 + widthOf(shares);
  const look = { size: LABEL_SIZE, color: COLORS.ink };
  return categories.flatMap((name, index): Shape[] => {
    const { color, hatched } = lookOf(index);
    const top = place.y + index * place.height;
    const sign = { x: place.x, y: top + place.height / 2 - 4.5, width: 9, height: 9 };
    const baseline = top + place.height / 2 + 2.8;
    const named = shorten(name, nameWidth, measure);
    return [
      { kind: 'path', path: boxPath(sign), fill: color, ...(hatched && { hatched: sign }) },
      { kind: 'label', text: named, x: place.x + 16, baseline, ...look },
      { kind: 'label', text: numbers[index] ?? '', x: valueEnd, baseline, align: 'right', ...look },
      { kind: 'label', text: shares[index] ?? '', x: right, baseline, align: 'right', ...look, color: COLORS.muted },
    ];
  });
}
