import { crc32 } from 'node:zlib';

/** How a PNG begins. */
export const PNG_SIGNATURE = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1');
/** A PNG's signature and its first chunk, which says its size. */
export const PNG_HEAD_BYTES = 33;
/** A chunk's length and type stand before its data, its check sum behind. */
const [BEFORE_DATA, BEHIND_DATA] = [8, 4];
const FRAME_BYTES = BEFORE_DATA + BEHIND_DATA;

/** A chunk of a PNG: from where to where it lies, and what it holds. Of one that is cut off, `end` lies beyond the file. */
export interface PngChunk {
  type: string;
  start: number;
  end: number;
  data: Buffer;
}

/** Lists the chunks of a PNG up to its end chunk, or to the end of the file. */
export function* listPngChunks(png: Buffer): Generator<PngChunk> {
  for (let start = PNG_SIGNATURE.length; start + FRAME_BYTES <= png.length; ) {
    const end = start + FRAME_BYTES + png.readUInt32BE(start);
    const type = png.toString('latin1', start + 4, start + BEFORE_DATA);
    yield { type, start, end, data: png.subarray(start + BEFORE_DATA, end - BEHIND_DATA) };
    if (type === 'IEND') return;
    start = end;
  }
}

/** Makes a chunk of a PNG. */
export function makePngChunk(type: string, ...parts: Uint8Array[]): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), ...parts]);
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(body.length - 4);
  sum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, sum]);
}
