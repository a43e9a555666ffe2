import type { Box } from './box.ts';
import { setDash } from './pdfkit-internals.ts';

/** How a path is drawn. Colours as #rrggbb, widths and dashes in points. */
export interface PathLook {
  fill?: string;
  /** White lines are laid over the fill, within this rectangle. */
  hatched?: Box;
  stroke?: string;
  width?: number;
  dash?: readonly number[];
}

/** Points between two lines of a hatching, measured along the edge. */
const HATCH_STEP = 6;

function drawHatching(doc: PDFKit.PDFDocument, path: string, { x, y, width, height }: Box) {
  doc.path(path).clip();
  doc.lineWidth(1.2).strokeColor('#ffffff');
  // Rising lines on a grid that is the same wherever the rectangle begins.
  const first = Math.floor((x + y) / HATCH_STEP) * HATCH_STEP;
  for (let sum = first; sum <= x + y + width + height; sum += HATCH_STEP) {
    doc.moveTo(sum - y, y).lineTo(sum - y - height, y + height);
  }
  doc.stroke();
}

/** Draws an SVG path into a document; the graphics state is afterwards as it was. */
export function drawPath(doc: PDFKit.PDFDocument, path: string, look: PathLook): void {
  const { fill, hatched, stroke, width = 1, dash = [] } = look;
  doc.save();
  if (fill) doc.path(path).fill(fill);
  if (stroke) {
    doc.lineWidth(width).lineJoin('round');
    if (dash.length > 0) setDash(doc, dash);
    doc.path(path).stroke(stroke);
  }
  if (hatched) drawHatching(doc, path, hatched);
  doc.restore();
}
