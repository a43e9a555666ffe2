import { coloursOf, isFrame, MARKER, walkJpeg } from './segments.ts';

const PROGRESSIVE = [0xc2, 0xc6, 0xca, 0xce];

/**
 * Whether a JPEG's first bytes say that its pixels come in several scans, all of which are held until the last: it is
 * progressive, or has its colours one after the other. False where they do not show it.
 */
export function hasSeveralScans(head: Uint8Array): boolean {
  let colours = 0;
  for (const { marker, data } of walkJpeg(Buffer.from(head.buffer, head.byteOffset, head.byteLength))) {
    if (PROGRESSIVE.includes(marker)) return true;
    if (isFrame(marker)) colours = coloursOf(data);
    if (marker === MARKER.scan) return (data[0] ?? colours) < colours;
  }
  return false;
}
