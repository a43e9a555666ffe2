import { showsPicture } from './shows-picture.ts';

/** What a block of Photoshop's resources begins with in a JPEG. */
const NAME = 'Photoshop 3.0\0';
/** A resource of IPTC; all others are Photoshop's and those of its extensions. */
const IPTC = 1028;
/** Thumbnails, of versions before 5 and since; EXIF and XMP once more, with all that they hold. */
const OF_PICTURE = [1033, 1036, 1058, 1059, 1060];
/** Every dataset of IPTC begins with this byte. */
const DATASET = 0x1c;
/** Where IPTC has a preview, and the records that hold objects themselves. */
const PREVIEW = { record: 2, first: 200, last: 202 };
const FIRST_OF_OBJECTS = 7;

/**
 * Takes out of Photoshop's resources, or of plain IPTC, what shows the picture that it tells of: thumbnails and previews. What
 * can't be followed to its end may be a part of one, and is blanked.
 */
export function forgetInResources(block: Buffer): void {
  if (block[0] === DATASET) {
    forgetInIptc(block);
    return;
  }
  let at = block.toString('latin1', 0, NAME.length) === NAME ? NAME.length : 0;
  // A mark of four letters, the number, a name (of even length with its own), the length.
  while (at + 12 <= block.length && /^[A-Za-z0-9]{4}$/.test(block.toString('latin1', at, at + 4))) {
    const number = block.readUInt16BE(at + 4);
    const nameBytes = 1 + (block[at + 6] ?? 0);
    const start = at + 6 + nameBytes + (nameBytes % 2) + 4;
    if (start > block.length) break;
    const bytes = block.readUInt32BE(start - 4);
    const data = block.subarray(start, Math.min(block.length, start + bytes));
    if (number === IPTC) forgetInIptc(data);
    else if (OF_PICTURE.includes(number) || showsPicture(data)) data.fill(0);
    at = start + bytes + (bytes % 2);
  }
  block.fill(0, Math.min(at, block.length));
}

/** Datasets: the byte they begin with, record, number, length; a long one has a length of that length. */
function forgetInIptc(iptc: Buffer): void {
  let at = 0;
  while (at + 5 <= iptc.length && iptc[at] === DATASET) {
    const [record = 0, number = 0] = iptc.subarray(at + 1);
    const length = iptc.readUInt16BE(at + 3);
    const lengthBytes = length > 0x8000 ? length - 0x8000 : 0;
    const start = at + 5 + lengthBytes;
    if (lengthBytes > 4 || start > iptc.length) break;
    const bytes = lengthBytes === 0 ? length : iptc.readUIntBE(at + 5, lengthBytes);
    const isPreview = record === PREVIEW.record && number >= PREVIEW.first && number <= PREVIEW.last;
    if (isPreview || record >= FIRST_OF_OBJECTS) iptc.fill(0, start, Math.min(iptc.length, start + bytes));
    at = start + bytes;
  }
  iptc.fill(0, Math.min(at, iptc.length));
}
