import sharp, { type Sharp } from 'sharp';
// ssim.js: small, pure, no longer changed; used in this file alone, so it can be replaced here.
import pkg from 'ssim.js';
import { type Pixels, toPixels } from '../picture/pixels.ts';

const { ssim } = pkg;

/** Encoders are tried on at most so many pixels; of a larger picture, on squares spread over all of it. */
const ENCODED_PIXELS = 1024 * 512;
const ENCODED_TILE = 256;
/** Of these, so many are compared. That takes 5 to 10 ms, which the worker's own thread can spare. */
const COMPARED_PIXELS = 512 * 512;
const COMPARED_TILE = 128;
/** Similarity is that of blocks of so many pixels a side, the block that JPEG encodes by. */
const BLOCK = 8;

/** A part of a picture that stands for all of it: what an encoder is tried on, and how near the result comes to it. */
export interface Sample {
  pixels: Pixels;
  /** Returns how alike an encoded sample is: the mean structural similarity (SSIM) of brightness, 0 to 1 (the same). */
  compare(encoded: Buffer): Promise<number>;
}

/** Takes the sample of a picture, at its own size: shrinking would hide what encoding did to it. */
export async function takeSample(picture: Pixels): Promise<Sample> {
  const pixels = cutTiles(picture, ENCODED_TILE, ENCODED_PIXELS);
  const { data, ...raw } = pixels;
  const reference = await readCompared(sharp(data, { raw }));
  return {
    pixels,
    async compare(encoded) {
      const other = await readCompared(sharp(encoded, { limitInputPixels: false }));
      const { mssim } = ssim(reference, other, { ssim: 'bezkrovny', windowSize: BLOCK, downsample: false });
      // Rounding in its integers can bring it a hair's breadth over 1.
      return Math.min(1, mssim);
    },
  };
}

/** Reads the pixels that are compared, as RGBA; transparent ones on grey, since what lies under them is not seen. */
async function readCompared(picture: Sharp) {
  const flat = await toPixels(picture.flatten({ background: '#808080' }).toColourspace('srgb').ensureAlpha());
  const { data: bytes, ...size } = cutTiles(flat, COMPARED_TILE, COMPARED_PIXELS);
  return { ...size, data: new Uint8ClampedArray(bytes.buffer, bytes.byteOffset, bytes.length) };
}

/**
 * Cuts squares that lie evenly over a picture and puts them side by side; returns the picture itself when it has no
 * more than `maxPixels`, or is too narrow to be cut.
 */
export function cutTiles(picture: Pixels, tile: number, maxPixels: number): Pixels {
  const { data, width, height, channels } = picture;
  const fitting = { columns: Math.floor(width / tile), rows: Math.floor(height / tile) };
  if (width * height <= maxPixels || fitting.columns === 0 || fitting.rows === 0) return picture;
  const most = Math.floor(maxPixels / tile ** 2);
  const wanted = Math.min(fitting.columns, Math.max(1, Math.round(Math.sqrt((most * width) / height))), most);
  const rows = Math.min(fitting.rows, Math.floor(most / wanted));
  const columns = Math.min(fitting.columns, Math.floor(most / rows));

  const cut = Buffer.alloc(columns * rows * tile * tile * channels);
  let end = 0;
  for (let y = 0; y < rows * tile; y += 1) {
    const top = placeOf(Math.floor(y / tile), rows, height - tile) + (y % tile);
    for (let column = 0; column < columns; column += 1) {
      const start = (top * width + placeOf(column, columns, width - tile)) * channels;
      end += data.copy(cut, end, start, start + tile * channels);
    }
  }
  return { data: cut, width: columns * tile, height: rows * tile, channels };
}

/** Where the `index`-th of `count` squares begins when they are spread over `room` pixels. */
const placeOf = (index: number, count: number, room: number) =>
  Math.floor(count === 1 ? room / 2 : (room * index) / (count - 1));
