/** Markers: filling, the start and the end of a picture, the start of a scan. */
export const MARKER = { filling: 0xff, start: 0xd8, end: 0xd9, scan: 0xda } as const;
/** What is coded behind the head of a scan is told of as a piece of this marker, which no file has. */
export const CODED = -1;

/** A file of a camera has some twenty segments. */
export const MAX_SEGMENTS = 1000;
/** So many pieces are walked: more than any limit of them, and no file of a program has as many. */
const MAX_PIECES = 400_000;
/** The longest, with its length. */
const MAX_BYTES = 65_535;

/** A piece of a JPEG: where it begins and ends, and its bytes behind marker and length, if it has any. */
export interface Segment {
  marker: number;
  start: number;
  end: number;
  data: Buffer;
}

/** Markers without a length: fillings, restarts, start and end, and those without a meaning. */
export const isBare = (marker: number): boolean =>
  (marker >= 0 && marker < 0xc0) || marker === MARKER.filling || (marker >= 0xd0 && marker <= MARKER.end);
/** Markers of a frame; three between them mean something else. */
export const isFrame = (marker: number): boolean =>
  marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
/** Reads from a frame how many colours it has. */
export const coloursOf = (frame: Buffer): number => frame[5] ?? 0;
const isRestart = (marker: number) => marker >= 0xd0 && marker <= 0xd7;

/**
 * Walks the pieces of a JPEG as libjpeg meets them: what lies between two is passed over. The last one is the picture's end, or
 * where another picture begins; without either the file is cut off, or goes beyond MAX_PIECES.
 */
export function* walkJpeg(jpeg: Buffer): Generator<Segment> {
  if (jpeg[0] !== 0xff || jpeg[1] !== MARKER.start) return;
  let start = jpeg.indexOf(0xff, 2);
  for (let pieces = 0; start >= 0 && start + 1 < jpeg.length && pieces < MAX_PIECES; pieces += 1) {
    const marker = jpeg[start + 1] as number;
    const hasLength = !isBare(marker);
    if (hasLength && start + 4 > jpeg.length) return;
    // The second byte of a filling may be the first of a marker.
    const behind = start + (marker === MARKER.filling ? 1 : 2);
    const end = hasLength ? behind + jpeg.readUInt16BE(behind) : behind;
    yield { marker, start, end, data: jpeg.subarray(hasLength ? behind + 2 : behind, end) };
    if (marker === MARKER.start || marker === MARKER.end) return;
    start = end;
    if (marker === MARKER.scan) {
      start = codedEnd(jpeg, end);
      yield { marker: CODED, start: end, end: start, data: jpeg.subarray(end, start) };
    }
    start = jpeg.indexOf(0xff, start);
  }
}

/** Returns where what is coded ends: at a marker that is neither a stuffed byte, nor a restart, nor a filling, or with the file. */
function codedEnd(jpeg: Buffer, start: number): number {
  for (let at = start; at + 1 < jpeg.length; at += 1) {
    if (jpeg[at] !== 0xff) continue;
    const marker = jpeg[at + 1] as number;
    if (marker !== 0 && marker !== MARKER.filling && !isRestart(marker)) return at;
  }
  return jpeg.length;
}

/** Lists the segments of a JPEG up to its pixels, as many as MAX_SEGMENTS. */
export function listSegments(jpeg: Buffer): Segment[] {
  const segments: Segment[] = [];
  for (const segment of walkJpeg(jpeg)) {
    if (segment.marker === MARKER.scan || segments.length === MAX_SEGMENTS) break;
    if (!isBare(segment.marker)) segments.push(segment);
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
