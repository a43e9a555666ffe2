import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { TableBlock } from '../../input/blocks.ts';
import { type Column, cellValue, isInline, type Row, type RowsSource } from '../../input/table.ts';
import type { Block } from '../../model.ts';
import { toNumber } from '../../text/formats.ts';
import { BadData } from '../read/bad-data.ts';
import { type DataWarning, type RowReader, readRows } from '../read/read-rows.ts';
import { type RowFile, sourceKey, startWith } from '../read/row-file.ts';
import { createRowStore, type PrintedRow } from '../row-store.ts';
import { createSurvey, type Surveyed, type SurveySetting } from './print-rows.ts';

/** A table whose rows have been read once: printed, summed up, and ready to be laid out. */
export interface PreparedTable extends Surveyed {
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
  labels: SurveySetting['labels'];
  /** Called now and then with how much of all data was read, 0 to 1. */
  onRead(share: number): void;
}

/** The tables among blocks, those in columns too. */
export function tablesOf(blocks: readonly Block[]): TableBlock[] {
  return blocks.flatMap((block) => {
    if (block.type === 'columns') return tablesOf(block.columns.flat());
    return block.type === 'table' ? [block] : [];
  });
}

/** Counts what was read of all tables: a row inside the request as many bytes as a short line. */
const ROW_BYTES = 60;

function sizeOf({ rows }: TableBlock, { files }: DataSetting): number {
  if (isInline(rows)) return rows.length * ROW_BYTES;
  return statSync(files[sourceKey(rows)]?.path ?? '').size;
}

/** Reads the rows of every table of a report. Throws BadData. */
export async function prepareTables(blocks: Block[], setting: DataSetting): Promise<Map<Block, PreparedTable>> {
  const tables = tablesOf(blocks);
  const total = tables.reduce((sum, table) => sum + sizeOf(table, setting), 0);
  let read = 0;
  let rowsLeft = setting.maxRows;
  const onBytes = (bytes: number) => {
    read += bytes;
    setting.onRead(Math.min(1, read / total));
  };
  const takeRow = (file: RowFile) => {
    rowsLeft -= 1;
    if (rowsLeft >= 0) return;
    const limit = setting.maxRows.toLocaleString('en');
    throw new BadData(
      `${startWith(file)} brings the report over the limit of ${limit} rows: split it into several reports.`,
    );
  };
  const prepared = new Map<Block, PreparedTable>();
  for (const [index, table] of tables.entries()) {
    const store = createRowStore(setting.folder && join(setting.folder, `rows-${index}`));
    const prepareOne = isInline(table.rows) ? prepareInline : prepareFile;
    prepared.set(table, await prepareOne(table, store, setting, { onBytes, takeRow }));
  }
  return prepared;
}

interface Progress {
  onBytes(bytes: number): void;
  takeRow(file: RowFile): void;
}

type Store = ReturnType<typeof createRowStore>;

const openSurvey = (
  table: TableBlock,
  columns: Column[],
  readNumber: SurveySetting['readNumber'],
  store: Store,
  { locale, labels }: DataSetting,
) => {
  const { totals, groupBy } = table;
  return createSurvey({ columns, totals, groupBy, locale, labels, readNumber, store });
};

async function prepareInline(table: TableBlock, store: Store, setting: DataSetting, { onBytes }: Progress) {
  const columns = table.columns ?? [];
  const survey = openSurvey(table, columns, toNumber, store, setting);
  for (const row of table.rows as Row[]) {
    survey.add(columns.map(({ key }) => cellValue(row, key)));
    onBytes(ROW_BYTES);
  }
  return { ...survey.finish(), columns, rows: store.rows, warnings: [] };
}

/** Totals and groups of columns that only the file names can't be checked before. */
function checkKeys({ totals, groupBy }: TableBlock, columns: Column[], file: RowFile): void {
  for (const key of [...Object.keys(totals ?? {}), ...(groupBy === undefined ? [] : [groupBy])]) {
    if (columns.some((column) => column.key === key)) continue;
    throw new BadData(`${startWith(file)} has no column "${key}", which is asked for in totals or groupBy.`);
  }
}

async function prepareFile(table: TableBlock, store: Store, setting: DataSetting, progress: Progress) {
  const file = setting.files[sourceKey(table.rows as RowsSource)];
  if (!file) throw new BadData('A table has no data file.');
  let columns: Column[] = [];
  let survey: ReturnType<typeof createSurvey> | undefined;
  const reader: RowReader = {
    begin(found, readNumber) {
      columns = found;
      if (found.length > 0) checkKeys(table, columns, file);
      survey = openSurvey(table, columns, readNumber, store, setting);
    },
    row(values) {
      progress.takeRow(file);
      survey?.add(values);
    },
    bytes: progress.onBytes,
  };
  const warnings = await readRows(file, table.columns, reader);
  const surveyed = survey?.finish() ?? { count: 0, samples: [], totals: [] };
  return { ...surveyed, columns, rows: store.rows, warnings };
}
