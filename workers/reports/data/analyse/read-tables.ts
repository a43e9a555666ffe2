import { join } from 'node:path';
import type { TableExport, TableExports } from '../../export/table-exports.ts';
import type { TableBlock } from '../../input/blocks.ts';
import type { Column } from '../../input/columns.ts';
import { isInline } from '../../input/table.ts';
import type { Messages } from '../../locales/messages.ts';
import type { Block } from '../../model.ts';
import { columnName, type DataRows, findPlace } from '../data-rows.ts';
import { tellTotals } from '../own-totals/tell-totals.ts';
import { BadData } from '../read/bad-data.ts';
import type { DataWarning } from '../read/data-warning.ts';
import type { FileLayout } from '../read/file-layout.ts';
import { placeOf } from '../read/header-row.ts';
import { startWith } from '../read/row-file.ts';
import { createRowStore, type PrintedRow, type RowStore } from '../row-store.ts';
import { isEndless, parseExpression } from '../shape/expression/parse.ts';
import { type Highlight, type Highlighter, openHighlights } from '../shape/highlight-rows.ts';
import { chooseColumns } from './choose-columns.ts';
import { createColumnReader } from './column-reader.ts';
import { outcomeOf, outcomeOfMixed } from './column-stats.ts';
import { type ColumnTotal, type JudgedColumn, totalOf, warnOfMissing } from './column-total.ts';
import { createRowPrinter, type PrintedColumn, type TableStats } from './print-rows.ts';
import { isSummed, type RowsOf, rowsBlocksOf } from './read-sources.ts';
import { type NamedColumn, tellPartial, type Unread, warnOfMixed, warnOfUnread } from './unread.ts';

