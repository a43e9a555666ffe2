import { BLOCK, type Frame, QUANTISATION } from './read-frame.ts';
import { CODED, MARKER, walkJpeg } from './segments.ts';

const [TABLE, RESTARTS] = [0xc4, 0xdd];
/** Of a table of codes: its class and number, and how many there are of each length. */
const CODES_HEAD = 17;
/** Encoders write up to a few dozen. */
const MAX_SCANS = 100;
/** No more bits of a number are left to further scans. */
const MAX_LOW = 13;

/** One scan: what is coded of which colours, and what it is read by. */
export interface Scan {
  /** Its colours, by their place in the frame, and which tables each has. */
  parts: { colour: number; dc: number; ac: number }[];
  /** The first and the last of the numbers of a block that it brings. */
  first: number;
  last: number;
  /** The bit down to which earlier scans brought them, 0 for none, and the bit to which this one does. */
  high: number;
  low: number;
  coded: Buffer;
  /** Units between two restarts; 0 for none. */
  restarts: number;
  /** The codes that stand before it, by class and number. */
  codes: CodeTables;
}

/** How many codes a table has of each length, and their symbols. */
export interface CodeTable {
  counts: Buffer;
  symbols: Buffer;
}
type CodeTables = Map<number, CodeTable>;

/**
 * Reads a frame's scans, in their order; null where they are not in that of a decoder that complains of nothing, do not bring all
 * of each colour once, or are more than MAX_SCANS.
 */
export function readScans(jpeg: Buffer, frame: Frame): Scan[] | null {
  const scans: Omit<Scan, 'coded'>[] = [];
  const coded: Buffer[] = [];
  const codes: CodeTables = new Map();
  let restarts = 0;
  for (const { marker, data } of walkJpeg(jpeg)) {
    if (marker === TABLE) noteCodes(codes, data);
    else if (marker === RESTARTS && data.length >= 2) restarts = data.readUInt16BE(0);
    else if (marker === CODED) coded.push(data);
    // A colour's table may stand behind another one's scan.
    else if (marker === QUANTISATION && scans.length > 0) return null;
    else if (marker === MARKER.scan) {
      const head = readHead(data, frame);
      if (!head || scans.length === MAX_SCANS) return null;
      scans.push({ ...head, restarts, codes: new Map(codes) });
    }
  }
  if (scans.length === 0 || coded.length !== scans.length || !bringsAll(scans, frame)) return null;
  return scans.map((scan, index) => ({ ...scan, coded: coded[index] as Buffer }));
}

type Head = Pick<Scan, 'parts' | 'first' | 'last' | 'high' | 'low'>;

function readHead(data: Buffer, { colours, isProgressive }: Frame): Head | null {
  const count = data[0] ?? 0;
  if (count === 0 || data.length < 1 + 2 * count + 3) return null;
  const parts = Array.from({ length: count }, (_, index) => {
    const [id = 0, tables = 0] = data.subarray(1 + 2 * index);
    return { colour: colours.findIndex((colour) => colour.id === id), dc: tables >> 4, ac: tables & 15 };
  });
  const isInOrder = parts.every(({ colour }, index) => colour > (parts[index - 1]?.colour ?? -1));
  if (!isInOrder) return null;
  if (!isProgressive) return { parts, first: 0, last: BLOCK - 1, high: 0, low: 0 };
  const [first = 0, last = 0, bits = 0] = data.subarray(1 + 2 * count);
  return { parts, first, last, high: bits >> 4, low: bits & 15 };
}

/** Whether scans bring each number of each colour to its last bit, in an order that there is. */
function bringsAll(scans: readonly Head[], { colours, isProgressive }: Frame): boolean {
  const brought = colours.map(() => new Int8Array(BLOCK).fill(-1));
  for (const { parts, first, last, high, low } of scans) {
    const isBand = first === 0 ? last === 0 : first <= last && last < BLOCK && parts.length === 1;
    if (isProgressive && !isBand) return false;
    if (high > 0 ? low !== high - 1 : low > MAX_LOW) return false;
    for (const { colour } of parts) {
      const bits = brought[colour] as Int8Array;
      // The first number of a block comes before the others.
      if (first > 0 && bits[0] === -1) return false;
      const isNext = bits.subarray(first, last + 1).every((bit) => bit === (high > 0 ? high : -1));
      if (!isNext) return false;
      bits.fill(low, first, last + 1);
    }
  }
  return brought.every((bits) => bits.every((bit) => bit === 0));
}

/** Notes the tables of a segment: the last of a class and number is what a scan has, whatever was before. */
function noteCodes(codes: CodeTables, data: Buffer): void {
  for (let at = 0; at + CODES_HEAD <= data.length; ) {
    let symbols = 0;
    for (let length = 1; length < CODES_HEAD; length += 1) symbols += data[at + length] ?? 0;
    const behind = at + CODES_HEAD;
    codes.set(data[at] ?? 0, {
      counts: data.subarray(at + 1, behind),
      symbols: data.subarray(behind, behind + symbols),
    });
    at = behind + symbols;
  }
}
