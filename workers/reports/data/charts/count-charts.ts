import type { DateUnit } from '../../dates/period.ts';
import { type ChartBlock, type CountedChart, isCounted, isOfParts } from '../../input/chart.ts';
import { axisOf } from '../../input/chart-look.ts';
import { isInline } from '../../input/table.ts';
import type { Messages } from '../../locales/messages.ts';
import type { Block } from '../../model.ts';
import type { Decimal } from '../../text/decimal.ts';
import { isNumeric } from '../../text/formats.ts';
import { createColumnReader } from '../analyse/column-reader.ts';
import type { RowsOf } from '../analyse/read-sources.ts';
import {
  createUnread,
  type NamedColumn,
  tellPartial,
  type Unread,
  warnOfMixed,
  warnOfUnread,
} from '../analyse/unread.ts';
import { columnName, type DataRows, findPlace } from '../data-rows.ts';
import { tellCounted, tellTotals } from '../own-totals/tell-totals.ts';
import { BadData } from '../read/bad-data.ts';
import type { DataWarning } from '../read/data-warning.ts';
import { isEmpty } from '../values/empty.ts';
import { type ChartCategories, openCategories } from './chart-categories.ts';
import { createChartCount, dateLimit, valueKeys } from './chart-count.ts';
import { dateCategories } from './date-categories.ts';

/** What charts are counted with. */
export interface CountChartsSetting {
  rowsOf: RowsOf;
  locale: string;
  lang: string;
  messages: Messages;
  /** Whether cells that can't be read, or in two ways, end the report. */
  isStrict: boolean;
  /** Where the request has each block. */
  pointers: ReadonlyMap<Block, string>;
}

const nameOf = ({ title, category }: CountedChart): string => `The chart ${title ? `"${title}"` : `by "${category}"`}`;

const tooMany = (chart: CountedChart): BadData =>
  new BadData(
    `${nameOf(chart)} has too many different values of "${chart.category}": ` +
      'count by another column, or dates with "by": "month", "quarter" or "year".',
  );

function tooManyYears(chart: CountedChart): BadData {
  const most = dateLimit(chart).toLocaleString('en');
  const years = `${nameOf(chart)} has more than ${most} years of "${chart.category}"`;
  return new BadData(`${years}, which are too many even with "by": "year": take rows of fewer years.`);
}

/** Throws BadData for a column that no row inside the request has; a file's are looked up among its columns. */
function checkKeys(chart: CountedChart): void {
  const rows = isInline(chart.rows) ? chart.rows : [];
  for (const key of [chart.category, ...valueKeys(chart)]) {
    if (rows.length > 0 && !rows.some((row) => Object.hasOwn(row, key))) {
      throw new BadData(`${nameOf(chart)} asks for "${key}", which no row has.`);
    }
  }
}

/** A column of a chart's rows, and what could not be read of it. */
interface ChartColumn {
  place: number;
  /** How a table prints what it finds to be its numbers. */
  format: string | undefined;
  read(value: unknown): Decimal | undefined;
  unread: Unread;
  named: NamedColumn;
  warnings: DataWarning[];
}

const nameColumn = (
  chart: CountedChart,
  key: string,
  rows: DataRows,
  { isStrict, pointers }: CountChartsSetting,
): NamedColumn => ({
  name: `${nameOf(chart)}, column "${columnName(rows, key)}"`,
  pointer: pointers.get(chart) ?? '',
  isStrict,
});

function openColumn(chart: CountedChart, key: string, rows: DataRows, setting: CountChartsSetting): ChartColumn {
  const place = findPlace(rows, key);
  const named = nameColumn(chart, key, rows, setting);
  const decimal = chart.decimal ?? (isInline(chart.rows) ? undefined : chart.rows.decimal);
  const own = { locale: setting.locale, named, decimal, isSummed: true };
  const { number, mixed, warnings: doubts } = createColumnReader({ key }, place, rows, own);
  const warnings = [...doubts, ...warnOfMixed(mixed, named, 'they are added up as if they were of one')];
  const { format } = createColumnReader({ key, format: 'auto' }, place, rows, own);
  return { place, format, read: number, unread: createUnread(), named, warnings };
}

