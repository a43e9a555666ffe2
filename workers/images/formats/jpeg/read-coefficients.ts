import { type Codes, readCodes } from './codes.ts';
import { BLOCK, type Colour, type Frame, type Scan } from './read-frame.ts';

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

/** Reads single bits and codes of what is coded, past stuffed bytes. */
interface Bits {
  /** Reads a code's symbol; -1 where there is none, or what is coded has ended. */
  symbol(codes: Codes): number;
  /** Reads a number of so many bits, as it is coded: the first half of them stands for negative ones. */
  number(bits: number): number;
  /** Passes over a restart; false where none is. */
  restart(): boolean;
  /** Whether nothing that is missing was read. */
  isThere(): boolean;
  /** Whether all has been read, and no more. */
  isAtEnd(): boolean;
}

/** Where the coefficients of each colour go, and where among them those of a block begin. */
interface Kept {
  planes: readonly Int16Array[];
  startOf: (colour: Colour, row: number, column: number) => number;
}

/**
 * Reads the coefficients of a scan, of each colour block after block, each row by row. Null where they are not all there, or
 * more is.
 */
export function readCoefficients(frame: Frame, scan: Scan): Int16Array[] | null {
  const bits = createBits(scan.coded);
  const planes = frame.colours.map(({ blocks }) => new Int16Array(blocks.across * blocks.down * BLOCK));
  const startOf: Kept['startOf'] = ({ blocks }, row, column) => BLOCK * (row * blocks.across + column);
  return readBlocks(frame, scan, bits, { planes, startOf }) && bits.isAtEnd() ? planes : null;
}

/** Whether all that a scan is to code is there; nothing of it is kept. It takes a second for 12 megapixels: call it in a thread. */
export function hasAllBlocks(frame: Frame, scan: Scan): boolean {
  const bits = createBits(scan.coded);
  const planes = frame.colours.map(() => new Int16Array(BLOCK));
  return readBlocks(frame, scan, bits, { planes, startOf: () => 0 }) && bits.isThere();
}

/** Reads a scan's blocks to where they are kept; false where they are not all there. */
function readBlocks(frame: Frame, scan: Scan, bits: Bits, { planes, startOf }: Kept): boolean {
  const codes = codesOf(scan);
  const readers = frame.colours.map((_, index) => {
    const { dc, ac } = scan.tables[index] ?? { dc: 0, ac: 0 };
    const [first, rest] = [codes(dc), codes(0x10 | ac)];
    return first && rest && createBlockReader(bits, first, rest);
  });
  const { across, down } = frame.unit;
  for (let unit = 0; unit < across * down; unit += 1) {
    if (scan.restarts > 0 && unit > 0 && unit % scan.restarts === 0) {
      if (!bits.restart()) return false;
      for (const reader of readers) reader?.begin();
    }
    for (const [index, colour] of frame.colours.entries()) {
      const top = Math.floor(unit / across) * colour.down;
      const left = (unit % across) * colour.across;
      for (let block = 0; block < colour.across * colour.down; block += 1) {
        const row = top + Math.floor(block / colour.across);
        const at = startOf(colour, row, left + (block % colour.across));
        if (!readers[index]?.read(planes[index] as Int16Array, at)) return false;
      }
    }
  }
  return true;
}

/** Makes a function that reads a table of codes where a colour has it, once: a file may have any number of others. */
function codesOf(scan: Scan): (table: number) => Codes | null {
  const read = new Map<number, Codes | null>();
  return (table) => {
    const found = read.get(table);
    if (found !== undefined) return found;
    const given = scan.codes.get(table);
    const codes = given ? readCodes(given.counts, given.symbols) : null;
    read.set(table, codes);
    return codes;
  };
}

/** Makes a reader of one colour's blocks, each of whose first numbers is told by its difference to the last. */
function createBlockReader(bits: Bits, first: Codes, rest: Codes) {
  let last = 0;
  return {
    begin() {
      last = 0;
    },
    read(plane: Int16Array, at: number): boolean {
      const size = bits.symbol(first);
      if (size < 0 || size > 11) return false;
      last += bits.number(size);
      plane[at] = last;
      for (let index = 1; index < BLOCK; index += 1) {
        const symbol = bits.symbol(rest);
        if (symbol < 0) return false;
        const [zeros, length] = [symbol >> 4, symbol & 15];
        if (length === 0) {
          if (zeros !== 15) return true;
          index += 15;
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

function createBits(coded: Buffer): Bits {
  let [at, held, count, missing] = [0, 0, 0, 0];
  const fill = () => {
    while (count <= 16) {
      const byte = coded[at];
      // At a restart and at the end noughts follow, which are counted.
      const isHeld = byte !== undefined && !(byte === 0xff && coded[at + 1] !== 0);
      held = (held << 8) | (isHeld ? byte : 0);
      count += 8;
      if (!isHeld) missing += 8;
      else at += byte === 0xff ? 2 : 1;
    }
  };
  const take = (bits: number) => {
    count -= bits;
    return (held >>> count) & ((1 << bits) - 1);
  };
  // Less than a byte fills up the last one, and nothing that is missing was read.
  const isDone = () => count >= missing && count - missing < 8;
  return {
    symbol(codes) {
      fill();
      const found = codes[(held >>> (count - 16)) & 0xffff] as number;
      count -= found >> 8;
      return found === 0 || count < missing ? -1 : found & 255;
    },
    number(bits) {
      if (bits === 0) return 0;
      fill();
      const value = take(bits);
      return value < 1 << (bits - 1) ? value - (1 << bits) + 1 : value;
    },
    restart() {
      const isThere = isDone() && coded[at] === 0xff && ((coded[at + 1] ?? 0) & 0xf8) === 0xd0;
      at += 2;
      [held, count, missing] = [0, 0, 0];
      return isThere;
    },
    isThere: () => count >= missing,
    isAtEnd: () => isDone() && at >= coded.length,
  };
}
