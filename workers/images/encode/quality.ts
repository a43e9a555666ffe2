import type { ImageFormat } from '../formats/image-format.ts';

/** Qualities that look alike on the formats' own scales; formats not listed keep every pixel. */
export const DEFAULT_QUALITY: Partial<Record<ImageFormat, number>> = { jpeg: 80, webp: 80, avif: 50 };

/**
 * How alike a picture of `quality: auto` is at least: mean SSIM of its brightness. Chosen by looking at photographs:
 * at 0.98 a difference is found only by switching to and fro between the two; the defaults lie around it.
 */
export const TARGET_SIMILARITY = 0.98;

/**
 * Where `auto` searches. Below, SSIM is blind to what eyes see: blocks and bands in a sky, washed-out colours; above,
 * the last bit of texture costs more bytes than it is worth.
 */
const SEARCHED: Partial<Record<ImageFormat, readonly [number, number]>> = {
  jpeg: [65, 92],
  webp: [60, 92],
  avif: [42, 75],
};
/** Neighbouring qualities look the same: the search ends when it is this near, after four steps at most. */
const NEAR_ENOUGH = 3;

/** A file that fills so much of its limit is not worth another attempt at a larger one. */
const FULL_ENOUGH = 0.97;

/** A quality, and how alike it made the picture. */
export interface FoundQuality {
  quality: number;
  similarity: number;
}

/**
 * Finds the lowest quality at which a picture is similar enough, or the highest one searched where none is.
 * `similarityAt` encodes at a quality (1-100) and returns how alike that is (0-1).
 */
export async function findQuality(
  format: ImageFormat,
  similarityAt: (quality: number) => Promise<number>,
): Promise<FoundQuality> {
  const [lowest, highest] = SEARCHED[format] ?? [1, 100];
  let below = lowest - 1;
  let found: FoundQuality | undefined;
  while ((found?.quality ?? highest + 1) - below > NEAR_ENOUGH) {
    const quality = Math.floor((below + (found?.quality ?? highest + 1)) / 2);
    const similarity = await similarityAt(quality);
    if (similarity >= TARGET_SIMILARITY) found = { quality, similarity };
    else below = quality;
  }
  return found ?? { quality: highest, similarity: await similarityAt(highest) };
}

/**
 * Finds the highest of the steps 0 to `last` whose file has at most `maxBytes`, or one that nearly fills it, by
 * halving: of a hundred steps seven are made. `fitting` is absent when not even step 0 fits.
 */
export async function findFitting<Made extends { content: Uint8Array }>(
  last: number,
  maxBytes: number,
  makeAt: (step: number) => Promise<Made>,
): Promise<{ fitting?: Made; smallestBytes: number }> {
  let smallestBytes = Number.POSITIVE_INFINITY;
  let fitting: Made | undefined;
  let low = 0;
  let high = last;
  while (low <= high) {
    const step = Math.ceil((low + high) / 2);
    const made = await makeAt(step);
    smallestBytes = Math.min(smallestBytes, made.content.length);
    if (made.content.length <= maxBytes) {
      fitting = made;
      if (made.content.length >= maxBytes * FULL_ENOUGH) break;
      low = step + 1;
    } else high = step - 1;
  }
  return { ...(fitting ? { fitting } : {}), smallestBytes };
}