/** Throws BadData where a chart by day, month or year has not one date. */
function checkDates(chart: CountedChart, { unread }: ChartCategories): void {
  const sample = unread.samples.find(Boolean);
  if (!chart.by || unread.count < unread.cells || sample === undefined) return;
  throw new BadData(
    `${nameOf(chart)} has "by": "${chart.by}", but no value of "${chart.category}" is a date ("${sample}"): ` +
      'set "dateFormat", or leave out "by".',
  );
}

const LEFT_OUT = 'What is none is left out of the chart.';

/** What was noticed of a chart's rows. */
type Told = Pick<ChartBlock, 'warnings' | 'notes'>;

/** The warning and the note of what is no date, along an axis of dates. Throws BadData of a strict report. */
function tellDates({ unread, named, unit }: ChartCategories, { lang, messages }: CountChartsSetting): Required<Told> {
  if (!unit() || unread.count === 0) return { warnings: [], notes: [] };
  const warnings = warnOfUnread(unread, named, { what: 'date', outcome: LEFT_OUT });
  return { warnings, notes: [tellPartial(unread, { of: 'chart', what: 'date' }, lang, messages)] };
}

/** The warnings of what could not be read, and the sentence below the chart. Throws BadData of a strict report. */
function tell(
  columns: readonly ChartColumn[],
  categories: ChartCategories,
  rows: DataRows,
  setting: CountChartsSetting,
): Required<Told> {
  const { lang, messages } = setting;
  const dates = tellDates(categories, setting);
  const totals = columns.length > 0 ? tellTotals(rows, 'chart') : tellCounted(rows);
  const warnings = [...rows.warnings, ...totals, ...categories.warnings, ...dates.warnings];
  for (const { warnings: own, unread, named } of columns) {
    warnings.push(...own, ...warnOfUnread(unread, named, { what: 'number', outcome: LEFT_OUT }));
  }
  const partial = columns.filter(({ unread }) => unread.count > 0);
  const numbers = partial.map(({ unread }) => tellPartial(unread, { of: 'chart', what: 'number' }, lang, messages));
  return { warnings, notes: [...dates.notes, ...numbers] };
}

const UNIT_NAMES: Record<DateUnit, string> = {
  time: 'times',
  hour: 'hours',
  date: 'days',
  day: 'days',
  week: 'weeks',
  month: 'months',
  quarter: 'quarters',
  year: 'years',
};

/** The warning of a chart with more dates than it can show, which is drawn by a larger period. */
function warnOfGathered(chart: CountedChart, asked: DateUnit | undefined, counted: ChartBlock): DataWarning[] {
  const unit = counted.dates?.unit;
  if (!asked || !unit || unit === asked) return [];
  const most = dateLimit(chart).toLocaleString('en');
  const message = `${nameOf(chart)} has more than ${most} ${UNIT_NAMES[asked]}: it is drawn by ${unit}.`;
  return [{ code: 'larger_periods', message }];
}

