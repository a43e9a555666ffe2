import bidiFactory, { type Bidi } from 'bidi-js';
import type { Run } from './inline.ts';

export type Direction = 'ltr' | 'rtl';

// What is imported is the factory itself; its types speak of an ES module, which Node does not load.
const bidi = (bidiFactory as unknown as () => Bidi)();
/** Letters, digits and marks of right-to-left scripts, and the marks that turn the direction to them. */
const RIGHT_TO_LEFT = /[\u0590-\u08ff\u200f\u2067\ufb1d-\ufdff\ufe70-\ufefc\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u;

/** Whether a text has anything that is read from right to left. */
export const hasRightToLeft = (text: string): boolean => RIGHT_TO_LEFT.test(text);

/** The text with brackets and signs turned round, as they are drawn from right to left. Done twice, it is as before. */
export const mirrorText = (text: string): string =>
  Array.from(text, (character) => bidi.getMirroredCharacter(character) ?? character).join('');

/** The direction of a language's own script. */
export function directionOf(lang: string): Direction {
  const { script } = new Intl.Locale(lang).maximize();
  return ['Arab', 'Hebr', 'Syrc', 'Thaa', 'Nkoo', 'Adlm', 'Rohg'].includes(script ?? '') ? 'rtl' : 'ltr';
}

/** One number with its sign, currency or percent sign: a locale writes these where they belong. */
const NUMBER = /^[-+\u2212\u2013(\s\p{Sc}]*\d(?:[\d.,'\u2019\s]*\d)?[-)\s%\u2030\p{Sc}]*$/u;

/**
 * The direction of a paragraph: that of its first letter. In a right-to-left document a paragraph is right-to-left
 * unless all its letters are of the other direction, or it is a number that a locale of the other direction has written:
 * many a Hebrew sentence begins with a foreign name.
 */
export function findDirection(text: string, document: Direction): Direction {
  if (document === 'rtl') return hasRightToLeft(text) || !(/\p{L}/u.test(text) || NUMBER.test(text)) ? 'rtl' : 'ltr';
  const isRightToLeft = hasRightToLeft(text) && bidi.getEmbeddingLevels(text, 'auto').paragraphs[0]?.level === 1;
  return isRightToLeft ? 'rtl' : 'ltr';
}

/** Parts runs where the direction changes, each with its embedding level (UAX 9); odd ones are right-to-left. */
export function embedRuns(runs: Run[], direction: Direction): Run[] {
  const { levels } = bidi.getEmbeddingLevels(runs.map(({ text }) => text).join(''), direction);
  const parts: Run[] = [];
  let at = 0;
  for (const run of runs) {
    let start = 0;
    for (let index = 1; index <= run.text.length; index += 1) {
      if (index < run.text.length && levels[at + index] === levels[at + start]) continue;
      parts.push({ ...run, text: run.text.slice(start, index), level: levels[at + start] ?? 0 });
      start = index;
    }
    at += run.text.length;
  }
  return parts;
}

/** Returns the pieces of one line in the order they stand in from left to right (rule L2 of UAX 9). */
export function orderVisually<Piece extends { level?: number }>(pieces: Piece[]): Piece[] {
  const levels = Uint8Array.from(pieces, ({ level = 0 }) => level);
  // To the library each piece is a letter: its spaces are where they belong already.
  const paragraphs = [{ start: 0, end: pieces.length - 1, level: 0 }];
  const ordered = [...pieces];
  for (const [start = 0, end = 0] of bidi.getReorderSegments('x'.repeat(pieces.length), { levels, paragraphs })) {
    ordered.splice(start, end - start + 1, ...ordered.slice(start, end + 1).reverse());
  }
  return ordered;
}
