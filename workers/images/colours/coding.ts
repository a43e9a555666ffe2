/** Where a colour lies in the chromaticity diagram: CIE 1931 x and y. */
export type Chromaticity = readonly [x: number, y: number];

/** The colours that a full red, green and blue are, and the white that they make together. */
export interface Primaries {
  red: Chromaticity;
  green: Chromaticity;
  blue: Chromaticity;
  white: Chromaticity;
}

/** How a stored number becomes light. `gamma` is the exponent of a plain power. */
export type Transfer = 'srgb' | 'pq' | 'hlg' | { gamma: number };

/** What the numbers of a picture's pixels mean as colours. */
export interface ColourCoding {
  primaries: Primaries;
  transfer: Transfer;
  /** Of PQ: the brightest light in the picture, in cd/m2, where the file says so. */
  peak?: number | undefined;
}

const D65: Chromaticity = [0.3127, 0.329];
const DCI_WHITE: Chromaticity = [0.314, 0.351];

const from = (red: Chromaticity, green: Chromaticity, blue: Chromaticity, white = D65): Primaries => ({
  red,
  green,
  blue,
  white,
});

/** The primaries of sRGB, which are those of BT.709. */
export const SRGB_PRIMARIES = from([0.64, 0.33], [0.3, 0.6], [0.15, 0.06]);
/** The primaries of Display P3. */
export const P3_PRIMARIES = from([0.68, 0.32], [0.265, 0.69], [0.15, 0.06]);

/** ITU-T H.273, table 2. */
const PRIMARIES: Readonly<Record<number, Primaries>> = {
  1: SRGB_PRIMARIES,
  5: from([0.64, 0.33], [0.29, 0.6], [0.15, 0.06]),
  6: from([0.63, 0.34], [0.31, 0.595], [0.155, 0.07]),
  7: from([0.63, 0.34], [0.31, 0.595], [0.155, 0.07]),
  9: from([0.708, 0.292], [0.17, 0.797], [0.131, 0.046]),
  11: from([0.68, 0.32], [0.265, 0.69], [0.15, 0.06], DCI_WHITE),
  12: P3_PRIMARIES,
};

/**
 * ITU-T H.273, table 3. The curves of BT.709, 601 and 2020 are a camera's: what it takes is looked at on a screen of about
 * sRGB's curve, so browsers read them as that.
 */
const TRANSFERS: Readonly<Record<number, Transfer>> = {
  1: 'srgb',
  4: { gamma: 2.2 },
  5: { gamma: 2.8 },
  6: 'srgb',
  8: { gamma: 1 },
  13: 'srgb',
  14: 'srgb',
  15: 'srgb',
  16: 'pq',
  17: { gamma: 2.6 },
  18: 'hlg',
};

/**
 * Finds what the code points (CICP) of a file's primaries and transfer mean. Undefined for those that mean nothing, or
 * nothing that is known here.
 */
export function codingOf(primaries: number, transfer: number, peak?: number): ColourCoding | undefined {
  const [found, curve] = [PRIMARIES[primaries], TRANSFERS[transfer]];
  return found && curve ? { primaries: found, transfer: curve, peak } : undefined;
}

/** Whether a picture has light that is brighter than SDR's white. */
export const isHdrCoding = ({ transfer }: ColourCoding): boolean => transfer === 'pq' || transfer === 'hlg';

/** Less than that is no triangle of colours. */
const LEAST_AREA = 0.005;

/** Whether there are colours between those primaries: what a file says may be anything. */
export function arePrimaries({ red, green, blue, white }: Primaries): boolean {
  const isInside = ([x, y]: Chromaticity) => x >= 0 && y > 0.01 && x + y <= 1;
  const area = (green[0] - red[0]) * (blue[1] - red[1]) - (blue[0] - red[0]) * (green[1] - red[1]);
  return [red, green, blue, white].every(isInside) && Math.abs(area) > LEAST_AREA;
}

/** A chromaticity may be off by so much, a gamma by its tenth: PNGs hold them rounded. */
const ROUNDED = 0.003;
const ALIKE_GAMMA = 0.03;

/** Whether a coding is that of sRGB, or cannot be told from it. */
export function isSrgbCoding({ primaries, transfer }: ColourCoding): boolean {
  const isCurve =
    transfer === 'srgb' || (typeof transfer === 'object' && Math.abs(transfer.gamma - 2.2) <= ALIKE_GAMMA);
  const names = ['red', 'green', 'blue', 'white'] as const;
  return isCurve && names.every((name) => isNear(primaries[name], SRGB_PRIMARIES[name]));
}

const isNear = ([x, y]: Chromaticity, [otherX, otherY]: Chromaticity) =>
  Math.abs(x - otherX) <= ROUNDED && Math.abs(y - otherY) <= ROUNDED;
