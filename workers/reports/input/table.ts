import { z } from 'zod';
import { findUrlFault } from '../../../src/fetch/url-shape.ts';
import {
  flagField,
  formField,
  listField,
  objectField,
  textField,
  wholeNumberField,
} from '../../../src/fields/fields.ts';
import { jobFileFields, uploadIdField } from '../../../src/jobs/files/file-reference.ts';
import type { NamedFile } from '../../../src/jobs/files/job-file.ts';
import { isDecimal } from '../text/decimal.ts';
import { columnsField, dateFormatField, decimalField, isOfPictures, MAX_COLUMNS, totalsField } from './columns.ts';
import { filterField, sortField } from './conditions.ts';
import { MAX_KEY, MAX_TEXT } from './fields.ts';
import { cellPictureField } from './image.ts';
import { checkTable } from './table-checks.ts';

/** Most rows of all tables of a report together, given inside the request. Files and URLs have a limit of their own. */
export const MAX_ROWS = 20_000;
/** Most values of one row: a row may have more than its table shows. */
const MAX_VALUES = 1000;

/** The encodings that a file may be said to have. */
export const ENCODINGS = [
  'utf-8',
  'utf-16le',
  'utf-16be',
  'windows-1250',
  'windows-1251',
  'windows-1252',
  'windows-1253',
  'windows-1254',
  'windows-1255',
  'windows-1256',
  'windows-1257',
  'windows-1258',
  'iso-8859-2',
  'iso-8859-5',
  'iso-8859-7',
  'iso-8859-15',
  'macintosh',
  'koi8-r',
  'koi8-u',
  'ibm866',
  'shift_jis',
  'euc-jp',
  'euc-kr',
  'gbk',
  'gb18030',
  'big5',
] as const;
export type Encoding = (typeof ENCODINGS)[number];

/** What may part the cells of a CSV. */
export const DELIMITERS = [',', ';', '\t', '|', ':', '^', '~'] as const;
export type Delimiter = (typeof DELIMITERS)[number];

/** What a request says of a data file, where the file's own evidence is not to decide. */
export interface SourceOptions {
  encoding?: Encoding | undefined;
  delimiter?: Delimiter | undefined;
  skipRows?: number | undefined;
  /** Whether a row has the names of the columns; where nothing is said it is believed to, with a warning where it looks otherwise. */
  header?: boolean | undefined;
  /** Of a workbook: its name, or its number from 1. */
  sheet?: string | number | undefined;
  decimal?: '.' | ',' | undefined;
  dateFormat?: string | undefined;
}

/** Where a table's rows are when they are not inside the request: a file of the form, an address, an upload, or a job's result. */
export type RowsSource = ({ file: string; job?: undefined } | { url: string } | NamedFile) & SourceOptions;

/** One row: a value for each column's key. Keys that no column names are left out of the report. */
export type Row = Record<string, unknown>;

/** A row's value in a column. Only its own: a key such as `constructor` finds nothing that every object has. */
export const cellValue = (row: Row | undefined, key: string): unknown =>
  row && Object.hasOwn(row, key) ? row[key] : undefined;

const isPlain = (value: unknown): value is Row => typeof value === 'object' && value !== null && !Array.isArray(value);

/** Numbers from here on are not counted: see `parseDecimal`. */
const TOO_LARGE = 1e301;

/** What is wrong with a value as a cell, as the rest of a sentence; undefined where nothing is. */
export function cellIssue(value: unknown): string | undefined {
  if (typeof value === 'string') {
    return value.length > MAX_TEXT ? `must have at most ${MAX_TEXT.toLocaleString('en')} characters` : undefined;
  }
  // JSON has no infinity, but 1e999 is read as one.
  if (typeof value === 'number' && Math.abs(value) >= TOO_LARGE) return 'must be a number between -1e301 and 1e301';
  if (typeof value === 'number' && Number.isInteger(value) && !Number.isSafeInteger(value)) {
    return 'must be a text where it is larger than 9,007,199,254,740,991: as a number it loses digits';
  }
  if (isDecimal(value)) return undefined;
  const isCell = value === null || ['number', 'boolean'].includes(typeof value);
  return isCell ? undefined : 'must be a text, a number, true, false or null';
}

/** What is wrong with a value as a picture in a cell; undefined where nothing is. */
const pictureIssue = (value: unknown): string | undefined =>
  isNoPicture(value) ? undefined : cellPictureField.safeParse(value).error?.issues[0]?.message;

/** Whether a cell of a column of pictures has none. */
export const isNoPicture = (value: unknown): value is null | undefined | '' =>
  value === null || value === undefined || value === '';

/**
 * Issues of all rows, at most 20; columns of these keys have pictures. A plain loop: 20,000 rows through schema objects would
 * hold up the web process. Returns whether there are any.
 */
