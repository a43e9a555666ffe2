import { AppError } from '../../../src/errors.ts';
import { mayBeFax } from '../encode/densest.ts';
import { LARGE_AVIF_PIXELS, LARGEST_AUTO_AVIF_PIXELS } from '../encode/encoding.ts';
import { LOWEST_QUALITY } from '../encode/quality.ts';
import type { Rendered } from '../encode/rendered.ts';
import { holdsPixelsAlone } from '../input/option-changes.ts';
import type { Rendition } from '../input/rendition.ts';
import type { Source } from '../picture/source.ts';
import { stripFile } from './strip-source.ts';

/** Up to so many pixels the best quality that fits is searched, as `maxBytes` does; an AVIF takes longer. */
const SEARCHED_PIXELS = 8_000_000;
/**
 * Up to so many two qualities are guessed, and beyond none: the trials of 50 megapixels took a minute and a half, and a gigabyte,
 * where making it had taken 11 seconds, and 440 MB.
 */
const GUESSED_PIXELS = 16_000_000;
const GUESSES = 2;
/** By so much the logarithm of a file's bytes falls with each step of quality, as measured on photographs. */
const SLOPE = 0.028;

/** Makes a rendition; in all ways that keep every pixel, to take the smallest, where that is asked. */
export type Make = (rendition: Rendition, isDensest?: boolean) => Promise<Rendered>;

/** A file that is to have no more bytes than its source. */
interface Larger {
  made: Rendered;
  rendition: Rendition;
  /** The most bytes that it may have, with the metadata that were asked for. */
  maxBytes: number;
  make: Make;
}

/**
 * Returns what was made where it has no more bytes than its source as it is coded, which can't be kept; else it is made once more, more
 * densely or with less quality, so that it has not. What can't be made so small without ruin stays as it was, and what is too large
 * to try it.
 */
export async function makeSmaller(
  made: Rendered,
  { source, stripped }: { source: Pick<Source, 'format' | 'metadata'>; stripped: Buffer },
  rendition: Rendition,
  make: Make,
): Promise<Rendered> {
  const { content, format, quality } = made;
  const pixels = (rendition.metadata === 'none' ? content : (stripFile(format, content) ?? content)).length;
  if (pixels <= stripped.length) return made;
  const larger = { made, rendition, maxBytes: stripped.length + content.length - pixels, make };
  const size = made.width * made.height;
  // A fax has many pixels, and is packed within no time.
  if (quality === null) return size > SEARCHED_PIXELS && !mayBeFax(source) ? made : makeDenser(larger);
  const isSearched = size <= (format === 'avif' ? LARGE_AVIF_PIXELS : SEARCHED_PIXELS);
  if (isSearched) return searchQuality(larger);
  return size > (format === 'avif' ? LARGEST_AUTO_AVIF_PIXELS : GUESSED_PIXELS) ? made : guessQuality(larger, quality);
}

/** Makes it in all ways that keep every pixel, and returns the smallest. */
async function makeDenser({ made, rendition, make }: Larger): Promise<Rendered> {
  const denser = await make(rendition, true);
  // A resolution that nobody asked for goes too.
  const bare = holdsPixelsAlone(rendition) && stripFile(denser.format, denser.content);
  const content = bare || denser.content;
  return content.length < made.content.length ? { ...denser, content } : made;
}

async function searchQuality({ made, rendition, maxBytes, make }: Larger): Promise<Rendered> {
  try {
    return await make({ ...rendition, maxBytes });
  } catch (error) {
    if (error instanceof AppError && error.code === 'size_unmet') return made;
    throw error;
  }
}

async function guessQuality({ made, rendition, maxBytes, make }: Larger, from: number): Promise<Rendered> {
  let [quality, tried] = [from, made];
  for (let guess = 0; guess < GUESSES; guess += 1) {
    quality -= Math.ceil(Math.log(tried.content.length / maxBytes) / SLOPE) + 1;
    if (quality < (LOWEST_QUALITY[made.format] ?? 1)) break;
    const { similarity: _of, ...less } = await make({ ...rendition, format: made.format, quality });
    tried = less;
    if (tried.content.length <= maxBytes) return tried;
  }
  return made;
}
