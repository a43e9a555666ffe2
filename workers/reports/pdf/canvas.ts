import type { Run } from '../text/inline.ts';
import { cleanText, shorten } from '../text/lines.ts';
import { type Faces, faceOf } from './faces.ts';
import type { OpenedImage } from './images.ts';
import type { Warning } from './warnings.ts';

/** What strips draw on. Points, counted from the page's upper left corner; colours as #rrggbb. */
export interface Canvas {
  /** Draws a run on its baseline; characters that the font lacks become boxes, with a warning. */
  text(run: Run, x: number, baseline: number, size: number, color: string): void;
  /**
   * Draws one plain line of text, such as a chart's label. `x` is its left end, its middle or its right end, as `align`
   * says; what is wider than `maxWidth` points ends in an ellipsis.
   */
  label(text: string, x: number, baseline: number, look: LabelLook): void;
  /** How wide `label` would draw the text, in points. */
  measure(text: string, look: Pick<LabelLook, 'size' | 'bold'>): number;
  /** A hairline from (x, y) to the right. */
  rule(x: number, y: number, width: number, color: string, thickness?: number): void;
  box(x: number, y: number, width: number, height: number, color: string): void;
  image(image: OpenedImage, x: number, y: number, width: number, height: number): void;
  /** An entry of the reader's side bar that leads to this page. */
  bookmark(title: string, level: number): void;
  warn(code: string, message: string): void;
  startPage(page: number): void;
}

/** How a label looks: its size in points, its colour as #rrggbb. */
export interface LabelLook {
  size: number;
  color: string;
  bold?: boolean;
  align?: 'left' | 'center' | 'right';
  maxWidth?: number;
}

/** The start of a text, for a sentence about it. */
const excerpt = (text: string): string => (text.length > 40 ? `${text.slice(0, 40).trimEnd()}…` : text);

function describe(character: string): string {
  return `"${character}" (U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')})`;
}

const ALIGNMENT = { left: 0, center: 0.5, right: 1 } as const;

const cleanLabel = (text: string): string => cleanText(text).replaceAll('\n', ' ');

/** A canvas over a pdfkit document with pages of `paper` (width, height in points); `onWarning` takes what was noticed while drawing. */
export function createCanvas(
  doc: PDFKit.PDFDocument,
  paper: [number, number],
  faces: Faces,
  onWarning: (warning: Warning) => void,
): Canvas {
  let page = 0;
  let fill = '';
  const bookmarks: PDFKit.PDFOutline[] = [doc.outline];
  const warn = (code: string, message: string) => onWarning({ code, message, page });
  const useFill = (color: string) => {
    if (color !== fill) doc.fillColor(color);
    fill = color;
  };
  const warnOfMissing = (text: string) => {
    const missing = new Set([...text].filter((character) => !faces.covers(character)));
    const names = [...missing].slice(0, 5).map(describe).join(', ');
    warn('missing_glyph', `The report's font has no character ${names} in "${excerpt(text)}"; a box stands for it.`);
  };
  const text: Canvas['text'] = (run, x, baseline, size, color) => {
    useFill(color);
    doc.font(faceOf(run)).fontSize(size);
    const options = { lineBreak: false, baseline: 'alphabetic', ...(run.link && { link: run.link }) } as const;
    const printable = faces.printable(run.text);
    if (printable !== run.text) warnOfMissing(run.text);
    doc.text(printable, x, baseline, options);
  };
  const measure: Canvas['measure'] = (text, { size, bold = false }) => faces.width(cleanLabel(text), { bold }, size);
  return {
    warn,
    text,
    measure,
    label(label, x, baseline, { size, color, bold = false, align = 'left', maxWidth }) {
      const width = (part: string) => faces.width(part, { bold }, size);
      const clean = cleanLabel(label);
      const shown = maxWidth === undefined ? clean : shorten(clean, maxWidth, width);
      text({ text: shown, bold }, x - width(shown) * ALIGNMENT[align], baseline, size, color);
    },
    startPage(number) {
      page = number;
      fill = '';
      doc.addPage({ size: paper, margin: 0 });
    },
    rule(x, y, width, color, thickness = 0.6) {
      doc.lineWidth(thickness).strokeColor(color);
      doc
        .moveTo(x, y)
        .lineTo(x + width, y)
        .stroke();
    },
    box(x, y, width, height, color) {
      useFill(color);
      doc.rect(x, y, width, height).fill();
    },
    image: (image, x, y, width, height) => void doc.image(image.handle, x, y, { width, height }),
    bookmark(title, level) {
      bookmarks.length = Math.min(level, bookmarks.length);
      const parent = bookmarks.at(-1);
      if (parent) bookmarks.push(parent.addItem(title));
    },
  };
}
