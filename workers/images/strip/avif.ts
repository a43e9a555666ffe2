import {
  type Box,
  boxesIn,
  findBox,
  makeBox,
  readItems,
  readMeta,
  readPrimaryId,
  readProperties,
} from '../formats/heic/boxes.ts';
import { readItem } from '../formats/heic/metadata.ts';
import { readReferences } from '../formats/heic/references.ts';
import { hasOneFrame } from './av1-frame.ts';

const CODED = 'av01';
const AUXILIARY = 'auxl';
const ALPHA = 'urn:mpeg:mpegB:cicp:systems:auxiliary:alpha\0';
/** What is said of a picture beside its colours: how many bytes that takes, and how many are kept. */
const PROPERTIES: Readonly<Record<string, { least: number; most: number }>> = {
  // Behind these four a file may repeat what the picture begins with.
  av1C: { least: 4, most: 4 },
  ispe: { least: 12, most: 12 },
  pixi: { least: 6, most: 9 },
  auxC: { least: 4 + ALPHA.length, most: 4 + ALPHA.length },
  // By code points.
  colr: { least: 11, most: 11 },
  // A picture is turned and mirrored by whoever shows it.
  irot: { least: 1, most: 1 },
  imir: { least: 1, most: 1 },
};
/** What a reader that does not know it must not pass over: how it is coded, and what would lie wrong. */
const ESSENTIAL = ['av1C', 'irot', 'imir'];

/** A picture of the file: what is coded, and what is said of it. */
interface Picture {
  coded: Buffer;
  properties: { type: string; content: Buffer }[];
}

/**
 * Returns an AVIF with its picture as it is coded, and its alpha, in a file that is written anew: nothing of the old one is left that is
 * not known. Null where there is more to the picture than that: tiles, cuts, layers, other pictures that belong to it; or where
 * metadata are to be kept.
 */
export function stripAvif(avif: Buffer, from?: Buffer): Buffer | null {
  if (from) return null;
  const bytes = new DataView(avif.buffer, avif.byteOffset, avif.byteLength);
  try {
    const meta = readMeta(bytes);
    const primary = readPrimaryId(bytes, meta);
    const references = [...readReferences(bytes, meta)];
    const auxiliary = references.filter(({ type, to }) => type === AUXILIARY && to.includes(primary));
    const ids = [primary, ...auxiliary.map(({ from: id }) => id)];
    const isAlone = references.every(
      ({ type, from: id }) => !ids.includes(id) || (type === AUXILIARY && id !== primary),
    );
    const items = readItems(bytes, meta).filter(({ id }) => ids.includes(id));
    const isCoded = items.length === ids.length && items.every(({ type }) => type === CODED);
    const ties = [...boxesIn(bytes, findBox(bytes, meta, 'iprp'))].filter(({ type }) => type === 'ipma');
    if (ids.length > 2 || !isAlone || !isCoded || ties.length !== 1) return null;
    const pictures = ids.map((id, index) => readPicture(avif, { bytes, meta, id, isAlpha: index > 0 }));
    const [picture, alpha] = pictures;
    if (!picture || (ids.length > 1 && (!alpha || !sizeOf(alpha)?.equals(sizeOf(picture) as Buffer)))) return null;
    return writeAvif(alpha ? [picture, alpha] : [picture]);
  } catch (error) {
    // It is cut off or damaged.
    if (error instanceof RangeError) return null;
    throw error;
  }
}

const sizeOf = ({ properties }: Picture) => properties.find(({ type }) => type === 'ispe')?.content;

