import { AppError } from '../../../src/errors.ts';
import type { ImagesConfig } from '../settings.ts';

/** The most pixels that are decoded, and the most of a JPEG that is decoded at a fraction of its size. */
export type PixelLimits = Pick<ImagesConfig, 'IMAGES_MAX_PIXELS' | 'IMAGES_MAX_JPEG_PIXELS'>;

/** Writes a whole number as it stands in a sentence: 50,000,000. */
export const formatCount = (value: number): string => value.toLocaleString('en-US');

/** Pixels in a row, rows, and how many frames of that size are decoded. */
interface Decoded {
  width: number;
  height: number;
  frames?: number;
}

/**
 * Throws payload_too_large, with the figures, when more than `maxPixels` would be decoded of an image. `advice` is a sentence
 * about what would be taken.
 */
export function assertPixels({ width, height, frames = 1 }: Decoded, maxPixels: number, advice?: string): void {
  const pixels = width * height * frames;
  if (pixels <= maxPixels) return;
  const inFrames = frames > 1 ? ` in ${formatCount(frames)} frames` : '';
  const sum = `${formatCount(width)} x ${formatCount(height)} pixels${inFrames}`;
  const figures = `The image has ${sum}, ${formatCount(pixels)} in all; at most ${formatCount(maxPixels)} are taken.`;
  throw new AppError('payload_too_large', [figures, advice].filter(Boolean).join(' '));
}

/** Says of a JPEG of too many pixels what would be taken; undefined where it would make no difference. */
export function adviseJpeg(
  { canShrink }: { canShrink: boolean },
  { IMAGES_MAX_PIXELS: most, IMAGES_MAX_JPEG_PIXELS: mostShrunk }: PixelLimits,
): string | undefined {
  if (mostShrunk <= most) return undefined;
  const kind = canShrink ? '' : ' This one is progressive, and counts whole.';
  return (
    `Up to ${formatCount(mostShrunk)} are taken of a baseline JPEG of which each rendition has at most a quarter of the ` +
    `width and height, without crop, trim and metadata=all.${kind}`
  );
}

/** Throws payload_too_large, with the figures, when more than `maxFrames` frames of an animation would be decoded. */
export function assertFrames(frames: number, maxFrames: number): void {
  if (frames <= maxFrames) return;
  const sentence =
    `The animation has ${formatCount(frames)} frames; at most ${formatCount(maxFrames)} are taken. ` +
    'Ask for the first of them with maxFrames, for one with page, or for animated: false.';
  throw new AppError('payload_too_large', sentence);
}
