import { type Box, boxesIn, readItems, readMeta } from '../formats/heic/boxes.ts';

/** What a file of one picture consists of, beside boxes that hold nothing. */
const PARTS = new Set(['ftyp', 'meta', 'mdat', 'free', 'skip']);
/** Items that are pixels: a picture, one put together of tiles, one that is another one turned or cut. */
const PIXELS = new Set(['av01', 'grid', 'iden']);

/**
 * Returns an AVIF that holds nothing but pixels, without what lies behind its end; null for one with metadata, which lie
 * among its pixels, where metadata are to be put in, and where its directory is damaged.
 */
export function stripAvif(avif: Buffer, from?: Buffer): Buffer | null {
  if (from) return null;
  const bytes = new DataView(avif.buffer, avif.byteOffset, avif.length);
  try {
    const parts: Box[] = [];
    for (const box of boxesIn(bytes, { start: 0, end: avif.length })) {
      if (!PARTS.has(box.type)) break;
      parts.push(box);
    }
    const end = parts.at(-1)?.end ?? 0;
    const isPlain = readItems(bytes, readMeta(bytes)).every(({ type }) => PIXELS.has(type));
    return isPlain && parts.some(({ type }) => type === 'mdat') ? avif.subarray(0, end) : null;
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}
