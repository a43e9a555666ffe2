import type { ImageFormat } from '../formats/image-format.ts';

/**
 * Qualities that look alike on the formats' own scales; formats not listed keep every pixel. By SSIMULACRA they are 0.032
 * from ten photographs of 1000 pixels (JPEG by mozjpeg, WebP 0.033; JPEG without it 0.029; AVIF 50 was 0.041).
 */
export const DEFAULT_QUALITY: Partial<Record<ImageFormat, number>> = { jpeg: 80, webp: 80, avif: 60 };

/**
 * How alike a picture of `quality: auto` is at least. Chosen by looking at photographs: at 0.98 a difference is found
 * only by switching to and fro between the two; the defaults lie around it.
 */
export const TARGET_SIMILARITY = 0.98;

/**
 * Where `auto` searches. Below, the measure is blind to what eyes see: blocks and bands in a sky, washed-out colours.
 * Above lies texture (grain, foam, leaves), which does not reach the target at any sensible quality, and where eyes see
 * least.
 */
const SEARCHED: Partial<Record<ImageFormat, readonly [number, number]>> = {
  jpeg: [65, 85],
  webp: [60, 84],
  avif: [42, 68],
};
/** By so much the logarithm of what is lost falls with each step of quality, as measured on photographs. */
const SLOPE: Partial<Record<ImageFormat, number>> = { jpeg: 0.031, webp: 0.044, avif: 0.03 };
/** Neighbouring qualities look the same: the search ends when it is this near. */
const NEAR_ENOUGH = 3;
/** However a picture behaves, no more trials are made. */
const MOST_TRIALS = 5;

/** Below, a picture is a ruin: `maxBytes` does not go there, unless a lower quality was asked for. */
export const LOWEST_QUALITY: Partial<Record<ImageFormat, number>> = { jpeg: 20, webp: 15, avif: 20 };

/** A file that fills so much of its limit is not worth another attempt at a larger one. */
const FULL_ENOUGH = 0.97;

/** What a trial found out. */
export interface TriedQuality {
  similarity: number;
  bytes: number;
}

/** A quality, and what it makes of the picture. */
export interface FoundQuality extends TriedQuality {
  quality: number;
}

/**
 * Finds the lowest quality at which a picture is similar enough, or the highest one searched where none is. `tryAt`
 * encodes at a quality (1-100). How quickly similarity grows is much the same for all pictures, so two or three trials
 * do. Ends early where even what is not similar enough has more than `mostBytes`: it can't win.
 */
export async function findQuality(
  format: ImageFormat,
  tryAt: (quality: number) => Promise<TriedQuality>,
  mostBytes = Number.POSITIVE_INFINITY,
): Promise<FoundQuality> {
  const [lowest, highest] = SEARCHED[format] ?? [1, 100];
  const clamp = (quality: number, low: number, high: number) => Math.min(high, Math.max(low, quality));
  let below: FoundQuality | undefined;
  let found: FoundQuality | undefined;
  let quality = clamp(DEFAULT_QUALITY[format] ?? highest, lowest, highest);
  for (let trial = 1; trial <= MOST_TRIALS; trial += 1) {
    const tried = { quality, ...(await tryAt(quality)) };
    if (tried.similarity >= TARGET_SIMILARITY) found = tried;
    else below = tried;
    if (below && !found && (below.quality === highest || below.bytes > mostBytes)) return below;
    const floor = (below?.quality ?? lowest - 1) + 1;
    const ceiling = (found?.quality ?? highest + 1) - 1;
    if (floor > ceiling || (found && found.quality - floor < NEAR_ENOUGH - 1)) break;
    const guess = Math.ceil(quality + stepsToTarget(format, tried.similarity));
    // At the found one's own place the guess says that there is nothing better to find.
    if (found && guess >= found.quality - 1) break;
    const isOutside = guess < floor || (guess > ceiling && found !== undefined);
    quality = isOutside && below && found ? Math.floor((floor + ceiling) / 2) : clamp(guess, floor, ceiling);
  }
  return found ?? (below as FoundQuality);
}

/** Estimates by how many steps the quality must rise (or may fall: negative) for the target. */
function stepsToTarget(format: ImageFormat, similarity: number): number {
  const lost = Math.max(1e-4, 1 - similarity);
  return Math.log(lost / (1 - TARGET_SIMILARITY)) / (SLOPE[format] ?? 0.03);
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
