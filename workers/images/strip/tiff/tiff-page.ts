import { readFrame } from '../../formats/jpeg/read-frame.ts';
import { MARKER, walkJpeg } from '../../formats/jpeg/segments.ts';
import { type Directory, TYPE_BYTES, walkTiff } from '../../formats/tiff.ts';
import type { Size } from '../../picture/size.ts';
import { stripJpeg } from '../jpeg.ts';
import { stripWebp } from '../webp.ts';

const CLASSIC = 42;
const [BYTE, SHORT, LONG] = [1, 3, 4];
const [COMPRESSION, ORIENTATION, JPEG_TABLES] = [259, 274, 347];
export const [WIDTH, HEIGHT, BITS, COLOURS, NUMBERS, STRIP_ROWS, PLANES] = [256, 257, 258, 262, 277, 278, 284];
const [TILE_WIDTH, TILE_HEIGHT] = [322, 323];
export const [NOT_CODED, JPEG] = [1, 7];
/** Red, green and blue as light and two colours, of which several pixels may share one. */
const LIGHT_AND_COLOURS = 6;
/** Where the pieces of the picture begin and how many bytes they have: strips, or tiles. */
const PIECES: readonly [readonly [number, number], readonly [number, number]] = [
  [273, 279],
  [324, 325],
];
/** What says how the pixels lie and are coded: size, bits, colours, strips and tiles, resolution, the coding's own. */
const OF_PICTURE = [
  ...[256, 257, 258, 259, 262, 266, 277, 278, 282, 283, 284, 296],
  ...[273, 279, 292, 293, 317, 320, 322, 323, 324, 325, 338, 339, 347, 529, 530, 531, 532],
];
/**
 * What tells of the picture, its program or its owner: kinds of file and page, texts, dates, extremes, what lies unused, halftones,
 * chromaticities, which are read as nobody's, how well a fax came over, smaller copies, and XMP.
 */
const METADATA = [
  ...[254, 255, 263, 264, 265, 269, 270, 271, 272, 274, 280, 281, 285, 286, 287, 288, 289, 290, 291, 297],
  ...[305, 306, 315, 316, 318, 319, 321, 326, 327, 328, 330, 700],
];
/** From here on tags are those of firms: IPTC, EXIF, places, the profile, which was looked at; no coding needs one. */
const PRIVATE = 0x8000;
/** Codings whose pieces are copied: none, for faxes, LZW, deflate (two numbers), packed bits, LZMA, Zstandard. */
const COPIED = [1, 2, 3, 4, 5, 8, 32773, 32946, 34925, 50000];
/** Codings whose pieces are files that may hold metadata themselves. */
export const OF_FILES: Readonly<Record<number, (piece: Buffer) => Buffer | null>> = { 7: stripJpeg, 50001: stripWebp };
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

/** A page of a TIFF: what says how its pixels lie, and where they do. */
export interface TiffPage {
  fields: Field[];
  isLittle: boolean;
  /** The tags of where the pieces begin and of how many bytes they have. */
  tags: readonly [number, number];
  starts: number[];
  lengths: number[];
  coding: number;
  /** The rows of each piece. */
  rows: number[];
  /** Bytes of a row that is not coded; undefined where pixels share some. */
  rowBytes: number | undefined;
  /** The size of the picture, and of its tiles; undefined where it has strips. */
  size: Size;
  tile?: Size | undefined;
}

/**
 * Opens a page of a TIFF, from 1 on. Null where there is none, it is turned, or says what is not known; or where it has not as many
 * pieces as it needs.
 */
export function openPage(tiff: Buffer, page = 1): TiffPage | null {
  const isLittle = tiff[0] === 0x49;
  const directory = walkTiff(tiff).take(page).toArray()[page - 1];
  if (!directory || createReader(tiff, isLittle)(2, SHORT) !== CLASSIC) return null;
  const fields = readFields(tiff, directory, isLittle);
  if (!fields) return null;
  const valuesOf = (tag: number) => readValues(fields, tag, isLittle);
  const tags = PIECES.find(([tag]) => valuesOf(tag)) ?? PIECES[0];
  const [starts, lengths] = [valuesOf(tags[0]), valuesOf(tags[1])];
  const rest = fields.filter(({ tag }) => !PIECES.flat().includes(tag));
  const rows = listRows(valuesOf, tags === PIECES[1]);
  // It has strips, or tiles; and as many as it needs.
  if (!starts || !lengths || rest.length !== fields.length - 2) return null;
  if (rows?.length !== starts.length || rows.length !== lengths.length) return null;
  const coding = valuesOf(COMPRESSION)?.[0] ?? NOT_CODED;
  const sizeBy = (wide: number, high: number) => ({
    width: valuesOf(wide)?.[0] ?? 0,
    height: valuesOf(high)?.[0] ?? 0,
  });
  const tile = tags === PIECES[1] ? sizeBy(TILE_WIDTH, TILE_HEIGHT) : undefined;
  const lies = { starts, lengths, rows, rowBytes: countRowBytes(valuesOf), size: sizeBy(WIDTH, HEIGHT), tile };
  return { fields: rest, isLittle, tags, coding, ...lies };
}

type ValuesOf = (tag: number) => number[] | null;

