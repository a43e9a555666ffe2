import sharp from 'sharp';
import type { Size } from '../../picture/size.ts';
import type { DecodeOptions } from '../../picture/source.ts';
import { isExact, isMeasured } from './exact-pieces.ts';
import {
  HEIGHT,
  NOT_CODED,
  OF_FILES,
  openPage,
  readPieces,
  STRIP_ROWS,
  type TiffPage,
  WIDTH,
  withSize,
  writeTiff,
} from './tiff-page.ts';

const FAXES = [2, 3, 4];
/** Of a fax that was cut off some rows behind have something on them. */
const MORE_FAX_ROWS = 500;
/** Of what was coded with loss so many pixels beyond the picture belong to the same unit as its own, or take something from them. */
const UNIT = 16;
const BESIDE_UNIT = 1;
/** By so much what is alike differs where it was coded with loss. */
const TOLERANCE = 4;

interface Region extends Size {
  left: number;
  top: number;
}

/**
 * Whether a TIFF of one page has what it does not show: rows or bytes behind those of its strips, or what its tiles have beyond its
 * edges.
 */
export async function hasHiddenPixels(tiff: Buffer, options: DecodeOptions): Promise<boolean> {
  const page = openPage(tiff);
  if (!page) return true;
  if (isMeasured(page.coding) && !(await areExact(tiff, page))) return true;
  return page.tile ? hidesBeside(tiff, page, page.tile, options) : hidesBehind(tiff, page, options);
}

/** Whether each strip or tile holds its pixels and nothing behind them. */
async function areExact(tiff: Buffer, { rows, starts, lengths, coding, rowBytes }: TiffPage): Promise<boolean> {
  if (rowBytes === undefined) return false;
  for (const [index, start] of starts.entries()) {
    const piece = tiff.subarray(start, start + (lengths[index] ?? 0));
    if (!(await isExact(piece, coding, (rows[index] ?? 0) * rowBytes))) return false;
  }
  return true;
}

/**
 * Looks at the last strip by itself, as one that is said to have more rows: where it can be decoded all the same, there are rows in
 * it that were cut off by the file's head alone; where no more rows have room, or the coding tells how many it has, there are none.
 */
async function hidesBehind(tiff: Buffer, page: TiffPage, options: DecodeOptions): Promise<boolean> {
  const { rows: all, starts, lengths, coding, size } = page;
  const last = all.length - 1;
  const rows = all[last] ?? 0;
  if (coding === NOT_CODED || isMeasured(coding) || coding in OF_FILES || (last > 0 && rows === all[0])) return false;
  // Rows of a fax that are not there are blank, and no fault.
  const isBlankBehind = FAXES.includes(coding);
  const more = isBlankBehind ? MORE_FAX_ROWS : 1;
  const start = starts[last] ?? 0;
  const strip = tiff.subarray(start, start + (lengths[last] ?? 0));
  const longer = withSize(page, [
    [HEIGHT, rows + more],
    [STRIP_ROWS, rows + more],
  ]);
  try {
    const region = { left: 0, top: rows, width: size.width, height: more };
    const maxPixels = options.maxPixels + more * size.width;
    const { data } = await readRegion(writeTiff(longer, [strip]), region, { ...options, maxPixels });
    return !isBlankBehind || data.some((value) => value !== data[0]);
  } catch {
    return false;
  }
}

/**
 * Looks at what tiles have beyond the edges of the picture, as one that reaches as far as they do: nothing is hidden where each row to
 * its right, and each column below it, is of one colour, as programs leave it blank or go on with the picture's edge.
 */
async function hidesBeside(tiff: Buffer, page: TiffPage, tile: Size, options: DecodeOptions): Promise<boolean> {
  const { size } = page;
  const width = Math.ceil(size.width / tile.width) * tile.width;
  const height = Math.ceil(size.height / tile.height) * tile.height;
  if (width === size.width && height === size.height) return false;
  const pieces = width * height > options.maxPixels ? null : readPieces(tiff, page);
  if (!pieces) return true;
  const whole = writeTiff(
    withSize(page, [
      [WIDTH, width],
      [HEIGHT, height],
    ]),
    pieces,
  );
  const isLossy = page.coding in OF_FILES;
  const beyond = (side: number) => (isLossy ? Math.ceil(side / UNIT) * UNIT + BESIDE_UNIT : side);
  const [left, top] = [beyond(size.width), beyond(size.height)];
  try {
    const tolerance = isLossy ? TOLERANCE : 0;
    const isAlike = async (region: Region, isRight: boolean) => {
      if (region.width <= 0 || region.height <= 0) return true;
      const pixels = await readRegion(whole, region, options);
      return isOfLines(pixels, region, { isRight, tolerance });
    };
    const isRightAlike = await isAlike({ left, top: 0, width: width - left, height }, true);
    return !(
      isRightAlike && (await isAlike({ left: 0, top, width: Math.min(left, width), height: height - top }, false))
    );
  } catch {
    return true;
  }
}

interface RegionPixels {
  data: Buffer;
  channels: number;
}

async function readRegion(
  tiff: Buffer,
  region: Region,
  { maxPixels, secondsLeft }: DecodeOptions,
): Promise<RegionPixels> {
  const picture = sharp(tiff, { limitInputPixels: maxPixels, failOn: 'warning', sequentialRead: true }).extract(region);
  const { data, info } = await picture.timeout({ seconds: secondsLeft() }).raw().toBuffer({ resolveWithObject: true });
  return { data, channels: info.channels };
}

/** Whether each row of a region, or each column, is of one colour. */
function isOfLines(
  { data, channels }: RegionPixels,
  { width, height }: Size,
  { isRight, tolerance }: { isRight: boolean; tolerance: number },
): boolean {
  const rowBytes = width * channels;
  for (let row = 0; row < height; row += 1) {
    for (let at = 0; at < rowBytes; at += 1) {
      const first = isRight ? row * rowBytes + (at % channels) : at;
      if (Math.abs((data[row * rowBytes + at] ?? 0) - (data[first] ?? 0)) > tolerance) return false;
    }
  }
  return true;
}
