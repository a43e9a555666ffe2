import type { z } from 'zod';
import { computedColumns, orderComputed } from '../data/shape/computed-columns.ts';
import { findExpressionFault } from '../data/shape/expression/parse.ts';
import { namedKeys, type Shape } from '../data/shape/named-keys.ts';
import { isNumeric } from '../text/formats.ts';
import { type Column, isOfPictures, REST, type Total } from './columns.ts';

/** What says nothing of pictures. */
const NOT_OF_PICTURES = ['value', 'format', 'decimal', 'dateFormat', 'pictures', 'highlight'] as const;

/** Adds an issue for columns of pictures whose rows are elsewhere, and for what says how texts and numbers are read. */
function checkOfPictures({ columns = [], totals = {} }: TableFields, isInside: boolean, addIssue: AddIssue): void {
  for (const [index, column] of columns.entries()) {
    if (!isOfPictures(column)) continue;
    const elsewhere = 'must be text, number or date, unless the rows are a list of a table in a document';
    if (!isInside) addIssue(elsewhere, ['columns', index, 'type']);
    for (const field of NOT_OF_PICTURES) {
      if (column[field] !== undefined) addIssue('must be left out with the type image', ['columns', index, field]);
    }
    const total = totals[column.key];
    if (total !== undefined && total !== 'count')
      addIssue('must be count, since the column has pictures', ['totals', column.key]);
  }
}

interface TableFields extends Shape {
  type?: 'table' | undefined;
  columns?: Column[] | undefined;
  totals?: Record<string, Total> | undefined;
  groupBy?: string | undefined;
  carry?: string | undefined;
}

type AddIssue = (message: string, path: (string | number)[]) => void;

const isOfDates = ({ format, type }: Column): boolean =>
  format === 'date' || format === 'datetime' || (type === 'date' && format === undefined);

/** Adds an issue for each total, and for a grouping, whose column does not exist, and for sums of dates. */
function checkTotals(
  { columns = [], totals = {}, groupBy }: TableFields,
  rows: readonly object[] | undefined,
  addIssue: AddIssue,
): void {
  const message = 'must be the key of a column of this table';
  const hasRest = columns.some(({ key }) => key === REST);
  // Of those that no other column names a file's are seen when it is read.
  const isOfRest = (key: string) => hasRest && (!rows?.length || rows.some((row) => Object.hasOwn(row, key)));
  for (const [key, total] of Object.entries(totals)) {
    const path = ['totals', key];
    const column = columns.find((one) => one.key === key);
    if (!column) {
      if (!isOfRest(key)) addIssue(message, path);
    } else if (column.hidden) addIssue('must be the key of a column that is not hidden', path);
    else if (total !== 'count' && isOfDates(column)) addIssue('must be count, since the column has dates', path);
  }
  if (groupBy !== undefined && !columns.some(({ key }) => key === groupBy) && !isOfRest(groupBy))
    addIssue(message, ['groupBy']);
}

/** Adds an issue for computed columns that are made of themselves, or are said to be read otherwise than computed. */
function checkComputed(columns: readonly Column[], addIssue: AddIssue): void {
  const { circle } = orderComputed(computedColumns(columns));
  const names = circle.map(({ column }) => `"${column.key}"`).join(', ');
  for (const { column } of circle) {
    const message = circle.length === 1 ? 'must not be made of itself' : `must not be made of itself, over ${names}`;
    addIssue(message, ['columns', columns.indexOf(column), 'value']);
  }
  for (const [index, { value, format, ...rest }] of columns.entries()) {
    if (value === undefined) continue;
    const message = 'must be left out with a value: that is a number as it is';
    for (const field of ['type', 'decimal', 'dateFormat'] as const) {
      if (rest[field] !== undefined) addIssue(message, ['columns', index, field]);
    }
    const isFit = format === undefined || format === 'auto' || isNumeric(format);
    if (!isFit) addIssue('must be a format of numbers with a value', ['columns', index, 'format']);
  }
}

/** Adds an issue where nothing would be shown, and for what makes no sense of all other columns together. */
function checkHidden(columns: readonly Column[], addIssue: AddIssue): void {
  if (columns.length > 0 && columns.every(({ hidden }) => hidden))
    addIssue('must have a column that is not hidden', ['columns']);
  const index = columns.findIndex(({ key }) => key === REST);
  const rest = columns[index];
  for (const field of ['hidden', 'value', 'group'] as const) {
    if (rest?.[field] !== undefined) addIssue(`must be left out with the key "${REST}"`, ['columns', index, field]);
  }
}

/** Adds an issue for each column that is named and that no row has; a file's are seen when it is read. */
export function checkNamed(shape: Shape, rows: readonly object[] | undefined, addIssue: AddIssue): void {
  if (!rows || rows.length === 0) return;
  const named = namedKeys(shape);
  const missing = new Set(named.map(({ key }) => key));
  for (const row of rows) {
    if (missing.size === 0) return;
    for (const key of missing) if (Object.hasOwn(row, key)) missing.delete(key);
  }
  for (const { key, path } of named) {
    if (!missing.has(key)) continue;
    const what =
      path.at(-1) === 'value' ? 'must be made of columns that the rows have' : 'must be a column of the rows';
    addIssue(`${what}: none has "${key}"`, path);
  }
}

/** Adds an issue for what types can't say of a table; `rows` are those inside the request. */
export function checkTable(table: TableFields, rows: readonly object[] | undefined, context: z.RefinementCtx): void {
  const addIssue: AddIssue = (message, path) => context.addIssue({ code: 'custom', message, path });
  const { columns } = table;
  // An expression that is none has its issue.
  if (columns?.some(({ value }) => value !== undefined && findExpressionFault(value) !== undefined)) return;
  if (columns) {
    checkTotals(table, rows, addIssue);
    checkHidden(columns, addIssue);
    checkOfPictures(table, rows !== undefined && table.type === 'table', addIssue);
    checkComputed(columns, addIssue);
  }
  const { carry, totals } = table;
  if (carry !== undefined && totals?.[carry] !== 'sum') addIssue('must be a column with the total "sum"', ['carry']);
  checkNamed(table, rows, addIssue);
}
