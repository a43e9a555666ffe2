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
 * Opens a source for its renditions. One rendition is made straight from the file, where a JPEG can be decoded at a
 * fraction of its size. For several the source is decoded once (ten out of a PNG: 435 ms instead of 1565 ms), at the
 * size of the largest of them; so is a large JPEG for one, which some steps would decode as a whole.
 */
export async function decodeOnce(
  original: Source,
  renditions: readonly Rendition[],
  options: DecodeOptions,
): Promise<DecodedSource> {
  const withFixedSize = (rendition: Rendition) => rendition;
  const scale = chooseScale(original, renditions);
  if (renditions.length === 1 && !isShrunk(original, scale, options.maxPixels)) {
    return { source: original, open: openSource(original, options), withFixedSize };
  }
  if (scale === 1) return { source: original, ...(await decodeSource(original, options)), withFixedSize };
  const reduced = { width: Math.round(original.width * scale), height: Math.round(original.height * scale) };
  return {
    source: { ...original, ...reduced },
    ...(await decodeSource(original, options, reduced)),
    withFixedSize: (rendition) => fixSize(original, rendition),
  };
}

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
