import { drawInProcess } from '../../../src/drawings/draw.ts';
import { DrawingError } from '../../../src/drawings/drawing-error.ts';
import { writeDrawing } from '../../../src/drawings/read-drawing.ts';
import { AppError } from '../../../src/errors.ts';
import { DRAWING_BYTES } from '../picture/decode-memory.ts';
import type { Size } from '../picture/size.ts';
import { readSource } from '../picture/source.ts';
import { chooseDrawnSize, inPixels } from './drawn-size.ts';
import { readDrawingInThread } from './read-drawing-in-thread.ts';
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
      const request = { svg: writeDrawing(drawing, width, height), width, height, seconds };
      const tiff = await drawInProcess(request, signal).catch((error) => {
        throw toImageError(error);
      });
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

/** An error of its drawing as the job's; all others as they are. */
const toImageError = (error: unknown): unknown =>
  error instanceof DrawingError ? new AppError(error.code, `The SVG ${error.message}.`, { cause: error }) : error;
