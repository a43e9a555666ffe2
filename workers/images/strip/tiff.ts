import { MARKER, walkJpeg } from '../formats/jpeg/segments.ts';
import { type Directory, TYPE_BYTES, walkTiff } from '../formats/tiff.ts';
import { stripJpeg } from './jpeg.ts';
import { stripWebp } from './webp.ts';

const CLASSIC = 42;
const [BYTE, SHORT, LONG] = [1, 3, 4];
const [COMPRESSION, ORIENTATION, JPEG_TABLES] = [259, 274, 347];
/** Where the pieces of the picture begin and how many bytes they have: strips, or tiles. */
const PIECES: readonly [readonly [number, number], readonly [number, number]] = [
  [273, 279],
  [324, 325],
];
/** What says how the pixels lie and are coded: size, bits, colours, strips and tiles, resolution, the coding's own. */
const OF_PICTURE = [
  ...[254, 256, 257, 258, 259, 262, 266, 277, 278, 282, 283, 284, 296],
  ...[273, 279, 292, 293, 317, 320, 322, 323, 324, 325, 338, 339, 347, 529, 530, 531, 532],
];
/**
 * What tells of the picture, its program or its owner: kinds of file and page, texts, dates, extremes, what lies unused, halftones, and
 * chromaticities, which are read as nobody's.
 */
const METADATA = [
  ...[255, 263, 264, 265, 269, 270, 271, 272, 274, 280, 281, 285, 286, 287, 288, 289, 290, 291, 297],
  ...[305, 306, 315, 316, 318, 319, 321],
];
/** From here on tags are those of firms: XMP, IPTC, EXIF, places, the profile, which was looked at; no coding needs one. */
const PRIVATE = 0x8000;
/** Codings whose pieces are copied: none, for faxes, LZW, deflate (two numbers), packed bits, LZMA, Zstandard. */
const COPIED = [1, 2, 3, 4, 5, 8, 32773, 32946, 34925, 50000];
/** Codings whose pieces are files that may hold metadata themselves. */
const OF_FILES: Readonly<Record<number, (piece: Buffer) => Buffer | null>> = { 7: stripJpeg, 50001: stripWebp };
/** Of a JPEG: codes, quantisation, restarts, and its end. */
const TABLES: readonly number[] = [0xc4, 0xdb, 0xdd, MARKER.end];
/** Scanners write some hundred. */
const MAX_PIECES = 100_000;
const MAX_VALUES = 1 << 18;

/** A field of the directory, with its values as they stand. */
interface Field {
  tag: number;
  type: number;
  count: number;
  values: Buffer;
}

/**
 * Returns a TIFF of one page with its pixels as they are coded, in a file that is written anew: nothing of the old one is left that
 * does not say how they are to be read. Null where it has more pages, is turned, or says what is not known; or where metadata are
 * to be kept.
 */
export function stripTiff(tiff: Buffer, from?: Buffer): Buffer | null {
  const isLittle = tiff[0] === 0x49;
  const [directory, other] = walkTiff(tiff).take(2);
  if (from || !directory || other || createReader(tiff, isLittle)(2, SHORT) !== CLASSIC) return null;
  const fields = readFields(tiff, directory, isLittle);
  if (!fields) return null;
  const valuesOf = (tag: number) => {
    const field = fields.find((one) => one.tag === tag);
    if (!field || field.count > MAX_PIECES) return null;
    const read = createReader(field.values, isLittle);
    const bytes = TYPE_BYTES[field.type] ?? 1;
    return Array.from({ length: field.count }, (_, index) => read(index * bytes, field.type));
  };
  const [starts, lengths] = PIECES.find(([tag]) => valuesOf(tag)) ?? PIECES[0];
  const coded = readPieces(tiff, valuesOf(starts), valuesOf(lengths), valuesOf(COMPRESSION)?.[0] ?? 1);
  const rest = fields.filter(({ tag }) => !PIECES.flat().includes(tag));
  // It has strips, or tiles.
  if (!coded || rest.length !== fields.length - 2) return null;
  return writeTiff(rest, [starts, lengths], coded, isLittle);
}

