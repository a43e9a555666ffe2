import { BadData } from '../bad-data.ts';
import { type RowFile, startWith } from '../row-file.ts';

const MOST_NAMES = 20;

/** The names of sheets in a sentence. */
export function listSheets(names: readonly string[]): string {
  const shown = names.slice(0, MOST_NAMES).map((name) => `"${name.slice(0, 40)}"`);
  const left = names.length - shown.length;
  return shown.join(', ') + (left > 0 ? ` and ${left.toLocaleString('en')} more` : '');
}

/**
 * The place of a sheet among names: by its name, in capitals or not; by its number from 1, also one that was typed. -1
 * where there is none.
 */
export function placeOfSheet(names: readonly string[], asked: string | number): number {
  if (typeof asked === 'number') return asked <= names.length ? asked - 1 : -1;
  const exact = names.indexOf(asked);
  const fold = (name: string) => name.normalize('NFC').trim().toLowerCase();
  const found = exact >= 0 ? exact : names.findIndex((name) => fold(name) === fold(asked));
  return found < 0 && /^[1-9]\d{0,3}$/.test(asked) ? placeOfSheet(names, Number(asked)) : found;
}

/** What is said where a workbook lacks the sheet that is asked for, or has none that is shown with something in it. */
export function refuseSheet(file: RowFile, names: readonly string[], asked: string | number | undefined): BadData {
  if (asked === undefined) {
    const hidden = names.length > 0 ? `: it has ${listSheets(names)}` : '';
    return new BadData(`${startWith(file)} has no sheet that is shown and has something in it${hidden}.`);
  }
  const name = typeof asked === 'number' ? `number ${asked.toLocaleString('en')}` : `"${asked}"`;
  return new BadData(`${startWith(file)} has no sheet ${name}: its sheets are ${listSheets(names)}.`);
}
