import { z } from 'zod';
import { choiceField, flagField, formField, listField, objectField, textField } from '../../../src/fields/fields.ts';
import { type DateUnit, PERIODS } from '../dates/period.ts';
import { isFormat, isNumeric } from '../text/formats.ts';
import { parseLength } from './fields.ts';
import { dateFormatField, decimalField, type Row, type RowsSource, tableRowsField } from './table.ts';

/** Most categories of a chart, most series, and most slices of a pie: more can't be distinguished. */
export const MAX_CATEGORIES = 200;
/** Most points of a line of dates. */
export const MAX_POINTS = 1000;
export const MAX_SERIES = 12;
export const MAX_SLICES = 12;

/** Larger numbers are of no use on paper, and their sums would lose digits. */
const LARGEST_VALUE = 1e15;
const VALUE_MESSAGE = 'must be a number from -1e15 to 1e15, or null where there is none';
const valueField = z
  .number(VALUE_MESSAGE)
  .min(-LARGEST_VALUE, VALUE_MESSAGE)
  .max(LARGEST_VALUE, VALUE_MESSAGE)
  .nullable();

const isHeight = (height: string): boolean => {
  const points = parseLength(height) ?? 0;
  return points >= 85 && points <= 709;
};

const CATEGORY_MESSAGE = 'must be a text of at most 200 characters, or a number';

/** A name below the axis. */
const categoryField = z.union([textField(200, 0), z.number().transform(String)], CATEGORY_MESSAGE);

const seriesField = objectField({
  name: textField(100, 0).default(''),
  values: listField(valueField, 1, MAX_CATEGORIES),
});

/** One row of numbers, a value for each category. */
export type Series = z.infer<typeof seriesField>;

const keyField = textField(100);
const LIMIT_MESSAGE = `must be a whole number from 2 to ${MAX_CATEGORIES}`;

/** How the numbers are counted together from rows. */
const counting = {
  rows: tableRowsField.optional(),
  category: keyField.optional(),
  value: z
    .union([keyField, listField(keyField, 1, MAX_SERIES)], 'must be the key of a column, or a list of them')
    .optional(),
  by: choiceField(...PERIODS).optional(),
  decimal: decimalField.optional(),
  dateFormat: dateFormatField.optional(),
  limit: z.int(LIMIT_MESSAGE).min(2, LIMIT_MESSAGE).max(MAX_CATEGORIES, LIMIT_MESSAGE).optional(),
};

const look = {
  chart: choiceField('bar', 'stackedBar', 'line', 'area', 'pie'),
  donut: flagField.default(false),
  title: textField(300, 0).optional(),
  format: formField(
    (format) => isFormat(format) && isNumeric(format),
    'must be number, number:<0-10 decimals>, currency:<ISO 4217 code>, percent or bytes',
  ).optional(),
  height: formField(isHeight, 'must be a length from 30mm to 250mm, such as "70mm"').default('70mm'),
  alt: textField(1000, 0).optional(),
};

const chartFields = objectField({
  type: z.literal('chart'),
  ...look,
  categories: listField(categoryField, 1, MAX_CATEGORIES).optional(),
  series: listField(seriesField, 1, MAX_SERIES).optional(),
  ...counting,
});

/** A chart as a request gives it: with its numbers, or with rows that they are counted from. */
export type InputChart = z.infer<typeof chartFields>;

/** The dates of a chart's categories. */
export interface ChartDates {
  unit: DateUnit;
  /** By category, one after the other: milliseconds of a clock in UTC that shows the same time. */
  times: number[];
}

/** A chart with its numbers. */
export type ChartBlock = Omit<InputChart, keyof typeof counting> & {
  categories: string[];
  series: Series[];
  /** What dates the categories are: they stand as far from one another as these are. */
  dates?: ChartDates;
  /** What was noticed of its rows, and what stands below it where it shows a part of them. */
  warnings?: { code: string; message: string }[];
  notes?: string[];
};

/** A chart whose numbers are counted from rows. */
export type CountedChart = InputChart & { rows: Row[] | RowsSource; category: string };

