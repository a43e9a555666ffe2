import type { ChartBlock } from '../../input/chart.ts';
import { COLORS } from '../../layout/style.ts';
import type { Box } from '../../pdf/box.ts';
import type { MeasureLabel } from './category-axis.ts';
import { LABEL_LEADING, LONGEST_TURNED, planCategoryLabels } from './category-axis.ts';
import { linePath, type Shape } from './shape.ts';
import type { Domain, ValueAxis } from './value-axis.ts';
import { createValueAxis } from './value-axis.ts';
import type { WriteValue } from './value-label.ts';

/** What a chart is planned with. */
export interface ChartSetting {
  locale: string;
  measure: MeasureLabel;
  /** Prints a value in the chart's own format, exactly. */
  write: WriteValue;
  /** Prints a part of 1 as a percentage. */
  share: WriteValue;
  /** Ways to print a value beside a bar or a point, from the long to the short. */
  writers: readonly WriteValue[];
}

/** The size of names and numbers in a chart. */
export const LABEL_SIZE = 8;
/** Room above the highest and below the lowest value, for numbers beside them. */
export const VALUE_ROOM = 11;

/** The part of a chart that is drawn on, and the axes around it. */
export interface Plot {
  box: Box;
  axis: ValueAxis;
  /** The height of a value, counted from the chart's upper edge. */
  yOf(value: number): number;
  /** The middle of a category, and the width that each has. */
  xOf(category: number): number;
  step: number;
  /** Whether numbers may be written beside the values. */
  hasValueRoom: boolean;
}

/** What a plot shows, and where. */
export interface PlotPlace {
  domain: Domain;
  area: Box;
  /** Whether numbers are written beside the values. */
  labelsValues: boolean;
}

/** Along a line, by dates, or by numbers such as years the names follow one another. */
function isSequence({ chart, categories, isSequence: isKnown }: ChartBlock): boolean {
  return isKnown || chart === 'line' || chart === 'area' || categories.every((name) => /^\d+$/.test(name));
}

/** Sets out the axes of a chart in `area`, and draws them: lines across for the round numbers, names below. */
export function planPlot(
  chart: ChartBlock,
  { domain, area, labelsValues }: PlotPlace,
  setting: ChartSetting,
): { plot: Plot; shapes: Shape[] } {
  const { measure, locale } = setting;
  const above = labelsValues ? VALUE_ROOM : 4;
  const below = labelsValues && domain[0] < 0 ? VALUE_ROOM : 0;
  // The width of the numbers depends on the height, and the height on the names, whose room depends on the numbers.
  const guess = createValueAxis(domain, area.height - 30, chart.format, locale);
  const left = Math.min(area.width / 3, widest(guess, measure) + 6);
  const width = area.width - left;
  const step = width / chart.categories.length;
  const ordered = isSequence(chart);
  const labels = planCategoryLabels(chart.categories, step, ordered, measure);
  const height = Math.max(20, area.height - above - below - labels.height - 6);
  const axis = createValueAxis(domain, height, chart.format, locale);
  const box = { x: area.x + left, y: area.y + above, width, height };
  const plot: Plot = {
    box,
    axis,
    yOf: (value) => box.y + axis.scale(value),
    xOf: (category) => box.x + (category + 0.5) * step,
    step,
    hasValueRoom: labelsValues,
  };
  const bottom = box.y + box.height + below;
  return { plot, shapes: [...drawGrid(plot), ...drawNames(plot, labels, bottom)] };
}

const widest = ({ ticks }: ValueAxis, measure: MeasureLabel): number =>
  ticks.reduce((max, { text }) => Math.max(max, measure(text)), 0);

function drawGrid({ box, axis, yOf }: Plot): Shape[] {
  return axis.ticks.flatMap(({ value, text }): Shape[] => {
    const y = yOf(value);
    const look = value === 0 ? { stroke: COLORS.rule, width: 0.8 } : { stroke: COLORS.hairline, width: 0.6 };
    const label = { size: LABEL_SIZE, color: COLORS.muted, align: 'right' as const, maxWidth: box.x };
    return [
      { kind: 'path', path: linePath(box.x, y, box.x + box.width, y), ...look },
      { kind: 'label', text, x: box.x - 6, baseline: y + LABEL_SIZE * 0.33, ...label },
    ];
  });
}

function drawNames({ xOf }: Plot, { way, lines }: ReturnType<typeof planCategoryLabels>, bottom: number): Shape[] {
  const look = { size: LABEL_SIZE, color: COLORS.muted };
  const drop = bottom + LABEL_LEADING;
  return lines.flatMap((own, category): Shape[] => {
    const x = xOf(category);
    if (way !== 'turned') {
      return own.map((text, index) => {
        const baseline = drop + index * LABEL_LEADING;
        return { kind: 'label', text, x, baseline, align: 'center', ...look };
      });
    }
    // Its end stands below the category's middle; it rises from the left, but not from beyond the chart's edge.
    const [text] = own;
    if (text === undefined) return [];
    const end = { x: x + 3, baseline: drop - 2, align: 'right' as const, angle: -45 };
    return [{ kind: 'label', text, ...end, maxWidth: Math.min(LONGEST_TURNED, (x + 3) * Math.SQRT2), ...look }];
  });
}
