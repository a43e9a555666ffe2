import { Transform } from 'node:stream';

/** A line end that is none of a mail's: a CR without its LF, or an LF without its CR. */
const STRAY = /\r(?!\n)|(?<!\r)\n/;

/**
 * Makes CRLF of every line end: CR, LF and both. Mail servers make it of the others in ways of their own, after the
 * signature was made.
 */
export function createLineEnds(): Transform {
  let endedInCr = false;
  return new Transform({
    transform(chunk: Buffer, _encoding, next) {
      const text = chunk.toString('latin1');
      if (!endedInCr && !STRAY.test(text)) {
        next(null, chunk);
        return;
      }
      const rest = endedInCr && text.startsWith('\n') ? text.slice(1) : text;
      endedInCr = text.endsWith('\r') || (endedInCr && text === '');
      next(null, Buffer.from(withCrlf(rest), 'latin1'));
    },
  });
}

/** Writes a text with CRLF as its line ends, whatever they were. */
export const withCrlf = (text: string): string => text.replace(/\r\n?|\n/g, '\r\n');