export const isCounted = (chart: InputChart): chart is CountedChart =>
  chart.rows !== undefined && chart.category !== undefined;

type AddIssue = (message: string, path: (string | number)[]) => void;

function checkPie({ categories, series }: ChartBlock, addIssue: AddIssue): void {
  if (series.length > 1) addIssue('must be one series: a pie shows the parts of one whole', ['series']);
  if (categories.length > MAX_SLICES) {
    const limit = `must be at most ${MAX_SLICES} entries for a pie, not ${categories.length}`;
    addIssue(`${limit}: count the small ones together, or draw bars`, ['categories']);
  }
  const negative = series[0]?.values.findIndex((value) => (value ?? 0) < 0) ?? -1;
  if (negative >= 0) addIssue('must not be negative in a pie: draw bars instead', ['series', 0, 'values', negative]);
}

/** Areas stand on one another; one below zero would cut through the others. */
function checkAreas({ series }: ChartBlock, addIssue: AddIssue): void {
  if (series.length < 2) return;
  for (const [index, { values }] of series.entries()) {
    const negative = values.findIndex((value) => (value ?? 0) < 0);
    const message = 'must not be negative where areas are stacked: draw lines instead';
    if (negative >= 0) addIssue(message, ['series', index, 'values', negative]);
  }
}

function checkNumbers(chart: ChartBlock, addIssue: AddIssue): void {
  for (const [index, { name, values }] of chart.series.entries()) {
    if (values.length !== chart.categories.length) {
      const wanted = `a value for each of the ${chart.categories.length} categories (null where there is none)`;
      addIssue(`must have ${wanted}, not ${values.length}`, ['series', index, 'values']);
    }
    if (name === '' && chart.series.length > 1) {
      addIssue('must be given where there are several series', ['series', index, 'name']);
    }
  }
  if (chart.chart === 'pie') checkPie(chart, addIssue);
  if (chart.chart === 'area') checkAreas(chart, addIssue);
}

/** A chart has its numbers or counts them, not both. */
function checkSource(chart: InputChart, addIssue: AddIssue): void {
  const { categories, series, rows, ...rest } = chart;
  const keys = ['category', 'value', 'by', 'limit', 'decimal', 'dateFormat'] as const;
  if (rows === undefined) {
    for (const key of keys) if (rest[key] !== undefined) addIssue('must be left out where there are no rows', [key]);
    if (!categories) addIssue('must be a list of names; or give rows to count', ['categories']);
    if (!series) addIssue('must be a list of series; or give rows to count', ['series']);
    return;
  }
  if (categories) addIssue('must be left out where rows are counted', ['categories']);
  if (series) addIssue('must be left out where rows are counted', ['series']);
  if (rest.category === undefined) addIssue('must be the key of the column that names the categories', ['category']);
  const isOneSeries = !Array.isArray(rest.value) || rest.value.length === 1;
  if (chart.chart === 'pie' && !isOneSeries) addIssue('must be one key: a pie shows the parts of one whole', ['value']);
  if (chart.chart === 'pie' && (rest.limit ?? 0) > MAX_SLICES)
    addIssue(`must be at most ${MAX_SLICES} for a pie`, ['limit']);
}

/** What types can't say of a chart. */
function checkChart(chart: InputChart, context: z.RefinementCtx): void {
  const addIssue: AddIssue = (message, path) => context.addIssue({ code: 'custom', message, path });
  if (chart.donut && chart.chart !== 'pie') addIssue('must be left out: only a pie can be a donut', ['donut']);
  checkSource(chart, addIssue);
  const { categories, series } = chart;
  if (categories && series) checkNumbers({ ...chart, categories, series }, addIssue);
}

/** A chart block, as a request gives it. */
export const chartBlock = chartFields.superRefine(checkChart);

/** A chart whose rows are those of the template it stands in, unless it has its numbers. */
export const chartOfRows = chartFields
  .omit({ type: true, rows: true })
  .superRefine((chart, context) =>
    checkChart({ type: 'chart', ...chart, ...(!chart.categories && !chart.series && { rows: [] }) }, context),
  );
