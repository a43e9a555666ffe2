import { PLACES, readCoefficients } from '../../formats/jpeg/read-coefficients.ts';
import { BLOCK, type Frame, readFrame, readQuantisation, readScan } from '../../formats/jpeg/read-frame.ts';
import { isFrame, listSegments, MARKER, makeSegment } from '../../formats/jpeg/segments.ts';
import { type Turn, turnOf } from './turn.ts';
import { writeScan } from './write-scan.ts';

/** More coefficients, of two bytes each, are not held: those of some 25 megapixels of a phone. */
const MAX_COEFFICIENTS = 40_000_000;

/** Whether a JPEG can be turned without loss: its pixels come in one scan, and no edge would move that cuts through a unit. */
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
 * `canTurn` is false, or the file is damaged. It takes a second for 12 megapixels: call it in a thread.
 */
export function turnJpeg(jpeg: Buffer, orientation: number): Buffer | null {
  const frame = canTurn(jpeg, orientation) ? readFrame(jpeg) : null;
  const scan = frame && readScan(jpeg, frame);
  const planes = frame && scan && readCoefficients(frame, scan);
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
    ...writeScan(frame, planes, turn),
    Buffer.from([0xff, MARKER.end]),
  ]);
}

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
