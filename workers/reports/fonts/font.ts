import { create, type Glyph, type Font as ParsedFont } from 'fontkit';
import { createSimpleText, type SimpleText } from './simple-text.ts';

/** A glyph in its place; lengths are in thousandths of the font's size. */
export interface PlacedGlyph {
  id: number;
  /** The characters it stands for; none where another glyph of the same character has them. */
  codePoints: number[];
  /** How wide the font says it is, and how far the next glyph stands from it. */
  width: number;
  advance: number;
  xOffset: number;
  yOffset: number;
}

export type Direction = 'ltr' | 'rtl';

/** A parsed font. It belongs to no document: a thread parses each file once and keeps it. */
export interface Font {
  /** Another for each font of the thread. */
  name: string;
  /** What pdfkit embeds the font from. */
  parsed: ParsedFont;
  /** Whether it has a glyph for each of the characters. */
  covers(codePoints: number[]): boolean;
  /**
   * The glyphs of a text as they stand on the page, from left to right: letters joined, marks in their place. Throws what
   * fontkit throws where it can't shape a text.
   */
  shape(text: string, direction: Direction): PlacedGlyph[];
  simple: SimpleText;
}

/** Characters without a picture of their own, which show by what they do to others. */
const INVISIBLE = /^\p{Default_Ignorable_Code_Point}/u;

/**
 * Glyphs that remember their own characters. fontkit hands out one object a glyph, with the characters it was first
 * asked for: `A`, once met as a part of `Å`, would stand for no character in every later document. And it makes
 * joiners spaces, which they then would be in a copied text.
 */
function rememberCharacters(parsed: ParsedFont): void {
  const getGlyph = parsed.getGlyph.bind(parsed);
  const withCharacters = (glyph: Glyph, codePoints: number[]): Glyph => {
    const { advanceWidth } = glyph;
    return Object.create(glyph, { codePoints: { value: codePoints }, advanceWidth: { value: advanceWidth } });
  };
  parsed.getGlyph = (id, codePoints) => {
    const glyph = getGlyph(id, codePoints);
    return codePoints && glyph ? withCharacters(glyph, codePoints) : glyph;
  };
  parsed._layoutEngine.hideDefaultIgnorables = (glyphs, positions) => {
    const space = parsed.glyphForCodePoint(0x20);
    for (const [index, { codePoints }] of glyphs.entries()) {
      if (!INVISIBLE.test(String.fromCodePoint(codePoints[0] ?? 0x20))) continue;
      glyphs[index] = withCharacters(space, codePoints);
      const position = positions[index];
      if (position) position.xAdvance = 0;
    }
  };
}

/**
 * Leaves a mark where it is when the font has no place for it on that letter, as HarfBuzz does. Fonts need not name one
 * for every pair, and fontkit throws where they don't: one such pair would end a whole report.
 */
function skipMissingPlaces({ _layoutEngine }: ParsedFont): void {
  const placer = _layoutEngine.engine?.GPOSProcessor;
  if (!placer) return;
  const apply = placer.applyAnchor.bind(placer);
  placer.applyAnchor = (mark, place, at) => {
    if (mark?.markAnchor && place) apply(mark, place, at);
  };
}

/**
 * A right-to-left word whose glyphs read one character each. What else a glyph stands for is carried by glyphs without
 * width and ink at its left edge: readers of a PDF turn the order of glyphs round, but not that within one. Marks stand
 * above or below the middle of their letter, where they are taken for words of their own: so they are carried too, and
 * their ink comes behind the whole word.
 */
function carryCharacters(glyphs: PlacedGlyph[], carrier: number): PlacedGlyph[] {
  const word: PlacedGlyph[] = [];
  const marks: { glyph: PlacedGlyph; x: number }[] = [];
  let waiting: number[] = [];
  const carry = (xOffset: number) => {
    for (const codePoint of waiting)
      word.push({ id: carrier, codePoints: [codePoint], width: 0, advance: 0, xOffset, yOffset: 0 });
    waiting = [];
  };
  let x = 0;
  for (const glyph of glyphs) {
    const { codePoints, advance, xOffset } = glyph;
    if (advance === 0) {
      waiting.push(...codePoints.toReversed());
      marks.push({ glyph, x: x + xOffset });
      continue;
    }
    waiting.push(...codePoints.slice(1).toReversed());
    carry(xOffset);
    word.push({ ...glyph, codePoints: codePoints.slice(0, 1) });
    x += advance;
  }
  carry(0);
  return [...word, ...marks.map((mark) => ({ ...mark.glyph, codePoints: [], xOffset: mark.x - x }))];
}

/** Characters whose glyphs tend to have neither width nor ink: grapheme joiner, zero-width space, word joiner. */
const EMPTY = [0x34f, 0x200b, 0x2060, 0xfeff, 0x200c];

/** A glyph without width and ink, where the font has one. */
function findCarrier(parsed: ParsedFont): number | undefined {
  const glyphs = EMPTY.filter((code) => parsed.hasGlyphForCodePoint(code)).map((code) =>
    parsed.glyphForCodePoint(code),
  );
  return glyphs.find(({ advanceWidth, path }) => advanceWidth === 0 && path.commands.length === 0)?.id;
}

/** A font over what fontkit parsed. */
export function createFont(parsed: ParsedFont, name: string): Font {
  rememberCharacters(parsed);
  skipMissingPlaces(parsed);
  const scale = 1000 / parsed.unitsPerEm;
  let carrier: number | undefined | null = null;
  const shape: Font['shape'] = (text, direction) => {
    const { glyphs, positions } = parsed.layout(text, undefined, undefined, undefined, direction);
    const placed = glyphs.map(({ id, codePoints, advanceWidth }, index) => {
      const { xAdvance = 0, xOffset = 0, yOffset = 0 } = positions[index] ?? {};
      return {
        id,
        codePoints,
        width: advanceWidth * scale,
        advance: xAdvance * scale,
        xOffset: xOffset * scale,
        yOffset: yOffset * scale,
      };
    });
    if (direction === 'ltr') return placed;
    if (carrier === null) carrier = findCarrier(parsed);
    return carrier === undefined ? placed : carryCharacters(placed, carrier);
  };
  return {
    name,
    parsed,
    shape,
    covers: (codePoints) => codePoints.every((codePoint) => parsed.hasGlyphForCodePoint(codePoint)),
    simple: createSimpleText(parsed),
  };
}

/** Parses a font file's content; of a collection the font at `index`. */
export function parseFont(content: Uint8Array, index = 0): ParsedFont {
  const parsed = create(content);
  const font = 'fonts' in parsed ? parsed.fonts[index] : parsed;
  if (!font) throw new Error(`the collection has no font ${index}`);
  return font;
}
