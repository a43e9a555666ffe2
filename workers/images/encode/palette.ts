import sharp from 'sharp';
import { listPngChunks } from '../formats/png-chunks.ts';
import { fromPixels, type Pixels, toPixels } from '../picture/pixels.ts';
import type { DecodeOptions } from '../picture/source.ts';
import { setFormat } from './encoding.ts';

/** The most colours that a palette holds. */
const MOST_COLOURS = 256;

/**
 * Finds how many colours a picture has, where a palette holds them all, exactly: a PNG with one takes a third of the bytes.
 * Undefined where it has more, or none at all.
 */
export async function findPalette(pixels: Pixels, options: DecodeOptions): Promise<number | undefined> {
  if (pixels.channels < 3) return undefined;
  const colours = countColours(pixels);
  if (colours === undefined) return undefined;
  // The reducer of colours has nothing to reduce; but it is one, so that is looked at.
  const encoding = { format: 'png', quality: null, progressive: false, dense: false, palette: colours } as const;
  const written = await setFormat(fromPixels(pixels, options), encoding, pixels.width * pixels.height).toBuffer();
  const read = sharp(written, { limitInputPixels: options.maxPixels }).toColourspace('srgb');
  const { data } = await toPixels(pixels.channels === 4 ? read.ensureAlpha() : read.removeAlpha());
  return shows(data, pixels) ? colours : undefined;
}

/** Counts the colours in a PNG's palette; Infinity where it has none. */
export function countPalette(png: Buffer): number {
  for (const { type, data } of listPngChunks(png)) if (type === 'PLTE') return data.length / 3;
  return Infinity;
}

/** Counts the colours of a picture; undefined where there are too many. */
function countColours({ data, channels }: Pixels): number | undefined {
  const seen = new Set<number>();
  let last = -1;
  for (let at = 0; at + channels <= data.length; at += channels) {
    const colour = data.readUIntBE(at, channels);
    if (colour === last) continue;
    last = colour;
    seen.add(colour);
    if (seen.size > MOST_COLOURS) return undefined;
  }
  return Math.max(2, seen.size);
}

/** Whether pixels are the same, but for what lies under those that are fully transparent. */
function shows(data: Buffer, { data: wanted, channels }: Pixels): boolean {
  if (data.equals(wanted)) return true;
  if (channels !== 4 || data.length !== wanted.length) return false;
  for (let at = 0; at < data.length; at += 4) {
    const pixel = data.readUInt32BE(at);
    const other = wanted.readUInt32BE(at);
    if (pixel !== other && ((pixel & 0xff) !== 0 || (other & 0xff) !== 0)) return false;
  }
  return true;
}
