import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Run } from '../text/inline.ts';
import { composeSimpleText, createMeasured, type EmbeddedFont, type Measured } from './simple-text.ts';

/** The four cuts of Source Sans 3 (SIL Open Font License): Latin, Greek and Cyrillic, with digits of one width. */
const FILES = {
  regular: '400Regular/SourceSans3_400Regular.ttf',
  italic: '400Regular_Italic/SourceSans3_400Regular_Italic.ttf',
  bold: '600SemiBold/SourceSans3_600SemiBold.ttf',
  boldItalic: '600SemiBold_Italic/SourceSans3_600SemiBold_Italic.ttf',
} as const;

/** The name under which a cut is registered with the document. */
export type Face = keyof typeof FILES;

/** Characters that the font surely has, so that they need not be looked up. */
const COVERED = /^[\u0020-\u007e\u00a0-\u017f]*$/;
/** Stands for a character that the font lacks. */
const BOX = '\u25a1';

/** The faces of one document: how wide a text is, and whether it can be shown. */
export interface Faces {
  /** The width of the text as it is printed. */
  width(text: string, run: Omit<Run, 'text'>, size: number): number;
  /** Whether the font has a glyph for the character. */
  covers(character: string): boolean;
  /** The text with a box for each character that the font lacks. */
  printable(text: string): string;
}

/** The face that a run is drawn in. */
export function faceOf(run: Omit<Run, 'text'>): Face {
  if (run.bold) return run.italic ? 'boldItalic' : 'bold';
  return run.italic ? 'italic' : 'regular';
}

const require = createRequire(import.meta.url);
/** The font files that were read, and what was measured of them. */
const known = new Map<Face, { content: Buffer; measured: Measured }>();

function readFace(face: Face): { content: Buffer; measured: Measured } {
  const content = readFileSync(require.resolve(`@expo-google-fonts/source-sans-3/${FILES[face]}`));
  const read = { content, measured: createMeasured() };
  known.set(face, read);
  return read;
}

/**
 * Registers a face with a document. Each parses the file anew: a parsed font remembers which characters its glyphs
 * stood for in the first document, and the next one would lose letters when its text is copied.
 */
function openFace(doc: PDFKit.PDFDocument, face: Face): EmbeddedFont {
  const { content, measured } = known.get(face) ?? readFace(face);
  doc.registerFont(face, content);
  doc.font(face);
  const embedded = (doc as unknown as { _font: EmbeddedFont })._font;
  composeSimpleText(embedded, measured);
  return embedded;
}

/** Registers the faces with a document. Only those that are drawn with are embedded, and of those only the glyphs used. */
export function loadFaces(doc: PDFKit.PDFDocument): Faces {
  const fonts = {} as Record<Face, EmbeddedFont>;
  for (const face of Object.keys(FILES) as Face[]) fonts[face] = openFace(doc, face);
  const covered = new Map<string, boolean>();
  const covers = (character: string): boolean => {
    let answer = covered.get(character);
    if (answer === undefined) {
      answer = fonts.regular.font.hasGlyphForCodePoint(character.codePointAt(0) ?? 0);
      covered.set(character, answer);
    }
    return answer;
  };
  const printable = (text: string): string => {
    if (COVERED.test(text)) return text;
    return Array.from(text, (character) => (covers(character) ? character : BOX)).join('');
  };
  return { covers, printable, width: (text, run, size) => fonts[faceOf(run)].widthOfString(printable(text), size) };
}
