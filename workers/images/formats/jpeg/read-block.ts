import type { Bits } from './bits.ts';
import type { Codes } from './codes.ts';
import { BLOCK } from './read-frame.ts';
import type { Scan } from './read-scans.ts';

/** The place in a block, row by row, of each number that is coded. */
export const PLACES = Uint8Array.from(
  Array.from({ length: BLOCK }, (_, place) => ({ place, row: place >> 3, column: place & 7 }))
    .sort((one, other) => diagonalOf(one) - diagonalOf(other) || onDiagonal(one) - onDiagonal(other))
    .map(({ place }) => place),
);
function diagonalOf({ row, column }: { row: number; column: number }): number {
  return row + column;
}
/** Every other diagonal is walked upwards. */
function onDiagonal({ row, column }: { row: number; column: number }): number {
  return (row + column) % 2 === 0 ? column : row;
}

/** Reads what a scan brings of one colour's blocks, one after the other. */
export interface BlockReader {
  /** Begins anew, behind a restart. */
  begin(): void;
  /** Reads a block to its place in a plane; false where it is not all there. */
  read(plane: Int16Array, at: number): boolean;
}

/** What a scan brings, and the codes of a colour in it. */
type Coding = Pick<Scan, 'first' | 'last' | 'high' | 'low'> & { dc: Codes | null; ac: Codes | null };

/** The largest size of a first number's difference, in bits. */
const MAX_DIFFERENCE = 11;
/** So many noughts are one symbol. */
const LONG_RUN = 15;

/** Makes the reader of one colour's blocks in a scan; null where codes are missing that it needs. */
export function createBlockReader(bits: Bits, isProgressive: boolean, coding: Coding): BlockReader | null {
  const { dc, ac, first, last, high, low } = coding;
  if (!isProgressive) return dc && ac && createWholeReader(bits, dc, ac);
  if (first === 0) return high > 0 ? createBitReader(bits, low) : dc && createFirstReader(bits, dc, low);
  if (!ac) return null;
  return high > 0
    ? createFinerReader(bits, ac, { first, last, low })
    : createBandReader(bits, ac, { first, last, low });
}

/** Reads whole blocks. */
function createWholeReader(bits: Bits, dc: Codes, ac: Codes): BlockReader {
  const firsts = createFirstReader(bits, dc, 0);
  return {
    begin: firsts.begin,
    read(plane, at) {
      if (!firsts.read(plane, at)) return false;
      for (let index = 1; index < BLOCK; index += 1) {
        const symbol = bits.symbol(ac);
        if (symbol < 0) return false;
        const [zeros, length] = [symbol >> 4, symbol & 15];
        if (length === 0) {
          if (zeros !== LONG_RUN) return true;
          index += LONG_RUN;
          continue;
        }
        index += zeros;
        if (index >= BLOCK) return false;
        plane[at + (PLACES[index] as number)] = bits.number(length);
      }
      return true;
    },
  };
}

/** Reads the first numbers of blocks, each of which is told by its difference to the last. */
function createFirstReader(bits: Bits, dc: Codes, low: number): BlockReader {
  let last = 0;
  return {
    begin() {
      last = 0;
    },
    read(plane, at) {
      const size = bits.symbol(dc);
      if (size < 0 || size > MAX_DIFFERENCE) return false;
      last += bits.number(size);
      plane[at] = last << low;
      return true;
    },
  };
}

/** Reads a further bit of the first numbers. */
function createBitReader(bits: Bits, low: number): BlockReader {
  return {
    begin() {},
    read(plane, at) {
      plane[at] = (plane[at] as number) | (bits.plain(1) << low);
      return bits.isThere();
    },
  };
}

/** Numbers of a block, and the bit down to which a scan brings them. */
type Band = Pick<Scan, 'first' | 'last' | 'low'>;

/** Reads the highest bits of a band. */
function createBandReader(bits: Bits, ac: Codes, { first, last, low }: Band): BlockReader {
  /** Blocks to come of which nothing more is coded. */
  let empty = 0;
  return {
    begin() {
      empty = 0;
    },
    read(plane, at) {
      if (empty > 0) {
        empty -= 1;
        return true;
      }
      for (let index = first; index <= last; index += 1) {
        const symbol = bits.symbol(ac);
        if (symbol < 0) return false;
        const [zeros, length] = [symbol >> 4, symbol & 15];
        if (length === 0) {
          if (zeros !== LONG_RUN) {
            empty = (1 << zeros) - 1 + bits.plain(zeros);
            return true;
          }
          index += LONG_RUN;
          continue;
        }
        index += zeros;
        if (index > last) return false;
        plane[at + (PLACES[index] as number)] = bits.number(length) * (1 << low);
      }
      return true;
    },
  };
}

/** Reads a further bit of a band: of numbers that are there already by single bits, of others by codes. */
function createFinerReader(bits: Bits, ac: Codes, { first, last, low }: Band): BlockReader {
  let empty = 0;
  /** Passes numbers, reading a bit of each that is there, up to a nought behind so many; returns its place. */
  const pass = (plane: Int16Array, at: number, from: number, zeros: number) => {
    let left = zeros;
    let index = from;
    for (; index <= last; index += 1) {
      const place = at + (PLACES[index] as number);
      const value = plane[place] as number;
      if (value === 0) {
        if (left === 0) break;
        left -= 1;
      } else if (bits.plain(1)) plane[place] = value + (value < 0 ? -1 : 1) * (1 << low);
    }
    return index;
  };
  return {
    begin() {
      empty = 0;
    },
    read(plane, at) {
      let index = first;
      for (; empty === 0 && index <= last; index += 1) {
        const symbol = bits.symbol(ac);
        const [zeros, length] = [symbol >> 4, symbol & 15];
        if (symbol < 0 || length > 1) return false;
        if (length === 0 && zeros !== LONG_RUN) {
          empty = (1 << zeros) + bits.plain(zeros);
          break;
        }
        const value = length === 0 ? 0 : bits.plain(1) || -1;
        index = pass(plane, at, index, zeros);
        if (value !== 0 && index > last) return false;
        if (value !== 0) plane[at + (PLACES[index] as number)] = value * (1 << low);
      }
      if (empty > 0) {
        pass(plane, at, index, BLOCK);
        empty -= 1;
      }
      return bits.isThere();
    },
  };
}
