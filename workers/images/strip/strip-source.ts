import { DEFAULT_QUALITY } from '../encode/quality.ts';
import type { ImageFormat, SourceFormat } from '../formats/image-format.ts';
import { keepsPixels } from '../input/option-changes.ts';
import type { Rendition } from '../input/rendition.ts';
import type { Source } from '../picture/source.ts';
import { isAnimated } from '../pipeline/frames.ts';
import { scaledSize } from '../pipeline/geometry.ts';
import { stripAvif } from './avif.ts';
import { stripGif } from './gif.ts';
import { stripJpeg } from './jpeg.ts';
import { stripPng } from './png.ts';
import { isSrgbProfile } from './srgb-profile.ts';
import { stripTiff } from './tiff/strip-tiff.ts';
import { canTurn } from './turn/turn-jpeg.ts';
import { stripWebp } from './webp.ts';

const STRIPPERS: Partial<Record<SourceFormat, (content: Buffer, from?: Buffer, page?: number) => Buffer | null>> = {
  jpeg: stripJpeg,
  png: stripPng,
  webp: stripWebp,
  gif: stripGif,
  avif: stripAvif,
  tiff: stripTiff,
};

/**
 * Returns a file as it is coded, without metadata and what lies behind its end, with the metadata of `from`, another of its format, where
 * one is given. Null where it can't be followed, or its metadata are not known.
 */
export const stripFile = (format: SourceFormat, content: Buffer, from?: Buffer): Buffer | null =>
  STRIPPERS[format]?.(content, from) ?? null;

/** A source as it is coded. */
export interface Stripped {
  /** Without metadata, where that can be; as it lies. */
  content: Buffer;
  /** Whether a rendition may be that, upright by itself or turned without loss. */
  canKeep: boolean;
}

/**
 * Returns the source as it is coded, where a rendition is to be no larger than that: no pixel is asked to change, its format is the
 * source's or not given or `auto`, and no quality is given as a number. Null otherwise. Nothing is said of whether its pixels are whole:
 * `keepSmaller` looks.
 */
export async function stripSource(source: Source, rendition: Rendition, format: ImageFormat): Promise<Stripped | null> {
  const strip = STRIPPERS[source.format];
  if (!strip || !showsPixels(source, rendition, format)) return null;
  const content = strip(source.content, undefined, source.page);
  const { icc } = source.metadata;
  const canKeep =
    content !== null &&
    mayKeep(source, rendition, format) &&
    (source.orientation === 1 || (source.format === 'jpeg' && canTurn(content, source.orientation))) &&
    (!icc || (await isSrgbProfile(icc)));
  return { content: content ?? source.content, canKeep };
}

/** Whether a rendition shows each pixel of its source, and nobody said how it is coded. */
function showsPixels(source: Source, rendition: Rendition, format: ImageFormat): boolean {
  const { width, height } = source.metadata.autoOrient;
  const isAsked = rendition.format === undefined || rendition.format === 'auto' || rendition.format === source.format;
  const hasQuality = typeof rendition.quality === 'number' && DEFAULT_QUALITY[format] !== undefined;
  if (!isAsked || hasQuality || !keepsPixels(rendition)) return false;
  // A source may stand here at a reduced size.
  const scaled = scaledSize(source, rendition);
  if (source.width !== width || source.height !== height || scaled.width !== width || scaled.height !== height)
    return false;
  if (source.failOn === 'none' || source.isDamaged) return false;
  if (source.pages === 1 || source.format === 'tiff') return true;
  // Of pictures that lie beside it in its file the one that is meant is taken.
  if (source.format === 'avif') return source.page === undefined;
  const showsAll = source.frames === source.pages && (source.page ?? 1) === 1;
  return showsAll && isAnimated(source, rendition, format);
}

/** Whether its numbers are those of sRGB in 8 bits, which is what a rendition has, and all that was asked for can be had. */
function mayKeep({ metadata, format: own }: Source, rendition: Rendition, format: ImageFormat): boolean {
  const is8Bit = metadata.depth === 'uchar' && (metadata.space === 'srgb' || metadata.space === 'b-w');
  if (!is8Bit || rendition.colourSpace === 'p3' || (rendition.progressive && !metadata.isProgressive)) return false;
  // Metadata are taken from a file of the same format; those of an AVIF are items of its own,
  // and of a TIFF fields.
  return rendition.metadata === 'none' || (format === own && format !== 'avif' && format !== 'tiff');
}
