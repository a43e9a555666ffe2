import { cellIssue, type SourceOptions } from '../../../input/table.ts';
import { BadData } from '../bad-data.ts';
import type { DataWarning } from '../data-warning.ts';
import type { FileLayout } from '../file-layout.ts';
import { findColumns, nameAll, numberColumns } from '../header-row.ts';
import { countOddRows } from '../odd-rows.ts';
import { lineOf, type RowFile, startWith } from '../row-file.ts';
import type { RowReader } from '../row-reader.ts';
import { warnOfHead } from '../warn-of-head.ts';
import type { CellValue } from './cell-value.ts';
import { findHead, type SheetHead, type SheetRow } from './sheet-head.ts';
import { HEAD_ROWS, type MergedCells, type SheetSink } from './sheet-sink.ts';

/** Cells that are looked at for the header row, at most. */
const MOST_HEAD_CELLS = 100_000;

/** A sheet whose first row is one of data. */
const NO_HEAD: SheetHead = { names: [], rows: 0, row: 0, preamble: '', unlikely: '', units: '' };

/** What is asked of a sheet's table. */
export interface TableTask {
  file: RowFile;
  wanted: string[] | undefined;
  options: SourceOptions;
  reader: RowReader;
}

/** What a sheet's table turned out to be. */
export interface TableFacts {
  warnings: DataWarning[];
  layout: FileLayout;
  /** What the columns are called in the sheet, by their keys. */
  titles: Map<string, string>;
  width: number;
}

/** Finds the table of a sheet, and hands its rows on. */
export class SheetTable implements SheetSink {
  readonly #task: TableTask;
  readonly #merged: MergedCells[] = [];
  readonly #warnings: DataWarning[] = [];
  #head: SheetRow[] | undefined = [];
  #headCells = 0;
  #file: RowFile;
  #keys: string[] = [];
  readonly #layout: FileLayout = { encoding: null, delimiter: null, headerRow: null };
  #titles = new Map<string, string>();
  /** The column of each key. */
  #places: number[] = [];
  /** The columns that are the table's. */
  #columns = new Set<number>();
  #extra: ReturnType<typeof countOddRows>;
  /** Rows of the data so far. */
  #rowsRead = 0;

  constructor(task: TableTask) {
    this.#task = task;
    this.#file = task.file;
    this.#extra = this.#countExtra();
  }

  #countExtra() {
    return countOddRows('extra_cells', this.#file, 'The cells that no column has', 'are left out');
  }

  begin(sheet: string): void {
    this.#file = { ...this.#task.file, name: `the sheet "${sheet.slice(0, 40)}" of ${this.#task.file.name}` };
    this.#extra = this.#countExtra();
    this.#layout.sheet = sheet;
  }

  merge(cells: MergedCells): void {
    this.#merged.push(cells);
  }

  bytes(count: number): void {
    this.#task.reader.bytes(count);
  }

  row(cells: CellValue[], row: number): void {
    if (row <= (this.#task.options.skipRows ?? 0)) return;
    if (!this.#head) {
      this.#read({ cells, row });
      return;
    }
    this.#head.push({ cells, row });
    this.#headCells += cells.length;
    if (this.#head.length >= HEAD_ROWS || this.#headCells >= MOST_HEAD_CELLS) this.#decide(this.#head);
  }

  #decide(rows: readonly SheetRow[]): void {
    this.#head = undefined;
    const { wanted, options, reader } = this.#task;
    const isHeadless = options.header === false;
    const head = isHeadless ? NO_HEAD : findHead(rows, this.#merged, { ...options, keys: wanted });
    const own = rows.slice(head.rows);
    const width = Math.max(head.names.length, ...own.map(({ cells }) => cells.length));
    // A column without a name and without a value is none: the table may not begin in the first.
    const isColumn = (at: number) => Boolean(head.names[at]) || own.some(({ cells }) => cells[at] !== undefined);
    const columns = Array.from({ length: width }, (_, at) => at).filter(isColumn);
    const named = columns.map((at) => head.names[at] ?? '');
    const names = isHeadless ? numberColumns(columns.length) : nameAll(named, named.length);
    this.#columns = new Set(columns);
    this.#keys = wanted ?? names;
    const found = findColumns(names, this.#keys, this.#file);
    this.#places = found.map((at) => columns[at] ?? -1);
    if (!isHeadless) {
      this.#layout.headerRow = head.row;
      this.#warnings.push(...warnOfHead(this.#file, { ...head, line: head.row }));
    }
    this.#titles = new Map(this.#keys.map((key, at) => [key, names[found[at] ?? 0] ?? key]));
    reader.begin(this.#keys, true);
    for (const row of own) this.#read(row);
  }

  #read({ cells, row }: SheetRow): void {
    this.#rowsRead += 1;
    if (cells.length > this.#columns.size) {
      const at = cells.findIndex((cell, column) => cell !== undefined && !this.#columns.has(column));
      if (at >= 0) this.#extra.see(this.#rowsRead, String(cells[at]));
    }
    const values = this.#places.map((place) => cells[place] ?? '');
    for (const [index, value] of values.entries()) {
      if (typeof value !== 'string' || value.length < 1000) continue;
      const issue = cellIssue(value);
      if (issue) throw new BadData(`${lineOf(this.#file, row)}: "${this.#keys[index]}" ${issue}.`);
    }
    this.#task.reader.cells?.(cells);
    this.#task.reader.row(values, row);
  }

  /** Hands on what is left, and returns what was noticed. Throws BadData for a sheet that has no rows. */
  end(): TableFacts {
    if (this.#head?.length === 0) {
      const why = this.#task.options.header === false ? 'it has no row' : 'a table begins with a header row';
      throw new BadData(`${startWith(this.#file)} is empty: ${why}.`);
    }
    if (this.#head) this.#decide(this.#head);
    const warnings = [...this.#warnings, ...this.#extra.list()];
    return { warnings, layout: this.#layout, titles: this.#titles, width: this.#keys.length };
  }
}
