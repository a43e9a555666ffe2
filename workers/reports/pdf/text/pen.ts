import type { Font } from '../../fonts/font.ts';
import type { TextUnit } from '../../fonts/font-stack.ts';
import { type EmbeddedFont, embedFont } from './embedded-font.ts';
import { createGlyphForms } from './glyph-forms.ts';
import { type Shown, showLeftToRight, showRightToLeft } from './show-glyphs.ts';
import { showSimple } from './show-simple.ts';

/** Writes text into a document's pages. */
export interface Pen {
  /** Writes units side by side in the order they are read; those of right-to-left text from the right. */
  write(units: TextUnit[], place: PenPlace): void;
}

/** Where text is written: its left end and its baseline, its size in points, and the direction it is read in. */
export interface PenPlace {
  x: number;
  baseline: number;
  size: number;
  isRightToLeft: boolean;
}

const sumWidths = (units: TextUnit[]): number => units.reduce((sum, { width }) => sum + width, 0);
const round = (number: number): number => Math.round(number * 1000) / 1000;

/** A pen for one document. Fonts are embedded when they are first written with. */
export function createPen(doc: PDFKit.PDFDocument): Pen {
  const fonts = new Map<Font, EmbeddedFont>();
  const outlines = createGlyphForms(doc);
  const open = (font: Font): EmbeddedFont => {
    const known = fonts.get(font);
    if (known) return known;
    const embedded = embedFont(doc, font);
    fonts.set(font, embedded);
    return embedded;
  };
  const show = (unit: TextUnit, embedded: EmbeddedFont, { size, isRightToLeft }: PenPlace): Shown => {
    if (!unit.glyphs) return { text: showSimple(unit, embedded), inks: [] };
    return isRightToLeft ? showRightToLeft(unit, embedded, size) : showLeftToRight(unit, embedded, size);
  };
  /** Writes what most texts are: letters that need no shaping, in one font. */
  const writeSimple = (unit: TextUnit, { x, baseline, size }: PenPlace) => {
    const embedded = open(unit.font);
    embedded.use();
    const begin = `BT 1 0 0 -1 ${round(x)} ${round(baseline)} Tm /${embedded.id} ${round(size)} Tf `;
    doc.addContent(`${begin}${showSimple(unit, embedded)} ET`);
  };
  return {
    write(units, place) {
      const { x, baseline, size, isRightToLeft } = place;
      const [first] = units;
      if (first && units.length === 1 && !first.glyphs && !isRightToLeft) {
        writeSimple(first, place);
        return;
      }
      const shapes: string[] = [];
      const parts: string[] = ['BT'];
      let last: EmbeddedFont | undefined;
      let left = isRightToLeft ? x + sumWidths(units) * (size / 1000) : x;
      for (const unit of units) {
        const width = (unit.width * size) / 1000;
        if (isRightToLeft) left -= width;
        // The page's y axis points down; letters are turned upright again.
        if (isRightToLeft || !last) parts.push(`1 0 0 -1 ${round(left)} ${round(baseline)} Tm`);
        const embedded = open(unit.font);
        if (embedded !== last) parts.push(`/${embedded.id} ${round(size)} Tf`);
        embedded.use();
        last = embedded;
        const { text, inks } = show(unit, embedded, place);
        parts.push(text);
        for (const ink of inks)
          shapes.push(outlines.draw(unit.font, ink.id, { x: left + ink.x, y: baseline - ink.y, size }));
        if (!isRightToLeft) left += width;
      }
      if (last) doc.addContent([...parts, 'ET', ...shapes].join(' '));
    },
  };
}
