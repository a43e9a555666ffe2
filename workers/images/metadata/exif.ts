import type { Credits } from './credits.ts';
import { decodeText } from './text.ts';

const ARTIST = 0x013b;
const COPYRIGHT = 0x8298;
/** The type of a field that holds text. */
const TEXT = 2;

/** Reads the credits in the first directory of an EXIF block; passes over whatever points outside of it. */
export function readExif(exif: Buffer): Credits {
  const tiff = exif.toString('latin1', 0, 4) === 'Exif' ? exif.subarray(6) : exif;
  const isLittle = tiff.toString('latin1', 0, 2) === 'II';
  const view = new DataView(tiff.buffer, tiff.byteOffset, tiff.length);
  const number = (at: number) => (at + 4 <= tiff.length ? view.getUint32(at, isLittle) : tiff.length);
  const short = (at: number) => (at + 2 <= tiff.length ? view.getUint16(at, isLittle) : 0);
  const directory = number(4);
  const entries = new Map<number, number>();
  for (let index = 0; index < short(directory); index += 1) {
    const entry = directory + 2 + 12 * index;
    if (short(entry + 2) === TEXT) entries.set(short(entry), entry);
  }
  const textOf = (tag: number) => {
    const entry = entries.get(tag);
    if (entry === undefined) return undefined;
    const length = number(entry + 4);
    const start = length <= 4 ? entry + 8 : number(entry + 8);
    return decodeText(tiff.subarray(start, start + length));
  };
  return { copyright: textOf(COPYRIGHT), artist: textOf(ARTIST) };
}
