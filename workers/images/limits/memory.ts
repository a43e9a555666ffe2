import { AppError } from '../../../src/errors.ts';
import { chooseFormat } from '../encode/choose-format.ts';
import { FULL_COLOUR_QUALITY, LARGE_AVIF_PIXELS, LARGEST_AUTO_AVIF_PIXELS } from '../encode/encoding.ts';
import type { ImageFormat, SourceFormat } from '../formats/image-format.ts';
import { formatCount } from '../formats/pixel-limit.ts';
import { isSearched } from '../input/option-changes.ts';
import type { Rendition } from '../input/rendition.ts';
import type { Size } from '../picture/size.ts';
import type { SourceFacts } from '../picture/source.ts';
import { chooseScale, isDecodedWhole, isShrunk } from '../pipeline/decode-once.ts';
import { isAnimated } from '../pipeline/frames.ts';
import { atDensity, workingSize } from '../pipeline/geometry.ts';
import { MOST_WATERMARK_BYTES } from '../pipeline/watermark/open-watermarks.ts';

/** Bytes that an encoder takes for each pixel it writes, as measured on photographs; the file included. */
const ENCODE_BYTES: Readonly<Record<ImageFormat, number>> = {
  jpeg: 6.5,
  png: 3.5,
  webp: 7,
  avif: 33,
  gif: 14,
  tiff: 4,
};
/** A small AVIF is encoded with more effort; one whose colours have half of their resolution takes less. */
const SMALL_AVIF_BYTES = 42;
const HALF_COLOUR_AVIF_BYTES = 24;
/** AVIF is encoded when all of the picture is there; of what decoding an AVIF took, this part is given back by then. */
const GIVEN_BACK = 2 / 3;
/** WebP with transparency, or without loss. */
const WHOLE_WEBP_BYTES = 12;
/** Of an animation, what is encoded already. */
const ENCODED_FRAME_BYTES = 1.5;
/** Raw pixels: three colours, and transparency. */
const RAW_BYTES = 4;
/** Raw pixels of a source that has no transparency; of these formats its header does not tell. */
const OPAQUE_BYTES = 3;
const MAYBE_TRANSPARENT: readonly SourceFormat[] = ['heic', 'bmp', 'ico'];

/**
 * Estimates how many bytes a job takes beside its file: for decoding, for pixels that are held, and for encoding, one
 * rendition after the other. Native memory, nearly all of it; so it is known before any of it is taken.
 */
export function estimateBytes(source: SourceFacts, renditions: readonly Rendition[]): number {
  const pixels = source.width * source.height;
  const scale = chooseScale(source, renditions);
  // WebP is decoded at half of its size or less where that is enough.
  const decodedShare = source.format === 'webp' ? Math.min(1, 4 * scale ** 2) : 1;
  const decode = source.decodeBytes * pixels * decodedShare;
  const shrinks = isShrunk(source, scale);
  // For several it is decoded once, or each reads it by itself.
  const heldShare = shrinks ? scale ** 2 : renditions.length > 1 && isDecodedWhole(source) ? 1 : 0;
  const raw = rawBytesOf(source) * pixels * heldShare;
  const opened = shrinks ? { ...source, width: source.width * scale, height: source.height * scale } : source;
  const made = Math.max(...renditions.map((rendition) => renditionBytes(opened, rendition, decode)));
  const watermarks = renditions.some(({ watermark }) => watermark) ? MOST_WATERMARK_BYTES : 0;
  return Math.round(decode + raw + made + watermarks);
}

const rawBytesOf = ({ hasAlpha, format }: SourceFacts): number =>
  hasAlpha || MAYBE_TRANSPARENT.includes(format) ? RAW_BYTES : OPAQUE_BYTES;

/** What a rendition takes beside what decoding takes. */
function renditionBytes(source: SourceFacts, asked: Rendition, decode: number): number {
  const rendition = atDensity(asked);
  const part = rendition.crop ?? source;
  const size = workingSize(part, rendition);
  const format = chooseFormat(rendition, source);
  const outPixels = size.width * size.height;
  if (isAnimated(source, rendition, format)) {
    // The frames as they were read and as they were drawn, all of them; they are encoded one by one.
    const frames = RAW_BYTES * source.width * source.height + (RAW_BYTES + ENCODED_FRAME_BYTES) * outPixels;
    return source.frames * frames + encodeBytes(format, outPixels, true);
  }
  const { regions, crop, trim, watermark, text, rotate, flip, flop, blur, radius, padding, metadata } = rendition;
  // Each of these makes the picture as a whole before the next step.
  const isTurned = rotate !== 0 || flip || flop;
  const keepsAll = metadata === 'all';
  // Its pixels go into a file that has its EXIF or its colours, or are not read at a fraction of their size.
  const { colourSpace, gainMap } = rendition;
  const carries = colourSpace === 'p3' || gainMap === 'keep' || (keepsAll && source.format === 'heic');
  // A mask of the corners is as large as the picture.
  const drawn = [crop, trim, watermark || text, text, isTurned, blur, radius, radius, padding];
  const steps = [...drawn, keepsAll, carries].filter(Boolean).length;
  // They are hidden in the whole source, which is held; each by a patch as large as it is.
  const hidden = regions ? rawBytesOf(source) * source.width * source.height : 0;
  const patch = rawBytesOf(source) * Math.max(0, ...(regions ?? []).map((region) => areaWithin(region, source)));
  const held = RAW_BYTES * steps * Math.max(part.width * part.height, outPixels);
  const searched = isSearched(rendition) ? RAW_BYTES * outPixels : 0;
  const isWhole = source.hasAlpha || rendition.lossless;
  const triesAvif = rendition.format === 'auto' && outPixels <= LARGEST_AUTO_AVIF_PIXELS;
  const encoder = triesAvif ? 'avif' : format;
  const isFull = isWhole || (encoder === 'avif' && mayHaveFullColour(rendition));
  const encode = searched + encodeBytes(encoder, outPixels, isFull);
  const again = source.format === 'avif' && encoder === 'avif' ? Math.min(encode, GIVEN_BACK * decode) : 0;
  return hidden + Math.max(patch, held + encode - again);
}

/** Whether an AVIF's colours may keep their resolution: `auto` decides by the picture. */
const mayHaveFullColour = (rendition: Rendition): boolean =>
  isSearched(rendition) || (typeof rendition.quality === 'number' && rendition.quality >= FULL_COLOUR_QUALITY);

/** So many pixels of a region lie within a source. */
const areaWithin = ({ width, height }: Size, source: Size): number =>
  Math.min(width, source.width) * Math.min(height, source.height);

function encodeBytes(format: ImageFormat, pixels: number, isWhole: boolean): number {
  if (format === 'webp' && isWhole) return WHOLE_WEBP_BYTES * pixels;
  if (format === 'avif' && pixels <= LARGE_AVIF_PIXELS) return SMALL_AVIF_BYTES * pixels;
  if (format === 'avif' && !isWhole) return HALF_COLOUR_AVIF_BYTES * pixels;
  return ENCODE_BYTES[format] * pixels;
}

/** Throws payload_too_large, with the figures, where an image alone would take more than `maxBytes`. */
export function assertMemory(bytes: number, maxBytes: number): void {
  if (bytes <= maxBytes) return;
  const sentence =
    `The image and its renditions would take about ${formatCount(bytes)} bytes of memory; at most ` +
    `${formatCount(maxBytes)} are taken. Ask for smaller renditions or another format than AVIF, or send a smaller image.`;
  throw new AppError('payload_too_large', sentence);
}
