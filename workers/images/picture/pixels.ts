import sharp, { type Sharp } from 'sharp';
import { toColourChannels } from './colour.ts';
import type { Size } from './size.ts';
import type { DecodeOptions } from './source.ts';

/** A picture in the making: a pipeline of operations, and the size that the picture has before them. */
export interface Picture extends Size {
  pipeline: Sharp;
}

/** Pixels of 8 bits, row by row. */
export interface Pixels extends Size {
  data: Buffer;
  channels: 1 | 2 | 3 | 4;
}

/** Runs a pipeline and returns the sRGB or grey pixels that come out. */
export async function toPixels(pipeline: Sharp): Promise<Pixels & { offset: { left: number; top: number } }> {
  const { data, info } = await pipeline.raw({ depth: 'uchar' }).toBuffer({ resolveWithObject: true });
  const { width, height, channels, trimOffsetLeft, trimOffsetTop, cropOffsetLeft, cropOffsetTop } = info;
  // libvips counts a trim from the new corner to the old one, a crop too: negative both.
  const offset = {
    left: Math.abs(trimOffsetLeft ?? cropOffsetLeft ?? 0),
    top: Math.abs(trimOffsetTop ?? cropOffsetTop ?? 0),
  };
  return { data, width, height, channels, offset };
}

/** Makes a fresh pipeline over pixels. */
export function fromPixels({ data, width, height, channels }: Pixels, options: DecodeOptions): Sharp {
  const raw = { width, height, channels };
  return sharp(data, { raw, limitInputPixels: options.maxPixels }).timeout({ seconds: options.secondsLeft() });
}

/**
 * Runs a pipeline and returns a fresh one over what came out, so that the next operation comes after those before:
 * within one pipeline sharp has an order of its own. Where metadata or colours beyond sRGB are kept, the pixels go through a
 * PNG, which carries them along.
 */
export async function materialise(pipeline: Sharp, keepsMetadata: boolean, options: DecodeOptions): Promise<Picture> {
  const isWide = options.space === 'p3';
  if (!keepsMetadata && !isWide) {
    const pixels = await toPixels(pipeline);
    return { width: pixels.width, height: pixels.height, pipeline: fromPixels(pixels, options) };
  }
  const png = keepMetadata(pipeline, options).png({ compressionLevel: 0 });
  const { data, info } = await png.toBuffer({ resolveWithObject: true });
  const next = sharp(data, { limitInputPixels: options.maxPixels }).timeout({ seconds: options.secondsLeft() });
  return { width: info.width, height: info.height, pipeline: isWide ? next.keepIccProfile() : next };
}

/**
 * Runs a pipeline without its colours and returns a fresh one over what came out, in sRGB with its alpha: of pixels that were
 * made grey in the same pipeline sharp's raw ones keep the first channel alone.
 */
export async function materialiseGrey(pipeline: Sharp, options: DecodeOptions): Promise<Picture> {
  const png = pipeline.grayscale().png({ compressionLevel: 0 });
  const { data, info } = await png.toBuffer({ resolveWithObject: true });
  const next = sharp(data, { limitInputPixels: options.maxPixels }).timeout({ seconds: options.secondsLeft() });
  return { width: info.width, height: info.height, pipeline: toColourChannels(next) };
}

/** Keeps all metadata of the source. Pixels become sRGB, so its colour profile gives way to that of sRGB, unless they are P3. */
export const keepMetadata = (pipeline: Sharp, { space }: Pick<DecodeOptions, 'space'> = {}): Sharp =>
  space === 'p3' ? pipeline.keepMetadata() : pipeline.keepMetadata().withIccProfile('srgb');
