/** What a column wants, in points: `fixed` when its width was given, else between `min` and `natural`. */
export interface ColumnWish {
  fixed?: number | undefined;
  /** Narrowest without cutting a word (a number counts as one word). */
  min: number;
  /** Wide enough for every cell on one line. */
  natural: number;
}

const sum = (numbers: number[]): number => numbers.reduce((total, number) => total + number, 0);

/** Narrowest that a column becomes while others give way, so that none of many columns vanishes. */
const FLOOR = 6;

/**
 * Shares `available` points among columns so that they fill it exactly. Fixed ones get what they ask for (scaled
 * down when they alone exceed the page); the others get their natural width and the rest in proportion to it, or,
 * where it is too tight, at least their longest word as long as that is possible.
 */
export function shareWidth(columns: ColumnWish[], available: number): number[] {
  const open = columns.filter(({ fixed }) => fixed === undefined);
  const asked = sum(columns.map(({ fixed }) => fixed ?? 0));
  const forFixed = Math.max(0, available - open.length * FLOOR);
  const scale = asked > forFixed || open.length === 0 ? forFixed / (asked || 1) : 1;
  const shares = shareOpen(open, available - asked * scale);
  return columns.map(({ fixed }) => (fixed === undefined ? (shares.shift() ?? 0) : fixed * scale));
}

function shareOpen(columns: ColumnWish[], available: number): number[] {
  const natural = sum(columns.map((column) => column.natural));
  const min = sum(columns.map((column) => column.min));
  if (natural === 0) return columns.map(() => available / columns.length);
  if (natural <= available) return columns.map((column) => column.natural * (available / natural));
  if (min <= available) {
    const share = (available - min) / (natural - min || 1);
    return columns.map((column) => column.min + (column.natural - column.min) * share);
  }
  return shrinkToFit(columns, available);
}

/** Too tight for whole words: the widest columns give way first, down to a common width. */
function shrinkToFit(columns: ColumnWish[], available: number): number[] {
  const sorted = columns.map((column) => Math.max(FLOOR, column.min)).sort((a, b) => a - b);
  let rest = available;
  let cap = available / columns.length;
  for (const [index, min] of sorted.entries()) {
    cap = rest / (columns.length - index);
    if (min > cap) break;
    rest -= min;
  }
  return columns.map((column) => Math.min(Math.max(FLOOR, column.min), cap));
}

/** Whether every column can have its longest word on one line. */
export function fitsWords(columns: ColumnWish[], available: number): boolean {
  return sum(columns.map((column) => column.fixed ?? column.min)) <= available;
}
