import sharp from 'sharp';
import { DEFAULT_QUALITY } from '../encode/quality.ts';
import type { Rendered } from '../encode/rendered.ts';
import type { ImageFormat, SourceFormat } from '../formats/image-format.ts';
import { keepsPixels } from '../input/option-changes.ts';
import type { Rendition } from '../input/rendition.ts';
import type { DecodeOptions, Source } from '../picture/source.ts';
import { isAnimated } from '../pipeline/frames.ts';
import { scaledSize } from '../pipeline/geometry.ts';
import type { ThreadPool } from '../threads/pool.ts';
import { stripAvif } from './avif.ts';
import { stripGif } from './gif.ts';
import { stripJpeg } from './jpeg.ts';
import { stripPng } from './png.ts';
import { isSrgbProfile } from './srgb-profile.ts';
import { canTurn } from './turn/turn-jpeg.ts';
import { stripWebp } from './webp.ts';

/** What is turned may have so many of the bytes that it had, by shorter codes. */
const TURNED_SHARE = 0.9;

/** Where a JPEG is turned, and until when. */
export interface TurnDeps {
  threads: ThreadPool;
  signal: AbortSignal;
}

const STRIPPERS: Partial<Record<SourceFormat, (content: Buffer, from?: Buffer) => Buffer | null>> = {
  jpeg: stripJpeg,
  png: stripPng,
  webp: stripWebp,
  gif: stripGif,
  avif: stripAvif,
};

/** Returns a file as it is coded, without metadata and what lies behind its end; null where that is not known. */
export const stripFile = (format: SourceFormat, content: Buffer): Buffer | null => STRIPPERS[format]?.(content) ?? null;

/**
 * Returns the source as it is coded, without metadata, where a rendition may be that: no pixel is asked to change, its
 * format is the source's or not given or `auto`, no quality is given as a number, and its colours are sRGB in 8 bits.
 * Null otherwise. It lies as it came, and nothing is said of whether its pixels are whole: see `keepSmaller`.
 */
export async function stripSource(source: Source, rendition: Rendition, format: ImageFormat): Promise<Buffer | null> {
  const strip = STRIPPERS[source.format];
  if (!strip || !mayKeep(source, rendition, format)) return null;
  const { icc } = source.metadata;
  if (icc && !(await isSrgbProfile(icc))) return null;
  const stripped = strip(source.content);
  const isUpright =
    source.orientation === 1 || (source.format === 'jpeg' && stripped && canTurn(stripped, source.orientation));
  return isUpright ? stripped : null;
}

function mayKeep(source: Source, rendition: Rendition, format: ImageFormat): boolean {
  const { metadata } = source;
  const { width, height } = metadata.autoOrient;
  const isAsked = rendition.format === undefined || rendition.format === 'auto' || rendition.format === source.format;
  const hasQuality = typeof rendition.quality === 'number' && DEFAULT_QUALITY[format] !== undefined;
  if (!isAsked || hasQuality || !keepsPixels(rendition) || rendition.colourSpace === 'p3') return false;
  // A source may stand here at a reduced size.
  const scaled = scaledSize(source, rendition);
  if (source.width !== width || source.height !== height || scaled.width !== width || scaled.height !== height)
    return false;
  const is8Bit = metadata.depth === 'uchar' && (metadata.space === 'srgb' || metadata.space === 'b-w');
  if (!is8Bit || source.failOn === 'none' || source.isDamaged) return false;
  if (rendition.progressive && !metadata.isProgressive) return false;
  // Metadata are taken from a file of the same format; those of an AVIF are items of its own.
  if (rendition.metadata !== 'none' && (format !== source.format || format === 'avif')) return false;
  const showsAll = source.frames === source.pages && (source.page ?? 1) === 1;
  return source.pages === 1 || (showsAll && isAnimated(source, rendition, format));
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
  format === made.format ? (STRIPPERS[format]?.(content, made.content) ?? null) : null;

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

/** Whether all pixels of a file are there, without the least complaint of its decoder, and of the source's size. */
async function isWholly(
  content: Buffer,
  { width, height, pages, hasAlpha }: Source,
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
    return true;
  } catch {
    return false;
  }
}
