import {
  type Box,
  boxesIn,
  findBox,
  makeBox,
  readMeta,
  readPrimaryId,
  readProperties,
  readType,
} from '../formats/heic/boxes.ts';
import { type ColourCoding, codingOf, isSrgbCoding } from './coding.ts';
import type { FileColours } from './file-colours.ts';

/** The highest number of a property that one byte can name. */
const MAX_SHORT_INDEX = 127;

/**
 * Reads what a HEIF file (AVIF, HEIC) says of its main picture's colours by code points; undefined where it has a profile,
 * says nothing, or that it is sRGB.
 */
export function readHeifCoding(heif: Uint8Array): ColourCoding | undefined {
  const bytes = new DataView(heif.buffer, heif.byteOffset, heif.byteLength);
  try {
    const meta = readMeta(bytes);
    const iprp = findBox(bytes, meta, 'iprp');
    const own = readProperties(bytes, iprp, readPrimaryId(bytes, meta));
    const kinds = own.filter(({ type }) => type === 'colr').map((box) => ({ box, kind: readType(bytes, box.start) }));
    if (kinds.some(({ kind }) => kind !== 'nclx')) return undefined;
    const light = own.find(({ type }) => type === 'clli');
    const peak = light && bytes.getUint16(light.start);
    const box = kinds[0]?.box;
    const coding = box && codingOf(bytes.getUint16(box.start + 4), bytes.getUint16(box.start + 6), peak || undefined);
    return coding && !isSrgbCoding(coding) ? coding : undefined;
  } catch (error) {
    // It is cut off or damaged: the decoder will say so.
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** Reads the colours of an AVIF, to be told by a profile. */
export function readHeifColours(heif: Buffer): FileColours | undefined {
  const coding = readHeifCoding(heif);
  return coding && { coding, isGrey: false, withProfile: (profile) => (profile ? addProfile(heif, profile) : heif) };
}

/**
 * Adds a profile to the main picture's properties. The directory gets larger by it, so the new one stands at the end of the
 * file, where nothing moves, and the old one becomes free space.
 */
function addProfile(heif: Buffer, profile: Uint8Array): Buffer {
  const bytes = new DataView(heif.buffer, heif.byteOffset, heif.byteLength);
  const last = boxesIn(bytes, { start: 0, end: bytes.byteLength }).toArray().at(-1);
  const meta = readMeta(bytes);
  const iprp = findBox(bytes, meta, 'iprp');
  const ipco = findBox(bytes, iprp, 'ipco');
  const ipma = findBox(bytes, iprp, 'ipma');
  const index = boxesIn(bytes, ipco).toArray().length + 1;
  const isLong = (bytes.getUint8(ipma.start + 3) & 1) === 1;
  if (!isLong && index > MAX_SHORT_INDEX) return heif;
  const contentOf = ({ start, end }: Omit<Box, 'type'>) => heif.subarray(start, end);
  const property = makeBox('colr', Buffer.from('prof', 'latin1'), profile);
  const inner = boxesIn(bytes, iprp)
    .map((box) =>
      box.start === ipco.start
        ? makeBox('ipco', contentOf(ipco), property)
        : box.start === ipma.start
          ? makeBox('ipma', tie(bytes, ipma, { item: readPrimaryId(bytes, meta), index, isLong }))
          : makeBox(box.type, contentOf(box)),
    )
    .toArray();
  const outer = boxesIn(bytes, meta)
    .map((box) => (box.start === iprp.start ? makeBox('iprp', ...inner) : makeBox(box.type, contentOf(box))))
    .toArray();
  const versionAndFlags = heif.subarray(meta.start - 4, meta.start);
  const told = Buffer.concat([heif, makeBox('meta', versionAndFlags, ...outer)]);
  told.write('free', findType(bytes, meta.start - 4, 'meta'), 'latin1');
  // A box that reaches to the end of the file, whatever that is, ends where it did.
  if (last) endBox(told, findType(bytes, last.start, last.type) - 4, heif.length);
  return told;
}

/** Finds where the type of a box stands, whose content begins there: a size of 64 bits may stand between. */
const findType = (bytes: DataView, start: number, type: string) =>
  readType(bytes, start - 4) === type ? start - 4 : start - 12;

function endBox(file: Buffer, at: number, end: number): void {
  if (file.readUInt32BE(at) === 0) file.writeUInt32BE(end - at, at);
}

/** Returns the ties of items to properties with one more. */
function tie(
  bytes: DataView,
  ipma: Box,
  { item, index, isLong }: { item: number; index: number; isLong: boolean },
): Buffer {
  const idBytes = bytes.getUint8(ipma.start) === 0 ? 2 : 4;
  const all = Buffer.from(bytes.buffer, bytes.byteOffset + ipma.start, ipma.end - ipma.start);
  for (let at = 8; at + idBytes < all.length; ) {
    const count = all.readUInt8(at + idBytes);
    const end = at + idBytes + 1 + count * (isLong ? 2 : 1);
    if (all.readUIntBE(at, idBytes) === item && count < 255) {
      const more = Buffer.from(isLong ? [index >> 8, index & 255] : [index]);
      const tied = Buffer.concat([all.subarray(0, end), more, all.subarray(end)]);
      tied.writeUInt8(count + 1, at + idBytes);
      return tied;
    }
    at = end;
  }
  return all;
}
