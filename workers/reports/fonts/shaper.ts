import * as harfbuzz from 'harfbuzzjs';
import type { Direction } from '../text/bidi.ts';

/** A glyph as HarfBuzz places it; lengths are in the font's units. */
export interface ShapedGlyph {
  id: number;
  /** Where the first of the characters that it was made of begins in the text. */
  cluster: number;
  /** How wide the font says it is, and how far the next glyph stands from it. */
  width: number;
  advance: number;
  xOffset: number;
  yOffset: number;
}

/** Turns text into glyphs with one font. It never throws: a mark that the font has no place for stays where it is. */
export interface Shaper {
  /** Returns the glyphs of a text from left to right, without the font's ligatures where they are not wanted. */
  shape(text: string, direction: Direction, hasLigatures?: boolean): ShapedGlyph[];
  /** Returns the operators of a PDF that draw a glyph's outline; none where it has no ink. */
  outline(id: number): string;
}

const DIRECTIONS = { ltr: harfbuzz.Direction.LTR, rtl: harfbuzz.Direction.RTL } as const;
const NO_LIGATURES = [new harfbuzz.Feature('liga', 0), new harfbuzz.Feature('clig', 0)];
/** One for all fonts of the thread: it holds nothing between two texts. */
const buffer = new harfbuzz.Buffer();
/** The fonts of a collection share its bytes, which HarfBuzz keeps a copy of. */
const blobs = new WeakMap<Uint8Array, harfbuzz.Blob>();

function openBlob(content: Uint8Array): harfbuzz.Blob {
  const blob = blobs.get(content) ?? new harfbuzz.Blob(content);
  blobs.set(content, blob);
  return blob;
}

/** The operators of a PDF by the commands of a path; it has none for a curve of three points, see `raise`. */
const OPERATORS: Record<string, string> = { M: 'm', L: 'l', C: 'c', Z: 'h' };

/** Makes a curve of four points from one of three, as both are defined: each inner point is at two thirds of the way. */
function raise([fromX, fromY]: number[], [midX, midY, toX, toY]: number[]): number[] {
  const between = (a = 0, b = 0): number => Math.round((a + ((b - a) * 2) / 3) * 100) / 100;
  const inner = [between(fromX, midX), between(fromY, midY), between(toX, midX), between(toY, midY)];
  return [...inner, toX ?? 0, toY ?? 0];
}

function toOperators(path: { type: string; values: number[] }[]): string {
  let at: number[] = [];
  const operators = path.map(({ type, values }) => {
    const operands = type === 'Q' ? raise(at, values) : values;
    at = values.slice(-2);
    return [...operands, OPERATORS[type] ?? 'c'].join(' ');
  });
  return operators.length === 0 ? '' : `${operators.join(' ')} f`;
}

/** Creates the shaper of a font file's content; of a collection that of the font at `index`. */
export function createShaper(content: Uint8Array, index = 0): Shaper {
  const font = new harfbuzz.Font(new harfbuzz.Face(openBlob(content), index));
  return {
    outline: (id) => toOperators(font.glyphToJson(id)),
    shape(text, direction, hasLigatures = true) {
      buffer.reset();
      buffer.setClusterLevel(harfbuzz.ClusterLevel.MONOTONE_CHARACTERS);
      buffer.addText(text);
      buffer.setDirection(DIRECTIONS[direction]);
      buffer.guessSegmentProperties();
      harfbuzz.shape(font, buffer, hasLigatures ? [] : NO_LIGATURES);
      return buffer.getGlyphInfosAndPositions().map((glyph) => {
        const { codepoint: id, cluster, xAdvance: advance = 0, xOffset = 0, yOffset = 0 } = glyph;
        return { id, cluster, width: font.glyphHAdvance(id), advance, xOffset, yOffset };
      });
    },
  };
}
