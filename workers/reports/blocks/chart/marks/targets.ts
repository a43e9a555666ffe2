import type { ChartBlock } from '../../../input/chart.ts';
import { stackOf } from '../../../input/chart-look.ts';
import { COLORS } from '../../../layout/style.ts';
import { shorten } from '../../../text/shorten.ts';
import { LABEL_LEADING, LABEL_SIZE } from '../axes/category-axis.ts';
import { type Domain, domainFromZero } from '../axes/value-axis.ts';
import type { ChartSetting, Plot } from '../plot.ts';
import { boxPath, linePath, type Shape } from '../shape.ts';

const LOOK = { stroke: COLORS.ink, width: 1, dash: [5, 3] };
/** A name stands this far from its line, and this far from the next. */
const GAP = 3;
const SPACE = 6;

/** A domain in which a chart's lines across have their place too. */
export const withTargets = ([low, high]: Domain, { lines }: Pick<ChartBlock, 'lines'>): Domain => [
  lines.reduce((least, { value }) => Math.min(least, value), low),
  lines.reduce((most, { value }) => Math.max(most, value), high),
];

const nameOf = (label: string, value: string): string => `${label} ${value}`.trim();

/** The domain of values that stand on one another. */
export const domainOfStack = (chart: ChartBlock, ends: readonly number[]): Domain =>
  withTargets(stackOf(chart) === 'percent' ? [0, 1] : domainFromZero(ends), chart);

/** Where the names of lines across stand: each at its line's end, beside one that is there already. */
function placeName(x: number, baseline: number, width: number, taken: { x: number; baseline: number }[]): number {
  const near = taken.filter((other) => Math.abs(other.baseline - baseline) < LABEL_SIZE + 1);
  const end = near.reduce((least, other) => Math.min(least, other.x - SPACE), x);
  taken.push({ x: end - width, baseline });
  return end;
}

/** Draws lines from the top to the bottom of bars on their side; each has a line of text above them of its own. */
function drawUpright({ lines }: ChartBlock, { box, reachOf }: Plot, { write, measure }: ChartSetting): Shape[] {
  const right = box.x + box.width;
  return lines.flatMap(({ value, label }, index): Shape[] => {
    const text = shorten(nameOf(label, write(value)), right, measure);
    const x = reachOf(value);
    const baseline = box.y - GAP - (lines.length - 1 - index) * LABEL_LEADING;
    const end = Math.max(measure(text), Math.min(x + measure(text) / 2, right));
    return [
      { kind: 'path', path: linePath(x, baseline + 2, x, box.y + box.height), ...LOOK },
      { kind: 'label', text, x: end, baseline, size: LABEL_SIZE, color: COLORS.ink, align: 'right' },
    ];
  });
}

/** Draws the lines across a chart, such as a budget, each with its name and value. */
export function drawTargets(chart: ChartBlock, plot: Plot, setting: ChartSetting): Shape[] {
  if (plot.isHorizontal) return drawUpright(chart, plot, setting);
  const { box, reachOf } = plot;
  const taken: { x: number; baseline: number }[] = [];
  return chart.lines.flatMap(({ value, label }): Shape[] => {
    const text = shorten(nameOf(label, setting.write(value)), box.width - SPACE, setting.measure);
    const y = reachOf(value);
    const width = setting.measure(text);
    const isHigh = y - LABEL_SIZE - GAP < box.y;
    const baseline = y + (isHigh ? LABEL_SIZE + 2 : -GAP);
    const end = placeName(box.x + box.width, baseline, width, taken);
    const paper = { x: end - width - 1, y: baseline - LABEL_SIZE + 1, width: width + 2, height: LABEL_SIZE + 1 };
    return [
      { kind: 'path', path: linePath(box.x, y, box.x + box.width, y), ...LOOK },
      { kind: 'path', path: boxPath(paper), fill: '#ffffff' },
      { kind: 'label', text, x: end, baseline, size: LABEL_SIZE, color: COLORS.ink, align: 'right' },
    ];
  });
}
