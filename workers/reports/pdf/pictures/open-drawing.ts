import type { Drawer } from '../../../../src/drawings/draw.ts';
import { type Drawing, readDrawing, writeDrawing } from '../../../../src/drawings/read-drawing.ts';
import type { Size } from '../../layout/picture-size.ts';

/** Dots that a drawing has to an inch of paper: more can't be seen, and printers have not many more. */
const DOTS_PER_POINT = 300 / 72;
/** Most dots of one: a page of A4. */
const MOST_DOTS = 9_000_000;
/** Bytes of a drawing, unpacked; seconds that drawing it may take. */
const MOST_BYTES = 10_000_000;
const SECONDS = 10;

/** A drawing (SVG) that may be drawn. Its size is in CSS pixels. */
export interface OpenedDrawing extends Size {
  /** Returns the dots that it has where it stands so many points wide. */
  dotsFor(points: number): Size;
  /** Draws it as a PNG of that many dots, transparent where nothing is. Rejects with DrawingError. */
  draw(dots: Size, drawer: Drawer): Promise<Buffer>;
}

/** Opens a drawing, whose own pictures may have so many pixels. Throws DrawingError for what may not be drawn. */
export function openDrawing(content: Buffer, maxPixels: number): OpenedDrawing {
  const drawing = readDrawing({ content, maxBytes: MOST_BYTES, maxPixels });
  const { width, height } = drawing;
  return {
    width,
    height,
    dotsFor(points) {
      const scale = Math.min((points * DOTS_PER_POINT) / width, Math.sqrt(MOST_DOTS / (width * height)));
      return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) };
    },
    draw: (dots, drawer) => drawPng(drawing, dots, drawer),
  };
}

/** The process that draws ends by itself where this thread is ended. */
const never = new AbortController().signal;

async function drawPng(drawing: Drawing, { width, height }: Size, drawer: Drawer): Promise<Buffer> {
  const svg = writeDrawing(drawing, width, height);
  const tiff = await drawer.draw({ svg, width, height, seconds: SECONDS }, never);
  const { default: sharp } = await import('sharp');
  return sharp(tiff, { limitInputPixels: false }).png({ compressionLevel: 6 }).toBuffer();
}
