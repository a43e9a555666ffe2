import { listSegments, makeSegment, type Segment } from './segments.ts';

const [APP1, APP2] = [0xe1, 0xe2];
const XMP = Buffer.from('http://ns.adobe.com/xap/1.0/\0', 'latin1');
const ISO = Buffer.from('urn:iso:std:iso:ts:21496:-1\0', 'latin1');
const MPF = Buffer.from('MPF\0', 'latin1');
const HDRGM = 'http://ns.adobe.com/hdr-gain-map/1.0/';
/** The tag of a list of pictures, and the bytes of each entry. */
const PICTURES = 0xb002;
const PICTURE_BYTES = 16;
/** Phones write three at most. */
const MAX_PICTURES = 16;

const startsWith = ({ data }: Segment, name: Buffer) => data.subarray(0, name.length).equals(name);

/** A gain map, and the segments that say how it is applied. */
export interface GainMap {
  jpeg: Buffer;
  figures: Buffer[];
}

/** Finds the gain map that lies behind a JPEG's picture (Ultra HDR); undefined where there is none. */
export function findGainMap(jpeg: Buffer): GainMap | undefined {
  const list = listSegments(jpeg).find((segment) => segment.marker === APP2 && startsWith(segment, MPF));
  if (!list) return undefined;
  const tiffAt = list.start + 4 + MPF.length;
  for (const { at, bytes } of listPictures(list.data.subarray(MPF.length))) {
    const picture = jpeg.subarray(tiffAt + at, tiffAt + at + bytes);
    if (picture.length < 4 || picture.readUInt16BE() !== 0xffd8) continue;
    const figures = listSegments(picture).filter(isFigures);
    if (figures.length > 0)
      return { jpeg: picture, figures: figures.map(({ start, end }) => picture.subarray(start, end)) };
  }
  return undefined;
}

const isFigures = (segment: Segment) =>
  (segment.marker === APP1 && startsWith(segment, XMP) && segment.data.includes(HDRGM)) ||
  (segment.marker === APP2 && startsWith(segment, ISO));

/** Lists the pictures behind the first, each by its place from the head of the list on. */
function listPictures(tiff: Buffer): { at: number; bytes: number }[] {
  const isLittle = tiff.toString('latin1', 0, 2) === 'II';
  const long = (at: number) => (at + 4 > tiff.length ? 0 : isLittle ? tiff.readUInt32LE(at) : tiff.readUInt32BE(at));
  const short = (at: number) => (at + 2 > tiff.length ? 0 : isLittle ? tiff.readUInt16LE(at) : tiff.readUInt16BE(at));
  const first = long(4);
  for (let entry = first + 2; entry < Math.min(first + 2 + 12 * short(first), tiff.length); entry += 12) {
    if (short(entry) !== PICTURES) continue;
    const count = Math.min(long(entry + 4) / PICTURE_BYTES, MAX_PICTURES);
    return Array.from({ length: Math.max(0, Math.floor(count) - 1) }, (_, index) => {
      const picture = long(entry + 8) + (index + 1) * PICTURE_BYTES;
      return { at: long(picture + 8), bytes: long(picture + 4) };
    });
  }
  return [];
}

/**
 * Puts a gain map behind the picture of a JPEG, and what ties them together: XMP as Android has it, ISO 21496-1 where the gain
 * map had it, and the list of pictures. Throws RangeError where the JPEG's own XMP leaves no room.
 */
export function withGainMap(jpeg: Buffer, map: Buffer, figures: readonly Buffer[]): Buffer {
  const told = Buffer.concat([map.subarray(0, 2), ...figures, map.subarray(2)]);
  const own = listSegments(jpeg);
  const xmp = own.find((segment) => segment.marker === APP1 && startsWith(segment, XMP));
  const packet = xmp ? xmp.data.toString('utf8', XMP.length) : EMPTY_PACKET;
  const isIso = figures.some((figure) => figure.includes(ISO));
  const before = [
    makeSegment(APP1, XMP, Buffer.from(addToPacket(packet, describe(told.length, figures.length > Number(isIso))))),
    ...(isIso ? [makeSegment(APP2, ISO, Buffer.alloc(4))] : []),
  ];
  // Behind EXIF and profile, before all that is the picture's.
  const place = own.find(({ marker }) => marker < 0xe0 || marker > 0xef)?.start ?? 2;
  const kept = [jpeg.subarray(0, xmp?.start ?? place), jpeg.subarray(xmp?.end ?? place, place)];
  const head = Buffer.concat([...kept, ...before]);
  const rest = jpeg.subarray(place);
  const bytes = head.length + listOf(0, 0, 0).length + rest.length;
  return Buffer.concat([head, listOf(head.length, bytes, told.length), rest, told]);
}

const EMPTY_PACKET =
  '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"></rdf:RDF></x:xmpmeta>';

function addToPacket(packet: string, description: string): string {
  const end = packet.lastIndexOf('</rdf:RDF>');
  if (end < 0) throw new RangeError('XMP that nothing can be added to');
  return packet.slice(0, end) + description + packet.slice(end);
}

/** What XMP says of a picture with a gain map of so many bytes behind it. */
function describe(bytes: number, isTold: boolean): string {
  const item = (semantic: string, length = '') =>
    `<rdf:li rdf:parseType="Resource"><Container:Item Item:Semantic="${semantic}" Item:Mime="image/jpeg"${length}/></rdf:li>`;
  const spaces = [
    'Container="http://ns.google.com/photos/1.0/container/"',
    'Item="http://ns.google.com/photos/1.0/container/item/"',
    ...(isTold ? [`hdrgm="${HDRGM}"`] : []),
  ].map((space) => `xmlns:${space}`);
  const items = item('Primary') + item('GainMap', ` Item:Length="${bytes}"`);
  const version = isTold ? ' hdrgm:Version="1.0"' : '';
  const directory = `<Container:Directory><rdf:Seq>${items}</rdf:Seq></Container:Directory>`;
  return `<rdf:Description rdf:about="" ${spaces.join(' ')}${version}>${directory}</rdf:Description>`;
}

/** Makes the list of both pictures (CIPA DC-007), which stands at `at` of a picture of so many bytes. */
function listOf(at: number, bytes: number, mapBytes: number): Buffer {
  const tiff = Buffer.alloc(82);
  tiff.write('II*\0', 'latin1');
  tiff.writeUInt32LE(8, 4);
  tiff.writeUInt16LE(3, 8);
  const fields = [
    [0xb000, 7, 4, Buffer.from('0100').readUInt32LE()],
    [0xb001, 4, 1, 2],
    [PICTURES, 7, 2 * PICTURE_BYTES, 50],
  ] as const;
  for (const [index, [tag, type, count, value]] of fields.entries()) {
    const entry = 10 + 12 * index;
    tiff.writeUInt16LE(tag, entry);
    tiff.writeUInt16LE(type, entry + 2);
    tiff.writeUInt32LE(count, entry + 4);
    tiff.writeUInt32LE(value, entry + 8);
  }
  const tiffAt = at + 4 + MPF.length;
  const pictures = [PRIMARY, bytes, 0, 0, 0, mapBytes, Math.max(0, bytes - tiffAt), 0];
  for (const [index, value] of pictures.entries()) tiff.writeUInt32LE(value, 50 + 4 * index);
  return makeSegment(APP2, MPF, tiff);
}

/** The first picture: the one that is shown, a JPEG. */
const PRIMARY = 0x030000;