/** A table whose rows have been read once: printed, summed up, and ready to be laid out. */
export interface TableData extends TableStats {
  columns: Column[];
  rows(): Iterable<PrintedRow>;
  /** The looks that cells have which look otherwise than the others. */
  highlights: Highlight[];
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
const NO_ROWS: ReadonlySet<number> = new Set();

const isGrouped = ({ groupBy }: TableBlock): boolean => groupBy !== undefined;

/** Prints the rows of every table of a report. Throws BadData. */
export function readTables(blocks: readonly Block[], rowsOf: RowsOf, setting: TableSetting): Map<Block, TableData> {
  const read = new Map<Block, TableData>();
  let rowsLeft = setting.maxRows;
  for (const table of rowsBlocksOf(blocks)) {
    if (table.type !== 'table') continue;
    const rows = rowsOf(table);
    if (!isInline(table.rows)) rowsLeft -= rows.scanned ?? rows.count;
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

const titleOf = (column: Column, rows: DataRows): string => column.title ?? columnName(rows, column.key);

const nameColumn = (column: Column, rows: DataRows, pointer: string, isStrict: boolean): NamedColumn => ({
  name: `Column "${columnName(rows, column.key)}"`,
  pointer,
  isStrict,
});

/** A column of a table that is about to be printed. */
type ToldColumn = PrintedColumn & JudgedColumn & ColumnTotal & { named: NamedColumn; isComputed: boolean };

/** What has no end of decimals is printed with some of them. */
const ENDLESS_FORMAT = 'number:4';

/** Decides how the columns of a table are read and printed. Throws BadData. */
function openColumns(table: TableBlock, asked: readonly Column[], rows: DataRows, setting: TableSetting): ToldColumn[] {
  const { locale, isStrict, pointers } = setting;
  const isInside = isInline(table.rows);
  const options = isInline(table.rows) ? {} : table.rows;
  return asked.map((column): ToldColumn => {
    const { key, value, hidden = false } = column;
    // Rows inside the request may lack what they have no value for.
    const index = isInside ? placeOf(rows.keys, key) : findPlace(rows, key);
    const named = nameColumn(column, rows, pointers.get(table) ?? '', isStrict);
    const reading = { ...options, locale, named, isSummed: isSummed(table, key) };
    const read = createColumnReader(column, index, rows, reading);
    const isEndlessColumn = value !== undefined && read.format === 'exact' && isEndless(parseExpression(value));
    const reader = isEndlessColumn ? { ...read, format: ENDLESS_FORMAT } : read;
    const judged = { reader, index, name: titleOf(column, rows) };
    const total = totalOf(table, column, judged, rows);
    return { ...judged, key, ...total, named, isHidden: hidden, isComputed: value !== undefined };
  });
}

/** Prints all rows, and returns what is known of them. */
function printRows(table: TableBlock, rows: DataRows, columns: ToldColumn[], print: PrintSetting) {
  const { locale, messages, onRows, store, file, highlighter } = print;
  const printer = createRowPrinter({
    columns,
    groupBy: table.groupBy,
    carry: table.carry,
    locale,
    messages,
    store,
    file,
  });
  let done = 0;
  const { rows: totals = NO_ROWS } = rows.ownTotals ?? {};
  for (const values of rows.rows()) {
    done += 1;
    const isTotal = totals.size > 0 && totals.has(done);
    // It would be a group of its own, or a part of one.
    if (isTotal && isGrouped(table)) continue;
    const looks = highlighter?.of(values, done);
    printer.add(
      columns.map(({ index }) => values[index]),
      { looks, isTotal },
    );
    if (done % ROWS_AT_ONCE === 0) onRows(ROWS_AT_ONCE);
  }
  return { stats: printer.finish(), unread: printer.unread() };
}

interface PrintSetting extends Pick<TableSetting, 'locale' | 'messages' | 'onRows'> {
  store: RowStore;
  file: TableExport | undefined;
  highlighter: Highlighter | undefined;
}

function printTable(table: TableBlock, rows: DataRows, number: number, setting: TableSetting): TableData {
  const { folder, locale, isStrict, pointers } = setting;
  const { all, shown, group } = chooseColumns(table, rows);
  if (!isInline(table.rows)) checkKeys(table, all, rows);
  const columns = openColumns(table, [...shown, ...(group ? [group] : [])], rows, setting);
  const reading = {
    ...{ rows, columns: all, options: isInline(table.rows) ? {} : table.rows, locale, isStrict },
    ...{ pointer: pointers.get(table) ?? '', isInline: isInline(table.rows) },
  };
  const highlighter = openHighlights(all, shown, reading);
  const store = createRowStore(folder && join(folder, `rows-${number}`));
  const printed = columns.slice(0, shown.length);
  const titles = printed.map(({ name }, at) => ({ title: name, group: shown[at]?.group }));
  const highlights = highlighter?.highlights ?? [];
  const file = setting.exports?.open({ caption: table.caption, columns: titles, highlights });
  const { stats, unread } = printRows(table, rows, columns, { ...setting, store, file, highlighter });
  file?.close();
  const judged = shown.map((column, at) => resolveColumn(column, printed[at] as PrintedColumn, rows));
  const told = tellColumns({ asked: judged, columns: printed }, unread, rows, setting);
  const torn = stats.torn === undefined ? [] : [warnOfTorn(table, stats.torn, rows)];
  const own = tellTotals(rows, isGrouped(table) ? 'rows' : 'table');
  return {
    ...stats,
    notes: told.notes,
    warnings: [...told.warnings, ...(highlighter?.warnings ?? []), ...torn, ...own],
    columns: judged,
    highlights,
    rows: store.rows,
    unread,
    layout: rows.layout,
  };
}

function warnOfTorn({ groupBy = '' }: TableBlock, torn: string, rows: DataRows): DataWarning {
  const name = `Column "${columnName(rows, groupBy)}"`;
  const message = `${name}: the rows of "${torn}" are not together, so that it has several totals: sort by the column.`;
  return { code: 'torn_group', message };
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

interface ToldColumns {
  asked: Column[];
  columns: ToldColumn[];
}

/** The warnings of a table, one for each column and sort, and the notes below it. Throws BadData of a strict report. */
function tellColumns(
  { asked, columns }: ToldColumns,
  unread: readonly Unread[],
  rows: DataRows,
  { lang, messages }: TableSetting,
): Pick<TableData, 'warnings' | 'notes'> {
  const warnings = [...rows.warnings, ...warnOfMissing(columns, rows)];
  const notes: string[] = [];
  const summed = columns.filter(({ total }) => total !== undefined && total !== 'count');
  for (const [index, judged] of columns.entries()) {
    const { reader, total, named, isComputed } = judged;
    const own = unread[index];
    const column = asked[index];
    if (!own || !column) continue;
    const outcome = outcomeOfMixed(reader, judged);
    if (outcome) warnings.push(...warnOfMixed(reader.mixed, named, outcome));
    const what = reader.isDate ? 'date' : 'number';
    warnings.push(...reader.warnings);
    // What could not be computed was said when it was tried.
    if (!isComputed) warnings.push(...warnOfUnread(own, named, { what, outcome: outcomeOf(reader, total) }));
    if (own.count === 0 || total === undefined || total === 'count') continue;
    const note = tellPartial(own, { of: 'total', what: 'number' }, lang, messages);
    notes.push(summed.length > 1 ? `${titleOf(column, rows)}: ${note}` : note);
  }
  return { warnings, notes };
}
