const START_OF_SCAN = 0xda;
/** A file of a camera has some twenty. */
const MAX_SEGMENTS = 1000;
/** The longest, with its length. */
const MAX_BYTES = 65_535;

/** A piece of a JPEG before its pixels: where it begins and ends, and its bytes behind marker and length. */
export interface Segment {
  marker: number;
  start: number;
  end: number;
  data: Buffer;
}

/** Lists the segments of a JPEG up to its pixels, or to where it is none any more. */
export function listSegments(jpeg: Buffer): Segment[] {
  const segments: Segment[] = [];
  for (let start = 2; start + 4 <= jpeg.length && segments.length < MAX_SEGMENTS; ) {
    const marker = jpeg[start + 1] ?? 0;
    if (jpeg[start] !== 0xff || marker < 0xc0 || marker === START_OF_SCAN) break;
    const end = start + 2 + jpeg.readUInt16BE(start + 2);
    segments.push({ marker, start, end, data: jpeg.subarray(start + 4, end) });
    start = end;
  }
  return segments;
}

/** Makes a segment. Throws RangeError for more than one holds. */
export function makeSegment(marker: number, ...parts: Uint8Array[]): Buffer {
  const body = Buffer.concat(parts);
  if (body.length + 2 > MAX_BYTES) throw new RangeError('more than a segment of a JPEG holds');
  const head = Buffer.from([0xff, marker, 0, 0]);
  head.writeUInt16BE(body.length + 2, 2);
  return Buffer.concat([head, body]);
}
