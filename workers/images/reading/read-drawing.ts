import { drawInProcess } from '../formats/drawing/draw.ts';
import { writeDrawing } from '../formats/drawing/read-drawing.ts';
import { readDrawingInThread } from '../formats/drawing/read-in-thread.ts';
import { assertPixels } from '../formats/pixel-limit.ts';
import type { Rendition } from '../input/rendition.ts';
import { DRAWING_BYTES } from '../picture/decode-memory.ts';
import { readSource } from '../picture/source.ts';
import { drawingScale, ofDrawing } from './drawn-size.ts';
import type { Upload, UploadDeps } from './upload.ts';

/** A watermark is drawn so large, or larger where it is: nobody knows yet what it is laid over. */
const WATERMARK_SIDE = 1600;

/**
 * Reads a drawing, and chooses the size that it is drawn at: that of the largest rendition. It is drawn when it is opened, in a
 * process of its own. Throws image_unreadable and payload_too_large.
 */
export async function readDrawing(
  content: Buffer,
  { config, threads, signal }: UploadDeps,
  renditions?: readonly Rendition[],
): Promise<Upload> {
  const { IMAGES_MAX_PIXELS: maxPixels, IMAGES_MAX_DRAWING_BYTES: maxBytes } = config;
  const drawing = await readDrawingInThread({ content, maxBytes, maxPixels }, threads, signal);
  const own = { width: Math.max(1, Math.round(drawing.width)), height: Math.max(1, Math.round(drawing.height)) };
  const scale = renditions
    ? drawingScale(own, renditions)
    : Math.max(1, WATERMARK_SIDE / Math.max(own.width, own.height));
  const width = Math.max(1, Math.round(own.width * scale));
  const height = Math.max(1, Math.round(own.height * scale));
  assertPixels({ width, height }, maxPixels);
  return {
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
    bytes: content.length,
    ...(renditions ? { asked: { renditions: renditions.map((rendition) => ofDrawing(rendition, own, scale)) } } : {}),
    async open() {
      const seconds = config.IMAGES_DRAWING_SECONDS;
      const tiff = await drawInProcess({ svg: writeDrawing(drawing, width, height), width, height, seconds }, signal);
      return { ...(await readSource(tiff)), format: 'svg', own, moves: drawing.moves };
    },
  };
}