/** Reads one of the pictures; null where something is said of it that is not known. */
function readPicture(
  avif: Buffer,
  { bytes, meta, id, isAlpha }: { bytes: DataView; meta: Omit<Box, 'type'>; id: number; isAlpha: boolean },
): Picture | null {
  const coded = readItem(avif, bytes, meta, id);
  const said = readProperties(bytes, findBox(bytes, meta, 'iprp'), id);
  const properties = said
    .map(({ type, start, end }) => ({ type, content: avif.subarray(start, end) }))
    // A profile was looked at, and is that of sRGB.
    .filter(({ type, content }) => type !== 'colr' || !isProfile(content));
  const isKnown = properties.every(({ type, content }) => {
    const { least, most } = PROPERTIES[type] ?? { least: 1, most: 0 };
    return content.length >= least && (content.length <= most || type === 'av1C');
  });
  const types = properties.map(({ type }) => type);
  const needed = ['av1C', 'ispe', ...(isAlpha ? ['auxC'] : [])];
  const isTold = needed.every((type) => types.includes(type)) && new Set(types).size === types.length;
  const auxiliary = properties.find(({ type }) => type === 'auxC')?.content.toString('latin1', 4);
  if (!coded || !isKnown || !isTold || auxiliary !== (isAlpha ? ALPHA : undefined)) return null;
  const kept = properties.map(({ type, content }) => ({ type, content: content.subarray(0, PROPERTIES[type]?.most) }));
  const size = kept.find(({ type }) => type === 'ispe')?.content;
  return size && hasOneFrame(coded, size.readUInt32BE(4), size.readUInt32BE(8)) ? { coded, properties: kept } : null;
}

const isProfile = (colours: Buffer) => ['prof', 'rICC'].includes(colours.toString('latin1', 0, 4));

function writeAvif(pictures: readonly Picture[]): Buffer {
  const type = makeBox('ftyp', Buffer.from('avif\0\0\0\0mif1avifmiaf', 'latin1'));
  // Where the pictures lie changes no length.
  const start = type.length + writeMeta(pictures, 0).length + 8;
  return Buffer.concat([type, writeMeta(pictures, start), makeBox('mdat', ...pictures.map(({ coded }) => coded))]);
}

/** Writes the directory; what is coded begins there, one picture behind the other, numbered from 1 on. */
function writeMeta(pictures: readonly Picture[], start: number): Buffer {
  let at = start;
  const places = pictures.map(({ coded }, index) => {
    const place = Buffer.concat([u16(index + 1), u16(0), u16(1), u32(at), u32(coded.length)]);
    at += coded.length;
    return place;
  });
  const infos = pictures.map((_, index) =>
    makeBox('infe', u32(0x02000000), u16(index + 1), u16(0), Buffer.from(`${CODED}\0`)),
  );
  const all = pictures.flatMap((picture) => picture.properties.map(({ type, content }) => makeBox(type, content)));
  // What is said of both stands there once.
  const properties = all.filter((property, index) => all.findIndex((other) => other.equals(property)) === index);
  const ties = pictures.map((picture, index) => {
    const numbers = picture.properties.map(({ type, content }) => {
      const number = 1 + properties.findIndex((property) => property.equals(makeBox(type, content)));
      return number | (ESSENTIAL.includes(type) ? 0x80 : 0);
    });
    return Buffer.concat([u16(index + 1), Buffer.from([numbers.length, ...numbers])]);
  });
  const alpha = pictures.length > 1 ? [makeBox('iref', u32(0), makeBox(AUXILIARY, u16(2), u16(1), u16(1)))] : [];
  return makeBox(
    'meta',
    u32(0),
    makeBox('hdlr', Buffer.from('\0\0\0\0\0\0\0\0pict\0\0\0\0\0\0\0\0\0\0\0\0\0', 'latin1')),
    makeBox('pitm', u32(0), u16(1)),
    makeBox('iloc', u32(0), u16(0x4400), u16(pictures.length), ...places),
    makeBox('iinf', u32(0), u16(pictures.length), ...infos),
    ...alpha,
    makeBox('iprp', makeBox('ipco', ...properties), makeBox('ipma', u32(0), u32(pictures.length), ...ties)),
  );
}

function u16(value: number): Buffer {
  return Buffer.from([value >> 8, value & 255]);
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
