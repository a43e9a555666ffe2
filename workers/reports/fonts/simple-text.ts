import type { Font as ParsedFont } from 'fontkit';
import type { Shaper } from './shaper.ts';

/** Alphabets that need no shaping: one glyph a character, and kerning between two. */
const SIMPLE = new RegExp(
  String.raw`^[\u0020-\u007e\u00a0-\u02af\u0370-\u0482\u048a-\u052f\u1e00-\u1fff\u2000-\u200a\u2010-\u2027]$` +
    String.raw`|^[\u202f-\u205f\u20a0-\u20bf\u2100-\u27bf]$`,
);
const CODES = 0x27c0;
const SPACE = 0x20;
/** Kerning of pairs of these (ASCII) is kept in a table, that of all others in a map. */
const TABLE_SIDE = 128;
const MOST_PAIRS = 50_000;

/**
 * Text that is composed from glyphs and kerning pairs which were looked up once. Laying out each distinct word anew
 * takes 70 us, and a table of numbers is nothing but distinct words. Lengths are in thousandths of the font's size.
 */
export interface SimpleText {
  /** The text's width; undefined where it must be shaped or the font lacks a character. */
  width(text: string): number | undefined;
  /** The glyph of a simple character, and how wide it is. */
  glyph(code: number): { id: number; width: number };
  /** How much nearer (below 0) or farther the second of two characters stands; 0 behind a space. */
  kern(left: number, right: number): number;
}

/** Composes simple text in one font, without its ligatures. */
export function createSimpleText(parsed: ParsedFont, { shape }: Shaper): SimpleText {
  const scale = 1000 / parsed.unitsPerEm;
  const glyphs: { id: number; width: number }[] = [];
  // NaN: not looked up yet. -1: not simple.
  const widths = new Float64Array(CODES).fill(Number.NaN);
  const table = new Float64Array(TABLE_SIDE * TABLE_SIDE).fill(Number.NaN);
  const pairs = new Map<number, number>();

  const lookUpWidth = (code: number): number => {
    widths[code] = -1;
    if (SIMPLE.test(String.fromCharCode(code)) && parsed.hasGlyphForCodePoint(code)) {
      const [glyph, ...more] = shape(String.fromCharCode(code), 'ltr', false);
      if (glyph && more.length === 0) {
        glyphs[code] = { id: glyph.id, width: glyph.width * scale };
        widths[code] = glyph.width * scale;
      }
    }
    return widths[code] ?? -1;
  };
  const widthOf = (code: number): number => {
    const known = widths[code] ?? -1;
    return Number.isNaN(known) ? lookUpWidth(code) : known;
  };
  const lookUpKern = (left: number, right: number): number => {
    const pair = shape(String.fromCharCode(left, right), 'ltr', false);
    if (pair.length !== 2) return 0;
    return (pair[0]?.advance ?? 0) * scale - widthOf(left);
  };
  const kern = (left: number, right: number): number => {
    if (left === SPACE) return 0;
    if (left < TABLE_SIDE && right < TABLE_SIDE) {
      const at = left * TABLE_SIDE + right;
      const known = table[at] ?? 0;
      if (!Number.isNaN(known)) return known;
      table[at] = lookUpKern(left, right);
      return table[at] ?? 0;
    }
    const key = left * CODES + right;
    let amount = pairs.get(key);
    if (amount === undefined) {
      amount = lookUpKern(left, right);
      if (pairs.size >= MOST_PAIRS) pairs.clear();
      pairs.set(key, amount);
    }
    return amount;
  };
  return {
    kern,
    glyph(code) {
      widthOf(code);
      return glyphs[code] ?? { id: 0, width: 0 };
    },
    width(text) {
      let width = 0;
      let last = SPACE;
      for (let index = 0; index < text.length; index += 1) {
        const code = text.charCodeAt(index);
        const own = widthOf(code);
        if (own < 0) return undefined;
        width += own + kern(last, code);
        last = code;
      }
      return width;
    },
  };
}
