import { PLACES } from '../../formats/jpeg/read-block.ts';
import { BLOCK, type Colour, type Frame, layOut } from '../../formats/jpeg/read-frame.ts';
import type { Scan } from '../../formats/jpeg/read-scans.ts';
import { MARKER, makeSegment } from '../../formats/jpeg/segments.ts';
import { makeTable, type Table } from './huffman.ts';
import type { Turn } from './turn.ts';
import { type BlockWriter, createBlockWriter, type Sink } from './write-block.ts';

/** A scan of a turned picture. */
export type WrittenScan = Pick<Scan, 'first' | 'last' | 'high' | 'low'> & { parts: readonly { colour: number }[] };

/** The numbers of a picture before it is turned. */
interface Turned {
  frame: Frame;
  planes: readonly Int16Array[];
  turn: Turn;
}

/** Tables of codes: of first numbers, then of the others, each for the first colour, then for the others. */
const TABLES = [0, 1, 2, 3];

/** Writes a scan of a turned picture, with the shortest codes: the first colour has tables of its own, the others share theirs. */
export function writeScan(picture: Turned, scan: WrittenScan): Buffer[] {
  const frequencies = TABLES.map(() => new Uint32Array(256));
  const count: Sink = {
    symbol(table, symbol) {
      const counts = frequencies[table] as Uint32Array;
      counts[symbol] = (counts[symbol] as number) + 1;
    },
    bits() {},
  };
  walk(picture, scan, count);
  const tables = frequencies.map((counts) => (counts.some((times) => times > 0) ? makeTable(counts) : null));
  const codes = tables.flatMap((table, index) => {
    // The class above, the number below.
    const head = Buffer.from([((index & 1) << 4) | (index >> 1)]);
    return table ? [makeSegment(0xc4, head, table.counts, Buffer.from(table.symbols))] : [];
  });
  const { colours } = picture.frame;
  const parts = scan.parts.map(({ colour }) => Buffer.from([colours[colour]?.id ?? 0, colour === 0 ? 0 : 0x11]));
  const band = Buffer.from([scan.first, scan.last, (scan.high << 4) | scan.low]);
  return [...codes, makeSegment(MARKER.scan, Buffer.from([parts.length]), ...parts, band), code(picture, scan, tables)];
}

function code(picture: Turned, scan: WrittenScan, tables: readonly (Table | null)[]): Buffer {
  let out = Buffer.alloc(1 << 16);
  let [at, held, count] = [0, 0, 0];
  const write = (value: number, bits: number) => {
    // At most 16 bits make four bytes.
    if (at + 4 > out.length) out = Buffer.concat([out], 2 * out.length);
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
  walk(picture, scan, {
    symbol(table, symbol) {
      const { codes, sizes } = tables[table] as Table;
      write(codes[symbol] as number, sizes[symbol] as number);
    },
    bits: write,
  });
  // The last byte is filled with ones.
  if (count > 0) write((1 << (8 - count)) - 1, 8 - count);
  return out.subarray(0, at);
}

/** Walks a turned picture's blocks, unit by unit, and puts what a scan has of each. */
function walk({ frame, planes, turn }: Turned, scan: WrittenScan, sink: Sink): void {
  const { colours, isProgressive } = frame;
  const { unitOf, ...units } = layOut(frame, scan.parts);
  const { across, down } = turn.transposes ? { across: units.down, down: units.across } : units;
  const parts = scan.parts.map(({ colour: index }) => {
    const colour = colours[index] as Colour;
    const { wide, high } = unitOf(colour);
    const [dc, ac] = index === 0 ? [0, 1] : [2, 3];
    const writer = createBlockWriter(sink, isProgressive, { ...scan, dc, ac });
    const put = createPlace({ blocks: colour.blocks, plane: planes[index] as Int16Array, turn, scan }, writer);
    return { writer, put, ...(turn.transposes ? { wide: high, high: wide } : { wide, high }) };
  });
  for (let row = 0; row < down; row += 1) {
    for (let column = 0; column < across; column += 1) {
      for (const { put, wide, high } of parts) {
        for (let inside = 0; inside < wide * high; inside += 1) {
          put(column * wide + (inside % wide), row * high + Math.floor(inside / wide));
        }
      }
    }
  }
  for (const { writer } of parts) writer.end();
}

/** The numbers of one colour, of which a scan has some. */
interface Plane {
  blocks: Colour['blocks'];
  plane: Int16Array;
  turn: Turn;
  scan: Pick<Scan, 'first' | 'last'>;
}

/** Makes a function that writes the block that lies in a place of the turned picture. */
function createPlace({ blocks, plane, turn, scan: { first, last } }: Plane, writer: BlockWriter) {
  const { transposes, flipsAcross, flipsDown } = turn;
  const { sources, signs } = placesOf(turn);
  const [wide, high] = transposes ? [blocks.down, blocks.across] : [blocks.across, blocks.down];
  const block = new Int16Array(BLOCK);
  return (left: number, top: number) => {
    const x = flipsAcross ? wide - 1 - left : left;
    const y = flipsDown ? high - 1 - top : top;
    const from = BLOCK * (transposes ? x * blocks.across + y : y * blocks.across + x);
    for (let at = first; at <= last; at += 1) {
      block[at] = (plane[from + (sources[at] as number)] as number) * (signs[at] as number);
    }
    writer.write(block);
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
