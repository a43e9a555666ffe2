import { crc32 } from 'node:zlib';
import type { Metadata } from 'sharp';

const EXIF_DIRECTORY = 0x8769;
const MAKER_NOTE = 0x927c;
const ORIENTATION = 0x0112;
const THUMBNAIL_OFFSET = 0x0201;
const THUMBNAIL_BYTES = 0x0202;
const ENTRY_BYTES = 12;
/** Thumbnails among Photoshop's resources, of its versions before 5 and since. */
const THUMBNAILS = [1033, 1036];
/** A JPEG begins so. */
const JPEG_START = Buffer.from([0xff, 0xd8, 0xff]);

/** Files whose metadata was changed already, and whether all of it was found. */
const changed = new WeakMap<Buffer, boolean>();

/**
 * Takes out of a file's metadata what shows the picture that it was: thumbnails, and previews that cameras hide in their notes. A
 * part cut off, or blurred, would lie in the new file with them. The bytes are changed where they lie; false where they were
 * not found, so that the metadata must not be kept.
 */
export function forgetOldPicture(content: Buffer, { exif, iptc }: Pick<Metadata, 'exif' | 'iptc'>): boolean {
  const known = changed.get(content);
  if (known !== undefined) return known;
  const found = [
    changeIn(content, exif, (block) => forgetInExif(block)),
    changeIn(content, iptc, (block) => forgetInResources(block)),
  ].every(Boolean);
  changed.set(content, found);
  return found;
}

/** Says in an EXIF block that its picture is upright, where it says how it lies. */
export function setUpright(exif: Buffer): void {
  const isLittle = exif.toString('latin1', 0, 2) === 'II';
  const short = (at: number) => (at + 2 > exif.length ? 0 : isLittle ? exif.readUInt16LE(at) : exif.readUInt16BE(at));
  const first = exif.length < 8 ? 0 : isLittle ? exif.readUInt32LE(4) : exif.readUInt32BE(4);
  for (let index = 0; index < short(first); index += 1) {
    const entry = first + 2 + ENTRY_BYTES * index;
    if (entry + ENTRY_BYTES > exif.length) return;
    if (short(entry) === ORIENTATION) exif[isLittle ? entry + 8 : entry + 9] = 1;
  }
}

function changeIn(content: Buffer, block: Buffer | undefined, change: (block: Buffer) => void): boolean {
  if (!block) return true;
  const at = content.indexOf(block);
  if (at < 0) return false;
  change(content.subarray(at, at + block.length));
  sumAnew(content, at, block.length);
  return true;
}

/** Ends the list of directories with the first: the second is the thumbnail's. Blanks a maker's note that holds a JPEG. */
function forgetInExif(exif: Buffer): void {
  const tiff = exif.toString('latin1', 0, 4) === 'Exif' ? exif.subarray(6) : exif;
  const isLittle = tiff.toString('latin1', 0, 2) === 'II';
  const long = (at: number) => (at + 4 > tiff.length ? 0 : isLittle ? tiff.readUInt32LE(at) : tiff.readUInt32BE(at));
  const short = (at: number) => (at + 2 > tiff.length ? 0 : isLittle ? tiff.readUInt16LE(at) : tiff.readUInt16BE(at));
  const entriesOf = (directory: number): number[] =>
    directory === 0 ? [] : Array.from({ length: short(directory) }, (_, index) => directory + 2 + ENTRY_BYTES * index);
  const first = long(4);
  const own = entriesOf(first);
  const next = first + 2 + ENTRY_BYTES * own.length;
  const thumbnail = entriesOf(long(next));
  const fieldOf = (tag: number) => long((thumbnail.find((entry) => short(entry) === tag) ?? tiff.length) + 8);
  blankValue(tiff, { at: fieldOf(THUMBNAIL_OFFSET), bytes: fieldOf(THUMBNAIL_BYTES) });
  if (thumbnail.length > 0) tiff.fill(0, next, next + 4);
  const inner = own.find((entry) => short(entry) === EXIF_DIRECTORY);
  const note =
    inner === undefined ? undefined : entriesOf(long(inner + 8)).find((entry) => short(entry) === MAKER_NOTE);
  if (note === undefined) return;
  const value = { at: long(note + 8), bytes: long(note + 4) };
  if (tiff.subarray(value.at, value.at + value.bytes).includes(JPEG_START)) blankValue(tiff, value);
}

function blankValue(tiff: Buffer, { at, bytes }: { at: number; bytes: number }): void {
  if (at < tiff.length) tiff.fill(0, at, Math.min(tiff.length, at + bytes));
}

/** Blanks the thumbnails in a list of Photoshop's resources: `8BIM`, number, name (of even length), length, bytes. */
function forgetInResources(resources: Buffer): void {
  let at = resources.indexOf('8BIM');
  while (at >= 0 && at + 12 <= resources.length && resources.toString('latin1', at, at + 4) === '8BIM') {
    const number = resources.readUInt16BE(at + 4);
    const nameBytes = 1 + (resources[at + 6] ?? 0);
    const start = at + 6 + nameBytes + (nameBytes % 2) + 4;
    if (start > resources.length) return;
    const bytes = resources.readUInt32BE(start - 4);
    if (THUMBNAILS.includes(number)) resources.fill(0, start, Math.min(resources.length, start + bytes));
    at = start + bytes + (bytes % 2);
  }
}

/** Of a PNG, a chunk whose bytes have changed gets its sum anew. */
function sumAnew(content: Buffer, at: number, bytes: number): void {
  if (content.toString('latin1', at - 4, at) !== 'eXIf' || at + bytes + 4 > content.length) return;
  content.writeUInt32BE(crc32(content.subarray(at - 4, at + bytes)), at + bytes);
}
