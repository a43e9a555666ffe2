import sharp from 'sharp';
import { createCanvas } from '../formats/apng/canvas.ts';
import { writeFrame } from '../formats/apng/read-apng.ts';
import { toSrgb } from './colour.ts';
import { type Pixels, toPixels } from './pixels.ts';
import type { DecodeOptions, Source } from './source.ts';

/**
 * Decodes the first frames of an animated PNG, so many of them, as they are to be seen: laid over each other.
 */
export async function readApngFrames(source: Source, count: number, options: DecodeOptions): Promise<Pixels[]> {
  const { apng, failOn = 'error', metadata } = source;
  if (!apng) return [];
  const { width, height } = apng;
  const canvas = createCanvas(width, height);
  const shown: Pixels[] = [];
  for (const frame of apng.frames.slice(0, count)) {
    const pipeline = sharp(writeFrame(apng, frame), { limitInputPixels: options.maxPixels, failOn });
    const { data } = await toPixels(
      toSrgb(pipeline, metadata).toColourspace('srgb').ensureAlpha().timeout({ seconds: options.secondsLeft() }),
    );
    shown.push({ data: await canvas.show(frame, data), width, height, channels: 4 });
  }
  return shown;
}
