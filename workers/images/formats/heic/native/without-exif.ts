const EXIF_OR_XMP = 0xe1;
const START_OF_SCAN = 0xda;

/**
 * Returns a JPEG without EXIF and XMP: the converter turns the picture upright, and takes over what EXIF said of the picture as
 * it lay before. Of a file that is no JPEG nothing is taken.
 */
export function withoutExif(jpeg: Buffer): Buffer {
  const kept = [jpeg.subarray(0, 2)];
  let at = 2;
  while (at + 4 <= jpeg.length && jpeg[at] === 0xff && jpeg[at + 1] !== START_OF_SCAN) {
    const end = at + 2 + jpeg.readUInt16BE(at + 2);
    if (jpeg[at + 1] !== EXIF_OR_XMP) kept.push(jpeg.subarray(at, end));
    at = end;
  }
  return Buffer.concat([...kept, jpeg.subarray(at)]);
}
