interface GlyphRun {
  glyphs: { advanceWidth: number }[];
  positions: { xAdvance: number; yAdvance: number; xOffset: number; yOffset: number; advanceWidth: number }[];
  advanceWidth: number;
}

/** What pdfkit's embedded font does inside; not part of its types. */
export interface EmbeddedFont {
  layoutRun(text: string, features?: Record<string, boolean>): GlyphRun;
  widthOfString(text: string, size: number, features?: Record<string, boolean>): number;
  font: { hasGlyphForCodePoint(codePoint: number): boolean };
}

/** Texts in these alphabets need no shaping: one glyph a character, and kerning between two. */
const SIMPLE =
  /^[\u0020-\u007e\u00a0-\u02af\u0370-\u0482\u048a-\u052f\u1e00-\u1fff\u2000-\u200a\u2010-\u2027\u202f-\u205f\u20a0-\u20bf\u2100-\u27bf]*$/;
const MOST_PAIRS = 50_000;
/** Widths of other texts are kept when they are no longer than this: a long word is measured character by character. */
const SHORT = 16;

/** What was measured of a font, in thousandths of its size. It holds for every document that uses the same file. */
export interface Measured {
  /** The kerning between two characters. */
  pairs: Map<number, number>;
  /** The widths of short texts that need shaping. */
  shaped: Map<string, number>;
}

export const createMeasured = (): Measured => ({ pairs: new Map(), shaped: new Map() });

/**
 * Lets pdfkit compose simple text from glyphs and kerning pairs that it has laid out once. Laying out each distinct
 * word anew takes 70 us, or (with pdfkit's cache) a growing memory: a table of numbers is nothing but distinct words.
 */
export function composeSimpleText(font: EmbeddedFont, { pairs, shaped }: Measured): void {
  const layoutRun = font.layoutRun.bind(font);
  const widthOfString = font.widthOfString.bind(font);
  // Glyphs belong to the document's own font.
  const singles = new Map<number, GlyphRun>();
  const layoutSingle = (code: number): GlyphRun => {
    let run = singles.get(code);
    if (!run) {
      run = layoutRun(String.fromCharCode(code));
      singles.set(code, run);
    }
    return run;
  };
  const kern = (left: number, right: number): number => {
    const key = left * 65_536 + right;
    let amount = pairs.get(key);
    if (amount === undefined) {
      const run = layoutRun(String.fromCharCode(left, right), { liga: false });
      amount = run.glyphs.length === 2 ? (run.positions[0]?.xAdvance ?? 0) - layoutSingle(left).advanceWidth : 0;
      if (pairs.size >= MOST_PAIRS) pairs.clear();
      pairs.set(key, amount);
    }
    return amount;
  };
  const advance = (text: string, index: number): number => {
    const code = text.charCodeAt(index);
    // pdfkit lays out word by word, each with the space after it: nothing is kerned across a space.
    const standsAlone = index + 1 === text.length || code === 0x20;
    return layoutSingle(code).advanceWidth + (standsAlone ? 0 : kern(code, text.charCodeAt(index + 1)));
  };
  font.layoutRun = (text, features) => {
    if (features || !SIMPLE.test(text)) return layoutRun(text, features);
    const run: GlyphRun = { glyphs: [], positions: [], advanceWidth: 0 };
    for (let index = 0; index < text.length; index += 1) {
      const single = layoutSingle(text.charCodeAt(index));
      const xAdvance = advance(text, index);
      run.glyphs.push(...single.glyphs);
      run.positions.push({ xAdvance, yAdvance: 0, xOffset: 0, yOffset: 0, advanceWidth: single.advanceWidth });
      run.advanceWidth += xAdvance;
    }
    return run;
  };
  const shapedWidth = (text: string): number => {
    const width = shaped.get(text) ?? widthOfString(text, 1000);
    if (shaped.size >= MOST_PAIRS) shaped.clear();
    if (text.length <= SHORT) shaped.set(text, width);
    return width;
  };
  font.widthOfString = (text, size, features) => {
    if (features) return widthOfString(text, size, features);
    if (!SIMPLE.test(text)) return (shapedWidth(text) * size) / 1000;
    let width = 0;
    for (let index = 0; index < text.length; index += 1) width += advance(text, index);
    return (width * size) / 1000;
  };
}
