import sharp from 'sharp';
import { AppError } from '../../../src/errors.ts';
import { LARGE_AVIF_PIXELS } from '../encode/encoding.ts';
import type { Rendered } from '../encode/rendered.ts';
import type { ImageFormat } from '../formats/image-format.ts';
import type { Rendition } from '../input/rendition.ts';
import type { DecodeOptions, Source } from '../picture/source.ts';
import type { ThreadPool } from '../threads/pool.ts';
import { stripFile } from './strip-source.ts';
import { lengthenStrip } from './tiff.ts';

/** What is turned may have so many of the bytes that it had, by shorter codes. */
const TURNED_SHARE = 0.9;

/**
 * A larger picture is not made once more: the trials of 50 megapixels took a minute and a half, and a gigabyte, where making it
 * had taken 11 seconds, and 440 MB.
 */
const MOST_AGAIN_PIXELS = 8_000_000;

/** Where a JPEG is turned, and until when. */
export interface TurnDeps {
  threads: ThreadPool;
  signal: AbortSignal;
}

/**
 * Returns what was made where it has no more bytes than its source as it is coded, which can't be kept; else it is made once more, with
 * less quality, so that it has not. What can't be made so small without ruin stays as it was, and what is too large to try it.
 */
export async function makeSmaller(
  made: Rendered,
  stripped: Buffer,
  rendition: Rendition,
  make: (rendition: Rendition) => Promise<Rendered>,
): Promise<Rendered> {
  const { content, format, quality } = made;
  const pixels = (rendition.metadata === 'none' ? content : (stripFile(format, content) ?? content)).length;
  const isSlow = made.width * made.height > (format === 'avif' ? LARGE_AVIF_PIXELS : MOST_AGAIN_PIXELS);
  if (quality === null || isSlow || pixels <= stripped.length) return made;
  const maxBytes = stripped.length + content.length - pixels;
  try {
    return await make({ ...rendition, maxBytes });
  } catch (error) {
    if (error instanceof AppError && error.code === 'size_unmet') return made;
    throw error;
  }
}

/**
 * Returns the smaller of what was made and the source as it is coded, turned upright, with the metadata of what was made. The
 * source is decoded for that: one of which not all pixels are there never passes.
 */
export async function keepSmaller(
  made: Rendered,
  { source, stripped }: { source: Source; stripped: Buffer },
  rendition: Rendition,
  deps: DecodeOptions & TurnDeps,
): Promise<Rendered> {
  // Turned it has about as many bytes, and turning takes its time.
  if (stripped.length * TURNED_SHARE >= made.content.length) return made;
  const upright = await turnUpright(stripped, source, deps);
  const content = upright && (rendition.metadata === 'none' ? upright : withMetadata(source, upright, made));
  if (!content || content.length >= made.content.length || !(await isWholly(content, source, deps))) return made;
  const { similarity, colours: _colours, ...rest } = made;
  return {
    ...rest,
    content,
    format: source.format as ImageFormat,
    quality: null,
    ...(similarity === undefined ? {} : { similarity: 1 }),
    kept: true,
  };
}

const withMetadata = ({ format }: Source, content: Buffer, made: Rendered): Buffer | null =>
  format === made.format ? stripFile(format, content, made.content) : null;

/** Turns a JPEG upright without loss; null where it can't be. */
async function turnUpright(
  stripped: Buffer,
  { orientation }: Source,
  { threads, signal }: TurnDeps,
): Promise<Buffer | null> {
  if (orientation === 1) return stripped;
  const turned = await threads.run('turn', { jpeg: stripped, orientation }, signal);
  return turned && Buffer.from(turned.buffer, turned.byteOffset, turned.byteLength);
}

/** Whether all pixels of a file are there and no more, without the least complaint of its decoder, and of the source's size. */
async function isWholly(
  content: Buffer,
  { format, width, height, pages, hasAlpha }: Source,
  options: DecodeOptions,
): Promise<boolean> {
  try {
    const limits = { limitInputPixels: options.maxPixels, failOn: 'warning', sequentialRead: true } as const;
    const picture = sharp(content, { ...limits, ...(pages > 1 ? { animated: true } : {}) });
    const found = await picture.metadata();
    if (found.width !== width || (found.pageHeight ?? found.height) !== height || (found.pages ?? 1) !== pages)
      return false;
    if (found.hasAlpha !== hasAlpha) return false;
    await picture.timeout({ seconds: options.secondsLeft() }).stats();
  } catch {
    return false;
  }
  return format !== 'tiff' || !(await hasMoreRows(content, width, options));
}

/** Whether a TIFF's last strip has rows that are not shown. */
async function hasMoreRows(
  content: Buffer,
  width: number,
  { maxPixels, secondsLeft }: DecodeOptions,
): Promise<boolean> {
  const longer = lengthenStrip(content);
  if (!longer) return false;
  const { tiff, rows, more, isBlankBehind } = longer;
  try {
    const limits = { limitInputPixels: maxPixels + more * width, failOn: 'warning', sequentialRead: true } as const;
    const picture = sharp(tiff, limits).extract({ left: 0, top: rows, width, height: more });
    const pixels = await picture.timeout({ seconds: secondsLeft() }).raw().toBuffer();
    return !isBlankBehind || pixels.some((value) => value !== pixels[0]);
  } catch {
    return false;
  }
}
