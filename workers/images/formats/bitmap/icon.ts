import { BitmapError } from './bitmap-error.ts';
import { readBmpHeader } from './bmp-header.ts';

const DIRECTORY_BYTES = 6;
const ENTRY_BYTES = 16;
const PNG_SIGNATURE = [0x89504e47, 0x0d0a1a0a] as const;
/** More pictures than this no icon has. */
const MAX_PICTURES = 1000;

/** One of the pictures of an icon: a whole PNG file, or a bitmap without its file header. */
export interface IconPicture {
  type: 'png' | 'bmp';
  content: Uint8Array;
  width: number;
  height: number;
  /** Bits a pixel, as far as the picture says. */
  bits: number;
}

/**
 * Finds the largest picture of an icon (ICO), of several the one with the most colours; those that can't be read are passed
 * over. Throws BitmapError where there is none that can be, by what is wrong with the first.
 */
export function findLargestPicture(icon: Uint8Array): IconPicture {
  const view = new DataView(icon.buffer, icon.byteOffset, icon.byteLength);
  if (icon.length < DIRECTORY_BYTES) throw new BitmapError('it ends inside its directory', 'damaged');
  const count = view.getUint16(4, true);
  if (count === 0) throw new BitmapError('it has no pictures', 'damaged');
  if (count > MAX_PICTURES) throw new BitmapError(`it has more than ${MAX_PICTURES} pictures`);
  if (icon.length < DIRECTORY_BYTES + ENTRY_BYTES * count) {
    throw new BitmapError('it ends inside its directory', 'damaged');
  }
  let largest: IconPicture | undefined;
  let fault: unknown;
  for (let index = 0; index < count; index += 1) {
    const entry = DIRECTORY_BYTES + ENTRY_BYTES * index;
    const start = view.getUint32(entry + 12, true);
    try {
      const picture = readPicture(icon.subarray(start, start + view.getUint32(entry + 8, true)));
      if (!largest || compare(picture, largest) > 0) largest = picture;
    } catch (error) {
      if (!(error instanceof BitmapError)) throw error;
      fault ??= error;
    }
  }
  if (!largest) throw fault;
  return largest;
}

const compare = (one: IconPicture, other: IconPicture): number =>
  one.width * one.height - other.width * other.height || one.bits - other.bits;

function readPicture(content: Uint8Array): IconPicture {
  const view = new DataView(content.buffer, content.byteOffset, content.byteLength);
  if (content.length < 26) throw new BitmapError('one of its pictures lies beyond its end', 'damaged');
  if (view.getUint32(0) === PNG_SIGNATURE[0] && view.getUint32(4) === PNG_SIGNATURE[1]) {
    const bits = (view.getUint8(24) ?? 8) * 4;
    return { type: 'png', content, width: view.getUint32(16), height: view.getUint32(20), bits };
  }
  const { width, height, bits } = readBmpHeader(content, true);
  return { type: 'bmp', content, width, height, bits };
}
