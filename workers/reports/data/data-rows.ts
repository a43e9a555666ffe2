import { cellValue, type Row } from '../input/table.ts';
import { isDecimal, parseDecimal, toNumeric } from '../text/decimal.ts';
import type { OwnTotals } from './own-totals/find-totals.ts';
import { findTotalLabel } from './own-totals/total-label.ts';
import type { DataWarning } from './read/data-warning.ts';
import type { FileLayout } from './read/file-layout.ts';
import { missingColumn, placeOf } from './read/header-row.ts';
import { CELL_END, ROW_END, type RowStore } from './row-store.ts';
import { createEvidence, type Evidence, type Need } from './values/evidence.ts';
import { NotComputed } from './values/not-computed.ts';
import { SheetDate, sheetNumber } from './values/sheet-value.ts';

/** Rows that were read once, and what their cells have shown: ready to be printed and counted. */
export interface DataRows {
  /** How a sentence names them: `the file "sales"`. */
  name: string;
  keys: string[];
  /** What a column is called where its key is its place. */
  titles: Map<string, string>;
  /** Columns that have neither a name nor anything in them. */
  unused?: ReadonlySet<string>;
  count: number;
  /** How many were gone through for these, where a filter leaves fewer. */
  scanned?: number;
  /** Whether they are a workbook's, whose cells say themselves what they are. */
  isSheet: boolean;
  /** A value for each key, in the order of the rows. */
  rows(): Iterable<readonly unknown[]>;
  evidence: Evidence;
  /** Those that are called as rows of totals are, from 1. */
  called: ReadonlyMap<number, string>;
  /** Those of them that are sums of others, and that are not, where somebody adds them up. */
  ownTotals?: OwnTotals;
  /** Of rows in a file. */
  layout?: FileLayout;
  warnings: DataWarning[];
}

/** What a column is called that a block asks for by its name, its place, or nearly its name. */
export function columnName({ keys, titles }: DataRows, key: string): string {
  const own = keys[placeOf(keys, key)];
  return own === undefined ? key : (titles.get(own) ?? own);
}

/** The place of a column among the keys. Throws BadData for one that none of the rows has, where there are rows. */
export function findPlace(rows: DataRows, key: string): number {
  const place = placeOf(rows.keys, key);
  if (place < 0 && rows.count > 0) throw missingColumn(rows, key, rows.keys);
  return place;
}

/** Rows inside the request. */
export function createInlineRows(rows: readonly Row[], keys: string[], needs: Need[], locale: string): DataRows {
  const evidence = createEvidence(keys, needs, locale);
  const valuesOf = (row: Row): unknown[] => keys.map((key) => cellValue(row, key));
  const called = new Map<number, string>();
  for (const [index, row] of rows.entries()) {
    evidence.see(valuesOf(row));
    const label = findTotalLabel(Object.values(row));
    if (label !== undefined) called.set(index + 1, label);
  }
  return {
    name: 'the request',
    keys,
    titles: new Map(),
    count: rows.length,
    isSheet: false,
    *rows() {
      for (const row of rows) yield valuesOf(row);
    },
    evidence,
    called,
    warnings: [],
  };
}

/** First characters of values that are no texts: no text has them, see `withoutMarks`. */
const NUMBER = '\u0001';
const TRUE = '\u0002';
const FALSE = '\u0003';
const DATE = '\u0004';
const NONE = '\u0005';
const LAST_MARK = 5;
/** Between a number and what it counts. */
const UNIT = ' ';
/** All that a store needs for itself: these, and what parts its cells and rows. */
const MARKS = new RegExp(`[\0${NUMBER}${TRUE}${FALSE}${DATE}${NONE}${CELL_END}${ROW_END}]`, 'g');

/** A text without the control characters that a store of rows needs for itself: none of them is ever printed. */
export const withoutMarks = (text: string): string => (text.search(MARKS) < 0 ? text : text.replace(MARKS, ''));

/** A value as the store keeps it; CSV has texts alone, which lost their marks when they were decoded. */
export function encodeValue(value: unknown): string {
  if (typeof value === 'string') return withoutMarks(value);
  if (typeof value === 'number') return NUMBER + String(value);
  if (isDecimal(value)) return NUMBER + toNumeric(value) + UNIT + (sheetNumber(value).unit ?? '');
  if (value instanceof SheetDate) return DATE + value.iso;
  if (typeof value === 'boolean') return value ? TRUE : FALSE;
  return value instanceof NotComputed ? NONE + value.code : '';
}

/** The value that the store keeps as that text. */
export function decodeValue(text: string): unknown {
  if (text.charCodeAt(0) > LAST_MARK || text === '') return text;
  if (text === TRUE) return true;
  if (text === FALSE) return false;
  if (text.startsWith(DATE)) return new SheetDate(text.slice(1));
  if (text.startsWith(NONE)) return NotComputed.of(text.slice(1));
  const [digits = '', unit = ''] = text.slice(1).split(UNIT);
  const number = parseDecimal(digits);
  return number && unit !== '' ? { ...number, unit } : (number ?? digits);
}

/** Collects the rows of a file into a store, as they were written. */
export class RawRows {
  readonly #store: RowStore;
  count = 0;

  constructor(store: RowStore) {
    this.#store = store;
  }

  add(texts: string[]): void {
    this.#store.add({ kind: 'row', texts });
    this.count += 1;
  }

  /** Puts away what was added: nothing is added from here on. */
  flush(): void {
    this.#store.flush();
  }

  *rows(hasTypes: boolean): Iterable<readonly unknown[]> {
    for (const { texts } of this.#store.rows()) yield hasTypes ? texts.map(decodeValue) : texts;
  }
}
