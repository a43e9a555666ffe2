import type { Highlight } from '../data/shape/highlight-rows.ts';
import type { Report } from '../model.ts';
import type { ExportedCell } from './exported-cell.ts';

/** A column as it goes into a file. */
export interface ExportedColumn {
  title: string;
  /** What stands above it and its neighbours together. */
  group?: string | undefined;
}

/** A table as it goes into files. */
export interface ExportedTable {
  /** What it is called, where it is called something. */
  caption: string | undefined;
  columns: readonly ExportedColumn[];
  /** The looks of cells that look otherwise than the others; there are more as rows come. */
  highlights: readonly Highlight[];
}

/** Takes the rows of one table, in their order. */
export interface TableExport {
  /** `looks`: how its cells look where some look otherwise, see `highlightAt`. */
  row(cells: readonly ExportedCell[], looks?: string): void;
  /** A row of totals. */
  total(cells: readonly ExportedCell[]): void;
  close(): void;
}

/** A file that was made of a report's tables. */
export interface ExportedFile {
  name: string;
  type: string;
  path: string;
}

/** The files that a report's tables go into, beside its PDF. */
export interface TableExports {
  /** Begins a table; the one before is closed. Throws BadData for too many tables. */
  open(table: ExportedTable): TableExport;
  /** Ends the files, and resolves with them in the order of the request. Rejects with BadData where there is no table. */
  finish(): Promise<ExportedFile[]>;
}

/** Where files go, and what they are called. */
export interface ExportSetting {
  /** A folder of its own. */
  folder: string;
  /** The files' name without its ending. */
  name: string;
  report: Pick<Report, 'title' | 'author' | 'locale' | 'lang' | 'createdAt'>;
}

/** Files of one format; `sheet` is the table's name, no two alike. */
export interface FormatExports {
  open(table: ExportedTable, sheet: string): TableExport;
  finish(): Promise<ExportedFile[]>;
}
