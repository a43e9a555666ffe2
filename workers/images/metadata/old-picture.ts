import { crc32 } from 'node:zlib';
import type { Metadata } from 'sharp';
import { listPngChunks, PNG_SIGNATURE } from '../formats/png-chunks.ts';
import { forgetInExif } from './old-exif.ts';
import { forgetInResources } from './old-resources.ts';
import { isPacked } from './shows-picture.ts';

const ORIENTATION = 0x0112;
const ENTRY_BYTES = 12;
/** No file has its EXIF more often: in a segment of its own, among Photoshop's, in a comment. */
const MOST_COPIES = 16;
/** Texts of a PNG. */
const TEXTS = ['tEXt', 'zTXt', 'iTXt'];
/** A name that no reader of PNGs knows: they pass over it. */
const UNKNOWN_CHUNK = 'goNe';
/** How ImageMagick calls texts that hold EXIF, XMP or Photoshop's resources, thumbnails and all. */
const RAW_PROFILE = /^raw profile type /i;

/** Files whose metadata was changed already, and whether all of it was found. */
const changed = new WeakMap<Buffer, boolean>();

/** A file's metadata beside XMP, of which a new packet is written. */
export type OldMetadata = Pick<Metadata, 'exif' | 'iptc' | 'tifftagPhotoshop' | 'comments'>;

/**
 * Takes out of a file's metadata what shows the picture that it was: thumbnails, and previews that cameras hide in their notes. A
 * part cut off, or blurred, would lie in the new file with them. The bytes are changed where they lie; false where they were
 * not found, or could not be looked through, so that the metadata must not be kept.
 */
export function forgetOldPicture(content: Buffer, { exif, iptc, tifftagPhotoshop, comments }: OldMetadata): boolean {
  const known = changed.get(content);
  if (known !== undefined) return known;
  const found = [
    changeIn(content, exif, forgetInExif),
    changeIn(content, iptc, forgetInResources),
    changeIn(content, tifftagPhotoshop, forgetInResources),
  ].every(Boolean);
  forgetTexts(content, comments);
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

/** Changes a block wherever it stands: a file may hold it twice, and which of them is read nobody here knows. */
function changeIn(content: Buffer, block: Buffer | undefined, change: (block: Buffer) => unknown): boolean {
  if (!block || block.length === 0) return true;
  let copies = 0;
  for (let at = content.indexOf(block); at >= 0; at = content.indexOf(block, at + block.length)) {
    copies += 1;
    const isLookedThrough = change(content.subarray(at, at + block.length)) !== false;
    if (!isLookedThrough || copies > MOST_COPIES) return false;
    if (content.toString('latin1', Math.max(0, at - 4), at) === 'eXIf') sumAnew(content, at - 4, at + block.length);
  }
  return copies > 0;
}

/** Hides texts of a PNG that hold a picture, or may. */
function forgetTexts(content: Buffer, comments: Metadata['comments'] = []): void {
  const old = comments.filter(({ keyword, text }) => RAW_PROFILE.test(keyword) || isPacked(text));
  const keywords = new Set(old.map(({ keyword }) => keyword));
  if (keywords.size === 0 || !content.subarray(0, PNG_SIGNATURE.length).equals(PNG_SIGNATURE)) return;
  for (const { type, start, end, data } of listPngChunks(content)) {
    if (!TEXTS.includes(type) || !keywords.has(data.toString('latin1', 0, Math.max(0, data.indexOf(0))))) continue;
    content.write(UNKNOWN_CHUNK, start + 4, 'latin1');
    sumAnew(content, start + 4, end - 4);
  }
}

/** A chunk of a PNG whose type or bytes have changed gets its sum anew: from its type on, up to where that stands. */
function sumAnew(content: Buffer, from: number, to: number): void {
  if (to + 4 <= content.length) content.writeUInt32BE(crc32(content.subarray(from, to)), to);
}
