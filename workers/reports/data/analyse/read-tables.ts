import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { TableBlock } from '../../input/blocks.ts';
import { type Column, cellValue, isInline, type Row, type RowsSource } from '../../input/table.ts';
import type { Block } from '../../model.ts';
import { toNumber } from '../../text/formats.ts';
import { BadData } from '../read/bad-data.ts';
import { type DataWarning, readRows } from '../read/read-rows.ts';
import { type RowFile, sourceKey, startWith } from '../read/row-file.ts';
import { createRowStore, type PrintedRow, type RowStore } from '../row-store.ts';
import { createRowPrinter, type RowPrinter, type RowPrinterSetting, type TableStats } from './print-rows.ts';

/** A table whose rows have been read once: printed, summed up, and ready to be laid out. */
export interface TableData extends TableStats {
  columns: Column[];
  rows(): Iterable<PrintedRow>;
  warnings: DataWarning[];
}

/** Where the data files are, and what they are read with. */
export interface DataSetting {
  /** By `sourceKey`. */
  files: Record<string, RowFile>;
  /** A folder for what doesn't fit into memory; without it everything does. */
  folder?: string | undefined;
  /** Most rows of all files together. */
  maxRows: number;
  locale: string;
  labels: RowPrinterSetting['labels'];
  /** Called now and then with how much of all data was read, 0 to 1. */
  onRead(share: number): void;
}

/** Finds the tables among blocks, those in columns too. */
export function tablesOf(blocks: readonly Block[]): TableBlock[] {
  return blocks.flatMap((block) => {
    if (block.type === 'columns') return tablesOf(block.columns.flat());
    return block.type === 'table' ? [block] : [];
  });
}

/** A row inside the request counts as many bytes of what is to be read as a short line. */
const ROW_BYTES = 60;

function sizeOf({ rows }: TableBlock, { files }: DataSetting): number {
  if (isInline(rows)) return rows.length * ROW_BYTES;
  return statSync(files[sourceKey(rows)]?.path ?? '').size;
}

/** Counts what is read of all tables together. */
interface ReadProgress {
  onBytes(bytes: number): void;
  /** Throws BadData for a row of this file that is over the limit. */
  onFileRow(file: RowFile): void;
}

function createProgress(tables: TableBlock[], setting: DataSetting): ReadProgress {
  const total = tables.reduce((sum, table) => sum + sizeOf(table, setting), 0);
  let read = 0;
  let rowsLeft = setting.maxRows;
  return {
    onBytes(bytes) {
      read += bytes;
      setting.onRead(Math.min(1, read / total));
    },
    onFileRow(file) {
      rowsLeft -= 1;
      if (rowsLeft >= 0) return;
      const limit = setting.maxRows.toLocaleString('en');
      throw new BadData(
        `${startWith(file)} brings the report over the limit of ${limit} rows: split it into several reports.`,
      );
    },
  };
}

/** One table to read: its block, and where its printed rows go. */
interface TableTask {
  table: TableBlock;
  store: RowStore;
  setting: DataSetting;
  progress: ReadProgress;
}

/** Reads the rows of every table of a report. Throws BadData. */
export async function readTables(blocks: Block[], setting: DataSetting): Promise<Map<Block, TableData>> {
  const tables = tablesOf(blocks);
  const progress = createProgress(tables, setting);
  const read = new Map<Block, TableData>();
  for (const [index, table] of tables.entries()) {
    const store = createRowStore(setting.folder && join(setting.folder, `rows-${index}`));
    const task = { table, store, setting, progress };
    read.set(table, isInline(table.rows) ? readInlineTable(task) : await readFileTable(task));
  }
  return read;
}

function openPrinter(task: TableTask, columns: Column[], readNumber: RowPrinterSetting['readNumber']): RowPrinter {
  const { locale, labels } = task.setting;
  const { totals, groupBy } = task.table;
  return createRowPrinter({ columns, totals, groupBy, locale, labels, readNumber, store: task.store });
}

function readInlineTable(task: TableTask): TableData {
  const { table, store, progress } = task;
  const columns = table.columns ?? [];
  const printer = openPrinter(task, columns, toNumber);
  for (const row of table.rows as Row[]) {
    printer.add(columns.map(({ key }) => cellValue(row, key)));
    progress.onBytes(ROW_BYTES);
  }
  return { ...printer.finish(), columns, rows: store.rows, warnings: [] };
}

/** Throws BadData for totals and groups of columns that the file lacks: what it has isn't known before it is read. */
function checkKeys({ totals, groupBy }: TableBlock, columns: Column[], file: RowFile): void {
  for (const key of [...Object.keys(totals ?? {}), ...(groupBy === undefined ? [] : [groupBy])]) {
    if (columns.some((column) => column.key === key)) continue;
    throw new BadData(`${startWith(file)} has no column "${key}", which is asked for in totals or groupBy.`);
  }
}

async function readFileTable(task: TableTask): Promise<TableData> {
  const { table, store, setting, progress } = task;
  const file = setting.files[sourceKey(table.rows as RowsSource)];
  if (!file) throw new BadData('A table has no data file.');
  let columns: Column[] = [];
  let printer: RowPrinter | undefined;
  const warnings = await readRows(file, table.columns, {
    begin(found, readNumber) {
      columns = found;
      if (found.length > 0) checkKeys(table, columns, file);
      printer = openPrinter(task, columns, readNumber);
    },
    row(values) {
      progress.onFileRow(file);
      printer?.add(values);
    },
    bytes: progress.onBytes,
  });
  const stats = printer?.finish() ?? { count: 0, samples: [], totals: [] };
  return { ...stats, columns, rows: store.rows, warnings };
}
