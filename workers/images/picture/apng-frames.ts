import sharp from 'sharp';
import { createCanvas } from '../formats/apng/canvas.ts';
import { writeFrame } from '../formats/apng/read-apng.ts';
import { toSrgb } from './colour.ts';
import { type Pixels, toPixels } from './pixels.ts';
import type { DecodeOptions, Source } from './source.ts';

/** Decodes the first frames of an animated PNG, so many of them, as they are to be seen: laid over each other. */
export async function readApngFrames(source: Source, count: number, options: DecodeOptions): Promise<Pixels[]> {
  const shown: Pixels[] = [];
  for await (const { data, ...frame } of drawApngFrames(source, options)) {
    shown.push({ ...frame, data: Buffer.from(data) });
    if (shown.length === count) break;
  }
  return shown;
}

/** Draws the frames of an animated PNG one after the other, each over those before it: in the same pixels. */
export async function* drawApngFrames(source: Source, options: DecodeOptions): AsyncGenerator<Pixels> {
  const { apng, failOn = 'error', metadata } = source;
  if (!apng) return;
  const { width, height } = apng;
  const canvas = createCanvas(width, height);
  for (const frame of apng.frames) {
    const pipeline = sharp(writeFrame(apng, frame), { limitInputPixels: options.maxPixels, failOn });
    const { data } = await toPixels(
      toSrgb(pipeline, metadata).toColourspace('srgb').ensureAlpha().timeout({ seconds: options.secondsLeft() }),
    );
    yield { data: await canvas.show(frame, data), width, height, channels: 4 };
  }
}
