import sharp, { type Metadata, type Sharp } from 'sharp';
import { AppError } from '../../../src/errors.ts';
import type { Apng } from '../formats/apng/read-apng.ts';
import type { SourceFormat } from '../formats/image-format.ts';
import { judgeFormat } from '../formats/judge.ts';
import { assertTiffNumbers } from '../formats/tiff.ts';
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
  /** How many frames an animation of it has: of those, as many as are asked for; 1 of what does not move. */
  frames: number;
  /** The page or frame that is shown, from 1 on; absent: the first, or the one that the file calls its main picture. */
  page?: number | undefined;
  /** Whether its decoder reads it at a fraction of its size, in next to no memory. */
  canShrink: boolean;
  /** Bytes that each pixel takes while it is decoded. */
  decodeBytes: number;
  /** Milliseconds that a megapixel takes to be decoded, where they are others than its format's. */
  decodeMs?: number | undefined;
}

/** An image whose header is read and within the limits; its pixels are not decoded yet. */
export interface Source extends SourceFacts {
  /** What libvips reads: the upload itself, or what was decoded from it where libvips can't. */
  content: Buffer;
  /** The EXIF orientation, 1-8; `width` and `height` are those after it was applied. */
  orientation: number;
  /** What libvips read in the header, and of a HEIC its EXIF and XMP. */
  metadata: Metadata;
  /** Set where its numbers are those of Display P3, and its content says so; else they become sRGB's. */
  space?: 'p3' | undefined;
  /** EXIF of the upload that `content` lacks: of a HEIC. */
  exif?: Buffer | undefined;
  /** What of a decoder's complaints ends the decoding; `error` unless given. */
  failOn?: 'none' | 'warning' | undefined;
  /** Whether pixels were missing, where our own reader decoded it. */
  isDamaged?: boolean;
  /** Whether it moves elsewhere, though one picture is read of it. */
  moves?: boolean;
  /** The frames of an animated PNG, which libvips does not read. */
  apng?: Apng;
  /** The own size of a drawing, or of a page, where this is the picture drawn of it. */
  own?: Size;
}

/** What is asked of a file's pages: one of them, or the most frames of an animation. */
export interface AskedPages {
  page?: number | undefined;
  maxFrames?: number | undefined;
}

/** Formats that are read with several frames. */
export const MOVING_FORMATS: readonly SourceFormat[] = ['gif', 'webp', 'png'];

/** Makes a fresh pipeline over a source's upright sRGB pixels, to be resized and encoded. */
export type OpenPipeline = () => Sharp;

/**
 * Reads an upload's header, of the page that is asked for. Throws unsupported_media_type, invalid_request where there is no
 * such page, or libvips' own error for a damaged header.
 */
export async function readSource(content: Buffer, { page, maxFrames = Infinity }: AskedPages = {}): Promise<Source> {
  const format = judgeFormat(content);
  if (format === 'tiff') assertTiffNumbers(content, page);
  // No limit here: the header alone costs nothing, and our own sentence gives the figures.
  const first = await sharp(content, { limitInputPixels: false }).metadata();
  const pages = first.pages ?? 1;
  assertPage(page, pages);
  const isOther = page !== undefined && page > 1;
  const metadata = isOther ? await sharp(content, { limitInputPixels: false, page: page - 1 }).metadata() : first;
  const { width, height } = metadata.autoOrient;
  const frames = MOVING_FORMATS.includes(format) && page === undefined ? Math.min(pages, maxFrames) : 1;
  return {
    content,
    format,
    width,
    height,
    pages,
    frames,
    page,
    hasAlpha: metadata.hasAlpha,
    decodeBytes: decodeBytes(format, metadata),
    canShrink: format === 'jpeg' && !metadata.isProgressive,
    orientation: orientationOf(metadata),
    metadata,
  };
}

/** Throws invalid_request where a file has no such page. */
export function assertPage(page: number | undefined, pages: number): void {
  if (page === undefined || page <= pages) return;
  const has = pages === 1 ? 'The image has one page or frame' : `The image has ${pages} pages or frames`;
  const detail = `${has}; there is no page ${page}.`;
  throw new AppError('invalid_request', detail, { errors: [{ pointer: '/page', detail }] });
}

const orientationOf = ({ orientation = 1 }: Metadata) => (orientation >= 1 && orientation <= 8 ? orientation : 1);

/**
 * Opens a source straight from its file, where a JPEG can be decoded at a fraction of its size (32 ms instead of 129 ms
 * for 200 pixels out of 12 megapixels).
 */
export const openSource =
  (source: Source, options: DecodeOptions): OpenPipeline =>
  () => {
    const pipeline = openFile(source, options);
    // Its numbers go through as they are, and its profile with them.
    return source.space === 'p3' ? pipeline.keepIccProfile() : toSrgb(pipeline, source.metadata);
  };

/** Opens a source's file, upright; its colours are converted by nobody yet. */
export const openFile = (source: Source, options: DecodeOptions): Sharp =>
  sharp(source.content, {
    autoOrient: true,
    // What is decoded at a fraction of its size has a limit of its own, and has been held against it.
    limitInputPixels: source.canShrink ? false : options.maxPixels,
    // Of an animated PNG the frame asked for is the whole of what is read.
    ...(source.page === undefined || source.format === 'png' ? {} : { page: source.page - 1 }),
    // A truncated file must fail, never end in grey. `error` does that for every format; `warning` (the default)
    // refuses, beyond that, photos with odd metadata that every viewer shows.
    failOn: source.failOn ?? 'error',
    sequentialRead: true,
  }).timeout({ seconds: options.secondsLeft() });

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
  /** Set where the numbers of a picture in the making are those of Display P3. */
  space?: 'p3' | undefined;
}
