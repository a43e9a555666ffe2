import type { Font } from '../../fonts/font.ts';
import { internalsOf, type PdfObject } from '../pdfkit-internals.ts';

/** Glyphs of a document that are drawn as shapes, without being text. */
export interface GlyphForms {
  /** Returns the operators that draw a glyph with its origin at a point of the present page; none where it has no ink. */
  draw(font: Font, id: number, place: { x: number; y: number; size: number }): string;
}

/** Farther from its origin no glyph has ink, in times of the size. */
const REACH = 8;
const round = (number: number, digits = 1000): number => Math.round(number * digits) / digits;

/** Creates the glyph forms of a document: each glyph's outline is in the file once, whenever it is drawn. */
export function createGlyphForms(document: PDFKit.PDFDocument): GlyphForms {
  const doc = internalsOf(document);
  const forms = new Map<Font, Map<number, { name: string; form: PdfObject } | undefined>>();
  let count = 0;
  const create = (font: Font, id: number) => {
    const operators = font.outline(id);
    if (operators === '') return undefined;
    const reach = font.parsed.unitsPerEm * REACH;
    const form = doc.ref({ Type: 'XObject', Subtype: 'Form', BBox: [-reach, -reach, reach, reach], Resources: {} });
    form.end(Buffer.from(operators, 'latin1'));
    count += 1;
    return { name: `Glyph${count}`, form };
  };
  return {
    draw(font, id, { x, y, size }) {
      const known = forms.get(font) ?? new Map();
      forms.set(font, known);
      if (!known.has(id)) known.set(id, create(font, id));
      const glyph = known.get(id);
      if (!glyph) return '';
      doc.page.xobjects[glyph.name] = glyph.form;
      const scale = round(size / font.parsed.unitsPerEm, 1e6);
      return `q ${scale} 0 0 ${-scale} ${round(x)} ${round(y)} cm /${glyph.name} Do Q`;
    },
  };
}
