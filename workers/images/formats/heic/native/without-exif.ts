import { listSegments } from '../../jpeg/segments.ts';

const EXIF_OR_XMP = 0xe1;

/**
 * Returns a JPEG without EXIF and XMP: the converter turns the picture upright, and takes over what EXIF said of the picture as
 * it lay before. Of a file that is no JPEG nothing is taken.
 */
export function withoutExif(jpeg: Buffer): Buffer {
  const kept: Buffer[] = [];
  let at = 0;
  for (const { marker, start, end } of listSegments(jpeg)) {
    if (marker !== EXIF_OR_XMP) continue;
    kept.push(jpeg.subarray(at, start));
    at = end;
  }
  return Buffer.concat([...kept, jpeg.subarray(at)]);
}
