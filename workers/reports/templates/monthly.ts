import type { z } from 'zod';
import { formField, listField, objectField, textField } from '../../../src/fields/fields.ts';
import type { TableBlock } from '../input/blocks.ts';
import { chartOfRows } from '../input/chart.ts';
import { type Column, columnsField, MAX_COLUMNS } from '../input/columns.ts';
import { MAX_KEY, MAX_TEXT } from '../input/fields.ts';
import { isInline, type Row, tableBlock, tableOptions, tableRowsField } from '../input/table.ts';
import { checkTable } from '../input/table-checks.ts';
import type { Messages } from '../locales/messages.ts';
import type { Block, Content, Setting } from '../model.ts';
import { defineTemplate } from './template.ts';

const MONTH = /^[1-9]\d{3}-(0[1-9]|1[0-2])$/;

const MAX_CHARTS = 20;

/** What one user did in one month. */
const monthlyData = objectField({
  userId: textField(200),
  month: formField((month) => MONTH.test(month), 'must be a year and a month, such as "2026-10"'),
  title: textField(300, 0).optional(),
  name: textField(300, 0).optional(),
  summary: textField(MAX_TEXT, 0).optional(),
  columns: columnsField.optional(),
  rows: tableRowsField.default([]),
  ...tableOptions,
  charts: listField(chartOfRows, 0, MAX_CHARTS).default([]),
}).superRefine((data, context) => {
  // What a file's columns are is seen when it is read.
  const columns = data.columns ?? (isInline(data.rows) ? columnsOf(data.rows) : undefined);
  if (columns) checkTable({ ...data, columns }, isInline(data.rows) ? data.rows : undefined, context);
  if (!data.columns && columns && isInline(data.rows)) checkKeys(data.rows, columns, context);
  checkChartFilter(data, context);
});

/** Adds an issue for rows whose keys can not be the keys of columns, where no columns are given beside them. */
function checkKeys(rows: Row[], columns: Column[], context: z.RefinementCtx): void {
  const message = `must have keys of 1 to ${MAX_KEY} characters, unless columns are given that leave the others out`;
  const isKey = ({ key }: Column) => key.length >= 1 && key.length <= MAX_KEY;
  if (!columns.every(isKey)) context.addIssue({ code: 'custom', message, path: ['rows'] });
  if (rows.length > 0 && columns.length === 0) {
    const none = 'must have a value in one of the rows at least, unless columns are given';
    context.addIssue({ code: 'custom', message: none, path: ['rows'] });
  }
}

/** Adds an issue for a condition of a computed column where charts, which have none, count the same rows. */
function checkChartFilter(
  { filter = [], columns = [], charts }: Pick<z.infer<typeof tableBlock>, 'filter' | 'columns'> & { charts: object[] },
  context: z.RefinementCtx,
): void {
  if (charts.length === 0) return;
  const computed = new Set(columns.flatMap(({ key, value }) => (value === undefined ? [] : [key])));
  const message =
    'must not be the key of a computed column beside charts, which count the same rows and have no such column';
  for (const [index, { key }] of filter.entries()) {
    if (computed.has(key)) context.addIssue({ code: 'custom', message, path: ['filter', index, 'key'] });
  }
}

type MonthlyData = z.infer<typeof monthlyData>;

/** `unitPrice` and `unit_price` as a title: Unit price. */
function toTitle(key: string): string {
  const words = key
    .replaceAll(/[_-]+/g, ' ')
    .replaceAll(/(\p{Ll})(\p{Lu})/gu, (_, end, start) => `${end} ${start.toLowerCase()}`);
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** Columns for rows that came without: the keys in the order they turn up, written as what their values are. */
function columnsOf(rows: Row[]): Column[] {
  const keys = new Set<string>();
  for (const row of rows) {
    for (const [key, value] of Object.entries(row)) if (value !== null && keys.size < MAX_COLUMNS) keys.add(key);
  }
  return [...keys].map((key) => ({ key, title: toTitle(key), format: 'auto' }));
}

function facts(data: MonthlyData, { locale, createdAt, timeZone = 'UTC' }: Setting, messages: Messages): Block {
  const [year = 0, month = 0] = data.month.split('-').map(Number);
  const date = new Intl.DateTimeFormat(locale, { dateStyle: 'long', timeZone: 'UTC' });
  const created = new Intl.DateTimeFormat(locale, { dateStyle: 'long', timeZone });
  const period = date.formatRange(Date.UTC(year, month - 1, 1), Date.UTC(year, month, 0));
  const items = [
    { key: messages.user, value: data.userId },
    { key: messages.period, value: period },
    { key: messages.created, value: created.format(createdAt) },
  ];
  if (data.name) items.unshift({ key: messages.name, value: data.name });
  return { type: 'keyValues', items };
}

/** The number of rows and the sums below the table, on cards. */
function figures(table: TableBlock | undefined, { words }: Setting): Block[] {
  if (!table?.columns || !isInline(table.rows)) return [];
  const sums = table.columns.filter(({ key }) => table.totals?.[key] === 'sum');
  const items = sums.map(({ key, title }) => ({ label: title ?? key, value: { table, key } }));
  return [{ type: 'figures', items: [{ label: words.messages.entries, value: { table } }, ...items.slice(0, 3)] }];
}

/** Every row in a table; undefined where there is none. */
function tableOf(data: MonthlyData): TableBlock | undefined {
  const { rows, columns: asked } = data;
  if (isInline(rows) && rows.length === 0) return undefined;
  const columns = asked ?? (isInline(rows) ? columnsOf(rows) : undefined);
  const options = Object.keys(tableOptions).map((name) => [name, data[name as keyof typeof tableOptions]]);
  const given = Object.fromEntries(options.filter(([, value]) => value !== undefined));
  return tableBlock.parse({ type: 'table', rows, ...(columns && { columns }), ...given });
}

/** The month's head, who and when, the sums, the summary, the charts, and every row in a table. */
function buildMonthly(data: MonthlyData, setting: Setting): Content {
  const { locale, words } = setting;
  const { messages } = words;
  const monthName = new Intl.DateTimeFormat(locale, { month: 'long', year: 'numeric', timeZone: 'UTC' });
  const month = toTitle(monthName.format(new Date(`${data.month}-01T00:00:00Z`)));
  const title = data.title || month;
  const { rows } = data;
  const table = tableOf(data);
  const blocks: Block[] = [
    { type: 'masthead', kicker: messages.monthlyReport, title, subtitle: data.title ? month : undefined },
    facts(data, setting, messages),
    ...figures(table, setting),
  ];
  if (data.summary) blocks.push({ type: 'text', text: data.summary });
  for (const chart of data.charts) {
    const isGiven = chart.categories && chart.series;
    const filter = [...(data.filter ?? []), ...(chart.filter ?? [])];
    blocks.push({ type: 'chart', ...chart, ...(!isGiven && { rows, filter }) });
  }
  if (table) blocks.push({ type: 'heading', level: 2, text: messages.details }, table);
  return { title: data.title || `${messages.monthlyReport} ${month}`, blocks };
}

/** A user's month. */
export const monthly = defineTemplate({ name: 'monthly', data: monthlyData, build: buildMonthly });
