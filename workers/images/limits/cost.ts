import { chooseFormat } from '../encode/choose-format.ts';
import { DENSE_JPEG_PIXELS, LARGE_AVIF_PIXELS } from '../encode/encoding.ts';
import type { ImageFormat, SourceFormat } from '../formats/image-format.ts';
import { isSearched } from '../input/option-changes.ts';
import type { Rendition } from '../input/rendition.ts';
import type { Size } from '../picture/size.ts';
import type { SourceFacts } from '../picture/source.ts';
import { isDecodedWhole } from '../pipeline/decode-once.ts';
import { countDecoded, isAnimated } from '../pipeline/frames.ts';
import { atDensity, workingSize } from '../pipeline/geometry.ts';

/** From this estimate on a job is heavy: it takes a heavy job's slot, so that thumbnails need not wait for it. */
export const HEAVY_MS = 1500;
/** So is one that takes so much memory. */
export const HEAVY_BYTES = 150_000_000;

/** Milliseconds a megapixel takes on one core of 2024, measured on photographs; rounded, as they are no promise. */
const DECODE_MS: Readonly<Record<SourceFormat, number>> = {
  jpeg: 7,
  png: 25,
  webp: 25,
  avif: 60,
  gif: 25,
  tiff: 20,
  heic: 300,
  bmp: 15,
  ico: 15,
  // A page of text; what is drawn in layers takes several times as long.
  pdf: 150,
  svg: 100,
};
/** A HEIC that libheif's converter decodes, the JPEG between the two included. */
export const CONVERTED_HEIC_MS = 130;
const ENCODE_MS: Readonly<Record<ImageFormat, number>> = {
  jpeg: 20,
  png: 70,
  webp: 100,
  avif: 500,
  gif: 450,
  tiff: 45,
};
const LOSSLESS_MS: Partial<Record<ImageFormat, number>> = { webp: 500, avif: 400 };
/** A small JPEG is encoded by mozjpeg. */
const DENSE_JPEG_MS = 110;
/** A large AVIF is encoded with less effort. */
const LARGE_AVIF_MS = 130;
/** Resizing and whatever else is done to the source's pixels, for each rendition. */
const RESIZE_MS = 5;
/** A quality or format that is searched for takes so many trials. */
const TRIALS = 8;

/** Estimates how many milliseconds a job takes on one core, by what the source's header shows. */
export function estimateMs(source: SourceFacts, renditions: readonly Rendition[]): number {
  const frames = (rendition: Rendition) => {
    const format = chooseFormat(rendition, source);
    return isAnimated(source, rendition, format) ? source.frames : 1;
  };
  const decoded = renditions.map((rendition) => countDecoded(source, rendition, chooseFormat(rendition, source)));
  const most = Math.max(1, ...decoded);
  // What is decoded smaller where that is enough is decoded for each, but for frames, and a HEIC itself.
  const isOnce = isDecodedWhole(source) || most > 1 || source.format === 'heic';
  const decodings = isOnce ? most : renditions.length;
  const decodeMs = (source.decodeMs ?? DECODE_MS[source.format]) * megapixels(source) * decodings;
  return renditions.reduce((sum, rendition) => sum + renditionMs(source, rendition) * frames(rendition), decodeMs);
}

function renditionMs(source: SourceFacts, asked: Rendition): number {
  const rendition = atDensity(asked);
  const size = workingSize(rendition.crop ?? source, rendition);
  const format = chooseFormat(rendition, source);
  const lossless = rendition.lossless ? LOSSLESS_MS[format] : undefined;
  const encodeMs = lossless ?? encodeMsOf(format, size.width * size.height);
  return RESIZE_MS * megapixels(source) + encodeMs * megapixels(size) * (isSearched(rendition) ? TRIALS : 1);
}

function encodeMsOf(format: ImageFormat, pixels: number): number {
  if (format === 'jpeg' && pixels < DENSE_JPEG_PIXELS) return DENSE_JPEG_MS;
  return format === 'avif' && pixels > LARGE_AVIF_PIXELS ? LARGE_AVIF_MS : ENCODE_MS[format];
}

const megapixels = ({ width, height }: Size) => (width * height) / 1e6;
