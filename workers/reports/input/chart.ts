import { z } from 'zod';
import { choiceField, listField, objectField, textField } from '../../../src/fields/fields.ts';
import { type DateUnit, PERIODS } from '../dates/period.ts';
import {
  type Axis,
  axisField,
  chartNumber,
  checkLook,
  look,
  type SeriesChart,
  seriesChartField,
  stackOf,
} from './chart-look.ts';
import { dateFormatField, decimalField } from './columns.ts';
import { filterField } from './conditions.ts';
import { isInline, type Row, type RowsSource, tableRowsField } from './table.ts';
import { checkNamed } from './table-checks.ts';

/** Most categories of a chart, most series, and most slices of a pie: more can't be distinguished. */
export const MAX_CATEGORIES = 200;
/** Most points of a line of dates. */
export const MAX_POINTS = 1000;
export const MAX_SERIES = 12;
export const MAX_SLICES = 12;

const VALUE_MESSAGE = 'must be a number from -1e15 to 1e15, or null where there is none';
const valueField = chartNumber(VALUE_MESSAGE).nullable();

const CATEGORY_MESSAGE = 'must be a text of at most 200 characters, or a number';

/** A name below the axis. */
const categoryField = z.union([textField(200, 0), z.number().transform(String)], CATEGORY_MESSAGE);

const seriesField = objectField({
  name: textField(100, 0).default(''),
  values: listField(valueField, 1, MAX_CATEGORIES),
  chart: seriesChartField.optional(),
  axis: axisField.optional(),
});

/** One row of numbers, a value for each category. */
export type Series = z.infer<typeof seriesField>;

const keyField = textField(100);
const countedField = z.union(
  [
    keyField,
    objectField({
      key: keyField,
      name: textField(100).optional(),
      chart: seriesChartField.optional(),
      axis: axisField.optional(),
    }),
  ],
  'must be the key of a column, or {"key", "name", "chart", "axis"}',
);

/** What a series of a counted chart is made of. */
export interface CountedValue {
  key: string;
  /** Without it the column's name. */
  name?: string | undefined;
  chart?: SeriesChart | undefined;
  axis?: Axis | undefined;
}
const LIMIT_MESSAGE = `must be a whole number from 2 to ${MAX_CATEGORIES}`;

/** How the numbers are counted together from rows. */
const counting = {
  rows: tableRowsField.optional(),
  category: keyField.optional(),
  value: z
    .union([keyField, listField(countedField, 1, MAX_SERIES)], 'must be the key of a column, or a list of them')
    .optional(),
  by: choiceField(...PERIODS).optional(),
  decimal: decimalField.optional(),
  dateFormat: dateFormatField.optional(),
  filter: filterField.optional(),
  limit: z.int(LIMIT_MESSAGE).min(2, LIMIT_MESSAGE).max(MAX_CATEGORIES, LIMIT_MESSAGE).optional(),
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

/** The series that a counted chart asks for; none where it counts the rows themselves. */
export function valuesOf({ value }: Pick<InputChart, 'value'>): CountedValue[] {
  if (value === undefined) return [];
  return [value].flat().map((one) => (typeof one === 'string' ? { key: one } : one));
}

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

/** Whether what is below zero has no place in a chart: areas that stand on one another, and parts of a whole. */
export const isOfParts = (chart: Pick<ChartBlock, 'chart' | 'stack'>, seriesCount: number): boolean =>
  chart.chart === 'pie' || stackOf(chart) === 'percent' || (chart.chart === 'area' && seriesCount > 1);

/** Areas stand on one another; one below zero would cut through the others, and is no part of a whole. */
function checkStacked(chart: ChartBlock, addIssue: AddIssue): void {
  const { series } = chart;
  if (chart.chart === 'pie' || !isOfParts(chart, series.length)) return;
  for (const [index, { values }] of series.entries()) {
    const negative = values.findIndex((value) => (value ?? 0) < 0);
    const where = chart.chart === 'area' ? 'where areas are stacked: draw lines' : 'in parts of a whole: draw bars';
    const message = `must not be negative ${where} instead`;
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
  checkStacked(chart, addIssue);
}

/** A chart has its numbers or counts them, not both. */
function checkSource(chart: InputChart, addIssue: AddIssue): void {
  const { categories, series, rows, ...rest } = chart;
  const keys = ['category', 'value', 'by', 'limit', 'decimal', 'dateFormat', 'filter'] as const;
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
  // The values of a counted chart are its series.
  const series = chart.series ?? valuesOf(chart);
  checkLook({ ...chart, series }, (message, [field = '', ...path]) =>
    addIssue(message, [field === 'series' && !chart.series ? 'value' : field, ...path]),
  );
  checkSource(chart, addIssue);
  const { categories, filter, rows } = chart;
  if (filter) checkNamed({ filter }, rows && isInline(rows) ? rows : undefined, addIssue);
  if (categories && chart.series) checkNumbers({ ...chart, categories, series: chart.series }, addIssue);
}

/** A chart block, as a request gives it. */
export const chartBlock = chartFields.superRefine(checkChart);

/** A chart whose rows are those of the template it stands in, unless it has its numbers. */
export const chartOfRows = chartFields
  .omit({ type: true, rows: true })
  .superRefine((chart, context) =>
    checkChart({ type: 'chart', ...chart, ...(!chart.categories && !chart.series && { rows: [] }) }, context),
  );
