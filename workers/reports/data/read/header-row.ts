import { type Column, MAX_COLUMNS } from '../../input/columns.ts';
import { BadData } from './bad-data.ts';
import { type RowFile, startWith } from './row-file.ts';

const PLACE = /^#([1-9]\d{0,3})$/;
/** Most names that a sentence lists. */
const MOST_NAMES = 12;

function listNames(names: readonly string[]): string {
  const shown = names.slice(0, MOST_NAMES).map((name) => `"${name.slice(0, 40)}"`);
  const left = names.length - shown.length;
  return shown.join(', ') + (left > 0 ? ` and ${left} more` : '');
}

/**
 * A header row in which each column has a name of its own: its number where it was empty, `v (2)` for the second that
 * is called `v`. `width` is the number of columns that rows have something in.
 */
export function nameAll(header: readonly string[], width: number): string[] {
  const named = header.findLastIndex((name) => name !== '') + 1;
  const names = Array.from({ length: Math.max(named, width) }, (_, index) => header[index] || String(index + 1));
  const taken = new Set<string>();
  return names.map((name) => {
    let own = name;
    for (let count = 2; taken.has(own); count += 1) own = `${name} (${count})`;
    taken.add(own);
    return own;
  });
}

/** The names of columns of which no row says what they are called: `Column 1`, `Column 2`, ... */
export const numberColumns = (count: number): string[] => Array.from({ length: count }, (_, at) => `Column ${at + 1}`);

/** Whether a column is asked for by its place, `#3`, and not by its name. */
export const isPlace = (key: string): boolean => PLACE.test(key);

/** The columns of rows that came without: one for each name, as texts. Throws BadData for more than a table takes. */
export function columnsFromNames(names: readonly string[], file: Pick<RowFile, 'name'>): Column[] {
  if (names.length > MAX_COLUMNS) {
    const count = `${names.length.toLocaleString('en')} columns, a table at most ${MAX_COLUMNS}`;
    throw new BadData(`${startWith(file)} has ${count}: name those to print in "columns".`);
  }
  return names.map((key) => ({ key }));
}

const squeeze = (name: string): string => name.normalize('NFC').replaceAll(/\s+/g, '');

/**
 * The place of a column among names: by its name, by its name whatever its spaces and line breaks are, by its name in
 * capitals or not where one alone has it; `#3` is the third. -1 where there is none.
 */
export function placeOf(names: readonly string[], key: string): number {
  const exact = names.indexOf(key);
  if (exact >= 0) return exact;
  const [, place] = PLACE.exec(key) ?? [];
  if (place !== undefined) return Number(place) <= names.length ? Number(place) - 1 : -1;
  const wanted = squeeze(key);
  const close = names.findIndex((name) => squeeze(name) === wanted);
  if (close >= 0 || wanted === '') return close;
  const lower = wanted.toLowerCase();
  const alike = names.flatMap((name, index) => (squeeze(name).toLowerCase() === lower ? [index] : []));
  return alike.length === 1 ? (alike[0] ?? -1) : -1;
}

/** What is thrown for a column that a file lacks; it lists those that are there. */
export const missingColumn = (file: Pick<RowFile, 'name'>, key: string, names: readonly string[]): BadData =>
  new BadData(`${startWith(file)} has no column "${key}"; its columns are ${listNames(names)}.`);

/**
 * Where each key is in the records of a CSV, by the names of its header row. Throws BadData for a column that the
 * header row lacks.
 */
export function findColumns(header: readonly string[], keys: readonly string[], file: RowFile): number[] {
  return keys.map((key) => {
    const at = placeOf(header, key);
    if (at < 0) throw missingColumn(file, key, header);
    return at;
  });
}