/** Reads the fields that say how the pixels lie; null where one of them, or what it says, is not known. */
function readFields(tiff: Buffer, directory: Directory, isLittle: boolean): Field[] | null {
  const fields = new Map<number, Field>();
  for (const { tag, type, count, at } of directory.fields()) {
    if (tag === ORIENTATION && createReader(tiff, isLittle)(at, type) !== 1) return null;
    if (tag >= PRIVATE || METADATA.includes(tag)) continue;
    const bytes = (TYPE_BYTES[type] ?? 0) * count;
    const isRead = bytes > 0 && count <= MAX_VALUES && at + bytes <= tiff.length && !fields.has(tag);
    const values = tiff.subarray(at, at + bytes);
    if (!isRead || !OF_PICTURE.includes(tag) || (tag === JPEG_TABLES && !holdsTables(values))) return null;
    fields.set(tag, { tag, type, count, values });
  }
  return [...fields.values()];
}

/** Whether a JPEG holds tables alone. */
function holdsTables(jpeg: Buffer): boolean {
  const pieces = walkJpeg(jpeg).toArray();
  return pieces.at(-1)?.end === jpeg.length && pieces.every(({ marker }) => TABLES.includes(marker));
}

/** Makes a function that reads a number of a type at a place; NaN where that is no number, or beyond the end. */
function createReader(bytes: Buffer, isLittle: boolean) {
  return (at: number, type: number): number => {
    if (at + (TYPE_BYTES[type] ?? 1) > bytes.length) return Number.NaN;
    if (type === BYTE) return bytes.readUInt8(at);
    if (type === SHORT) return isLittle ? bytes.readUInt16LE(at) : bytes.readUInt16BE(at);
    if (type === LONG) return isLittle ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at);
    return Number.NaN;
  };
}

/** Reads the pieces, without what a coding of files may hold beside pixels. Null where they are not all there, or lie in one another. */
function readPieces(tiff: Buffer, starts: number[] | null, lengths: number[] | null, coding: number): Buffer[] | null {
  const strip = COPIED.includes(coding) ? (piece: Buffer) => piece : OF_FILES[coding];
  if (!strip || !starts || !lengths || starts.length !== lengths.length) return null;
  const pieces: Buffer[] = [];
  let total = 0;
  for (const [index, start] of starts.entries()) {
    const length = lengths[index] as number;
    total += length;
    // Also where one is no number.
    if (!(start + length <= tiff.length && total <= tiff.length)) return null;
    const piece = strip(tiff.subarray(start, start + length));
    if (!piece) return null;
    pieces.push(piece);
  }
  return pieces;
}

/** Writes the pieces, then the values of fields, then the directory. */
function writeTiff(
  fields: readonly Field[],
  [starts, lengths]: readonly [number, number],
  pieces: readonly Buffer[],
  isLittle: boolean,
): Buffer {
  const parts: Buffer[] = [Buffer.alloc(8)];
  let at = 8;
  const put = (bytes: Buffer) => {
    const place = at;
    const padding = Buffer.alloc(bytes.length % 2);
    parts.push(bytes, padding);
    at += bytes.length + padding.length;
    return place;
  };
  const numbers = (values: readonly number[], size: 2 | 4) => {
    const bytes = Buffer.alloc(size * values.length);
    for (const [index, value] of values.entries()) {
      if (isLittle) bytes.writeUIntLE(value, size * index, size);
      else bytes.writeUIntBE(value, size * index, size);
    }
    return bytes;
  };
  const places = pieces.map(put);
  const tables = [
    { tag: starts, type: LONG, count: pieces.length, values: numbers(places, 4) },
    {
      tag: lengths,
      type: LONG,
      count: pieces.length,
      values: numbers(
        pieces.map(({ length }) => length),
        4,
      ),
    },
  ];
  const all = [...fields, ...tables].sort((one, next) => one.tag - next.tag);
  const entries = all.map(({ tag, type, count, values }) => {
    const value = values.length > 4 ? numbers([put(values)], 4) : Buffer.concat([values], 4);
    return Buffer.concat([numbers([tag, type], 2), numbers([count], 4), value]);
  });
  const directory = put(Buffer.concat([numbers([all.length], 2), ...entries, numbers([0], 4)]));
  parts[0] = Buffer.concat([Buffer.from(isLittle ? 'II' : 'MM'), numbers([CLASSIC], 2), numbers([directory], 4)]);
  return Buffer.concat(parts);
}
