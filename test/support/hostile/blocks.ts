import { crc32, deflateSync } from 'node:zlib';

// What hostile files are made of.

/** A number of four bytes, the high one first. */
export function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

/** A number of four bytes, the low one first. */
export const u32le = (value: number): Buffer => u32(value).reverse();
/** A number of two bytes, the low one first. */
export const u16le = (value: number): Buffer => Buffer.from([value & 255, value >> 8]);
/** A number of two bytes, the high one first. */
export const u16 = (value: number): Buffer => u16le(value).reverse();

/** The same bytes, so many times. */
export const repeat = (part: Buffer, times: number): Buffer => Buffer.alloc(part.length * times, part);

/** Bytes of a text, one each letter. */
export const latin1 = (text: string): Buffer => Buffer.from(text, 'latin1');

/** A text, and what follows it. */
export const signed = (text: string, ...parts: Buffer[]): Buffer => Buffer.concat([latin1(text), ...parts]);

/** Different bytes, one behind the other. */
export const many = (times: number, make: (index: number) => Buffer): Buffer =>
  Buffer.concat(Array.from({ length: times }, (_, index) => make(index)));

/** Bytes of one letter. */
export const letters = (bytes: number): Buffer => Buffer.alloc(bytes, 'x');

/** A PNG chunk. */
export function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  return Buffer.concat([u32(data.length), body, u32(crc32(body))]);
}

/** A PNG of grey pixels of one bit, with chunks between its header and its rows. */
export function pngWith(chunks: Buffer, width = 8, height = 8): Buffer {
  const header = Buffer.concat([u32(width), u32(height), Buffer.from([1, 0, 0, 0, 0])]);
  const rows = deflateSync(Buffer.alloc((Math.ceil(width / 8) + 1) * height));
  const parts = [chunk('IHDR', header), chunks, chunk('IDAT', rows), chunk('IEND', Buffer.alloc(0))];
  return Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), ...parts]);
}

/** A packed text of a PNG that unpacks to so many bytes. */
export const packedText = (bytes: number, name = 'Comment'): Buffer =>
  chunk('zTXt', Buffer.concat([Buffer.from(`${name}\0\0`, 'latin1'), deflateSync(letters(bytes))]));

/** A segment of a JPEG: its marker, its length, what it holds. */
export const segment = (marker: number, data: Buffer): Buffer =>
  Buffer.concat([Buffer.from([0xff, marker]), u16(data.length + 2), data]);

/** A JPEG with segments behind its first marker. */
export const jpegWith = (jpeg: Buffer, segments: Buffer): Buffer =>
  Buffer.concat([jpeg.subarray(0, 2), segments, jpeg.subarray(2)]);

/** A chunk of a RIFF file, padded to an even length. */
export const riffChunk = (type: string, data: Buffer): Buffer =>
  Buffer.concat([Buffer.from(type, 'latin1'), u32le(data.length), data, Buffer.alloc(data.length % 2)]);

/** A WebP with these chunks behind an extended header with these flags. */
export function webpWith(chunks: Buffer[], flags = 0, width = 8, height = 8): Buffer {
  const side = (length: number) => u32le(length - 1).subarray(0, 3);
  const extended = riffChunk('VP8X', Buffer.concat([Buffer.from([flags, 0, 0, 0]), side(width), side(height)]));
  const inside = Buffer.concat([Buffer.from('WEBP', 'latin1'), extended, ...chunks]);
  return Buffer.concat([Buffer.from('RIFF', 'latin1'), u32le(inside.length), inside]);
}

/** A field of a TIFF's directory: tag, type, count, value. */
export type TiffField = readonly [number, number, number, number];

/** The fields of a grey picture of 8 bits whose rows lie in one strip at the beginning of the file. */
export const tiffFields = (width: number, height: number): TiffField[] => [
  [256, 4, 1, width],
  [257, 4, 1, height],
  [258, 3, 1, 8],
  [259, 3, 1, 1],
  [262, 3, 1, 1],
  [273, 4, 1, 8],
  [277, 3, 1, 1],
  [278, 4, 1, height],
  [279, 4, 1, width * height],
];

/** A directory of a TIFF that stands at that place; the next one stands at `next`. */
export function tiffDirectory(fields: readonly TiffField[], next = 0): Buffer {
  const directory = Buffer.alloc(2 + 12 * fields.length + 4);
  directory.writeUInt16LE(fields.length);
  for (const [index, [tag, type, count, value]] of fields.entries()) {
    const at = 2 + 12 * index;
    directory.writeUInt16LE(tag, at);
    directory.writeUInt16LE(type, at + 2);
    directory.writeUInt32LE(count, at + 4);
    directory.writeUInt32LE(value, at + 8);
  }
  directory.writeUInt32LE(next, directory.length - 4);
  return directory;
}

/** A TIFF of one directory, and what lies behind it. */
export function tiffWith(fields: readonly TiffField[], behind: Buffer = Buffer.alloc(0), next = 0): Buffer {
  return Buffer.concat([Buffer.from('II*\0\x08\0\0\0', 'latin1'), tiffDirectory(fields, next), behind]);
}

/** A box of an ISO media file. */
export const box = (type: string, ...parts: Buffer[]): Buffer => {
  const content = Buffer.concat(parts);
  return Buffer.concat([u32(8 + content.length), Buffer.from(type, 'latin1'), content]);
};

/** The first box of an ISO media file of that brand. */
export const fileType = (brand: string): Buffer => box('ftyp', Buffer.from(`${brand}\0\0\0\0mif1${brand}`, 'latin1'));

/** An EXIF block of so many entries, each of a text that is the whole block. */
export function exifOf(entries: number, tag = (index: number) => index): Buffer {
  const directory = Buffer.alloc(2 + 12 * entries + 4);
  directory.writeUInt16LE(Math.min(0xffff, entries));
  const bytes = 8 + directory.length;
  for (let index = 0; index < entries; index += 1) {
    const at = 2 + 12 * index;
    directory.writeUInt16LE(tag(index) & 0xffff, at);
    directory.writeUInt16LE(2, at + 2);
    directory.writeUInt32LE(bytes - 8, at + 4);
    directory.writeUInt32LE(8, at + 8);
  }
  return Buffer.concat([Buffer.from('II*\0\x08\0\0\0', 'latin1'), directory]);
}
