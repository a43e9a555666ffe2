const START_OF_SCAN = 0xda;
/** Markers of a frame; three between them mean something else. */
const isFrame = (marker: number) => marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
const PROGRESSIVE = [0xc2, 0xc6, 0xca, 0xce];

/**
 * Whether a JPEG's first bytes say that its pixels come in several scans, all of which are held until the last: it is
 * progressive, or has its colours one after the other. False where they do not show it.
 */
export function hasSeveralScans(head: Uint8Array): boolean {
  const bytes = Buffer.from(head.buffer, head.byteOffset, head.byteLength);
  let colours = 0;
  for (let at = 2; at + 10 <= bytes.length && bytes[at] === 0xff; at += 2 + bytes.readUInt16BE(at + 2)) {
    const marker = bytes.readUInt8(at + 1);
    if (PROGRESSIVE.includes(marker)) return true;
    if (isFrame(marker)) colours = bytes.readUInt8(at + 9);
    if (marker === START_OF_SCAN) return bytes.readUInt8(at + 4) < colours;
  }
  return false;
}
