import type { Font as ParsedFont } from 'fontkit';
import type { Shaper } from './shaper.ts';

/** Alphabets that need no shaping: one glyph a character, and kerning between two. */
const SIMPLE = new RegExp(
  String.raw`^[\u0020-\u007e\u00a0-\u02af\u0370-\u0482\u048a-\u052f\u1e00-\u1fff\u2000-\u200a\u2010-\u2027]$` +
    String.raw`|^[\u202f-\u205f\u20a0-\u20bf\u2100-\u27bf]$`,
);
const CODES = 0x27c0;
const SPACE = 0x20;
/** Pairs of these (Latin-1) are kept in tables, one for each left character that was met, and all others in a map. */
const TABLE_SIDE = 256;
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

/** The table of a left character; NaN: not looked up yet. */
function tableOf(tables: Float64Array[], left: number): Float64Array {
  const table = tables[left] ?? new Float64Array(TABLE_SIDE).fill(Number.NaN);
  tables[left] = table;
  return table;
}

/** Remembers what was looked up of pairs of characters; a space draws nothing nearer. */
function rememberPairs(lookUp: (left: number, right: number) => number): (left: number, right: number) => number {
  const tables: Float64Array[] = [];
  const others = new Map<number, number>();
  return (left, right) => {
    if (left === SPACE) return 0;
    const isLatin = left < TABLE_SIDE && right < TABLE_SIDE;
    const key = left * CODES + right;
    const known = isLatin ? tableOf(tables, left)[right] : others.get(key);
    if (known !== undefined && !Number.isNaN(known)) return known;
    const amount = lookUp(left, right);
    if (isLatin) tableOf(tables, left)[right] = amount;
    else {
      if (others.size >= MOST_PAIRS) others.clear();
      others.set(key, amount);
    }
    return amount;
  };
}

/** Composes simple text in one font, without its ligatures. */
export function createSimpleText(parsed: ParsedFont, { shape }: Shaper): SimpleText {
  const scale = 1000 / parsed.unitsPerEm;
  const glyphs: { id: number; width: number }[] = [];
  // NaN: not looked up yet. -1: not simple.
  const widths = new Float64Array(CODES).fill(Number.NaN);
  /** How far a character reaches beyond the one before: its width and their kerning. */
  const steps: Float64Array[] = [];

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
  const kern = rememberPairs(lookUpKern);
  /** Undefined where the second character must be shaped, or the font lacks it. */
  const stepOf = (left: number, right: number): number | undefined => {
    const own = widthOf(right);
    if (own < 0) return undefined;
    const step = own + kern(left, right);
    if (left < TABLE_SIDE && right < TABLE_SIDE) tableOf(steps, left)[right] = step;
    return step;
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
        const known = code < TABLE_SIDE ? steps[last]?.[code] : undefined;
        const step = known === undefined || Number.isNaN(known) ? stepOf(last, code) : known;
        if (step === undefined) return undefined;
        width += step;
        last = code;
      }
      return width;
    },
  };
}
