import { type Bits, createBits } from './bits.ts';
import { type Codes, readCodes } from './codes.ts';
import { createBlockReader } from './read-block.ts';
import { BLOCK, type Colour, type Frame, layOut } from './read-frame.ts';
import type { Scan } from './read-scans.ts';

/** Where the coefficients of each colour go, and where among them those of a block begin. */
interface Kept {
  planes: readonly Int16Array[];
  startOf: (colour: Colour, row: number, column: number) => number;
}

/**
 * Reads the coefficients that scans bring, of each colour block after block, each row by row. Null where they are not all there,
 * or more is.
 */
export function readCoefficients(frame: Frame, scans: readonly Scan[]): Int16Array[] | null {
  const planes = frame.colours.map(({ blocks }) => new Int16Array(blocks.across * blocks.down * BLOCK));
  const startOf: Kept['startOf'] = ({ blocks }, row, column) => BLOCK * (row * blocks.across + column);
  const isRead = (scan: Scan) => {
    const bits = createBits(scan.coded);
    return readBlocks(frame, scan, bits, { planes, startOf }) && bits.isAtEnd();
  };
  return scans.every(isRead) ? planes : null;
}

/**
 * Whether all that a scan of whole blocks is to code is there; nothing of it is kept. It takes a second for 12 megapixels: call it
 * in a thread.
 */
export function hasAllBlocks(frame: Frame, scan: Scan): boolean {
  const bits = createBits(scan.coded);
  const planes = frame.colours.map(() => new Int16Array(BLOCK));
  return readBlocks(frame, scan, bits, { planes, startOf: () => 0 }) && bits.isThere();
}

/** Reads a scan's blocks to where they are kept; false where they are not all there. */
function readBlocks(frame: Frame, scan: Scan, bits: Bits, { planes, startOf }: Kept): boolean {
  const codes = codesOf(scan);
  const { across, down, unitOf } = layOut(frame, scan.parts);
  const parts = scan.parts.map((part) => {
    const colour = frame.colours[part.colour] as Colour;
    const coding = { ...scan, dc: codes(part.dc), ac: codes(0x10 | part.ac) };
    const reader = createBlockReader(bits, frame.isProgressive, coding);
    return { colour, plane: planes[part.colour] as Int16Array, reader, ...unitOf(colour) };
  });
  for (let unit = 0; unit < across * down; unit += 1) {
    if (scan.restarts > 0 && unit > 0 && unit % scan.restarts === 0) {
      if (!bits.restart()) return false;
      for (const { reader } of parts) reader?.begin();
    }
    for (const { colour, plane, reader, wide, high } of parts) {
      const top = Math.floor(unit / across) * high;
      const left = (unit % across) * wide;
      for (let block = 0; block < wide * high; block += 1) {
        const at = startOf(colour, top + Math.floor(block / wide), left + (block % wide));
        if (!reader?.read(plane, at)) return false;
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
