import type { Report } from '../model.ts';

/** Most characters of a sheet's name. */
const MOST_CHARACTERS = 31;
/** What a sheet may not be called. */
const RESERVED = 'history';

/** A text without what names of sheets may not have. */
const clean = (text: string): string =>
  text
    .normalize('NFC')
    .replaceAll(/[\p{C}[\]:*?/\\]+/gu, ' ')
    .replaceAll(/\s+/g, ' ')
    .replace(/^['\s]+|['\s]+$/g, '');

const cut = (text: string, length: number): string =>
  text
    .slice(0, length)
    .toWellFormed()
    .replace(/[\ufffd'\s]+$/, '');

/** Makes names of sheets: by the captions of tables, else by the report's title; no two alike, in capitals or not. */
export function createSheetNames({ title }: Pick<Report, 'title'>): (caption: string | undefined) => string {
  const taken = new Set([RESERVED]);
  return (caption = '') => {
    const whole = cut(clean(caption) || clean(title), MOST_CHARACTERS) || 'Table';
    let own = whole;
    for (let count = 2; taken.has(own.toLowerCase()); count += 1) {
      const end = ` (${count})`;
      own = cut(whole, MOST_CHARACTERS - end.length) + end;
    }
    taken.add(own.toLowerCase());
    return own;
  };
}
