import { PLACES } from '../../formats/jpeg/read-coefficients.ts';
import { BLOCK, type Colour, type Frame } from '../../formats/jpeg/read-frame.ts';
import { MARKER, makeSegment } from '../../formats/jpeg/segments.ts';
import { makeTable, type Table } from './huffman.ts';
import type { Turn } from './turn.ts';

/** Runs of so many noughts have a symbol of their own. */
const LONG_RUN = 16;
const RUN_SYMBOL = 0xf0;

/** Takes what is coded of a block, one after the other: a symbol of a table, and a number of so many bits behind it. */
type Put = (table: number, symbol: number, value: number, bits: number) => void;

/** Writes the codes and the scan of a turned picture: the first colour has tables of its own, the others share theirs. */
export function writeScan(frame: Frame, planes: readonly Int16Array[], turn: Turn): Buffer[] {
  const frequencies = [0, 1, 2, 3].map(() => new Uint32Array(256));
  walk(frame, planes, turn, (table, symbol) => {
    const counts = frequencies[table] as Uint32Array;
    counts[symbol] = (counts[symbol] as number) + 1;
  });
  const tables = frequencies.slice(0, frame.colours.length > 1 ? 4 : 2).map(makeTable);
  const codes = tables.map(({ counts, symbols }, index) => {
    // The class above, the number below.
    const head = Buffer.from([((index & 1) << 4) | (index >> 1)]);
    return makeSegment(0xc4, head, counts, Buffer.from(symbols));
  });
  const parts = frame.colours.map(({ id }, index) => Buffer.from([id, index === 0 ? 0 : 0x11]));
  const head = makeSegment(MARKER.scan, Buffer.from([frame.colours.length]), ...parts, Buffer.from([0, BLOCK - 1, 0]));
  return [...codes, head, code(frame, planes, turn, tables)];
}

function code(frame: Frame, planes: readonly Int16Array[], turn: Turn, tables: readonly Table[]): Buffer {
  let out = Buffer.alloc(1 << 16);
  let [at, held, count] = [0, 0, 0];
  const write = (value: number, bits: number) => {
    held = (held << bits) | value;
    count += bits;
    while (count >= 8) {
      count -= 8;
      const byte = (held >>> count) & 255;
      out[at] = byte;
      at += 1;
      if (byte === 255) {
        out[at] = 0;
        at += 1;
      }
    }
  };
  walk(frame, planes, turn, (table, symbol, value, bits) => {
    // A symbol and its number take at most eight bytes.
    if (at + 8 > out.length) out = Buffer.concat([out], 2 * out.length);
    const { codes, sizes } = tables[table] as Table;
    write(codes[symbol] as number, sizes[symbol] as number);
    if (bits > 0) write(value, bits);
  });
  // The last byte is filled with ones.
  if (count > 0) write((1 << (8 - count)) - 1, 8 - count);
  return out.subarray(0, at);
}

/** Walks a turned picture's blocks, unit by unit, and puts what is coded of each. */
function walk({ unit, colours }: Frame, planes: readonly Int16Array[], turn: Turn, put: Put): void {
  const units = turn.transposes ? { across: unit.down, down: unit.across } : unit;
  const walkers = colours.map((colour, index) => createWalker(colour, planes[index] as Int16Array, { units, turn }));
  for (let row = 0; row < units.down; row += 1) {
    for (let column = 0; column < units.across; column += 1) {
      for (const [index, walkUnit] of walkers.entries()) walkUnit(row, column, index === 0 ? 0 : 2, put);
    }
  }
}

/** Makes a function that puts the blocks of one colour in a unit of the turned picture. */
function createWalker(
  { across, down, blocks }: Colour,
  plane: Int16Array,
  { units, turn }: { units: { across: number; down: number }; turn: Turn },
) {
  const { transposes, flipsAcross, flipsDown } = turn;
  const { sources, signs } = placesOf(turn);
  const [wide, high] = transposes ? [down, across] : [across, down];
  const [lastX, lastY] = [units.across * wide - 1, units.down * high - 1];
  const block = new Int16Array(BLOCK);
  let last = 0;
  return (row: number, column: number, table: number, put: Put) => {
    for (let inside = 0; inside < wide * high; inside += 1) {
      const [left, top] = [column * wide + (inside % wide), row * high + Math.floor(inside / wide)];
      const x = flipsAcross ? lastX - left : left;
      const y = flipsDown ? lastY - top : top;
      const from = BLOCK * (transposes ? x * blocks.across + y : y * blocks.across + x);
      for (let at = 0; at < BLOCK; at += 1) {
        block[at] = (plane[from + (sources[at] as number)] as number) * (signs[at] as number);
      }
      putBlock(block, last, table, put);
      last = block[0] as number;
    }
  };
}

/** Returns, for each number in the order that it is coded in, where it stood in its block, and whether it changes its sign. */
function placesOf({ transposes, flipsAcross, flipsDown }: Turn): { sources: Uint8Array; signs: Int8Array } {
  const signs = PLACES.map((place) => (flipsAcross && place & 1 ? 1 : 0) ^ (flipsDown && (place >> 3) & 1 ? 1 : 0));
  return {
    sources: PLACES.map((place) => (transposes ? ((place & 7) << 3) | (place >> 3) : place)),
    signs: Int8Array.from(signs, (isOther) => (isOther ? -1 : 1)),
  };
}

/** Puts a block: the difference of its first number, then each other one with the noughts before it. */
function putBlock(block: Int16Array, last: number, table: number, put: Put): void {
  const difference = (block[0] as number) - last;
  putNumber(difference, table, 0, put);
  let zeros = 0;
  for (let at = 1; at < BLOCK; at += 1) {
    const value = block[at] as number;
    if (value === 0) {
      zeros += 1;
      continue;
    }
    for (; zeros >= LONG_RUN; zeros -= LONG_RUN) put(table + 1, RUN_SYMBOL, 0, 0);
    putNumber(value, table + 1, zeros << 4, put);
    zeros = 0;
  }
  if (zeros > 0) put(table + 1, 0, 0, 0);
}

function putNumber(value: number, table: number, zeros: number, put: Put): void {
  const bits = 32 - Math.clz32(Math.abs(value));
  put(table, zeros | bits, value < 0 ? value + (1 << bits) - 1 : value, bits);
}
