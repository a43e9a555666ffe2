import { type Box, findBox, readItems, readMeta, readPlaces, readPrimaryId } from './boxes.ts';
import { readReferences } from './references.ts';

/** The metadata of a HEIF file's main picture: EXIF from its TIFF header on, and XMP. */
export interface HeifMetadata {
  exif?: Buffer | undefined;
  xmp?: Buffer | undefined;
}

const XMP_TYPE = 'application/rdf+xml';
/** Ties an item of metadata to the picture that it describes. */
const DESCRIBES = 'cdsc';

/**
 * Reads EXIF and XMP of the main picture, as they stand; what describes other pictures in the file, as gain maps, is left.
 * Without what can't be found.
 */
export function readHeifMetadata(heif: Buffer): HeifMetadata {
  const bytes = new DataView(heif.buffer, heif.byteOffset, heif.byteLength);
  try {
    const meta = readMeta(bytes);
    const described = new Map<number, number[]>();
    for (const { type, from, to } of readReferences(bytes, meta)) if (type === DESCRIBES) described.set(from, to);
    const primary = readPrimaryId(bytes, meta);
    const items = readItems(bytes, meta).filter(({ id }) => described.get(id)?.includes(primary) ?? true);
    const read = (item: { id: number } | undefined) => item && readItem(heif, bytes, meta, item.id);
    const exif = read(items.find(({ type }) => type === 'Exif'));
    const isXmp = ({ type, names }: (typeof items)[number]) =>
      type === 'mime' && heif.toString('latin1', names.start, names.end).split('\0')[1] === XMP_TYPE;
    return { exif: exif && fromTiffHeader(exif), xmp: read(items.find(isXmp)) };
  } catch (error) {
    // It is cut off or damaged: the decoder will say so, or it shows nevertheless.
    if (error instanceof RangeError) return {};
    throw error;
  }
}

/** Reads all pieces of an item; undefined where it has none, or they are not where they could be. Throws RangeError. */
export function readItem(heif: Buffer, bytes: DataView, meta: Omit<Box, 'type'>, id: number): Buffer | undefined {
  const places = readPlaces(bytes, meta).filter((place) => place.id === id);
  const own = places.some(({ method }) => method === 1) ? findBox(bytes, meta, 'idat') : { start: 0, end: heif.length };
  const parts = places.map(({ offset, length }) => {
    const start = own.start + offset;
    return heif.subarray(start, length === 0 ? own.end : Math.min(start + length, own.end));
  });
  // The pieces of a file that is right do not overlap.
  const total = parts.reduce((sum, { length }) => sum + length, 0);
  return places.length > 0 && places.every(({ method }) => method < 2) && total <= heif.length
    ? Buffer.concat(parts)
    : undefined;
}

/** An item of EXIF begins with the place of its TIFF header, which some writers count behind `Exif` and two zeros. */
function fromTiffHeader(item: Buffer): Buffer | undefined {
  if (item.length < 4) return undefined;
  const tiff = item.subarray(4 + item.readUInt32BE());
  const start = tiff.toString('latin1', 0, 4);
  return start === 'II*\0' || start === 'MM\0*' ? tiff : undefined;
}
