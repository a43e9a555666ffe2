import { createBitReader } from '../formats/heic/native/bit-reader.ts';

/** Units of AV1: where a picture in time begins, what all of it is like, and a frame. */
const [DELIMITER, SEQUENCE, FRAME] = [2, 1, 6];
/** A still picture's takes ten. */
const MOST_SEQUENCE_BYTES = 24;

/** Whether what is coded as AV1 is one still frame of that size, and nothing else. Throws RangeError where it is cut off. */
export function hasOneFrame(coded: Buffer, width: number, height: number): boolean {
  const found: number[] = [];
  for (let at = 0; at < coded.length; ) {
    const head = coded[at] ?? 0;
    const kind = (head >> 3) & 15;
    // Neither layers nor bits that mean nothing yet; each unit says how long it is.
    if ((head & 0x87) !== 2) return false;
    const { value, end } = readLength(coded, at + 1);
    const unit = coded.subarray(end, end + value);
    if (unit.length !== value || (kind === DELIMITER && value > 0)) return false;
    if (kind === SEQUENCE && (value > MOST_SEQUENCE_BYTES || !isStill(unit, width, height))) return false;
    if (kind !== DELIMITER) found.push(kind);
    at = end + value;
  }
  return found.length === 2 && found[0] === SEQUENCE && found[1] === FRAME;
}

/** Reads a number of which each byte holds seven bits, the lowest first. Throws RangeError for one of more than four. */
function readLength(bytes: Buffer, start: number): { value: number; end: number } {
  let value = 0;
  for (let index = 0; index < 4; index += 1) {
    const byte = bytes.readUInt8(start + index);
    value |= (byte & 0x7f) << (7 * index);
    if (byte < 0x80) return { value, end: start + index + 1 };
  }
  throw new RangeError('a unit that is too long');
}

/** Whether a sequence is told to be one still picture of that size. */
function isStill(sequence: Buffer, width: number, height: number): boolean {
  const { bits } = createBitReader(sequence);
  bits(3);
  if (bits(2) !== 3) return false;
  bits(5);
  const [across, down] = [bits(4) + 1, bits(4) + 1];
  return bits(across) + 1 === width && bits(down) + 1 === height;
}