function readValues(fields: readonly Field[], tag: number, isLittle: boolean): number[] | null {
  const field = fields.find((one) => one.tag === tag);
  if (!field || field.count > MAX_PIECES) return null;
  const read = createReader(field.values, isLittle);
  const bytes = TYPE_BYTES[field.type] ?? 1;
  return Array.from({ length: field.count }, (_, index) => read(index * bytes, field.type));
}

/** Lists the rows of each piece. Null where the colours lie apart, or there are too many. */
function listRows(valuesOf: ValuesOf, isTiled: boolean): number[] | null {
  const one = (tag: number, unless: number) => valuesOf(tag)?.[0] ?? unless;
  const [width, height] = [one(WIDTH, 0), one(HEIGHT, 0)];
  if (!(width > 0 && height > 0) || (one(PLANES, 1) !== 1 && one(NUMBERS, 1) !== 1)) return null;
  const high = isTiled ? one(TILE_HEIGHT, 0) : Math.min(height, one(STRIP_ROWS, height));
  const wide = isTiled ? one(TILE_WIDTH, 0) : width;
  const count = Math.ceil(height / high) * Math.ceil(width / wide);
  if (!(high > 0 && wide > 0 && count <= MAX_PIECES)) return null;
  const rows = new Array<number>(count).fill(high);
  if (!isTiled) rows[count - 1] = height - (count - 1) * high;
  return rows;
}

function countRowBytes(valuesOf: ValuesOf): number | undefined {
  const [width = 0] = valuesOf(TILE_WIDTH) ?? valuesOf(WIDTH) ?? [];
  const [numbers = 1] = valuesOf(NUMBERS) ?? [];
  const bits = valuesOf(BITS) ?? [1];
  const isShared = valuesOf(COLOURS)?.[0] === LIGHT_AND_COLOURS;
  return isShared || new Set(bits).size > 1 ? undefined : Math.ceil((width * numbers * (bits[0] ?? 1)) / 8);
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

/** Reads the pieces, without what lies behind their pixels or beside them. Null where they are not all there, or lie in one another. */
export function readPieces(tiff: Buffer, { starts, lengths, coding, rows, rowBytes }: TiffPage): Buffer[] | null {
  const strip = COPIED.includes(coding) ? (piece: Buffer) => piece : OF_FILES[coding];
  if (!strip || (coding === NOT_CODED && rowBytes === undefined)) return null;
  const pieces: Buffer[] = [];
  let total = 0;
  for (const [index, start] of starts.entries()) {
    const length = lengths[index] as number;
    total += length;
    // Also where one is no number.
    if (!(start + length <= tiff.length && total <= tiff.length)) return null;
    const own = rows[index] as number;
    const bytes = coding === NOT_CODED ? own * (rowBytes ?? 0) : length;
    const piece = bytes <= length ? strip(tiff.subarray(start, start + bytes)) : null;
    if (!piece || (coding === JPEG && readFrame(piece)?.height !== own)) return null;
    pieces.push(piece);
  }
  return pieces;
}

/** Returns a page that is said to have another size. */
export function withSize(page: TiffPage, sizes: readonly (readonly [tag: number, value: number])[]): TiffPage {
  const fields = page.fields.filter(({ tag }) => !sizes.some(([other]) => other === tag));
  const changed = sizes.map(([tag, value]) => ({
    tag,
    type: LONG,
    count: 1,
    values: numbersOf([value], 4, page.isLittle),
  }));
  return { ...page, fields: [...fields, ...changed] };
}

function numbersOf(values: readonly number[], size: 2 | 4, isLittle: boolean): Buffer {
  const bytes = Buffer.alloc(size * values.length);
  for (const [index, value] of values.entries()) {
    if (isLittle) bytes.writeUIntLE(value, size * index, size);
    else bytes.writeUIntBE(value, size * index, size);
  }
  return bytes;
}

/** Writes the pieces, then the values of fields, then the directory. */
export function writeTiff({ fields, tags, isLittle }: TiffPage, pieces: readonly Buffer[]): Buffer {
  const parts: Buffer[] = [Buffer.alloc(8)];
  let at = 8;
  const put = (bytes: Buffer) => {
    const place = at;
    const padding = Buffer.alloc(bytes.length % 2);
    parts.push(bytes, padding);
    at += bytes.length + padding.length;
    return place;
  };
  const numbers = (values: readonly number[], size: 2 | 4) => numbersOf(values, size, isLittle);
  const places = pieces.map(put);
  const lengths = pieces.map(({ length }) => length);
  const tables = [places, lengths].map((values, index) => ({
    tag: tags[index] as number,
    type: LONG,
    count: pieces.length,
    values: numbers(values, 4),
  }));
  const all = [...fields, ...tables].sort((one, next) => one.tag - next.tag);
  const entries = all.map(({ tag, type, count, values }) => {
    const value = values.length > 4 ? numbers([put(values)], 4) : Buffer.concat([values], 4);
    return Buffer.concat([numbers([tag, type], 2), numbers([count], 4), value]);
  });
  const directory = put(Buffer.concat([numbers([all.length], 2), ...entries, numbers([0], 4)]));
  parts[0] = Buffer.concat([Buffer.from(isLittle ? 'II' : 'MM'), numbers([CLASSIC], 2), numbers([directory], 4)]);
  return Buffer.concat(parts);
}
