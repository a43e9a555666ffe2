import type { Archive } from './archive.ts';
import type { CellValue } from './cell-value.ts';

/** Cells that are one, by rows and columns from 0; both ends are within. */
export interface MergedCells {
  top: number;
  left: number;
  bottom: number;
  right: number;
}

/** Takes what a sheet has, in the order in which it comes. */
export interface SheetSink {
  /** The sheet that is read. */
  begin(sheet: string): void;
  merge(cells: MergedCells): void;
  /** A row that has something, by its columns from 0; holes are empty. `row` counts from 1. */
  row(cells: CellValue[], row: number): void;
  /** So many more bytes of the file were read. */
  bytes(count: number): void;
}

/** What is asked of a workbook. */
export interface WorkbookTask {
  archive: Archive;
  /** A sheet's name, or its number from 1; the first that is shown and has something where nothing is asked. */
  sheet: string | number | undefined;
  /** A file for what doesn't fit into memory. */
  scratch: string | undefined;
}

/** What a workbook turned out to be. */
export interface WorkbookFacts {
  /** The names of all sheets, as far as they were come to: an ODS is read to the one that was asked for. */
  names: string[];
  /** Sheets that are shown and have something, but were not asked for. */
  others: string[];
  /** Cells with a formula of which the file does not have the value. */
  unknownFormulas: number;
}

/** The last column of a sheet, XFD, from 0. */
export const LAST_COLUMN = 16_383;
/** Heads of tables are in so many of the first rows. */
export const HEAD_ROWS = 1000;
/** Most merged cells of the head that are remembered. */
export const MOST_MERGED = 10_000;
/** Characters of a row's texts: as of a CSV's. */
export const MOST_ROW_CHARACTERS = 1_000_000;
