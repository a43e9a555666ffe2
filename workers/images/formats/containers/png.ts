import { createInflate } from 'node:zlib';
import type { Tally } from './tally.ts';

const SIGNATURE_BYTES = 8;
/** A chunk's length, type and check sum. */
const FRAME_BYTES = 12;
/** A chunk's type as a number: a file may have hundred thousands. */
const typeOf = (name: string) => Buffer.from(name, 'latin1').readUInt32BE();
const [ZTXT, ICCP, ITXT] = [typeOf('zTXt'), typeOf('iCCP'), typeOf('iTXt')];
/** What a decoder keeps. */
const KEPT = [ZTXT, ICCP, ITXT, ...['tEXt', 'eXIf', 'sPLT'].map(typeOf)];
const PIXELS = ['IDAT', 'fdAT'].map(typeOf);
/** So much of a packed chunk is unpacked at a time. */
const UNPACKED_AT_ONCE = 65_536;

/** Counts a PNG's chunks. A packed one counts as what it unpacks to, of which no more is unpacked than may come. */
export async function countPng(png: Buffer, tally: Tally): Promise<void> {
  const packed: Buffer[] = [];
  for (let at = SIGNATURE_BYTES; at + FRAME_BYTES <= png.length; ) {
    const end = at + FRAME_BYTES + png.readUInt32BE(at);
    const type = png.readUInt32BE(at + 4);
    const isKept = KEPT.includes(type);
    if (PIXELS.includes(type)) tally.step();
    else tally.part(isKept ? Math.min(end, png.length) - at : 0);
    if (isKept) {
      const data = png.subarray(at + 8, end - 4);
      const start = packedStart(type, data);
      if (start > 0) packed.push(data.subarray(start));
    }
    at = end;
  }
  for (const data of packed) tally.part(await countUnpacked(data, tally.bytesLeft()));
}

/** Returns where the packed part of a chunk begins; 0 where none is packed. */
function packedStart(type: number, data: Buffer): number {
  const nameEnd = data.indexOf(0);
  if (nameEnd < 0) return 0;
  // The name, its NUL, the method.
  if (type === ZTXT || type === ICCP) return nameEnd + 2;
  if (type !== ITXT || data[nameEnd + 1] !== 1) return 0;
  // The name, whether it is packed, the method, then language and translated name with a NUL behind each.
  const languageEnd = data.indexOf(0, nameEnd + 3);
  const translatedEnd = languageEnd < 0 ? -1 : data.indexOf(0, languageEnd + 1);
  return translatedEnd + 1;
}

/** Counts the bytes that packed data unpack to, up to just over the limit; damaged data count up to their fault. */
async function countUnpacked(packed: Buffer, limit: number): Promise<number> {
  const unpack = createInflate({ chunkSize: UNPACKED_AT_ONCE });
  unpack.end(packed);
  let bytes = 0;
  try {
    for await (const part of unpack) {
      bytes += part.length;
      if (bytes > limit) break;
    }
  } catch {
    // A decoder unpacks as far as this too, and passes over the chunk.
  }
  return bytes;
}
