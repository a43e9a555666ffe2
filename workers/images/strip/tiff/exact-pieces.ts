import { inflate } from 'node:zlib';

const LZW = 5;
const DEFLATE = [8, 32946];
const PACKED_BITS = 32773;

/** Codings of which it is known where what is coded ends; a fax's rows, and files, are looked at otherwise. */
export const isMeasured = (coding: number): boolean =>
  coding === LZW || coding === PACKED_BITS || DEFLATE.includes(coding);

/** Whether a piece comes to so many bytes of pixels and holds nothing behind these. */
export async function isExact(piece: Buffer, coding: number, bytes: number): Promise<boolean> {
  if (coding === LZW) return isExactLzw(piece, bytes);
  return coding === PACKED_BITS ? isExactlyPacked(piece, bytes) : isExactlyDeflated(piece, bytes);
}

function isExactlyDeflated(piece: Buffer, bytes: number): Promise<boolean> {
  return new Promise((resolve) => {
    inflate(piece, { info: true, maxOutputLength: bytes + 1 }, (error, result) => {
      if (error) return resolve(false);
      const { buffer, engine } = result as unknown as { buffer: Buffer; engine: { bytesWritten: number } };
      resolve(buffer.length === bytes && engine.bytesWritten === piece.length);
    });
  });
}

/** A count below 128 has one more bytes behind it, one above stands for as many of the next; 128 for nothing. */
function isExactlyPacked(piece: Buffer, bytes: number): boolean {
  const NOTHING = 128;
  let [at, made] = [0, 0];
  while (at < piece.length && made < bytes) {
    const count = piece[at] ?? NOTHING;
    if (count !== NOTHING) made += count < NOTHING ? count + 1 : 257 - count;
    at += count < NOTHING ? count + 2 : count === NOTHING ? 1 : 2;
  }
  return made === bytes && at === piece.length;
}

const [CLEAR, END, FIRST] = [256, 257, 258];
const [LEAST_BITS, MOST_BITS] = [9, 12];
/** A code behind the last byte, and what fills up the last one. */
const MOST_BYTES_BEHIND = 3;

/** Goes through the codes of LZW, each of which stands for as many bytes as the one before it and one more. */
function isExactLzw(piece: Buffer, bytes: number): boolean {
  const lengths = new Uint32Array(1 << MOST_BITS).fill(1, 0, CLEAR);
  let [next, width, previous, made] = [FIRST, LEAST_BITS, 0, 0];
  let [bits, held, at] = [0, 0, 0];
  while (made < bytes) {
    while (held < width) {
      if (at >= piece.length) return false;
      bits = ((bits << 8) | (piece[at] ?? 0)) & 0xffffff;
      held += 8;
      at += 1;
    }
    held -= width;
    const code = (bits >> held) & ((1 << width) - 1);
    if (code === END) return false;
    if (code === CLEAR) {
      [next, width, previous] = [FIRST, LEAST_BITS, 0];
      continue;
    }
    if (previous > 0) {
      if (code > next || next >= lengths.length) return false;
      lengths[next] = previous + 1;
      next += 1;
      // The width grows one code early.
      if (next >= (1 << width) - 1 && width < MOST_BITS) width += 1;
    }
    previous = lengths[code] ?? 0;
    made += previous;
    if (previous === 0) return false;
  }
  return made === bytes && piece.length - at <= MOST_BYTES_BEHIND;
}
