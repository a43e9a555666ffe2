import { toTiff } from '../../../../src/pixels/tiff.ts';
import { BitmapError } from './bitmap-error.ts';
import { type BmpHeader, COMPRESSION, readBmpHeader } from './bmp-header.ts';
import { readRuns } from './runs.ts';

/** What is decoded. */
export interface BitmapRequest {
  /** A BMP file; with `isIcon` a bitmap inside an icon. */
  content: Uint8Array;
  isIcon: boolean;
  maxPixels: number;
  /** Whether rows that the file lacks are left clear; else it is refused. */
  acceptsDamage: boolean;
  /** A larger colour profile is passed over. */
  maxProfileBytes: number;
}

/** A decoded bitmap as an uncompressed TIFF, and whether pixels were missing. */
export interface DecodedBitmap {
  tiff: Uint8Array<ArrayBuffer>;
  isDamaged: boolean;
}

/** Writes a row of pixels, four bytes each: red, green, blue, alpha. */
type WriteRow = (from: number, target: Uint8Array, to: number) => void;

/**
 * Decodes a bitmap of 1 to 32 bits a pixel, packed or not, to a TIFF that keeps every pixel, its alpha and its colour profile.
 * Throws BitmapError for what is damaged or not read. More than `maxPixels` are never held.
 */
export function decodeBmp(request: BitmapRequest): DecodedBitmap {
  const { content, isIcon, maxPixels, acceptsDamage, maxProfileBytes } = request;
  const header = readBmpHeader(content, isIcon);
  const { width, height, compression, profile } = header;
  if (width * height > maxPixels) throw new BitmapError(`it has ${width} x ${height} pixels`);
  const isPacked = compression === COMPRESSION.rle4 || compression === COMPRESSION.rle8;
  const rowBytes = rowBytesOf(width, header.bits);
  const rows = Math.min(height, Math.floor((content.length - header.pixelsAt + missingPadding(header)) / rowBytes));
  if (!isPacked && rows < height && !acceptsDamage) throw new BitmapError('it ends before its last row', 'damaged');
  const rgba = new Uint8Array(width * height * 4);
  let isDamaged = false;
  if (isPacked) isDamaged = !readRuns(content, header, readPalette(content, header), rgba);
  else {
    isDamaged = rows < height;
    const writeRow = rowWriter(content, header);
    for (let row = 0; row < rows; row += 1) {
      writeRow(header.pixelsAt + row * rowBytes, rgba, 4 * width * (header.isTopDown ? row : height - 1 - row));
    }
  }
  if (isDamaged && !acceptsDamage) throw new BitmapError('it ends before its last row', 'damaged');
  if (isIcon) applyIconMask(content, header, rgba);
  else if (header.masks[3] !== 0 && !isDamaged && isClear(rgba)) fillAlpha(rgba);
  const kept = profile && profile.bytes <= maxProfileBytes ? profile : undefined;
  const tiff = toTiff(rgba, { width, height, profile: kept && content.subarray(kept.at, kept.at + kept.bytes) });
  return { tiff, isDamaged };
}

const rowBytesOf = (width: number, bits: number) => 4 * Math.ceil((width * bits) / 32);

/** The last row may lack the bytes that only fill it up. */
const missingPadding = ({ width, bits }: BmpHeader) => rowBytesOf(width, bits) - Math.ceil((width * bits) / 8);

/** Reads the palette as RGBA; colours that the file lacks are black. */
function readPalette(content: Uint8Array, { palette: { at, count, entryBytes } }: BmpHeader): Uint8Array {
  const colours = new Uint8Array(4 * 256);
  for (let index = 0; index < 256; index += 1) {
    const from = at + index * entryBytes;
    const isThere = index < count && from + 3 <= content.length;
    for (let channel = 0; channel < 3; channel += 1) {
      colours[4 * index + channel] = isThere ? (content[from + 2 - channel] as number) : 0;
    }
    colours[4 * index + 3] = 255;
  }
  return colours;
}

