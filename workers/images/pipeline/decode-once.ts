import type { SourceFormat } from '../formats/image-format.ts';
import { needsOriginal } from '../input/option-changes.ts';
import type { Rendition } from '../input/rendition.ts';
import { type DecodeOptions, decodeSource, type OpenPipeline, openSource, type Source } from '../picture/source.ts';
import { atDensity, fixSize, scaledSize } from './geometry.ts';

/** A source as its renditions are made from it. */
export interface DecodedSource {
  /** The original, or as it was reduced for all of its renditions. */
  source: Source;
  /** Makes a fresh pipeline over its first frame. */
  open: OpenPipeline;
  /** The raw pixels that these pipelines read; absent where they read the original's file. */
  rawPixels?: Buffer;
  /** Returns the rendition to ask of a reduced source for the one wanted of the original: of the same size. */
  withFixedSize: (rendition: Rendition) => Rendition;
}

/**
 * Opens a source for its renditions, each of which comes out as it would alone. What would be decoded as a whole for each of
 * several is decoded once (four out of a PNG of 12 megapixels: 260 ms instead of 670). Of others each reads the file, a JPEG or
 * WebP at a fraction of its size; a large JPEG is decoded at such a fraction first, since some steps would decode it as a whole.
 */
export async function decodeOnce(
  original: Source,
  renditions: readonly Rendition[],
  options: DecodeOptions,
): Promise<DecodedSource> {
  const withFixedSize = (rendition: Rendition) => rendition;
  if (renditions.length > 1) {
    const opened = isDecodedAlike(original)
      ? await decodeSource(original, options)
      : { open: openSource(original, options) };
    return { source: original, ...opened, withFixedSize };
  }
  const scale = chooseScale(original, renditions);
  if (!isShrunk(original, scale, options.maxPixels)) {
    return { source: original, open: openSource(original, options), withFixedSize };
  }
  const reduced = { width: Math.round(original.width * scale), height: Math.round(original.height * scale) };
  return {
    source: { ...original, ...reduced },
    ...(await decodeSource(original, options, reduced)),
    withFixedSize: (rendition) => fixSize(original, rendition),
  };
}

/** Formats that are decoded at a fraction of their size where that is enough; a HEIC becomes a JPEG once. */
const DECODED_SMALLER: readonly SourceFormat[] = ['jpeg', 'webp', 'heic'];

/** Whether a source's pixels are decoded as a whole for each rendition, however small that is. */
export const isDecodedWhole = ({ format }: Pick<Source, 'format'>): boolean => !DECODED_SMALLER.includes(format);

/**
 * Whether a source's pixels, decoded to 8 bits once, are what each rendition would be made of alone. A picture that is turned
 * upright is turned behind some steps, and those of 16 bits are taken with all of them.
 */
const isDecodedAlike = (source: Source): boolean =>
  isDecodedWhole(source) &&
  source.orientation === 1 &&
  source.metadata.depth === 'uchar' &&
  (source.metadata.space === 'srgb' || source.metadata.space === 'b-w');

/** A baseline JPEG that is needed at no more of its width and height has a limit of its own. */
export const SHRUNK_SCALE = 0.25;
/** One of more pixels is decoded at a fraction of its size, whatever is done to it. */
const LARGE_PIXELS = 32_000_000;

/** Whether a source of which that share of width and height is enough is decoded at it for one rendition too. */
export const isShrunk = (
  { canShrink, width, height }: Pick<Source, 'canShrink' | 'width' | 'height'>,
  scale: number,
  maxPixels = Infinity,
): boolean => canShrink && scale <= SHRUNK_SCALE && width * height > Math.min(LARGE_PIXELS, maxPixels);

/** Beyond this share a source is not reduced: nothing is won, and every picture would be resampled twice. */
const LARGEST_SCALE = 0.8;

/** Returns the share of a source's width and height that is enough for each of the renditions; 1 for all of it. */
export function chooseScale(
  source: Pick<Source, 'width' | 'height' | 'frames'>,
  renditions: readonly Rendition[],
): number {
  const { width, height } = source;
  if (source.frames > 1 || renditions.some(needsOriginal)) return 1;
  const widest = Math.max(
    ...renditions.map((rendition) => {
      const scaled = scaledSize(source, atDensity(rendition));
      const [across, down] = rendition.rotate % 180 === 0 ? [width, height] : [height, width];
      return Math.max(scaled.width / across, scaled.height / down);
    }),
  );
  return widest <= LARGEST_SCALE ? widest : 1;
}
