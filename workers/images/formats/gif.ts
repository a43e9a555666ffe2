import { AppError } from '../../../src/errors.ts';

const EXTENSION = 0x21;
/** What a frame begins with. */
export const GIF_FRAME = 0x2c;

/**
 * Throws image_unreadable when a GIF ends inside a frame: libvips would go on with the frames before, or show half of
 * it. One that ends between two blocks without its trailer is whole, and every viewer shows it.
 */
export function assertWholeGif(gif: Buffer): void {
  const end = walkGif(gif, () => {});
  if (end > gif.length) {
    throw new AppError('image_unreadable', 'The image could not be decoded: it ends in the middle of a frame.');
  }
}

/**
 * Walks a GIF up to what is neither frame nor extension. `visit` is called for each of them with its first byte and its
 * place, and with no byte for each piece of their data. Returns where the walk ended; beyond the file's end when it is cut.
 */
export function walkGif(gif: Buffer, visit: (kind: number | undefined, at: number) => void): number {
  let at = 13 + tableBytes(gif[10] ?? 0);
  while (at < gif.length) {
    const kind = gif[at];
    if (kind !== EXTENSION && kind !== GIF_FRAME) return at;
    visit(kind, at);
    // A frame: place and size, colours, the code size of the compression, then the data.
    const dataAt = kind === EXTENSION ? at + 2 : at + 10 + tableBytes(gif[at + 9] ?? 0) + 1;
    at = skipBlocks(gif, dataAt, visit);
  }
  return at;
}

/** Returns the bytes of a table of colours, by the flags that announce it. */
const tableBytes = (flags: number) => (flags & 0x80 ? 3 * 2 ** ((flags & 7) + 1) : 0);

/** Returns where a chain of blocks ends, each with its length before it; beyond the file's end when it is cut. */
function skipBlocks(gif: Buffer, start: number, visit: (kind: undefined, at: number) => void): number {
  let at = start;
  while (at < gif.length) {
    const length = gif[at] ?? 0;
    at += 1 + length;
    if (length === 0) return at;
    visit(undefined, at);
  }
  return gif.length + 1;
}
