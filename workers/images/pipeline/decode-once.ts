import { needsOriginal } from '../input/option-changes.ts';
import type { Rendition } from '../input/rendition.ts';
import { type DecodeOptions, decodeSource, type OpenPipeline, openSource, type Source } from '../picture/source.ts';
import { atDensity, atRatio, scaledSize } from './geometry.ts';

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
 * size of the largest of them.
 */
export async function decodeOnce(
  original: Source,
  renditions: readonly Rendition[],
  options: DecodeOptions,
): Promise<DecodedSource> {
  const withFixedSize = (rendition: Rendition) => rendition;
  if (renditions.length === 1) return { source: original, open: openSource(original, options), withFixedSize };
  const scale = chooseScale(original, renditions);
  if (scale === 1) return { source: original, ...(await decodeSource(original, options)), withFixedSize };
  const reduced = { width: Math.round(original.width * scale), height: Math.round(original.height * scale) };
  return {
    source: { ...original, ...reduced },
    ...(await decodeSource(original, options, reduced)),
    withFixedSize: (rendition) => fixSize(original, atRatio(original, atDensity(rendition))),
  };
}

/** Asks in pixels for what would follow from the source's proportions: a reduced source has slightly others. */
function fixSize(original: Source, rendition: Rendition): Rendition {
  const { width, height, fit } = rendition;
  const followsFromSource = fit === 'inside' || fit === 'outside' || width === undefined || height === undefined;
  return followsFromSource ? { ...rendition, ...scaledSize(original, rendition), fit: 'fill' } : rendition;
}

/** Beyond this share a source is not reduced: nothing is won, and every picture would be resampled twice. */
const LARGEST_SCALE = 0.8;

/** Returns the share of a source's width and height that is enough for each of the renditions; 1 for all of it. */
export function chooseScale(
  source: Pick<Source, 'width' | 'height' | 'pages'>,
  renditions: readonly Rendition[],
): number {
  const { width, height } = source;
  if (source.pages > 1 || renditions.some(needsOriginal)) return 1;
  const widest = Math.max(
    ...renditions.map((rendition) => {
      const scaled = scaledSize(source, atDensity(rendition));
      const [across, down] = rendition.rotate % 180 === 0 ? [width, height] : [height, width];
      return Math.max(scaled.width / across, scaled.height / down);
    }),
  );
  return widest <= LARGEST_SCALE ? widest : 1;
}
