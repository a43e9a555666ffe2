import { Transform } from 'node:stream';

const CR = 0x0d;

/**
 * Makes CRLF of every line end: CR, LF and both. Mail servers make it of the others in ways of their own, after the
 * signature was made.
 */
export function createLineEnds(): Transform {
  let endedInCr = false;
  return new Transform({
    transform(chunk: Buffer, _encoding, next) {
      let text = chunk.toString('latin1');
      if (endedInCr && text.startsWith('\n')) text = text.slice(1);
      if (chunk.length > 0) endedInCr = chunk.at(-1) === CR;
      next(null, Buffer.from(withCrlf(text), 'latin1'));
    },
  });
}

/** Writes a text with CRLF as its line ends, whatever they were. */
export const withCrlf = (text: string): string => text.replace(/\r\n?|\n/g, '\r\n');
