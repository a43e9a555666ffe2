import type { Tally } from './tally.ts';

const FIRST_APPLICATION = 0xe0;
const LAST_APPLICATION = 0xef;
const COMMENT = 0xfe;
const START_OF_SCAN = 0xda;
const END_OF_IMAGE = 0xd9;
/** Markers without a length: restarts, start and end, and one without a meaning. */
const BARE = (marker: number) => (marker >= 0xd0 && marker <= 0xd9) || marker <= 0x01;

/** Counts a JPEG's segments up to its pixels, as a decoder meets them: it passes over what lies between two. */
export function countJpeg(jpeg: Buffer, tally: Tally): void {
  for (let at = jpeg.indexOf(0xff, 2); at >= 0; at = jpeg.indexOf(0xff, at)) {
    const marker = jpeg[at + 1];
    if (marker === undefined || marker === START_OF_SCAN || marker === END_OF_IMAGE) return;
    if (marker === 0xff || BARE(marker)) {
      tally.step();
      at += marker === 0xff ? 1 : 2;
      continue;
    }
    if (at + 4 > jpeg.length) return;
    const bytes = jpeg.readUInt16BE(at + 2);
    const isKept = (marker >= FIRST_APPLICATION && marker <= LAST_APPLICATION) || marker === COMMENT;
    tally.part(isKept ? bytes : 0);
    at += 2 + bytes;
  }
}
