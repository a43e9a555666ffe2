import type { Tally } from './tally.ts';

/** `RIFF`, the file's length, `WEBP`. */
const HEAD_BYTES = 12;
const KEPT = ['ICCP', 'EXIF', 'XMP '];

/** Counts a WebP's chunks. */
export function countWebp(webp: Buffer, tally: Tally): void {
  for (let at = HEAD_BYTES; at + 8 <= webp.length; ) {
    const bytes = webp.readUInt32LE(at + 4);
    const type = webp.toString('latin1', at, at + 4);
    if (type === 'ANMF') tally.page();
    else tally.part(KEPT.includes(type) ? Math.min(bytes, webp.length) : 0);
    at += 8 + bytes + (bytes % 2);
  }
}
