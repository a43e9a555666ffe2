import { showsPicture } from './shows-picture.ts';

/** Fields that point to further directories: EXIF's own, GPS, what other programs need. */
const POINTERS = [0x8769, 0x8825, 0xa005];
/** XMP once more, with all that it holds. */
const XMP = 0x02bc;
const THUMBNAIL_OFFSET = 0x0201;
const THUMBNAIL_BYTES = 0x0202;
const ENTRY_BYTES = 12;
/** Bytes of a value by its type; of others one. */
const TYPE_BYTES = [1, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8];
/** Values of a file that is right do not overlap: so many times its bytes are looked through. */
const MOST_LOOKS = 4;

/**
 * Takes out of an EXIF block what shows the picture that it tells of: ends the list of directories with the first (the second is
 * the thumbnail's), and blanks values that hold a picture, such as a maker's note. False where it can't be looked through.
 */
export function forgetInExif(exif: Buffer): boolean {
  const tiff = exif.toString('latin1', 0, 4) === 'Exif' ? exif.subarray(6) : exif;
  const isLittle = tiff.toString('latin1', 0, 2) === 'II';
  const long = (at: number) => (at + 4 > tiff.length ? 0 : isLittle ? tiff.readUInt32LE(at) : tiff.readUInt32BE(at));
  const short = (at: number) => (at + 2 > tiff.length ? 0 : isLittle ? tiff.readUInt16LE(at) : tiff.readUInt16BE(at));
  const entriesOf = (directory: number): number[] =>
    directory === 0 ? [] : Array.from({ length: short(directory) }, (_, index) => directory + 2 + ENTRY_BYTES * index);
  const first = long(4);
  const next = first + 2 + ENTRY_BYTES * short(first);
  const thumbnail = entriesOf(long(next));
  const fieldOf = (tag: number) => long((thumbnail.find((entry) => short(entry) === tag) ?? tiff.length) + 8);
  valueAt(tiff, fieldOf(THUMBNAIL_OFFSET), fieldOf(THUMBNAIL_BYTES)).fill(0);
  if (thumbnail.length > 0) tiff.fill(0, next, next + 4);

  let left = MOST_LOOKS * tiff.length;
  const directories = new Set([first]);
  // A set goes on with what is added to it while it is gone through.
  for (const directory of directories) {
    for (const entry of entriesOf(directory)) {
      const tag = short(entry);
      left -= ENTRY_BYTES;
      if (left < 0) return false;
      if (POINTERS.includes(tag)) {
        directories.add(long(entry + 8));
        continue;
      }
      const bytes = long(entry + 4) * (TYPE_BYTES[short(entry + 2)] ?? 1);
      // A short value stands in its entry.
      const value = bytes <= 4 ? Buffer.alloc(0) : valueAt(tiff, long(entry + 8), bytes);
      left -= value.length;
      if (left < 0) return false;
      if (tag === XMP || showsPicture(value)) value.fill(0);
    }
  }
  return true;
}

const valueAt = (tiff: Buffer, at: number, bytes: number): Buffer =>
  tiff.subarray(at, Math.min(tiff.length, at + bytes));
