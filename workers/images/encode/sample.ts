import sharp, { type Sharp } from 'sharp';
import { type Pixels, toPixels } from '../picture/pixels.ts';
import { compareColours, type Similarity, toPlanes } from './similarity.ts';

/**
 * Encoders are tried, and compared, on at most so many pixels; of a larger picture, on squares spread over all of it. To
 * compare them takes some 10 ms, which the worker's own thread can spare.
 */
const SAMPLED_PIXELS = 768 * 512;
const TILE = 256;
/** Where colour alike to this degree is all that its halved resolution leaves, the format keeps the full one. */
const HALVED_COLOUR_SIMILARITY = 0.96;

/** A part of a picture that stands for all of it: what an encoder is tried on, and how near the result comes to it. */
export interface Sample {
  pixels: Pixels;
  /** Returns how alike an encoded sample is. */
  compare(encoded: Buffer): Promise<Similarity>;
  /** Whether colour loses what can be seen when its resolution is halved, as most encodings do (4:2:0). */
  needsFullColour(): Promise<boolean>;
}

/** Takes the sample of a picture, at its own size: shrinking would hide what encoding did to it. */
export async function takeSample(picture: Pixels): Promise<Sample> {
  const pixels = cutTiles(picture, TILE, SAMPLED_PIXELS);
  const { data, ...raw } = pixels;
  const reference = toPlanes(await readCompared(sharp(data, { raw })));
  const compare = async (encoded: Buffer) =>
    compareColours(reference, toPlanes(await readCompared(sharp(encoded, { limitInputPixels: false }))));
  return {
    pixels,
    compare,
    async needsFullColour() {
      if (pixels.channels < 3) return false;
      const opaque = sharp(data, { raw }).flatten({ background: GROUND });
      const { colour } = await compare(await opaque.jpeg({ quality: 100, chromaSubsampling: '4:2:0' }).toBuffer());
      return colour < HALVED_COLOUR_SIMILARITY;
    },
  };
}

/** Transparent pixels are compared on grey, since what lies under them is not seen. */
const GROUND = '#808080';
const readCompared = (picture: Sharp): Promise<Pixels> =>
  toPixels(picture.flatten({ background: GROUND }).toColourspace('srgb'));

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
