import { isBare, MARKER, walkJpeg } from '../jpeg/segments.ts';
import type { Tally } from './tally.ts';

const FIRST_APPLICATION = 0xe0;
const LAST_APPLICATION = 0xef;
const COMMENT = 0xfe;

/** Counts a JPEG's segments up to its pixels, as a decoder meets them: it passes over what lies between two. */
export function countJpeg(jpeg: Buffer, tally: Tally): void {
  for (const { marker, start, end } of walkJpeg(jpeg)) {
    if (marker === MARKER.scan || marker === MARKER.end) return;
    if (isBare(marker)) tally.step();
    else {
      const isKept = (marker >= FIRST_APPLICATION && marker <= LAST_APPLICATION) || marker === COMMENT;
      tally.part(isKept ? end - start - 2 : 0);
    }
  }
}
