import { drawInProcess } from '../formats/drawing/draw.ts';
import { writeDrawing } from '../formats/drawing/read-drawing.ts';
import { readDrawingInThread } from '../formats/drawing/read-in-thread.ts';
import { DRAWING_BYTES } from '../picture/decode-memory.ts';
import type { Size } from '../picture/size.ts';
import { readSource } from '../picture/source.ts';
import { chooseDrawnSize, inPixels } from './drawn-size.ts';
import type { Readable, Upload, UploadDeps } from './upload.ts';

/** A watermark is drawn so large, or larger where it is: nobody knows yet what it is laid over. */
const WATERMARK_SIDE = 1600;

/** Reads a drawing. It is drawn when it is opened, in a process of its own. Throws image_unreadable and payload_too_large. */
export async function readDrawing(content: Buffer, { config, threads, signal }: UploadDeps): Promise<Upload> {
  const { IMAGES_MAX_PIXELS: maxPixels, IMAGES_MAX_DRAWING_BYTES: maxBytes } = config;
  const drawing = await readDrawingInThread({ content, maxBytes, maxPixels }, threads, signal);
  const drawAt = ({ width, height }: Size): Readable => ({
    facts: {
      width,
      height,
      format: 'svg',
      hasAlpha: true,
      pages: 1,
      frames: 1,
      canShrink: false,
      decodeBytes: DRAWING_BYTES,
    },
    async open() {
      const seconds = config.IMAGES_DRAWING_SECONDS;
      const tiff = await drawInProcess({ svg: writeDrawing(drawing, width, height), width, height, seconds }, signal);
      return { ...(await readSource(tiff)), format: 'svg', own: inPixels(drawing), moves: drawing.moves };
    },
  });
  const scale = Math.max(1, WATERMARK_SIDE / Math.max(drawing.width, drawing.height));
  return {
    ...drawAt(inPixels({ width: drawing.width * scale, height: drawing.height * scale })),

    drawFor(renditions) {
      const { size, renditionOf } = chooseDrawnSize(drawing, renditions);
      return { ...drawAt(size), renditionOf };
    },
  };
}