function rowWriter(content: Uint8Array, header: BmpHeader): WriteRow {
  const { width, bits, masks } = header;
  if (bits <= 8) {
    const colours = new Uint32Array(readPalette(content, header).buffer);
    const perByte = 8 / bits;
    const mask = 2 ** bits - 1;
    return (from, target, to) => {
      const pixels = new Uint32Array(target.buffer, target.byteOffset + to, width);
      for (let x = 0; x < width; x += 1) {
        const byte = content[from + Math.floor(x / perByte)] as number;
        pixels[x] = colours[(byte >> (8 - bits * ((x % perByte) + 1))) & mask] as number;
      }
    };
  }
  if (bits === 24) {
    return (from, target, to) => {
      for (let x = 0; x < width; x += 1) {
        target[to + 4 * x] = content[from + 3 * x + 2] as number;
        target[to + 4 * x + 1] = content[from + 3 * x + 1] as number;
        target[to + 4 * x + 2] = content[from + 3 * x] as number;
        target[to + 4 * x + 3] = 255;
      }
    };
  }
  const channels = masks.map(channelReader);
  const view = new DataView(content.buffer, content.byteOffset, content.byteLength);
  // A bitmap of an icon has its alpha in the byte that others leave unused; `applyIconMask` says whether it counts.
  return (from, target, to) => {
    for (let x = 0; x < width; x += 1) {
      const pixel = bits === 16 ? view.getUint16(from + 2 * x, true) : view.getUint32(from + 4 * x, true);
      for (let channel = 0; channel < 4; channel += 1) {
        target[to + 4 * x + channel] = (channels[channel] as (pixel: number) => number)(pixel);
      }
    }
  };
}

/** Makes a function that reads what a mask covers, as a byte; 255 (opaque) where it covers nothing, as alpha may. */
function channelReader(mask: number, index: number): (pixel: number) => number {
  if (mask === 0) return index === 3 ? () => 255 : () => 0;
  const shift = 31 - Math.clz32(mask & -mask);
  const most = mask >>> shift;
  if (most === 255) return (pixel) => (pixel >>> shift) & 255;
  const scale = 255 / most;
  return (pixel) => Math.round((((pixel & mask) >>> 0) >>> shift) * scale);
}

/** Gives an icon's pixels their transparency: alpha where 32 bits hold any, else the mask behind the pixels. */
function applyIconMask(content: Uint8Array, header: BmpHeader, rgba: Uint8Array): void {
  const { width, height, bits, pixelsAt, isTopDown, compression } = header;
  const rowBytes = rowBytesOf(width, bits);
  if (bits === 32 && compression === COMPRESSION.none) {
    let hasAlpha = false;
    for (let row = 0; row < height; row += 1) {
      const to = 4 * width * (isTopDown ? row : height - 1 - row);
      for (let x = 0; x < width; x += 1) {
        const alpha = content[pixelsAt + row * rowBytes + 4 * x + 3] ?? 0;
        rgba[to + 4 * x + 3] = alpha;
        hasAlpha ||= alpha > 0;
      }
    }
    if (hasAlpha) return;
    fillAlpha(rgba);
  }
  const maskAt = pixelsAt + rowBytes * height;
  const maskRowBytes = rowBytesOf(width, 1);
  for (let row = 0; row < height; row += 1) {
    const to = 4 * width * (isTopDown ? row : height - 1 - row);
    for (let x = 0; x < width; x += 1) {
      const byte = content[maskAt + row * maskRowBytes + (x >> 3)] ?? 0;
      if ((byte >> (7 - (x & 7))) & 1) rgba[to + 4 * x + 3] = 0;
    }
  }
}

/** Whether nothing is to be seen: some programs leave alpha at nought where they mean none. */
function isClear(rgba: Uint8Array): boolean {
  for (let at = 3; at < rgba.length; at += 4) if (rgba[at] !== 0) return false;
  return true;
}

function fillAlpha(rgba: Uint8Array): void {
  for (let at = 3; at < rgba.length; at += 4) rgba[at] = 255;
}
