import { z } from 'zod';
import { isFormat, isNumeric } from '../text/formats.ts';
import { choiceField, flagField, formField, listField, objectField, parseLength, textField } from './fields.ts';

/** Most categories of a chart, most series, and most slices of a pie: more can't be told apart. */
export const MAX_CATEGORIES = 200;
export const MAX_SERIES = 12;
export const MAX_SLICES = 12;

/** Larger numbers are of no use on paper, and their sums would lose digits. */
const LARGEST_VALUE = 1e15;
const VALUE_FAULT = 'must be a number from -1e15 to 1e15, or null where there is none';
const valueField = z.number(VALUE_FAULT).min(-LARGEST_VALUE, VALUE_FAULT).max(LARGEST_VALUE, VALUE_FAULT).nullable();

const isHeight = (height: string): boolean => {
  const points = parseLength(height) ?? 0;
  return points >= 85 && points <= 709;
};

const CATEGORY_FAULT = 'must be a text of at most 200 characters, or a number';

/** A name below the axis. */
const categoryField = z.union([textField(200, 0), z.number().transform(String)], CATEGORY_FAULT);

const seriesField = objectField({
  name: textField(100, 0).default(''),
  values: listField(valueField, 1, MAX_CATEGORIES),
});

/** One row of numbers, a value for each category. */
export type Series = z.infer<typeof seriesField>;

const keyField = textField(100);

/** Where a chart's numbers are counted together from rows: those of the table around it, or of a file. */
const chartData = objectField({
  file: textField(100).optional(),
  category: keyField,
  value: z
    .union([keyField, listField(keyField, 1, MAX_SERIES)], 'must be the key of a column, or a list of keys')
    .optional(),
  limit: z
    .number('must be a number')
    .int('must be a whole number')
    .min(1, 'must be at least 1')
    .max(MAX_CATEGORIES, `must be at most ${MAX_CATEGORIES}`)
    .optional(),
});

export type ChartData = z.infer<typeof chartData>;

const fields = {
  chart: choiceField('bar', 'stackedBar', 'line', 'area', 'pie'),
  donut: flagField.default(false),
  title: textField(300, 0).optional(),
  categories: listField(categoryField, 1, MAX_CATEGORIES),
  series: listField(seriesField, 1, MAX_SERIES),
  format: formField(
    (format) => isFormat(format) && isNumeric(format),
    'must be number, number:<0-10 decimals>, currency:<ISO 4217 code>, percent or bytes',
  ).optional(),
  height: formField(isHeight, 'must be a length from 30mm to 250mm, such as "70mm"').default('70mm'),
  alt: textField(1000, 0).optional(),
};

const chartFields = objectField({ type: z.literal('chart'), ...fields });

/** A chart with its numbers. */
export type ChartBlock = z.infer<typeof chartFields>;

type AddFault = (message: string, path: (string | number)[]) => void;

function checkPie({ categories, series }: ChartBlock, addFault: AddFault): void {
  if (series.length > 1) addFault('must be one series: a pie shows the parts of one whole', ['series']);
  if (categories.length > MAX_SLICES) {
    const message = `must be at most ${MAX_SLICES} entries for a pie, not ${categories.length}: count the small ones together, or draw bars`;
    addFault(message, ['categories']);
  }
  const negative = series[0]?.values.findIndex((value) => (value ?? 0) < 0) ?? -1;
  if (negative >= 0) addFault('must not be negative in a pie: draw bars instead', ['series', 0, 'values', negative]);
}

/** Areas stand on one another; one below zero would cut through the others. */
function checkAreas({ series }: ChartBlock, addFault: AddFault): void {
  if (series.length < 2) return;
  for (const [index, { values }] of series.entries()) {
    const negative = values.findIndex((value) => (value ?? 0) < 0);
    const message = 'must not be negative where areas are stacked: draw lines instead';
    if (negative >= 0) addFault(message, ['series', index, 'values', negative]);
  }
}

/** What types can't say of a chart. */
function checkChart(chart: ChartBlock, context: z.RefinementCtx): void {
  const addFault: AddFault = (message, path) => context.addIssue({ code: 'custom', message, path });
  for (const [index, { name, values }] of chart.series.entries()) {
    if (values.length !== chart.categories.length) {
      const message = `must have a value for each of the ${chart.categories.length} categories (null where there is none), not ${values.length}`;
      addFault(message, ['series', index, 'values']);
    }
    if (name === '' && chart.series.length > 1)
      addFault('must be given where there are several series', ['series', index, 'name']);
  }
  if (chart.donut && chart.chart !== 'pie') addFault('must be left out: only a pie can be a donut', ['donut']);
  if (chart.chart === 'pie') checkPie(chart, addFault);
  if (chart.chart === 'area') checkAreas(chart, addFault);
}

/** A chart block, as a request gives it. */
export const chartBlock = chartFields.superRefine(checkChart);
