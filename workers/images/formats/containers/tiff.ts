import { TYPE_BYTES, walkTiff } from '../tiff.ts';
import type { Tally } from './tally.ts';

/** What is kept of a picture: its description, XMP, IPTC, Photoshop's block, its colour profile. */
const KEPT = [270, 700, 33_723, 34_377, 34_675];

/** Counts a TIFF's pages, and what the one that is read keeps. */
export function countTiff(tiff: Buffer, tally: Tally, page = 1): void {
  let pages = 0;
  for (const directory of walkTiff(tiff)) {
    tally.page();
    pages += 1;
    if (pages !== page) continue;
    for (const { tag, type, count } of directory.fields()) {
      if (!KEPT.includes(tag)) continue;
      const bytes = count * (TYPE_BYTES[type] ?? 1);
      // A field that claims more than the file has is passed over by every reader.
      tally.part(bytes <= tiff.length ? bytes : 0);
    }
  }
}
