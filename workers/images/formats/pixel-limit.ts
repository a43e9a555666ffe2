import { AppError } from '../../../src/errors.ts';

/** Writes a whole number as it stands in a sentence: 50,000,000. */
export const formatCount = (value: number): string => value.toLocaleString('en-US');

/** Throws payload_too_large, with the figures, when an image has more than `maxPixels` over all its frames. */
export function assertPixels(width: number, height: number, frames: number, maxPixels: number): void {
  const pixels = width * height * frames;
  if (pixels <= maxPixels) return;
  const inFrames = frames > 1 ? ` in ${formatCount(frames)} frames or pages` : '';
  const sum = `${formatCount(width)} x ${formatCount(height)} pixels${inFrames}`;
  const message = `The image has ${sum}, ${formatCount(pixels)} in all; at most ${formatCount(maxPixels)} are taken.`;
  throw new AppError('payload_too_large', message);
}

/** Throws payload_too_large, with the figures, when an image has more than `maxFrames` frames or pages. */
export function assertFrames(frames: number, maxFrames: number): void {
  if (frames <= maxFrames) return;
  throw new AppError('payload_too_large', `The image has ${frames} frames or pages; at most ${maxFrames} are taken.`);
}
