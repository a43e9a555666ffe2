import { type Column, MAX_COLUMNS } from '../../input/table.ts';
import { BadData } from './bad-data.ts';
import { type RowFile, startWith } from './row-file.ts';

/** Most names that a sentence lists. */
const MOST_NAMES = 12;

function listNames(names: readonly string[]): string {
  const shown = names.slice(0, MOST_NAMES).map((name) => `"${name.slice(0, 40)}"`);
  const left = names.length - shown.length;
  return shown.join(', ') + (left > 0 ? ` and ${left} more` : '');
}

/** A header row in which each column has a name, its number where it was empty; empty ones at the end are none. */
export function nameAll(names: readonly string[]): string[] {
  const end = names.findLastIndex((name) => name !== '') + 1;
  return names.slice(0, end).map((name, index) => name || String(index + 1));
}

/** The columns of rows that came without: one for each name, as texts. Throws BadData for more than a table takes. */
export function columnsFromNames(names: readonly string[], file: RowFile): Column[] {
  if (names.length > MAX_COLUMNS) {
    const count = `${names.length.toLocaleString('en')} columns, a table at most ${MAX_COLUMNS}`;
    throw new BadData(`${startWith(file)} has ${count}: name those to print in "columns".`);
  }
  return names.map((key) => ({ key }));
}

/**
 * Where each column is in the records of a CSV, by the names of its header row. Throws BadData for a column that the
 * header row lacks, or has twice.
 */
export function findColumns(header: readonly string[], columns: readonly Column[], file: RowFile): number[] {
  return columns.map(({ key }) => {
    const at = header.indexOf(key);
    if (at < 0) {
      throw new BadData(`${startWith(file)} has no column "${key}"; its header row names ${listNames(header)}.`);
    }
    if (header.lastIndexOf(key) > at) throw new BadData(`${startWith(file)} has the column "${key}" twice.`);
    return at;
  });
}
