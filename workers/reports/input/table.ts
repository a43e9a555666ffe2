import { z } from 'zod';
import { isFormat } from '../text/formats.ts';
import { choiceField, formField, listField, MAX_TEXT, objectField, textField } from './fields.ts';

/** Most rows of all tables of a report together, given inside the request. */
export const MAX_ROWS = 20_000;
/** Most columns of one table. */
export const MAX_COLUMNS = 50;

/** One row: a value for each column's key. Keys that no column names are left out of the report. */
export type Row = Record<string, unknown>;

const WIDTH = /^(?:(?:100|[1-9]?\d)(?:\.\d+)?%|\d{1,3}(?:\.\d+)?(?:mm|cm|in|pt))$/;

const columnField = objectField({
  key: textField(100),
  title: textField(200, 0).optional(),
  align: choiceField('left', 'center', 'right').optional(),
  width: formField(
    (width) => WIDTH.test(width),
    'must be a part of the page or a length, such as "20%" or "30mm"',
  ).optional(),
  format: formField(
    isFormat,
    'must be text, number, number:<0-10 decimals>, currency:<ISO 4217 code>, percent, date, datetime or bytes',
  ).optional(),
});

export type Column = z.infer<typeof columnField>;

/** A row's value in a column. Only its own: a key such as `constructor` finds nothing that every object has. */
export const cellValue = (row: Row | undefined, key: string): unknown =>
  row && Object.hasOwn(row, key) ? row[key] : undefined;

const isPlain = (value: unknown): value is Row => typeof value === 'object' && value !== null && !Array.isArray(value);

function cellFault(value: unknown): string | undefined {
  if (typeof value === 'string') {
    return value.length > MAX_TEXT ? `must have at most ${MAX_TEXT.toLocaleString('en')} characters` : undefined;
  }
  const isCell = value === null || ['number', 'boolean'].includes(typeof value);
  return isCell ? undefined : 'must be a text, a number, true, false or null';
}

/** Faults of all rows, at most 20. A plain loop: 20,000 rows through schema objects would hold up the web process. */
function checkRows(rows: unknown[], context: z.RefinementCtx): void {
  let faults = 0;
  const report = (message: string, path: (string | number)[]) => {
    faults += 1;
    context.addIssue({ code: 'custom', message, path });
  };
  for (const [index, row] of rows.entries()) {
    if (faults >= 20) return;
    if (!isPlain(row)) {
      report('must be an object with a value for each column', [index]);
      continue;
    }
    for (const key in row) {
      const fault = cellFault(row[key]);
      if (fault) report(fault, [index, key]);
    }
  }
}

/** The rows of a table, inside the request. */
export const rowsField = listField(z.unknown(), 0, MAX_ROWS).superRefine(checkRows) as z.ZodType as z.ZodType<
  Row[],
  Row[]
>;

/** The columns of a table, from the start of a line to its end. */
export const columnsField = listField(columnField, 1, MAX_COLUMNS).superRefine((columns, context) => {
  for (const [index, { key }] of columns.entries()) {
    const isTaken = columns.findIndex((column) => column.key === key) < index;
    const message = 'must differ from the keys of the columns before it';
    if (isTaken) context.addIssue({ code: 'custom', message, path: [index, 'key'] });
  }
});

/** Columns to sum up below the table. */
export const totalsField = z.record(
  z.string(),
  z.literal('sum', 'must be "sum"'),
  'must be an object of column keys, each with "sum"',
);

/** Adds a fault for each total whose column does not exist. */
export function checkTotals(
  table: { columns?: Column[] | undefined; totals?: Record<string, 'sum'> | undefined },
  context: z.RefinementCtx,
): void {
  for (const key of Object.keys(table.totals ?? {})) {
    if (table.columns?.some((column) => column.key === key)) continue;
    context.addIssue({ code: 'custom', message: 'must be the key of a column of this table', path: ['totals', key] });
  }
}

/** A table with its rows. */
export const tableBlock = objectField({
  type: z.literal('table'),
  caption: textField(500, 0).optional(),
  columns: columnsField,
  rows: rowsField,
  totals: totalsField.optional(),
}).superRefine(checkTotals);
