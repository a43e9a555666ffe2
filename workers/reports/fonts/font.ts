import { create, type Font as ParsedFont } from 'fontkit';
import type { Direction } from '../text/bidi.ts';
import { createShaper } from './shaper.ts';
import { createSimpleText, type SimpleText } from './simple-text.ts';

/** A glyph in its place; lengths are in thousandths of the font's size. */
export interface PlacedGlyph {
  id: number;
  /** The characters it is read as; none where other glyphs of the same character have them. */
  codePoints: number[];
  /** How wide the font says it is, and how far the next glyph stands from it. */
  width: number;
  advance: number;
  xOffset: number;
  yOffset: number;
  /**
   * It begins more glyphs than there are characters, a vowel in two parts: all are read together, by a glyph that is not
   * seen and is stretched over all of them.
   */
  reader?: { id: number; width: number; reach: number };
}

/** A parsed font. It belongs to no document: a thread parses each file once and keeps it. */
export interface Font {
  /** Another for each font of the thread. */
  name: string;
  /** What pdfkit embeds the font from. */
  parsed: ParsedFont;
  /** Whether it has a glyph for each of the characters. */
  covers(codePoints: number[]): boolean;
  /**
   * The glyphs of a text in the order they are read, letters joined and marks in their place. Each stands where the one
   * before it has brought its pen: in a right-to-left text that goes to the left.
   */
  shape(text: string, direction: Direction): PlacedGlyph[];
  /** The outline of a glyph as operators of a PDF that draw it, in the font's units; empty where it has no ink. */
  outline(id: number): string;
  simple: SimpleText;
}

const toCodePoints = (text: string): number[] => Array.from(text, (character) => character.codePointAt(0) ?? 0);

/**
 * Gives glyphs, in the order they are read, the characters they are read as, so that they read in turn as the text does.
 * What was made of several characters together (a cluster: a ligature, a vowel that stands before its letter) has one a
 * glyph, and the last glyph all that are left. Where there are more glyphs, the letter has them and not its dots.
 */
function readAs(text: string, glyphs: PlacedGlyph[]): void {
  const characters = toCodePoints(text);
  if (characters.length < glyphs.length) {
    const wide = glyphs.filter(({ advance }) => advance !== 0);
    const holder = (wide.length === 1 ? wide : glyphs)[0];
    if (!holder) return;
    holder.codePoints = characters;
    if (wide.length < 2) return;
    const reach = glyphs.reduce((sum, { advance }) => sum + advance, 0);
    const { id, width } = glyphs.find((glyph) => glyph.width > 0) ?? holder;
    holder.reader = { id, width, reach };
    return;
  }
  for (const [index, glyph] of glyphs.entries())
    glyph.codePoints = index === glyphs.length - 1 ? characters.splice(0) : characters.splice(0, 1);
}

/** Gives all glyphs of a text their characters, cluster by cluster. */
function readClusters(text: string, glyphs: PlacedGlyph[], clusters: number[]): void {
  for (let start = 0, end = 0; start < glyphs.length; start = end) {
    while (end < glyphs.length && clusters[end] === clusters[start]) end += 1;
    readAs(text.slice(clusters[start], clusters[end]), glyphs.slice(start, end));
  }
}

/** Creates a font from a file's content; of a collection the one at `index`. Throws for a damaged file. */
export function createFont(content: Uint8Array, name: string, index = 0): Font {
  const parsed = parseFont(content, index);
  const shaper = createShaper(content, index);
  const scale = 1000 / parsed.unitsPerEm;
  return {
    name,
    parsed,
    outline: shaper.outline,
    shape(text, direction) {
      const shaped = shaper.shape(text, direction);
      if (direction === 'rtl') shaped.reverse();
      const glyphs = shaped.map(({ id, width, advance, xOffset, yOffset }) => ({
        id,
        codePoints: [],
        width: width * scale,
        advance: advance * scale,
        xOffset: xOffset * scale,
        yOffset: yOffset * scale,
      }));
      readClusters(
        text,
        glyphs,
        shaped.map(({ cluster }) => cluster),
      );
      return glyphs;
    },
    covers: (codePoints) => codePoints.every((codePoint) => parsed.hasGlyphForCodePoint(codePoint)),
    simple: createSimpleText(parsed, shaper),
  };
}

/** Parses a font file's content; of a collection the font at `index`. */
function parseFont(content: Uint8Array, index: number): ParsedFont {
  const parsed = create(content);
  const font = 'fonts' in parsed ? parsed.fonts[index] : parsed;
  if (!font) throw new Error(`the collection has no font ${index}`);
  return font;
}
