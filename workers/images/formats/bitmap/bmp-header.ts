import { BitmapError } from './bitmap-error.ts';

/** How a BMP's pixels are written. */
export const COMPRESSION = { none: 0, rle8: 1, rle4: 2, bitFields: 3, alphaBitFields: 6 } as const;

const FILE_HEADER_BYTES = 14;
/** The header of OS/2, whose sides have 16 bits and whose colours three bytes. */
const CORE_BYTES = 12;
const INFO_BYTES = 40;
/** From here on a header holds masks, and one for alpha. */
const MASKS_BYTES = 52;
const ALPHA_MASK_BYTES = 56;
/** Where a header of the fifth version tells of its colour profile, and what it is called where it lies in the file. */
const V5 = { bytes: 124, kindAt: 56, profileAt: 112, embedded: 0x4d424544 } as const;

/** What the headers of a bitmap say: of a BMP file, or of a picture inside an icon. */
export interface BmpHeader {
  width: number;
  height: number;
  isTopDown: boolean;
  bits: number;
  compression: number;
  /** Where colours lie in a pixel of 16 or 32 bits: red, green, blue, alpha. */
  masks: readonly [number, number, number, number];
  /** The colours of pixels of up to 8 bits: where they begin, how many there are, bytes of each. */
  palette: { at: number; count: number; entryBytes: number };
  pixelsAt: number;
  /** Where a colour profile lies in the file. */
  profile?: { at: number; bytes: number };
}

/**
 * Reads the headers of a BMP file, or, with `isIcon`, of a bitmap inside an icon: it has no file header, and its height
 * counts a mask as well. Needs its first bytes alone. Throws BitmapError where they make no sense.
 */
export function readBmpHeader(file: Uint8Array, isIcon = false): BmpHeader {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const start = isIcon ? 0 : FILE_HEADER_BYTES;
  try {
    return readFrom(view, start, isIcon);
  } catch (error) {
    if (error instanceof RangeError) throw new BitmapError('it ends inside its header', 'damaged');
    throw error;
  }
}

function readFrom(view: DataView, start: number, isIcon: boolean): BmpHeader {
  const headerBytes = view.getUint32(start, true);
  const isCore = headerBytes === CORE_BYTES;
  if (!isCore && (headerBytes < 16 || headerBytes > 256)) throw new BitmapError('its header has no known size');
  const end = start + headerBytes;
  // OS/2 may leave the end of its header away: what is not there is nought.
  const number = (at: number) => (at + 4 <= headerBytes ? view.getUint32(start + at, true) : 0);
  const width = isCore ? view.getUint16(start + 4, true) : view.getInt32(start + 4, true);
  const signedHeight = isCore ? view.getUint16(start + 6, true) : view.getInt32(start + 8, true);
  const bits = view.getUint16(start + (isCore ? 10 : 14), true);
  const compression = isCore ? 0 : number(16);
  const height = Math.floor(Math.abs(signedHeight) / (isIcon ? 2 : 1));
  if (width <= 0 || height <= 0) throw new BitmapError('its header shows no size', 'damaged');
  assertKnown(bits, compression, headerBytes);
  const masks = readMasks(view, { start, headerBytes, bits, compression });
  const maskBytes = headerBytes === INFO_BYTES ? masksBehind(compression) : 0;
  const entryBytes = isCore ? 3 : 4;
  const most = bits <= 8 ? 2 ** bits : 0;
  const used = isCore ? 0 : number(32);
  const count = used > 0 && used < most ? used : most;
  const paletteAt = end + maskBytes;
  const fileSays = isIcon ? 0 : view.getUint32(10, true);
  const behind = paletteAt + (bits <= 8 ? (used || most) * entryBytes : used * entryBytes);
  return {
    width,
    height,
    isTopDown: signedHeight < 0,
    bits,
    compression,
    masks,
    palette: { at: paletteAt, count, entryBytes },
    pixelsAt: fileSays > 0 ? fileSays : behind,
    ...profileOf(view, start, headerBytes),
  };
}

/** Throws BitmapError for what is not read: pictures of other formats inside, and rare codings of OS/2. */
function assertKnown(bits: number, compression: number, headerBytes: number): void {
  const { none, rle8, rle4, bitFields, alphaBitFields } = COMPRESSION;
  // In a header of OS/2's second version these numbers mean something else.
  const isOs2 = headerBytes < INFO_BYTES || headerBytes === 64;
  const known =
    (compression === none && [1, 2, 4, 8, 16, 24, 32].includes(bits)) ||
    (compression === rle8 && bits === 8) ||
    (compression === rle4 && bits === 4) ||
    (!isOs2 && [bitFields, alphaBitFields].includes(compression as 3) && [16, 32].includes(bits));
  if (!known) throw new BitmapError(`it has ${bits} bits a pixel in a coding of number ${compression}`);
}

const masksBehind = (compression: number) =>
  compression === COMPRESSION.bitFields ? 12 : compression === COMPRESSION.alphaBitFields ? 16 : 0;

/** Where masks may be found. */
interface MaskPlace {
  start: number;
  headerBytes: number;
  bits: number;
  compression: number;
}

function readMasks(view: DataView, { start, headerBytes, bits, compression }: MaskPlace): BmpHeader['masks'] {
  if (masksBehind(compression) === 0) return bits === 16 ? [0x7c00, 0x3e0, 0x1f, 0] : [0xff_0000, 0xff00, 0xff, 0];
  const at = start + INFO_BYTES;
  const read = (index: number) => view.getUint32(at + 4 * index, true);
  const hasAlpha = headerBytes >= ALPHA_MASK_BYTES || compression === COMPRESSION.alphaBitFields;
  if (headerBytes > INFO_BYTES && headerBytes < MASKS_BYTES) throw new BitmapError('its header has no known size');
  return [read(0), read(1), read(2), hasAlpha ? read(3) : 0];
}

function profileOf(view: DataView, start: number, headerBytes: number): Pick<BmpHeader, 'profile'> {
  if (headerBytes < V5.bytes || view.getUint32(start + V5.kindAt, true) !== V5.embedded) return {};
  const at = start + view.getUint32(start + V5.profileAt, true);
  const bytes = view.getUint32(start + V5.profileAt + 4, true);
  return bytes > 0 && at + bytes <= view.byteLength ? { profile: { at, bytes } } : {};
}
