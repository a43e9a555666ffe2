import type { Metadata } from 'sharp';
import type { SourceFormat } from '../formats/image-format.ts';

/** Bytes of a value by libvips' name for what pixels are made of; what is not named has one. */
const VALUE_BYTES: Readonly<Record<string, number>> = {
  ushort: 2,
  short: 2,
  uint: 4,
  int: 4,
  float: 4,
  complex: 8,
  double: 8,
  dpcomplex: 16,
};

/**
 * Returns how many bytes a pixel of a source takes while it is decoded, as measured: what can be read row by row takes
 * next to none, the rest is held as a whole by its decoder.
 */
export function decodeBytes(format: SourceFormat, metadata: Metadata): number {
  const { channels = 4, depth = 'uchar', hasAlpha, isProgressive, chromaSubsampling, bitsPerSample = 8 } = metadata;
  const whole = channels * (VALUE_BYTES[depth] ?? 1);
  switch (format) {
    case 'jpeg':
      // A progressive one is held as coefficients of two bytes.
      return !isProgressive ? 0.2 : chromaSubsampling === '4:2:0' && channels === 3 ? 3 : 2 * channels;
    case 'png':
      return isProgressive ? whole + 1 : 0.2;
    case 'webp':
      return hasAlpha ? 12 : 7;
    case 'avif':
      return hasAlpha || bitsPerSample > 8 ? 25 : 18;
    case 'gif':
      return 8;
    // All of its rows may be one strip.
    case 'tiff':
      return whole;
    case 'heic':
      return HEIC_BYTES.whole;
    case 'bmp':
    case 'ico':
      return BITMAP_BYTES;
  }
}

/** The copy of the file in its thread, its pixels with alpha, and the picture that is made of them. */
export const BITMAP_BYTES = 12;

/**
 * What libheif takes a pixel: a grid is decoded tile by tile. With it, the picture that it makes; of the converter, what its
 * process takes.
 */
export const HEIC_BYTES = { grid: 6, whole: 15, converted: 8 } as const;
