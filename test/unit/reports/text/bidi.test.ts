import { describe, expect, it } from '@jest/globals';
import { directionOf, findDirection, mirrorText } from '../../../../workers/reports/text/bidi.ts';
import type { Run } from '../../../../workers/reports/text/inline.ts';
import { breakLines, type Line } from '../../../../workers/reports/text/lines.ts';
import type { Measure } from '../../../../workers/reports/text/measure.ts';

/** A typewriter for a document of a direction: each character is one point wide. */
const measureFor = (direction: 'ltr' | 'rtl'): Measure => Object.assign((text: string) => text.length, { direction });

/** What stands on a line from left to right, as an eye sees it; `|` parts the pieces. */
const seen = ({ pieces }: Line): string =>
  pieces
    .toSorted((a, b) => a.x - b.x)
    .map(({ text, level = 0 }) => (level % 2 ? [...mirrorText(text)].reverse().join('') : text))
    .join('|');
const read = ({ pieces }: Line): string => pieces.map(({ text }) => text).join('');
const lay = (text: string | Run[], direction: 'ltr' | 'rtl', width = 99): Line[] =>
  breakLines(typeof text === 'string' ? [{ text }] : text, width, measureFor(direction));

describe('direction', () => {
  it.each([
    ['he', 'rtl'],
    ['ar-EG', 'rtl'],
    ['fa', 'rtl'],
    ['ur', 'rtl'],
    ['yi', 'rtl'],
    ['az-Arab', 'rtl'],
    ['en', 'ltr'],
    ['az', 'ltr'],
    ['ja', 'ltr'],
  ])('the language %s: is %s', (lang, direction) => expect(directionOf(lang)).toBe(direction));

  it.each([
    ['שלום world', 'ltr', 'rtl'],
    ['world שלום', 'ltr', 'ltr'],
    ['12 (3)', 'ltr', 'ltr'],
    ['Arabica שלום', 'rtl', 'rtl'],
    ['Only English.', 'rtl', 'ltr'],
    ['12 (3)', 'rtl', 'rtl'],
    ['\u22121\u00a0234,50', 'rtl', 'ltr'],
    ['\u221225\u00a0%', 'rtl', 'ltr'],
    ['\u200f\u200e-12.50\u00a0\u200f\u20aa', 'rtl', 'rtl'],
    ['10 \u2013 20', 'rtl', 'rtl'],
    ['1.', 'rtl', 'rtl'],
  ] as const)('the paragraph "%s" in a document that is %s: is %s', (text, document, direction) =>
    expect(findDirection(text, document)).toBe(direction),
  );
});

describe('lines in two directions', () => {
  it('Hebrew in an English sentence: its words stand from right to left, the sentence from left to right', () => {
    const [line] = lay('say שלום עולם now', 'ltr');
    expect(line && seen(line)).toBe('say |םלוע םולש| now');
    expect(line && read(line)).toBe('say שלום עולם now');
    expect(line?.isOpposed).toBeUndefined();
  });

  it('a Hebrew sentence: numbers and English keep their order in it, brackets are turned round', () => {
    const [line] = lay('שלום (עולם) 123 abc def.', 'ltr');
    expect(line && seen(line)).toBe('.|abc def| |123| (םלוע) םולש');
    expect(line?.isOpposed).toBe(true);
  });

  it('a negative amount as Intl writes it in Hebrew: its sign stays before it, the currency at its left', () => {
    const amount = new Intl.NumberFormat('he-IL', { style: 'currency', currency: 'ILS' }).format(-249.5);
    const [line] = lay(amount, 'rtl');
    expect(line && seen(line).replace(/[\u200e\u200f|]/g, '')).toBe('₪\u00a0-249.50');
    expect(line && read(line)).toBe(amount);
  });

  it('a sentence longer than a line: is broken in the order it is read', () => {
    const lines = lay('אחד שנים three four חמש', 'rtl', 10);
    expect(lines.map(read)).toEqual(['אחד שנים', 'three four', 'חמש']);
    expect(lines.map(seen)).toEqual(['םינש דחא', 'three four', 'שמח']);
  });

  it('English broken over two lines of a Hebrew sentence: begins on the first', () => {
    expect(lay('אחד one two three', 'rtl', 11).map(seen)).toEqual(['one two| דחא', 'three']);
  });

  it('a bold word in a Hebrew sentence: stands where it is read', () => {
    const [line] = lay([{ text: 'אחד ' }, { text: 'שנים', bold: true }, { text: ' שלוש' }], 'rtl');
    expect(line && seen(line)).toBe('שולש |םינש| דחא');
    expect(line?.pieces.map(({ x }) => x)).toEqual([9, 5, 0]);
  });

  it('20,000 characters of turning directions and isolates: all are there', () => {
    const text = 'א1(a\u2067ב) \u2069'.repeat(2500);
    expect(lay(text, 'ltr', 50).map(read).join('').replaceAll(' ', '')).toBe(text.replaceAll(' ', ''));
  });
});
