import { type Box, boxesIn, findBox, readMeta, readPrimaryId, readProperties, readType } from '../boxes.ts';
import { readVideoSignal, type VideoSignal } from './video-signal.ts';

/** The kind of a unit that holds the parameters of a sequence. */
const SEQUENCE = 33;
/** Matrices that are JPEG's own, or not told. */
const JPEG_MATRICES = [2, 5, 6];
/** Halved both ways; or no colours at all, as a gain map has. */
const HALF_COLOURS = [0, 1];

/**
 * Whether a HEIC's numbers mean what a JPEG's do, as in those of phones: 8 bits, colours at half the size, all of the range,
 * no transparency. The converter takes them over as they are.
 */
export function isPlainHeic(heif: Uint8Array): boolean {
  const bytes = new DataView(heif.buffer, heif.byteOffset, heif.byteLength);
  try {
    const meta = readMeta(bytes);
    const iprp = findBox(bytes, meta, 'iprp');
    const all = boxesIn(bytes, findBox(bytes, iprp, 'ipco')).toArray();
    const told = readTold(bytes, readProperties(bytes, iprp, readPrimaryId(bytes, meta)));
    const configurations = all.filter(({ type }) => type === 'hvcC');
    const isOpaque = all.every((box) => box.type !== 'auxC' || !isAlpha(heif, box));
    return isOpaque && configurations.length > 0 && configurations.every((box) => isPlain(heif, bytes, box, told));
  } catch (error) {
    // It is cut off, or damaged.
    if (error instanceof RangeError) return false;
    throw error;
  }
}

/** Reads what the picture itself says of its numbers, which stands above what its video says. */
function readTold(bytes: DataView, properties: readonly Box[]): VideoSignal | undefined {
  const box = properties.find(({ type, start }) => type === 'colr' && readType(bytes, start) === 'nclx');
  if (!box) return undefined;
  return { matrix: bytes.getUint16(box.start + 8), isFullRange: (bytes.getUint8(box.start + 10) & 0x80) !== 0 };
}

const isAlpha = (heif: Uint8Array, { start, end }: Box) =>
  /alpha|auxid:1/.test(Buffer.from(heif.subarray(start, end)).toString('latin1'));

/** Whether the pictures of that configuration are plain. */
function isPlain(heif: Uint8Array, bytes: DataView, { start, end }: Box, told: VideoSignal | undefined): boolean {
  const chroma = bytes.getUint8(start + 16) & 3;
  const isEightBits = ((bytes.getUint8(start + 17) | bytes.getUint8(start + 18)) & 7) === 0;
  if (!isEightBits || !HALF_COLOURS.includes(chroma)) return false;
  if (chroma === 0) return true;
  const unit = findSequence(heif, bytes, { start: start + 22, end });
  const signal = told ?? (unit && readVideoSignal(unit));
  return (signal?.isFullRange ?? false) && JPEG_MATRICES.includes(signal?.matrix ?? 0);
}

/** Finds the parameters of the sequence among the units of a configuration, which are ordered by kind. */
function findSequence(heif: Uint8Array, bytes: DataView, { start, end }: Omit<Box, 'type'>): Uint8Array | undefined {
  let at = start + 1;
  for (let kinds = bytes.getUint8(start); kinds > 0; kinds -= 1) {
    const kind = bytes.getUint8(at) & 63;
    const count = bytes.getUint16(at + 1);
    at += 3;
    for (let unit = 0; unit < count && at < end; unit += 1) {
      const length = bytes.getUint16(at);
      if (kind === SEQUENCE) return heif.subarray(at + 2, Math.min(end, at + 2 + length));
      at += 2 + length;
    }
  }
  return undefined;
}
