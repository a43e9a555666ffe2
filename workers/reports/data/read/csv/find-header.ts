import type { Delimiter } from '../../../input/table.ts';
import { isPlace, placeOf } from '../header-row.ts';
import { findBelowPairs } from './below-pairs.ts';
import {
  countFilled,
  haveValues,
  isDate,
  isHeader,
  isLabel,
  isParted,
  isValue,
  isValueName,
  LOOKED_AT,
  type Sample,
  trimmedWidth,
} from './records.ts';

/** What a delimiter makes of the sample. */
export interface Split {
  delimiter: Delimiter;
  records: Sample[];
  /** The number of cells that most records agree in; 1 where they don't. */
  width: number;
  /** The first record of that many. */
  first: number;
  agree: number;
  /** Whether spaces follow the delimiter, as they follow the commas of a sentence. */
  isSpaced: boolean;
}

/** A header row is among so many records. */
const MOST_BEFORE = 100;
/** Records before it that look like one are no more. */
const MOST_WIDE_BEFORE = 5;
/** Whether a header row looks like one of the rows below it: it has values alone, or a date above dates. */
export function isDataRow(header: Sample, rows: readonly Sample[]): boolean {
  const [next] = rows;
  if (!next) return false;
  const filled = header.cells.filter((cell) => cell !== '');
  if (filled.every(isValue) && !isHeader(header, next)) return true;
  return header.cells.some((cell, at) => isDate(cell) && rows.every(({ cells }) => isDate(cells[at] ?? '')));
}

/** The number of cells, but for empty ones at the end, that most records have; the larger of two that as many have. */
function usualWidth(records: readonly Sample[]): number {
  const counts = new Map<number, number>();
  for (const record of records) {
    const width = trimmedWidth(record);
    counts.set(width, (counts.get(width) ?? 0) + 1);
  }
  const [most = [0, 0]] = [...counts].toSorted((one, other) => other[1] - one[1] || other[0] - one[0]);
  return most[0];
}

/** Whether what stands before the record at `at` is a preamble, and that record names the columns. */
function isBelowPreamble({ records, delimiter, isSpaced }: Split, at: number): boolean {
  const header = records[at];
  const last = records[at - 1];
  if (!header || !last || !isHeader(header, records[at + 1])) return false;
  const rows = records.slice(at + 1, at + 1 + LOOKED_AT);
  if (isParted(last, header) || isLabel(last)) return true;
  if (countFilled(last) > 1) return haveValues(rows, 2);
  if (last.cells.length > 1 || haveValues(rows, 1)) return true;
  // A comma stands in a column of texts too.
  if (delimiter === ',' && isSpaced) return false;
  return rows.length > 0 && rows.every(({ cells }) => cells.length === header.cells.length);
}

/** Columns of values that have to begin below a row, so that it is believed to be the one of the names. */
const FEWEST_VALUES = 2;
const FEWEST_ROWS = 3;
/**
 * Whether a record names the columns although others look so too that stand before it: it alone has, above one of several
 * columns that are values from here on, what such columns are called; all of its names differ, and none of them comes again
 * below. Words that stand for values which are not known, units and types are no names.
 */
function namesValues(records: readonly Sample[], at: number, from: number): boolean {
  const [names, rows] = [records[at]?.cells ?? [], records.slice(at + 1, at + 1 + LOOKED_AT)];
  if (new Set(names).size < names.length || names.includes('')) return false;
  const columns = [...names.keys()].filter((column) => {
    const filled = rows.map(({ cells }) => cells[column] ?? '').filter(Boolean);
    return filled.length >= FEWEST_ROWS && filled.every(isValue);
  });
  const has = ({ cells }: Sample, test: (cell: string) => boolean) =>
    columns.some((column) => test(cells[column] ?? ''));
  const above = records.slice(from, at);
  return (
    columns.length >= FEWEST_VALUES &&
    columns.some((column) => isValueName(names[column] ?? '')) &&
    !above.some((record) => has(record, isValue) || has(record, isValueName)) &&
    names.every((name, column) => rows.every(({ cells }) => cells[column] !== name))
  );
}

/** The record that names the columns, of several that look so: a preamble may be as wide as its table. */
function lastNames(records: readonly Sample[], first: Sample | undefined): Sample | undefined {
  const from = first ? records.indexOf(first) : -1;
  if (!first || from < 0) return first;
  let at = from;
  const isLike = (next: Sample | undefined, below: Sample | undefined): boolean =>
    next !== undefined && next.cells.length === first.cells.length && isHeader(next, below);
  while (at - from <= MOST_WIDE_BEFORE && isLike(records[at + 1], records[at + 2])) at += 1;
  return at > from && at - from <= MOST_WIDE_BEFORE && namesValues(records, at, from) ? records[at] : first;
}

/**
 * Finds the header row: the first record as wide as most, empty cells at the end apart, where what stands before it is
 * a preamble; else the first. Returns undefined where that has one cell alone: then the delimiter is none.
 */
export function findHeader(split: Split): Sample | undefined {
  const { records, width, first } = split;
  const [top] = records;
  if (width === 1) return undefined;
  const below = findBelowPairs(records);
  if (below) return below;
  const usual = usualWidth(records.slice(first, first + LOOKED_AT));
  const at = records.findIndex((record) => trimmedWidth(record) >= usual && !isLabel(record));
  if (at > 0 && at <= MOST_BEFORE && isBelowPreamble(split, at)) return lastNames(records, records[at]);
  if (!top || top.cells.length === 1) return undefined;
  return lastNames(
    records,
    records.slice(0, first + 1).find((record, index) => isHeader(record, records[index + 1])) ?? top,
  );
}

/** Finds the first record that names every column which is asked for by its name; undefined where none does. */
export function findKeys({ records }: Split, keys: readonly string[]): Sample | undefined {
  const names = keys.filter((key) => !isPlace(key));
  if (names.length === 0) return undefined;
  return records.slice(0, MOST_BEFORE).find(({ cells }) => names.every((name) => placeOf(cells, name) >= 0));
}
