import { join } from 'node:path';
import type { TableExports } from '../../export/table-exports.ts';
import type { TableBlock } from '../../input/blocks.ts';
import { type Column, isInline } from '../../input/table.ts';
import type { Messages } from '../../locales/messages.ts';
import type { Block } from '../../model.ts';
import { columnName, type DataRows, findPlace } from '../data-rows.ts';
import { BadData } from '../read/bad-data.ts';
import type { DataWarning } from '../read/data-warning.ts';
import type { FileLayout } from '../read/file-layout.ts';
import { columnsFromNames, placeOf } from '../read/header-row.ts';
import { startWith } from '../read/row-file.ts';
import { createRowStore, type PrintedRow } from '../row-store.ts';
import { createColumnReader } from './column-reader.ts';
import { outcomeOf, outcomeOfMixed } from './column-stats.ts';
import { type ColumnTotal, type JudgedColumn, totalOf, warnOfMissing } from './column-total.ts';
import { createRowPrinter, type PrintedColumn, type TableStats } from './print-rows.ts';
import { isSummed, REST, type RowsOf, rowsBlocksOf } from './read-sources.ts';
import { type NamedColumn, tellPartial, type Unread, warnOfMixed, warnOfUnread } from './unread.ts';

/** A table whose rows have been read once: printed, summed up, and ready to be laid out. */
export interface TableData extends TableStats {
  columns: Column[];
  rows(): Iterable<PrintedRow>;
  /** What was read of each column. */
  unread: Unread[];
  /** Of rows in a file. */
  layout: FileLayout | undefined;
  warnings: DataWarning[];
  /** What stands below it: the sums that were made of a part of the rows. */
  notes: string[];
}

/** What tables are printed with. */
export interface TableSetting {
  /** A folder for what doesn't fit into memory; without it everything does. */
  folder?: string | undefined;
  /** Most rows of all files together. */
  maxRows: number;
  locale: string;
  lang: string;
  messages: Messages;
  /** Whether cells that can't be read, or in two ways, end the report. */
  isStrict: boolean;
  /** Where the request has each block. */
  pointers: ReadonlyMap<Block, string>;
  /** The files that tables go into beside the PDF. */
  exports?: TableExports | undefined;
  /** Called now and then with the number of rows that were printed. */
  onRows(rows: number): void;
}

const ROWS_AT_ONCE = 1000;

/** Prints the rows of every table of a report. Throws BadData. */
export function readTables(blocks: readonly Block[], rowsOf: RowsOf, setting: TableSetting): Map<Block, TableData> {
  const read = new Map<Block, TableData>();
  let rowsLeft = setting.maxRows;
  for (const table of rowsBlocksOf(blocks)) {
    if (table.type !== 'table') continue;
    const rows = rowsOf(table);
    if (!isInline(table.rows)) rowsLeft -= rows.count;
    if (rowsLeft < 0) {
      const limit = setting.maxRows.toLocaleString('en');
      const over = `brings the report over the limit of ${limit} rows`;
      throw new BadData(`${startWith(rows)} ${over}: split it into several reports.`);
    }
    read.set(table, printTable(table, rows, read.size, setting));
  }
  return read;
}

/** Throws BadData for totals and groups of columns that the file lacks: what it has isn't known before it is read. */
function checkKeys({ totals, groupBy }: TableBlock, columns: readonly Column[], rows: DataRows): void {
  if (columns.length === 0) return;
  for (const key of [...Object.keys(totals ?? {}), ...(groupBy === undefined ? [] : [groupBy])]) {
    if (columns.some((column) => column.key === key)) continue;
    throw new BadData(`${startWith(rows)} has no column "${key}", which is asked for in totals or groupBy.`);
  }
}

/** Columns in which `*` has become all that the others do not name. Throws BadData for more than a table takes. */
function nameRest(columns: readonly Column[], rows: DataRows): Column[] {
  if (!columns.some(({ key }) => key === REST)) return [...columns];
  const named = new Set(columns.map(({ key }) => placeOf(rows.keys, key)));
  const rest = columnsFromNames(
    rows.keys.filter((_, index) => !named.has(index)),
    rows,
  );
  return columns.flatMap((column) => (column.key === REST ? rest.map(({ key }) => ({ ...column, key })) : [column]));
}

/** A workbook's column is what its cells are, where nothing is asked of it. */
const withJudgement = (column: Column): Column =>
  column.format === undefined && column.type === undefined ? { ...column, format: 'auto' } : column;

