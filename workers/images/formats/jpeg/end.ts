import { hasAllBlocks } from './read-coefficients.ts';
import { readFrame } from './read-frame.ts';
import { readScans } from './read-scans.ts';
import { hasSeveralScans } from './scans.ts';
import { CODED, coloursOf, isFrame, MARKER, MAX_SEGMENTS, walkJpeg } from './segments.ts';

const END_OF_IMAGE = Buffer.from([0xff, MARKER.end]);
/** What a block of a picture is made of. */
const FREQUENCIES = 64;

/**
 * Returns a JPEG with its end marker, where it may lack it alone: cameras and chats lose these two bytes. Null where it has its
 * end, and where scans are missing before it, which a decoder would not complain of. Whether the last of the pixels are there
 * `hasAllPixels` tells.
 */
export function endJpeg(jpeg: Buffer): Buffer | null {
  // So most files end, if not as the picture then as what lies behind it.
  if (jpeg.subarray(-END_OF_IMAGE.length).equals(END_OF_IMAGE)) return null;
  let [colours, pieces] = [0, 0];
  const seen = new Map<number, Set<number>>();
  let codedEnd = 0;
  for (const { marker, end, data } of walkJpeg(jpeg)) {
    pieces += 1;
    if (marker === MARKER.end || pieces > MAX_SEGMENTS) return null;
    if (marker === CODED) codedEnd = end;
    else if (isFrame(marker)) colours = coloursOf(data);
    else if (marker === MARKER.scan) noteScan(seen, data);
  }
  const isComplete = colours > 0 && [...seen.values()].filter(({ size }) => size === FREQUENCIES).length === colours;
  if (codedEnd !== jpeg.length || !isComplete) return null;
  // A marker may have lost its second byte alone.
  const whole = jpeg.at(-1) === 0xff ? jpeg.subarray(0, -1) : jpeg;
  return Buffer.concat([whole, END_OF_IMAGE]);
}

/**
 * Whether a decoder will complain of each pixel that a JPEG lacks before its end, or none is missing. libvips hears of those in a
 * file's last rows too late, unless they come in several scans, which are all read before the first row. It takes a second for 12
 * megapixels: call it in a thread.
 */
export function hasAllPixels(jpeg: Buffer): boolean {
  if (hasSeveralScans(jpeg)) return true;
  const frame = readFrame(jpeg);
  const [scan] = (frame && readScans(jpeg, frame)) ?? [];
  return frame !== null && scan !== undefined && hasAllBlocks(frame, scan);
}

/** Notes which frequencies of which colours a scan brings to their last bit. */
function noteScan(seen: Map<number, Set<number>>, head: Buffer): void {
  const colours = head[0] ?? 0;
  const [first = 0, last = 0, bits = 0] = head.subarray(1 + 2 * colours);
  if ((bits & 15) !== 0) return;
  for (let index = 0; index < colours; index += 1) {
    const id = head[1 + 2 * index] ?? 0;
    const frequencies = seen.get(id) ?? new Set();
    for (let frequency = first; frequency <= Math.min(last, FREQUENCIES - 1); frequency += 1)
      frequencies.add(frequency);
    seen.set(id, frequencies);
  }
}
