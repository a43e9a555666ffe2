import sharp, { type Sharp } from 'sharp';
import { keepAll } from '../metadata/set-metadata.ts';
import type { Size } from './geometry.ts';
import type { DecodeOptions } from './source.ts';

/** A picture in the making: what is to be done to it, and the size it has before that. */
export interface Picture extends Size {
  pipeline: Sharp;
}

/** Pixels of 8 bits, row by row. */
export interface Pixels extends Size {
  data: Buffer;
  channels: 1 | 2 | 3 | 4;
}

/** Does all that was asked of a pipeline, as sRGB or grey pixels. */
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

/** A fresh pipeline over pixels. */
export function fromPixels({ data, width, height, channels }: Pixels, options: DecodeOptions): Sharp {
  const raw = { width, height, channels };
  return sharp(data, { raw, limitInputPixels: options.maxPixels }).timeout({ seconds: options.secondsLeft() });
}

/**
 * Does all that was asked of a pipeline, so that what is asked next comes after it: within one pipeline sharp has an
 * order of its own. Where metadata is to be kept, the pixels go through a PNG, which carries it along.
 */
export async function settle(pipeline: Sharp, keepsMetadata: boolean, options: DecodeOptions): Promise<Picture> {
  if (!keepsMetadata) {
    const pixels = await toPixels(pipeline);
    return { width: pixels.width, height: pixels.height, pipeline: fromPixels(pixels, options) };
  }
  const png = keepAll(pipeline).png({ compressionLevel: 0 });
  const { data, info } = await png.toBuffer({ resolveWithObject: true });
  const next = sharp(data, { limitInputPixels: options.maxPixels }).timeout({ seconds: options.secondsLeft() });
  return { width: info.width, height: info.height, pipeline: next };
}
