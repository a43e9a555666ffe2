import { isUtf8 } from 'node:buffer';
import { closeSync, createReadStream, openSync, readSync } from 'node:fs';

const CHUNK_BYTES = 1 << 20;

/** What a text file is written in. */
export type Encoding = 'utf-8' | 'utf-16le' | 'utf-16be' | 'windows-1252';

/** The length of `chunk` without a character at its end that is not all there. */
function wholeCharacters(chunk: Uint8Array): number {
  for (let back = 1; back <= Math.min(3, chunk.length); back += 1) {
    const byte = chunk[chunk.length - back] ?? 0;
    if (byte < 0x80) return chunk.length;
    if (byte >= 0xc0) return chunk.length - back;
  }
  return chunk.length;
}

/**
 * The encoding of a file: by its byte order mark; else UTF-8 where all of it is valid as such, and Windows-1252 (which
 * is Latin-1 with more characters) where it is not.
 */
export function detectEncoding(path: string): Encoding {
  const file = openSync(path, 'r');
  try {
    const buffer = Buffer.allocUnsafe(CHUNK_BYTES);
    let position = 0;
    for (;;) {
      const length = readSync(file, buffer, 0, CHUNK_BYTES, position);
      const chunk = buffer.subarray(0, length);
      if (position === 0 && chunk[0] === 0xff && chunk[1] === 0xfe) return 'utf-16le';
      if (position === 0 && chunk[0] === 0xfe && chunk[1] === 0xff) return 'utf-16be';
      if (length < CHUNK_BYTES) return isUtf8(chunk) ? 'utf-8' : 'windows-1252';
      const whole = wholeCharacters(chunk);
      if (!isUtf8(chunk.subarray(0, whole))) return 'windows-1252';
      position += whole;
    }
  } finally {
    closeSync(file);
  }
}

/** The file's text in pieces, without its byte order mark; `onBytes` gets the size of each piece of the file. */
export async function* readText(
  path: string,
  encoding: Encoding,
  onBytes: (bytes: number) => void,
): AsyncGenerator<string> {
  const decoder = new TextDecoder(encoding);
  for await (const chunk of createReadStream(path, { highWaterMark: CHUNK_BYTES / 4 })) {
    onBytes((chunk as Buffer).length);
    yield decoder.decode(chunk as Buffer, { stream: true });
  }
  yield decoder.decode();
}
