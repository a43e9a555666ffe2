import sharp, { type Metadata, type Sharp } from 'sharp';
import type { SourceFormat } from '../formats/image-format.ts';
import { judgeFormat } from '../formats/judge.ts';
import { assertFrames, assertPixels } from '../formats/pixel-limit.ts';
import type { ImagesConfig } from '../settings.ts';
import { isGrey, toSrgb } from './colour.ts';
import { decodeBytes } from './decode-memory.ts';
import type { Size } from './size.ts';

// One thread an image: a worker process a core makes more of them than threads within one image do.
sharp.concurrency(1);
// Every job's pixels differ, so libvips' cache of operations would only hold memory.
sharp.cache(false);
// libvips reads far more than images of the formats taken (SVG, PDF, its own formats). Only from memory, too.
sharp.block({ operation: ['VipsForeignLoad'] });
sharp.unblock({
  operation: ['Jpeg', 'Png', 'Webp', 'Heif', 'Nsgif', 'Tiff'].map((loader) => `VipsForeignLoad${loader}Buffer`),
});

/** What a file's header shows. */
export interface SourceFacts extends Size {
  format: SourceFormat;
  hasAlpha: boolean;
  /** Frames of an animation, pages of a TIFF. */
  pages: number;
  /** Bytes that each pixel takes while it is decoded. */
  decodeBytes: number;
}

/** An image whose header is read and within the limits; its pixels are not decoded yet. */
export interface Source extends SourceFacts {
  /** What libvips reads: the upload itself, or what was decoded from it where libvips can't. */
  content: Buffer;
  /** The EXIF orientation, 1-8; `width` and `height` are those after it was applied. */
  orientation: number;
  /** What libvips read in the header. */
  metadata: Metadata;
  /** What of a decoder's complaints ends the decoding; `error` unless given. */
  failOn?: 'none' | 'warning' | undefined;
  /** Whether pixels were missing, where our own reader decoded it. */
  isDamaged?: boolean;
  /** Whether it moves elsewhere, though one picture is read of it. */
  moves?: boolean;
  /** A drawing's own size, where this is the picture drawn of it. */
  own?: Size;
}

/** Makes a fresh pipeline over a source's upright sRGB pixels, to be resized and encoded. */
export type OpenPipeline = () => Sharp;

/**
 * Reads an upload's header and checks it against the limits. Throws payload_too_large (pixels, frames),
 * unsupported_media_type, or libvips' own error for a damaged header.
 */
export async function readSource(content: Buffer, config: ImagesConfig): Promise<Source> {
  const format = judgeFormat(content);
  // No limit here: the header alone costs nothing, and our own sentence gives the figures.
  const metadata = await sharp(content, { limitInputPixels: false }).metadata();
  const { width, height } = metadata.autoOrient;
  const pages = metadata.pages ?? 1;
  assertFrames(pages, config.IMAGES_MAX_FRAMES);
  assertPixels(width, height, pages, config.IMAGES_MAX_PIXELS);
  const orientation = orientationOf(metadata);
  const size = { width, height, pages, hasAlpha: metadata.hasAlpha, decodeBytes: decodeBytes(format, metadata) };
  return { content, format, ...size, orientation, metadata };
}

const orientationOf = ({ orientation = 1 }: Metadata) => (orientation >= 1 && orientation <= 8 ? orientation : 1);

/**
 * Opens a source straight from its file, where a JPEG can be decoded at a fraction of its size (32 ms instead of 129 ms
 * for 200 pixels out of 12 megapixels).
 */
export const openSource =
  (source: Source, options: DecodeOptions): OpenPipeline =>
  () => {
    const pipeline = sharp(source.content, {
      autoOrient: true,
      limitInputPixels: options.maxPixels,
      // A truncated file must fail, never end in grey. `error` does that for every format; `warning` (the default)
      // refuses, beyond that, photos with odd metadata that every viewer shows.
      failOn: source.failOn ?? 'error',
      sequentialRead: true,
    }).timeout({ seconds: options.secondsLeft() });
    return toSrgb(pipeline, source.metadata);
  };

/** Whether all pixels of a source are there: it is decoded for that, row by row. */
export const isWhole = (source: Source, options: DecodeOptions): Promise<boolean> =>
  openSource(source, options)()
    .stats()
    .then(
      () => true,
      () => false,
    );

/** Decodes a source to raw pixels, for any number of pipelines over them, and to another size where one is given. */
export async function decodeSource(
  source: Source,
  options: DecodeOptions,
  size?: Size,
): Promise<{ open: OpenPipeline; rawPixels: Buffer }> {
  const pipeline = openSource(source, options)();
  const sized = size ? pipeline.resize({ ...size, fit: 'fill' }) : pipeline;
  const space = isGrey(source.metadata) ? 'b-w' : 'srgb';
  const { data, info } = await sized.toColourspace(space).raw().toBuffer({ resolveWithObject: true });
  const raw = { width: info.width, height: info.height, channels: info.channels };
  const open = () =>
    sharp(data, { raw, limitInputPixels: options.maxPixels }).timeout({ seconds: options.secondsLeft() });
  return { open, rawPixels: data };
}

/** Bounds of decoding: pixels, and the seconds (whole, 1 or more) that the run still has. */
export interface DecodeOptions {
  maxPixels: number;
  secondsLeft: () => number;
}