function checkRows(rows: unknown[], context: z.RefinementCtx, pictures?: { keys: Set<string>; path: string }): boolean {
  let issues = 0;
  const report = (message: string, path: (string | number)[]) => {
    issues += 1;
    context.addIssue({ code: 'custom', message, path: pictures ? [pictures.path, ...path] : path });
  };
  for (const [index, row] of rows.entries()) {
    if (issues >= 20) return true;
    if (!isPlain(row)) {
      report('must be an object with a value for each column', [index]);
      continue;
    }
    const keys = Object.keys(row);
    if (keys.length > MAX_VALUES) report(`must have at most ${MAX_VALUES.toLocaleString('en')} values`, [index]);
    for (const key of keys.slice(0, MAX_VALUES)) {
      const issue = pictures?.keys.has(key) ? pictureIssue(row[key]) : cellIssue(row[key]);
      if (issue) report(issue, [index, key]);
    }
  }
  return issues > 0;
}

/** The rows of a table, inside the request. */
const rowsField = listField(z.unknown(), 0, MAX_ROWS).superRefine((rows, context) => {
  checkRows(rows, context);
}) as z.ZodType as z.ZodType<Row[], Row[]>;

/** The rows of a table whose columns may be of pictures: they are checked with these. */
const uncheckedRowsField = listField(z.unknown(), 0, MAX_ROWS) as z.ZodType as z.ZodType<Row[], Row[]>;

const fileField = formField(
  (name) => /^[A-Za-z][\w-]{0,63}$/.test(name) && name !== 'report',
  'must be the name of a file field of the form: a letter, then at most 63 letters, digits, - or _',
);
const urlField = z.string().superRefine((url, context) => {
  const issue = findUrlFault(url);
  if (issue) context.addIssue({ code: 'custom', message: issue });
});

/** Returns a list's own issue; for anything else, what there is to choose from. */
function rowsMessage(issue: { code?: string; errors?: z.core.$ZodIssue[][] }): string {
  const tooLong = issue.errors?.flat().find(({ code, path }) => code === 'too_big' && path.length === 0);
  const option = issue.errors?.flat().find(({ path }) => String(path[0]) in sourceOptions);
  return (
    tooLong?.message ??
    (option && `must have a "${String(option.path[0])}" that ${option.message.replace(/^must be/, 'is')}`) ??
    'must be a list of rows, {"file": "<form field>"}, {"upload": "upd_..."}, {"job": "rep_..."} or {"url": "https://..."}'
  );
}

const MOST_SKIPPED = 10_000;
const MOST_SHEETS = 2000;
/** Most characters of a sheet's name: programs other than Excel take more than 31. */
const MAX_SHEET = 200;
const sourceOptions = {
  encoding: z.enum(ENCODINGS, `must be one of ${ENCODINGS.join(', ')}`).optional(),
  delimiter: z.enum(DELIMITERS, 'must be one of , ; | : ^ ~ or a tab').optional(),
  skipRows: wholeNumberField(0, MOST_SKIPPED).optional(),
  header: flagField.optional(),
  sheet: z
    .union(
      [textField(MAX_SHEET), wholeNumberField(1, MOST_SHEETS)],
      `must be the name of a sheet, or its number from 1 to ${MOST_SHEETS.toLocaleString('en')}`,
    )
    .optional(),
  decimal: decimalField.optional(),
  dateFormat: dateFormatField.optional(),
};

/** The rows of a table, inside the request or as CSV, NDJSON, JSON or a workbook elsewhere. */
const rowsOrSource = (rows: z.ZodType<Row[]>): z.ZodType<Row[] | RowsSource> =>
  z.union(
    [
      rows,
      objectField({ file: fileField, ...sourceOptions }),
      objectField({ url: urlField, ...sourceOptions }),
      objectField({ upload: uploadIdField, ...sourceOptions }),
      objectField({ ...jobFileFields, ...sourceOptions }),
    ],
    { error: rowsMessage },
  );

/** The rows of a table or chart, inside the request or elsewhere. */
export const tableRowsField = rowsOrSource(rowsField);

/** Whether the rows are inside the request. */
export const isInline = (rows: Row[] | RowsSource): rows is Row[] => Array.isArray(rows);

/** What is done with the rows of a table, whoever makes the table. */
export const tableOptions = {
  totals: totalsField.optional(),
  sums: flagField.optional(),
  groupBy: textField(MAX_KEY).optional(),
  carry: textField(MAX_KEY).optional(),
  filter: filterField.optional(),
  sort: sortField.optional(),
  zebra: flagField.optional(),
};

/** A table with its rows. Only rows that come with a header row of their own can do without columns. */
export const tableBlock = objectField({
  type: z.literal('table'),
  caption: textField(500, 0).optional(),
  columns: columnsField.optional(),
  rows: rowsOrSource(uncheckedRowsField),
  ...tableOptions,
}).superRefine((table, context) => {
  const { columns, rows } = table;
  const keys = new Set(columns?.filter(isOfPictures).map(({ key }) => key));
  if (isInline(rows) && checkRows(rows, context, { keys, path: 'rows' })) return;
  // What a file's columns are is seen when it is read.
  if (!columns && isInline(rows)) {
    context.addIssue({ code: 'custom', message: `must be a list of 1 to ${MAX_COLUMNS} entries`, path: ['columns'] });
    return;
  }
  checkTable(table, isInline(rows) ? rows : undefined, context);
});