/** A chart whose title and series are called by the names of columns that were asked for by their places. */
function nameSeries(chart: ChartBlock, rows: DataRows): ChartBlock {
  const nameOfColumn = (key: string): string => (/^#\d/.test(key) ? columnName(rows, key) : key);
  const { title, series } = chart;
  return {
    ...chart,
    ...(title !== undefined && { title: nameOfColumn(title) }),
    series: series.map((one) => ({ ...one, name: nameOfColumn(one.name) })),
  };
}

/** The format in which a table prints all of the columns; undefined where they differ, or are no numbers. */
function commonFormat(columns: readonly ChartColumn[]): string | undefined {
  const [format, ...others] = new Set(columns.map((column) => column.format));
  return others.length === 0 && isNumeric(format) && format !== 'written' ? format : undefined;
}

function count(chart: CountedChart, setting: CountChartsSetting): ChartBlock {
  checkKeys(chart);
  const rows = setting.rowsOf(chart);
  const categories = openCategories(chart, rows, nameColumn(chart, chart.category, rows, setting), setting.messages);
  const columns = valueKeys(chart).map((key) => openColumn(chart, key, rows, setting));
  const counting = createChartCount(chart, setting);
  let row = 0;
  for (const values of rows.rows()) {
    row += 1;
    if (rows.ownTotals?.rows.has(row)) continue;
    const numbers = columns.map(({ place, read, unread }) => {
      const value = values[place];
      const number = read(value);
      if (!isEmpty(value)) unread.see(number !== undefined, value, row);
      return number;
    });
    const category = categories.read(values[categories.place], row);
    if (category !== undefined && !counting.add(category, numbers)) throw tooMany(chart);
  }
  checkDates(chart, categories);
  const unit = categories.unit();
  const counted = counting.finish(unit);
  if (!counted) throw unit ? tooManyYears(chart) : tooMany(chart);
  const { warnings, notes } = tell(columns, categories, rows, setting);
  const gathered = warnOfGathered(chart, unit, counted);
  const [left, right] = (['left', 'right'] as const).map((axis) =>
    columns.filter((_, at) => axisOf(counted.series[at] ?? {}) === axis),
  );
  const format = chart.format ?? commonFormat(left ?? []);
  const rightFormat = chart.rightFormat ?? commonFormat(right ?? []);
  const formats = { ...(format && { format }), ...(rightFormat && { rightFormat }) };
  const named = { ...nameSeries(checkCounted(chart, counted), rows), ...formats };
  return { ...named, warnings: [...warnings, ...gathered], notes };
}

/** Counting may come to what can't be drawn. */
function checkCounted(chart: CountedChart, counted: ChartBlock): ChartBlock {
  const values = counted.series.flatMap((series) => series.values);
  if (isOfParts(chart, counted.series.length) && values.some((value) => value !== null && value < 0)) {
    throw new BadData(`${nameOf(chart)} has a sum below zero, which has no place in a whole: draw bars instead.`);
  }
  if (values.some((value) => value !== null && Math.abs(value) > 1e15)) {
    throw new BadData(`${nameOf(chart)} has a sum beyond 1e15, which can't be drawn.`);
  }
  return counted;
}

/** Most charts that count rows of files: each of them goes through all of them. */
const MAX_FILE_CHARTS = 50;

/** How many charts count rows of files, those in columns too. */
function countFileCharts(blocks: readonly Block[]): number {
  return blocks.reduce((sum, block) => {
    if (block.type === 'columns') return sum + countFileCharts(block.columns.flat());
    return sum + (block.type === 'chart' && isCounted(block) && !isInline(block.rows) ? 1 : 0);
  }, 0);
}

function fillCharts<Some extends Block>(blocks: readonly Some[], setting: CountChartsSetting): Some[] {
  return blocks.map((block): Some => {
    if (block.type === 'chart')
      return (isCounted(block) ? count(block, setting) : dateCategories(block, setting)) as Some;
    if (block.type !== 'columns') return block;
    return { ...block, columns: block.columns.map((column) => fillCharts(column, setting)) };
  });
}

/** Blocks with the numbers of every chart that counts rows, those in columns too. Throws BadData. */
export function countCharts(blocks: Block[], setting: CountChartsSetting): Block[] {
  return fillCharts(blocks, setting);
}

/** Throws BadData for too many charts that count rows of files. */
export function checkFileCharts(blocks: readonly Block[]): void {
  const fileCharts = countFileCharts(blocks);
  if (fileCharts <= MAX_FILE_CHARTS) return;
  const many = `${fileCharts} charts that count rows of files, at most ${MAX_FILE_CHARTS} may`;
  throw new BadData(`The report has ${many}: split it into several reports.`);
}
