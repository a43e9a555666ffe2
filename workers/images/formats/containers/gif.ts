import { GIF_FRAME, walkGif } from '../gif.ts';
import type { Tally } from './tally.ts';

/** Counts a GIF's frames, and what else there is. */
export function countGif(gif: Buffer, tally: Tally): void {
  walkGif(gif, (kind) => {
    if (kind === undefined) tally.step();
    else if (kind === GIF_FRAME) tally.page();
    else tally.part(0);
  });
}
