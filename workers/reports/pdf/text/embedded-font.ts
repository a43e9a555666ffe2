import type { Font } from '../../fonts/font.ts';
import { addParsedFont, internalsOf } from '../pdfkit-internals.ts';

/** A font in one document. */
export interface EmbeddedFont {
  /** Its name in the page's resources. */
  id: string;
  /** The character code (4 hex digits) that shows the glyph and is read as these characters. */
  encode(glyphId: number, codePoints: number[], width: number): string;
  /** The code of a simple character, see SimpleText, as a number. */
  encodeSimple(code: number): number;
  /** Makes it known to the page that is drawn on. */
  use(): void;
}

/**
 * Registers a font with a document, which embeds the glyphs that are drawn. The codes are given out here: a glyph that
 * stands for other characters than before gets a code of its own, so that each is copied and searched as what it was.
 */
export function embedFont(doc: PDFKit.PDFDocument, font: Font): EmbeddedFont {
  const embedded = addParsedFont(doc, font.name, font.parsed);
  // What stands for no character must not be said to be NUL.
  embedded.unicode[0] = [0xfffd];
  const codes = new Map<string, string>();
  const simple: number[] = [];
  const encode: EmbeddedFont['encode'] = (glyphId, codePoints, width) => {
    const key = `${glyphId} ${codePoints.join(' ')}`;
    let code = codes.get(key);
    if (code === undefined) {
      const index = embedded.subset.glyphs.push(glyphId) - 1;
      embedded.widths[index] = width;
      embedded.unicode[index] = codePoints;
      code = index.toString(16).padStart(4, '0');
      codes.set(key, code);
    }
    return code;
  };
  return {
    id: embedded.id,
    encode,
    encodeSimple(code) {
      const known = simple[code];
      if (known !== undefined) return known;
      const { id, width } = font.simple.glyph(code);
      const encoded = Number.parseInt(encode(id, [code], width), 16);
      simple[code] = encoded;
      return encoded;
    },
    use() {
      const { fonts } = internalsOf(doc).page;
      fonts[embedded.id] ??= embedded.ref();
    },
  };
}
