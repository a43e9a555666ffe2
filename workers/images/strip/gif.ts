import { GIF_FRAME, walkGif } from '../formats/gif.ts';

const EXTENSION = 0x21;
const TRAILER = 0x3b;
/** An extension that says how the next frame is shown: its duration, what is transparent. */
const CONTROL = 0xf9;
const APPLICATION = 0xff;
/** How often it plays, under the name of the reader that knew this first; with its length and its number. */
const LOOP = 'NETSCAPE2.0';
const LOOP_BYTES = 19;

/**
 * Returns a GIF with its frames, their durations and how often they play, and nothing else, nor anything behind its end. Null
 * where it ends before its trailer.
 */
export function stripGif(gif: Buffer): Buffer | null {
  const starts: number[] = [];
  const end = walkGif(gif, (kind, at) => {
    if (kind !== undefined) starts.push(at);
  });
  if (end >= gif.length || gif[end] !== TRAILER) return null;
  const blocks = starts.map((start, index) => gif.subarray(start, starts[index + 1] ?? end));
  return Buffer.concat([gif.subarray(0, starts[0] ?? end), ...blocks.filter(isShown), Buffer.from([TRAILER])]);
}

function isShown(block: Buffer): boolean {
  if (block[0] === GIF_FRAME) return true;
  if (block[0] !== EXTENSION) return false;
  if (block[1] === CONTROL) return true;
  return (
    block[1] === APPLICATION && block.length === LOOP_BYTES && block.toString('latin1', 3, 3 + LOOP.length) === LOOP
  );
}
