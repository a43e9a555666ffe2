import { type AskedLayout, showUnlikely } from '../csv/csv-layout.ts';
import { findHeader } from '../csv/find-header.ts';
import { showUnits } from '../csv/head-rows.ts';
import { type CellValue, textOf } from './cell-value.ts';
import type { MergedCells } from './sheet-sink.ts';

/** A row that has something. */
export interface SheetRow {
  cells: readonly (CellValue | undefined)[];
  /** Its number, from 1. */
  row: number;
}

/** Where a sheet's table begins. */
export interface SheetHead {
  /** The name of each column, by its place in the sheet; '' for none. */
  names: string[];
  /** How many of the rows that were looked at come before the first of the table's own. */
  rows: number;
  /** The row of the names, from 1. */
  row: number;
  /** The first words of the rows before it. */
  preamble: string;
  /** The first cells of a row of names that looks like the rows below it; else ''. */
  unlikely: string;
  /** The cells of a row of units below it; '' where there is none. */
  units: string;
}

/** Rows of names above the lowest, or below the highest, by their merged cells. */
const MOST_LEVELS = 5;

const namesOf = ({ cells }: SheetRow): string[] => Array.from(cells, (cell) => textOf(cell));

const extentOf = (rows: readonly SheetRow[]) => {
  const lefts = rows.map(({ cells }) => cells.findIndex((cell) => cell !== undefined));
  return { left: Math.min(...lefts), right: Math.max(...rows.map(({ cells }) => cells.length)) - 1 };
};

/** The first and the last row of the names: those that merged cells bind to the header row, but no title over all. */
function findLevels(header: number, rows: readonly SheetRow[], merged: readonly MergedCells[]) {
  const byNumber = new Set(rows.map(({ row }) => row - 1));
  const extent = extentOf(rows.slice(0, 200));
  const isPart = ({ left, right }: MergedCells) => left > extent.left || right < extent.right;
  let [top, bottom] = [header, header];
  for (const { top: from, bottom: to } of merged) {
    if (from === header && to > bottom && to < header + MOST_LEVELS) bottom = to;
  }
  for (let level = header - 1; level > header - MOST_LEVELS && byNumber.has(level); level -= 1) {
    const isBound = merged.some(
      (cells) =>
        cells.top === level &&
        isPart(cells) &&
        (cells.bottom === level ? cells.right > cells.left : cells.bottom >= top),
    );
    if (!isBound) break;
    top = level;
  }
  return { top, bottom };
}

/** The rows of names, from the highest, with what is merged written into each of its cells. */
function fillMerged(levels: readonly SheetRow[], merged: readonly MergedCells[]): string[][] {
  const filled = levels.map(namesOf);
  const width = Math.max(0, ...filled.map(({ length }) => length));
  const place = new Map(levels.map(({ row }, index) => [row - 1, index]));
  for (const { top, left, bottom, right } of merged) {
    const from = place.get(top);
    const name = from === undefined ? '' : (filled[from]?.[left] ?? '');
    if (name === '') continue;
    for (let row = top; row <= bottom; row += 1) {
      const names = filled[place.get(row) ?? -1];
      // One that goes beyond the last column that has something names no more columns.
      for (let column = left; names && column <= Math.min(right, Math.max(width, left + 1) + 50); column += 1)
        names[column] = name;
    }
  }
  return filled;
}

/** The names of columns: of several rows what stands above one another, once. */
function joinLevels(levels: readonly string[][]): string[] {
  const width = Math.max(0, ...levels.map(({ length }) => length));
  return Array.from({ length: width }, (_, column) => {
    const parts = levels.map((names) => names[column] ?? '').filter(Boolean);
    return [...new Set(parts)].join(' ');
  });
}

const isText = (cell: CellValue | undefined): boolean => cell === undefined || typeof cell === 'string';
const countFilled = ({ cells }: SheetRow): number => cells.filter((cell) => cell !== undefined).length;

/** The first row of the largest block between empty rows, where that begins with names above values; else the first. */
function findBlock(rows: readonly SheetRow[]): number {
  const starts = rows.flatMap(({ row }, at) => (row - (rows[at - 1]?.row ?? -1) > 1 ? [at] : []));
  const ends = [...starts.slice(1), rows.length];
  const sizes = starts.map((start, at) => (ends[at] ?? 0) - start);
  const largest = sizes.indexOf(Math.max(...sizes));
  const [start = 0, end] = [starts[largest], ends[largest]];
  const [names, ...others] = rows.slice(start, end);
  const isTable =
    names?.cells.every(isText) && countFilled(names) > 1 && others.some(({ cells }) => !cells.every(isText));
  return isTable ? start : 0;
}

/**
 * Finds the header row among a sheet's first rows by the same evidence as that of a CSV, and the names of its columns
 * by merged cells too. Where rows were skipped it is the first one.
 */
export function findHead(rows: readonly SheetRow[], merged: readonly MergedCells[], asked: AskedLayout): SheetHead {
  const isFirst = asked.skipRows !== undefined;
  const { left } = extentOf(rows);
  const start = isFirst ? 0 : findBlock(rows);
  const records = rows.slice(start).map((row) => ({ cells: namesOf(row).slice(left), line: row.row }));
  const width = Math.max(1, ...records.map(({ cells }) => cells.length));
  const found = isFirst
    ? undefined
    : findHeader({ delimiter: '\t', records, width, first: 0, agree: 0, isSpaced: false });
  const place = found ? records.indexOf(found) : 0;
  const header = rows[start + place] as SheetRow;
  const { top, bottom } = findLevels(header.row - 1, rows, merged);
  const levels = rows.filter(({ row }) => row - 1 >= top && row - 1 <= bottom);
  const before = rows.filter(({ row }) => row - 1 < top);
  const [named, ...below] = records.slice(place);
  // What merged cells bind to the header row stands between.
  const units = bottom === header.row - 1 ? showUnits(below) : '';
  return {
    unlikely: named ? showUnlikely(named, below, asked) : '',
    names: joinLevels(fillMerged(levels, merged)),
    units,
    rows: before.length + levels.length + (units === '' ? 0 : 1),
    row: header.row,
    preamble: before.map((row) => namesOf(row).filter(Boolean).join(' ')).join(' / '),
  };
}
