import { z } from 'zod';
import { choiceField, flagField, formField, listField, objectField, textField } from '../../../src/fields/fields.ts';
import { parseLength } from '../../../src/fields/length.ts';
import { isFormat, isNumeric } from '../text/formats.ts';

/** Larger numbers are of no use on paper, and their sums would lose digits. */
const LARGEST_VALUE = 1e15;
const NUMBER_MESSAGE = 'must be a number from -1e15 to 1e15';
/** Most lines across a chart. */
const MAX_LINES = 6;

/** A number that can be drawn; `message` says so of one that can not. */
export const chartNumber = (message: string) =>
  z.number(message).min(-LARGEST_VALUE, message).max(LARGEST_VALUE, message);

/** What a series may be drawn as, where it is not what its chart is. */
export const seriesChartField = choiceField('bar', 'line');
export type SeriesChart = z.infer<typeof seriesChartField>;

/** The axis that a series is read on. */
export const axisField = choiceField('left', 'right');
export type Axis = z.infer<typeof axisField>;

/** The axis of a series: the left one, unless it says otherwise. */
export const axisOf = ({ axis = 'left' }: { axis?: Axis | undefined }): Axis => axis;

const FORMAT_MESSAGE = 'must be number, number:<0-10 decimals>, currency:<ISO 4217 code>, percent or bytes';
const numberFormatField = formField((format) => isFormat(format) && isNumeric(format), FORMAT_MESSAGE);

const isHeight = (height: string): boolean => {
  const points = parseLength(height) ?? 0;
  return points >= 85 && points <= 709;
};

/** How a chart looks, whatever it shows. */
export const look = {
  chart: choiceField('bar', 'stackedBar', 'line', 'area', 'pie'),
  donut: flagField.default(false),
  horizontal: flagField.default(false),
  stack: choiceField('none', 'stacked', 'percent').optional(),
  scale: choiceField('linear', 'log').default('linear'),
  lines: listField(
    objectField({ value: chartNumber(NUMBER_MESSAGE), label: textField(100, 0).default('') }),
    0,
    MAX_LINES,
  ).default([]),
  title: textField(300, 0).optional(),
  format: numberFormatField.optional(),
  rightFormat: numberFormatField.optional(),
  height: formField(isHeight, 'must be a length from 30mm to 250mm, such as "70mm"').optional(),
  alt: textField(1000, 0).optional(),
};

const lookFields = objectField(look);
export type ChartLook = z.infer<typeof lookFields>;

/** The parts of a chart by which its look is judged. */
type Judged = ChartLook & {
  series?: readonly { chart?: SeriesChart | undefined; axis?: Axis | undefined }[] | undefined;
};

type AddIssue = (message: string, path: (string | number)[]) => void;

/** Whether the series of a chart stand on one another, and what they come to. */
export function stackOf({ chart, stack }: Pick<ChartLook, 'chart' | 'stack'>): 'none' | 'stacked' | 'percent' {
  if (stack !== undefined) return stack;
  return chart === 'stackedBar' || chart === 'area' ? 'stacked' : 'none';
}

const isBars = ({ chart }: Pick<ChartLook, 'chart'>): boolean => chart === 'bar' || chart === 'stackedBar';

function checkStack(judged: Judged, addIssue: AddIssue): void {
  const { chart, stack } = judged;
  if (stack === undefined) return;
  if (chart === 'line' || chart === 'pie') addIssue('must be left out: only bars and areas can be stacked', ['stack']);
  else if (stack === 'none' && chart !== 'bar') addIssue(`must be stacked or percent with ${chart}`, ['stack']);
}

function checkScale(judged: Judged, addIssue: AddIssue): void {
  const { chart, scale, lines } = judged;
  if (scale === 'linear') return;
  if ((chart !== 'bar' && chart !== 'line') || stackOf(judged) !== 'none') {
    addIssue('must be linear for areas, pies and what is stacked: only lengths from zero can be added', ['scale']);
  }
  for (const [index, { value }] of lines.entries()) {
    if (value <= 0) addIssue('must be above 0 on a logarithmic scale', ['lines', index, 'value']);
  }
}

/** The right axis is one of lines, beside something on the left one. */
function checkAxes(judged: Judged, addIssue: AddIssue): void {
  const { chart, scale, horizontal, rightFormat, series = [] } = judged;
  const first = series.findIndex((one) => axisOf(one) === 'right');
  if (first < 0) {
    if (rightFormat !== undefined) addIssue('must be left out where no series has the axis right', ['rightFormat']);
    return;
  }
  const whole = [
    [!isBars(judged) && chart !== 'line', 'must be left: bars and lines alone have a second axis'],
    [horizontal, 'must be left with horizontal'],
    [scale === 'log', 'must be left on a logarithmic scale'],
    [series.every((one) => axisOf(one) === 'right'), 'must be left for one series at least'],
  ] as const;
  const fault = whole.find(([isSo]) => isSo);
  if (fault) {
    addIssue(fault[1], ['series', first, 'axis']);
    return;
  }
  for (const [index, one] of series.entries()) {
    if (axisOf(one) === 'left' || (one.chart ?? (chart === 'line' ? 'line' : 'bar')) === 'line') continue;
    addIssue('must be left, unless the series is drawn as a line ("chart": "line")', ['series', index, 'axis']);
  }
}

/** Adds an issue for each way to draw a chart that does not go with another. */
export function checkLook(judged: Judged, addIssue: AddIssue): void {
  const { chart, donut, horizontal, lines, series = [] } = judged;
  if (donut && chart !== 'pie') addIssue('must be left out: only a pie can be a donut', ['donut']);
  if (horizontal && !isBars(judged)) addIssue('must be left out: only bars can lie on their side', ['horizontal']);
  if (lines.length > 0 && chart === 'pie') addIssue('must be left out: a pie has no axis', ['lines']);
  checkStack(judged, addIssue);
  checkScale(judged, addIssue);
  checkAxes(judged, addIssue);
  const odd = series.findIndex((one) => one.chart !== undefined);
  if (odd < 0) return;
  if (!isBars(judged) && chart !== 'line') {
    addIssue('must be left out: bars and lines alone can be combined', ['series', odd, 'chart']);
  } else if (horizontal) addIssue('must be left out with horizontal', ['series', odd, 'chart']);
}