const titleOf = (column: Column, rows: DataRows): string => column.title ?? columnName(rows, column.key);

const nameColumn = (column: Column, rows: DataRows, pointer: string, isStrict: boolean): NamedColumn => ({
  name: `Column "${columnName(rows, column.key)}"`,
  pointer,
  isStrict,
});

function printTable(table: TableBlock, rows: DataRows, number: number, setting: TableSetting): TableData {
  const { folder, locale, messages, isStrict, onRows } = setting;
  const wished = table.columns ? nameRest(table.columns, rows) : columnsFromNames(rows.keys, rows);
  const asked = rows.isSheet ? wished.map(withJudgement) : wished;
  if (!isInline(table.rows)) checkKeys(table, asked, rows);
  const options = isInline(table.rows) ? {} : table.rows;
  const pointer = setting.pointers.get(table) ?? '';
  // Rows inside the request may lack what they have no value for.
  const places = asked.map(({ key }) => (isInline(table.rows) ? placeOf(rows.keys, key) : findPlace(rows, key)));
  const named = asked.map((column) => nameColumn(column, rows, pointer, isStrict));
  const columns = asked.map((column, at): ToldColumn => {
    const index = places[at] ?? -1;
    const own = { ...options, locale, named: named[at] as NamedColumn, isSummed: isSummed(table, column.key) };
    const reader = createColumnReader(column, index, rows, own);
    const judged = { reader, index, name: titleOf(column, rows) };
    return { ...judged, key: column.key, ...totalOf(table, column, judged, rows) };
  });
  const store = createRowStore(folder && join(folder, `rows-${number}`));
  const titles = columns.map(({ name }) => ({ title: name }));
  const file = setting.exports?.open({ caption: table.caption, columns: titles });
  const printer = createRowPrinter({ columns, groupBy: table.groupBy, locale, messages, store, file });
  let done = 0;
  for (const values of rows.rows()) {
    printer.add(places.map((place) => values[place]));
    done += 1;
    if (done % ROWS_AT_ONCE === 0) onRows(ROWS_AT_ONCE);
  }
  const stats = printer.finish();
  file?.close();
  const unread = printer.unread();
  const judged = asked.map((column, at) => resolveColumn(column, columns[at] as PrintedColumn, rows));
  return {
    ...stats,
    ...tellColumns({ asked: judged, columns, named }, unread, rows, setting),
    columns: judged,
    rows: store.rows,
    unread,
    layout: rows.layout,
  };
}

/** A column with what was decided of it. */
function resolveColumn(column: Column, { reader }: PrintedColumn, rows: DataRows): Column {
  const name = columnName(rows, column.key);
  return {
    ...column,
    ...(column.title === undefined && name !== column.key && { title: name }),
    format: reader.format,
  };
}

type ToldColumn = PrintedColumn & JudgedColumn & ColumnTotal;

interface ToldColumns {
  asked: Column[];
  columns: ToldColumn[];
  named: NamedColumn[];
}

/** The warnings of a table, one for each column and sort, and the notes below it. Throws BadData of a strict report. */
function tellColumns(
  { asked, columns, named }: ToldColumns,
  unread: readonly Unread[],
  rows: DataRows,
  { lang, messages }: TableSetting,
): Pick<TableData, 'warnings' | 'notes'> {
  const warnings = [...rows.warnings, ...warnOfMissing(columns, rows)];
  const notes: string[] = [];
  const summed = columns.filter(({ total }) => total !== undefined && total !== 'count');
  for (const [index, judged] of columns.entries()) {
    const { reader, total } = judged;
    const own = unread[index];
    const column = asked[index];
    if (!own || !column) continue;
    const outcome = outcomeOfMixed(reader, judged);
    if (outcome) warnings.push(...warnOfMixed(reader.mixed, named[index] as NamedColumn, outcome));
    const what = reader.isDate ? 'date' : 'number';
    warnings.push(...reader.warnings);
    warnings.push(...warnOfUnread(own, named[index] as NamedColumn, { what, outcome: outcomeOf(reader, total) }));
    if (own.count === 0 || total === undefined || total === 'count') continue;
    const note = tellPartial(own, { of: 'total', what: 'number' }, lang, messages);
    notes.push(summed.length > 1 ? `${titleOf(column, rows)}: ${note}` : note);
  }
  return { warnings, notes };
}
