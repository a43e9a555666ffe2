import { AppError } from '../../../src/errors.ts';

const EXTENSION = 0x21;
const IMAGE = 0x2c;

/**
 * Throws image_unreadable when a GIF ends inside a frame: libvips would go on with the frames before, or show half of
 * it. One that ends between two blocks without its trailer is whole, and every viewer shows it.
 */
export function assertWholeGif(gif: Buffer): void {
  let at = 13 + tableBytes(gif[10] ?? 0);
  while (at < gif.length) {
    const kind = gif[at];
    if (kind === EXTENSION) at = skipBlocks(gif, at + 2);
    // Place and size, colours, the code size of the compression, then the data.
    else if (kind === IMAGE) at = skipBlocks(gif, at + 10 + tableBytes(gif[at + 9] ?? 0) + 1);
    else return;
  }
  if (at > gif.length) {
    throw new AppError('image_unreadable', 'The image could not be decoded: it ends in the middle of a frame.');
  }
}

/** Returns the bytes of a table of colours, by the flags that announce it. */
const tableBytes = (flags: number) => (flags & 0x80 ? 3 * 2 ** ((flags & 7) + 1) : 0);

/** Returns where a chain of blocks ends, each with its length before it; beyond the file's end when it is cut. */
function skipBlocks(gif: Buffer, start: number): number {
  let at = start;
  while (at < gif.length) {
    const length = gif[at] ?? 0;
    at += 1 + length;
    if (length === 0) return at;
  }
  return gif.length + 1;
}
