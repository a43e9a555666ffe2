import { cellValue, type Row } from '../../../input/table.ts';
import type { DataWarning } from '../data-warning.ts';
import { missingColumn, placeOf } from '../header-row.ts';
import { countOddRows } from '../odd-rows.ts';
import type { RowFile } from '../row-file.ts';

/** Keys of all rows together: more are left out, and named. */
const MOST_KEYS = 1000;

/** The columns of JSON objects, each of which may bring another key. */
export interface JsonColumns {
  keys: string[];
  /** The object's value for each key. */
  read(row: Row, line: number): unknown[];
  /** Ends the rows: the names of columns whose key is another, and what was left out. Throws BadData. */
  finish(): { titles: Map<string, string>; warnings: DataWarning[] };
}

/** Columns of all keys, in the order in which they come; `onKey` is told of those that rows after the first bring. */
export function collectAllKeys(file: RowFile, onKey: (key: string) => void): JsonColumns {
  const keys: string[] = [];
  const names = new Set<string>();
  const extra = countOddRows('extra_cells', file, 'The keys that come after so many others', 'are left out');
  let rows = 0;
  return {
    keys,
    read(row) {
      rows += 1;
      for (const key of Object.keys(row)) {
        if (names.has(key)) continue;
        if (keys.length >= MOST_KEYS) {
          extra.see(rows, key);
          continue;
        }
        names.add(key);
        keys.push(key);
        if (rows > 1) onKey(key);
      }
      return keys.map((key) => cellValue(row, key));
    },
    finish: () => ({ titles: new Map(), warnings: extra.list() }),
  };
}

/** Columns that were asked for: by their key, else by what `placeOf` finds among the keys of the rows so far. */
export function findAskedKeys(file: RowFile, keys: string[]): JsonColumns {
  const names: string[] = [];
  const known = new Set<string>();
  const sources = new Map<string, string>();
  let missing = [...keys];
  let rows = 0;
  const look = (row: Row) => {
    for (const key of Object.keys(row)) {
      if (known.has(key) || names.length >= MOST_KEYS) continue;
      known.add(key);
      names.push(key);
    }
    for (const key of missing) {
      const source = Object.hasOwn(row, key) ? key : names[placeOf(names, key)];
      if (source !== undefined) sources.set(key, source);
    }
    missing = missing.filter((key) => !sources.has(key));
  };
  return {
    keys,
    read(row) {
      rows += 1;
      if (missing.length > 0) look(row);
      return keys.map((key) => (Object.hasOwn(row, key) ? row[key] : cellValue(row, sources.get(key) ?? key)));
    },
    finish() {
      const [key] = missing;
      if (rows > 0 && key !== undefined) throw missingColumn(file, key, names);
      return { titles: sources, warnings: [] };
    },
  };
}
