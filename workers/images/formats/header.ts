import { createRequire } from 'node:module';
import { AppError } from '../../../src/errors.ts';
import type { InspectedUpload } from '../../../src/jobs/contract.ts';
import { lazy } from '../../../src/lazy.ts';
import { readBitmapSize } from './bitmap/bitmap-size.ts';
import { isHeif } from './detect-format.ts';
import { readHeifHeader } from './heic/boxes.ts';
import type { SourceFormat } from './image-format.ts';
import { hasSeveralScans } from './jpeg/scans.ts';
import { judgeFormat } from './judge.ts';
import { adviseJpeg, assertPixels, type PixelLimits } from './pixel-limit.ts';

/** Loaded at the first upload: no start needs it. */
const sizeReader = lazy(() => createRequire(import.meta.url)('image-size') as typeof import('image-size'));

/** How many first bytes the header reader wants: past the metadata of nearly every camera's JPEG. */
export const HEAD_BYTES = 65_536;
/** What is not called as its format is. */
const MEDIA_TYPES: Partial<Record<SourceFormat, string>> = {
  ico: 'image/x-icon',
  svg: 'image/svg+xml',
  pdf: 'application/pdf',
};
/** Their size lies at a fixed place right at the start; the others may carry it behind any amount of metadata. */
const FIXED_HEADER: readonly SourceFormat[] = ['png', 'gif'];

/**
 * Reads width and height in pixels, where the first bytes show them; orientation is not applied (but that of HEIC and
 * AVIF, which is part of the format). Of other formats it looks at HEAD_BYTES. Never throws.
 */
export function readDimensions(head: Uint8Array): { width: number; height: number } | undefined {
  if (isHeif(head)) {
    const { width = 0, height = 0 } = readHeifHeader(head) ?? {};
    return width > 0 && height > 0 ? { width, height } : undefined;
  }
  const bitmap = readBitmapSize(head);
  if (bitmap !== undefined) return bitmap ?? undefined;
  try {
    // A copy of its own: image-size reads through `head.buffer`, and a pooled buffer goes on behind the head.
    const { width, height } = sizeReader().imageSize(new Uint8Array(head.subarray(0, HEAD_BYTES)));
    return width > 0 && height > 0 ? { width, height } : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Checks an upload, which came in that form field, by its first bytes and returns its media type. Throws
 * invalid_request (empty), unsupported_media_type, payload_too_large (more pixels than are taken of any image) or
 * image_unreadable (it ends inside its header).
 * What the head does not show, a TIFF's directory at the end or a size behind much metadata, is left to decoding.
 */
export function inspectImage(start: Uint8Array, config: PixelLimits, field = 'file'): InspectedUpload {
  // The last of the first chunks may reach far beyond what is looked at.
  const head = start.subarray(0, HEAD_BYTES);
  if (head.length === 0) {
    const detail = 'The file is empty: it has 0 bytes.';
    throw new AppError('invalid_request', detail, { errors: [{ pointer: `/${field}`, detail }] });
  }
  const format = judgeFormat(head);
  // A drawing is drawn at the size that is asked for.
  const size = format === 'svg' ? undefined : readDimensions(head);
  if (!size && FIXED_HEADER.includes(format)) {
    throw new AppError('image_unreadable', `The ${format.toUpperCase()} file is damaged: its header shows no size.`);
  }
  if (size) assertLimit(head, format, size, config);
  return { type: MEDIA_TYPES[format] ?? `image/${format}` };
}

/** Throws payload_too_large where no rendition can be made. The pages of a TIFF differ: the one that is asked for counts. */
function assertLimit(
  head: Uint8Array,
  format: SourceFormat,
  size: { width: number; height: number },
  limits: PixelLimits,
) {
  if (format === 'tiff') return;
  const { IMAGES_MAX_PIXELS: most, IMAGES_MAX_JPEG_PIXELS: mostShrunk } = limits;
  if (format !== 'jpeg') return assertPixels(size, most);
  const canShrink = !hasSeveralScans(head);
  assertPixels(
    size,
    canShrink ? Math.max(most, mostShrunk) : most,
    canShrink ? undefined : adviseJpeg({ canShrink }, limits),
  );
}
