import { CODED, isFrame, listSegments, MARKER, walkJpeg } from './segments.ts';

const [TABLE, QUANTISATION, RESTARTS] = [0xc4, 0xdb, 0xdd];
/** Frames whose pixels come in one scan, coded by Huffman: baseline and its extension. */
const SEQUENTIAL = [0xc0, 0xc1];
export const BLOCK = 64;
/** Of a table of codes: its class and number, and how many there are of each length. */
const CODES_HEAD = 17;

/** One colour of a picture: how fine it is, and its blocks across and down, those that only fill up among them. */
export interface Colour {
  id: number;
  across: number;
  down: number;
  table: number;
  blocks: { across: number; down: number };
}

/** A JPEG whose pixels come in one scan of all colours. */
export interface Frame {
  width: number;
  height: number;
  colours: Colour[];
  /** The units of the scan: their sides in pixels, and how many there are. */
  unit: { width: number; height: number; across: number; down: number };
}

/** What is coded, and what it is read by. */
export interface Scan {
  /** Which tables each colour has. */
  tables: { dc: number; ac: number }[];
  coded: Buffer;
  /** Units between two restarts; 0 for none. */
  restarts: number;
  /** The codes that stand at its head, by class and number. */
  codes: CodeTables;
}

/** How many codes a table has of each length, and their symbols. */
export interface CodeTable {
  counts: Buffer;
  symbols: Buffer;
}
type CodeTables = Map<number, CodeTable>;

/** Reads a JPEG's frame; null of one that is not coded in one scan by Huffman, of 8 bits and one, three or four colours. */
export function readFrame(jpeg: Buffer): Frame | null {
  const found = listSegments(jpeg).find(({ marker }) => isFrame(marker));
  if (!found || !SEQUENTIAL.includes(found.marker)) return null;
  const { data } = found;
  const count = data[5] ?? 0;
  if (data[0] !== 8 || ![1, 3, 4].includes(count) || data.length < 6 + 3 * count) return null;
  const [height, width] = [data.readUInt16BE(1), data.readUInt16BE(3)];
  const given = Array.from({ length: count }, (_, index) => {
    const [id = 0, fine = 0, table = 0] = data.subarray(6 + 3 * index);
    // The blocks of one colour alone come one by one, however fine it is.
    return { id, across: count === 1 ? 1 : fine >> 4, down: count === 1 ? 1 : fine & 15, table };
  });
  if (width === 0 || height === 0 || given.some(({ across, down }) => !isFineness(across) || !isFineness(down))) {
    return null;
  }
  const size = {
    width: 8 * Math.max(...given.map(({ across }) => across)),
    height: 8 * Math.max(...given.map(({ down }) => down)),
  };
  const unit = { ...size, across: Math.ceil(width / size.width), down: Math.ceil(height / size.height) };
  const colours = given.map((colour) => ({
    ...colour,
    blocks: { across: unit.across * colour.across, down: unit.down * colour.down },
  }));
  return { width, height, colours, unit };
}

const isFineness = (value: number) => value >= 1 && value <= 4;

/** Reads a frame's only scan; null where there are more, or not all colours are in it, or codes come behind its head. */
export function readScan(jpeg: Buffer, { colours }: Frame): Scan | null {
  const codes: CodeTables = new Map();
  let restarts = 0;
  let tables: Scan['tables'] | undefined;
  let coded: Buffer | undefined;
  for (const { marker, data } of walkJpeg(jpeg)) {
    if (tables && marker === TABLE) return null;
    if (marker === TABLE) noteCodes(codes, data);
    else if (marker === RESTARTS && !tables && data.length >= 2) restarts = data.readUInt16BE(0);
    else if (marker === CODED) coded = data;
    else if (marker === MARKER.scan) {
      if (tables || data[0] !== colours.length) return null;
      const isInOrder = colours.every(({ id }, index) => data[1 + 2 * index] === id);
      if (!isInOrder) return null;
      tables = colours.map((_, index) => tablesOf(data[2 + 2 * index] ?? 0));
    }
  }
  return tables && coded ? { tables, coded, restarts, codes } : null;
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

const tablesOf = (byte: number) => ({ dc: byte >> 4, ac: byte & 15 });

/** Reads the tables of quantisation, each as it stands behind its number; null where one has 16 bits. */
export function readQuantisation(jpeg: Buffer): Map<number, Buffer> | null {
  const found = new Map<number, Buffer>();
  for (const { marker, data } of listSegments(jpeg)) {
    if (marker !== QUANTISATION) continue;
    for (let at = 0; at + 1 + BLOCK <= data.length; at += 1 + BLOCK) {
      const head = data[at] ?? 0;
      if (head >> 4 !== 0) return null;
      found.set(head, data.subarray(at + 1, at + 1 + BLOCK));
    }
  }
  return found;
}
