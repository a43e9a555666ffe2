import { openPage, readPieces, writeTiff } from './tiff-page.ts';

/**
 * Returns a page of a TIFF, from 1 on, with its pixels as they are coded, in a file that is written anew: nothing of the old one is
 * left that does not say how they are to be read. Null where it is turned, or says what is not known; where a piece has other rows
 * than it should; or where metadata are to be kept. What its pieces have beyond the picture: see `hasHiddenPixels`.
 */
export function stripTiff(tiff: Buffer, from?: Buffer, page = 1): Buffer | null {
  const opened = from ? null : openPage(tiff, page);
  const pieces = opened && readPieces(tiff, opened);
  return pieces && writeTiff(opened, pieces);
}
