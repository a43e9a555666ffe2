import { PLACES } from '../../formats/jpeg/read-block.ts';
import { readCoefficients } from '../../formats/jpeg/read-coefficients.ts';
import { BLOCK, type Frame, readFrame, readQuantisation } from '../../formats/jpeg/read-frame.ts';
import { readScans, type Scan } from '../../formats/jpeg/read-scans.ts';
import { isFrame, listSegments, MARKER, makeSegment } from '../../formats/jpeg/segments.ts';
import { type Turn, turnOf } from './turn.ts';
import { type WrittenScan, writeScan } from './write-scan.ts';

/** More coefficients, of two bytes each, are not held: those of 66 megapixels of a phone. Encoding them took twice as much. */
const MAX_COEFFICIENTS = 100_000_000;

/**
 * More numbers are not passed by all scans together: each is some 50 ns. Those of 35 megapixels in the usual scans, which pass each
 * three times; files may ask for it dozens of times.
 */
const MAX_PASSED = 150_000_000;

/** Whether a JPEG can be turned without loss: it is coded by Huffman, and no edge would move that cuts through a unit. */
export function canTurn(jpeg: Buffer, orientation: number): boolean {
  const frame = readFrame(jpeg);
  // Four colours are never kept as they are.
  if (!frame || frame.colours.length > 3) return false;
  const { transposes, flipsAcross, flipsDown } = turnOf(orientation);
  const isWholeAcross = frame.width % frame.unit.width === 0;
  const isWholeDown = frame.height % frame.unit.height === 0;
  const [needsAcross, needsDown] = transposes ? [flipsDown, flipsAcross] : [flipsAcross, flipsDown];
  const coefficients = frame.colours.reduce((sum, { blocks }) => sum + blocks.across * blocks.down * BLOCK, 0);
  return (isWholeAcross || !needsAcross) && (isWholeDown || !needsDown) && coefficients <= MAX_COEFFICIENTS;
}

/**
 * Turns a JPEG upright without loss, by its EXIF orientation: what is coded of each block is moved, and coded anew. Null where
 * `canTurn` is false, its scans pass too many numbers, or the file is damaged. It takes a second of a core for 12 megapixels, up to
 * eight where they come in many scans: call it in a thread.
 */
export function turnJpeg(jpeg: Buffer, orientation: number): Buffer | null {
  const frame = canTurn(jpeg, orientation) ? readFrame(jpeg) : null;
  const scans = frame && readScans(jpeg, frame);
  const planes = frame && scans && countPassed(frame, scans) <= MAX_PASSED && readCoefficients(frame, scans);
  const quantisation = readQuantisation(jpeg);
  if (!frame || !planes || !quantisation) return null;
  const turn = turnOf(orientation);
  const segments = listSegments(jpeg);
  const tables = [...quantisation].map(([number, table]) =>
    makeSegment(0xdb, Buffer.from([number]), turnTable(table, turn)),
  );
  return Buffer.concat([
    Buffer.from([0xff, MARKER.start]),
    // What says how colours are coded.
    ...segments.filter(({ marker }) => marker >= 0xe0).map(({ start, end }) => jpeg.subarray(start, end)),
    ...tables,
    frameSegment(frame, turn, segments.find(({ marker }) => isFrame(marker))?.marker ?? 0xc0),
    ...listScans(frame, scans).flatMap((scan) => writeScan({ frame, planes, turn }, scan)),
    Buffer.from([0xff, MARKER.end]),
  ]);
}

/** Counts the numbers that scans pass in all blocks. */
const countPassed = ({ colours }: Frame, scans: readonly Scan[]): number =>
  scans.reduce((sum, { parts, first, last }) => {
    const blocks = parts.reduce((count, { colour }) => {
      const { across = 0, down = 0 } = colours[colour]?.blocks ?? {};
      return count + across * down;
    }, 0);
    return sum + blocks * (last - first + 1);
  }, 0);

/** What comes coarse first keeps its scans, which were chosen for it; all else is written in one. */
const listScans = ({ isProgressive, colours }: Frame, scans: readonly Scan[]): readonly WrittenScan[] =>
  isProgressive
    ? scans
    : [{ parts: colours.map((_, colour) => ({ colour })), first: 0, last: BLOCK - 1, high: 0, low: 0 }];

/** A table of quantisation is turned as its blocks are. */
function turnTable(table: Buffer, { transposes }: Turn): Buffer {
  if (!transposes) return table;
  const byPlace = new Uint8Array(BLOCK);
  for (const [index, place] of PLACES.entries()) byPlace[place] = table[index] ?? 1;
  return Buffer.from(PLACES.map((place) => byPlace[((place & 7) << 3) | (place >> 3)] ?? 1));
}

function frameSegment({ width, height, colours }: Frame, { transposes }: Turn, marker: number): Buffer {
  const head = Buffer.from([8, 0, 0, 0, 0, colours.length]);
  head.writeUInt16BE(transposes ? width : height, 1);
  head.writeUInt16BE(transposes ? height : width, 3);
  const parts = colours.map(({ id, across, down, table }) =>
    Buffer.from([id, transposes ? (down << 4) | across : (across << 4) | down, table]),
  );
  return makeSegment(marker, head, ...parts);
}
