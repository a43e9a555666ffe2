import { crc32 } from 'node:zlib';

const PNG_SIGNATURE = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1');
const PNG_HEADER_BYTES = 13;
const JPEG = { start: 0xd8, end: 0xd9, scan: 0xda } as const;
/** As many as a report takes of any picture. */
const MAX_PIXELS = 25_000_000;
const DAMAGED = 'must be a whole PNG or JPEG; it is damaged or cut off';

/** Width and height in pixels. */
export interface PictureSize {
  width: number;
  height: number;
}

/**
 * Says what is wrong with a picture that a brand is to have, as a sentence of its field; undefined where it is a whole PNG or
 * JPEG. Its pixels are not unpacked.
 */
export function findPictureFault(picture: Buffer): string | undefined {
  const size = sizeOfPicture(picture);
  if (!size || size.width === 0 || size.height === 0) return DAMAGED;
  if (size.width * size.height <= MAX_PIXELS) return undefined;
  return `must have at most ${MAX_PIXELS / 1e6} megapixels; it has ${size.width} x ${size.height} pixels`;
}

/** Whether a picture of a brand is a PNG; it is a JPEG otherwise. */
export const isPng = (picture: Buffer): boolean => picture.subarray(0, PNG_SIGNATURE.length).equals(PNG_SIGNATURE);

/** Reads the size of a whole PNG or JPEG; undefined for what is none. */
export const sizeOfPicture = (picture: Buffer): PictureSize | undefined =>
  isPng(picture) ? sizeOfPng(picture) : sizeOfJpeg(picture);

/** Reads the size of a PNG that has all its chunks, those that matter with their right check sums. */
function sizeOfPng(png: Buffer): PictureSize | undefined {
  let size: PictureSize | undefined;
  let hasPixels = false;
  for (let at = PNG_SIGNATURE.length; at + 12 <= png.length; ) {
    const end = at + 12 + png.readUInt32BE(at);
    const type = png.toString('latin1', at + 4, at + 8);
    const isCritical = /^[A-Z]/.test(type);
    if (end > png.length) return undefined;
    if (isCritical && crc32(png.subarray(at + 4, end - 4)) !== png.readUInt32BE(end - 4)) return undefined;
    if ((type === 'IHDR') !== (size === undefined)) return undefined;
    if (type === 'IHDR') {
      if (end - at !== 12 + PNG_HEADER_BYTES) return undefined;
      size = { width: png.readUInt32BE(at + 8), height: png.readUInt32BE(at + 12) };
    }
    if (type === 'IDAT') hasPixels = true;
    if (type === 'IEND') return hasPixels ? size : undefined;
    at = end;
  }
  return undefined;
}

/** Reads the size of a JPEG that has a frame, a scan and its end. */
function sizeOfJpeg(jpeg: Buffer): PictureSize | undefined {
  if (jpeg[0] !== 0xff || jpeg[1] !== JPEG.start) return undefined;
  let size: PictureSize | undefined;
  for (let at = 2; at + 4 <= jpeg.length && jpeg[at] === 0xff; ) {
    const marker = jpeg[at + 1] ?? 0;
    if (marker === 0xff) {
      at += 1;
      continue;
    }
    const bytes = jpeg.readUInt16BE(at + 2);
    const end = at + 2 + bytes;
    if (bytes < 2 || end > jpeg.length) return undefined;
    if (isFrame(marker) && bytes >= 8) size = { height: jpeg.readUInt16BE(at + 5), width: jpeg.readUInt16BE(at + 7) };
    // Behind the head of a scan, what is coded has no such marker.
    if (marker === JPEG.scan) return jpeg.indexOf(Buffer.from([0xff, JPEG.end]), end) < 0 ? undefined : size;
    at = end;
  }
  return undefined;
}

/** Markers of a frame; three between them mean something else. */
const isFrame = (marker: number): boolean => marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
