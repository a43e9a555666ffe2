import { CODED, coloursOf, isBare, isFrame, MARKER, MAX_SEGMENTS, walkJpeg } from '../formats/jpeg/segments.ts';

const FIRST_APPLICATION = 0xe0;
/** Colour profiles, among others. */
const APP2 = 0xe2;
const ADOBE = 0xee;
/** Frames, tables, scans and what belongs to them. */
const [FIRST_OF_PICTURE, LAST_OF_PICTURE] = [0xc0, 0xdf];
/** `JFIF`, its version, unit, density and the size of a thumbnail: without that thumbnail. */
const JFIF_BYTES = 18;
/** `Adobe`, its version, flags and how colours are coded. */
const ADOBE_BYTES = 16;

/** A piece of a JPEG, with its marker. */
interface Piece {
  marker: number;
  bytes: Buffer;
}

/**
 * Returns a JPEG with its pixels as they are coded and nothing else: no metadata, no further pictures, nothing behind its end.
 * With the metadata of `from`, another JPEG, where one is given. Null where it can't be followed to its end.
 */
export function stripJpeg(jpeg: Buffer, from?: Buffer): Buffer | null {
  const segments = piecesOf(jpeg);
  const metadata = from ? piecesOf(from) : [];
  if (!segments || !metadata) return null;
  const jfif = segments.find(
    ({ marker, bytes }) => marker === FIRST_APPLICATION && isNamed(bytes, 'JFIF\0', JFIF_BYTES),
  );
  // A profile of colours means nothing for a picture without any.
  const isGrey = segments.some(({ marker, bytes }) => isFrame(marker) && coloursOf(bytes.subarray(4)) === 1);
  const isKept = ({ marker, bytes }: Piece) =>
    !isOfPicture(marker) && !isOfCoding(marker) && !(isGrey && marker === APP2 && isNamed(bytes, 'ICC_PROFILE\0', 0));
  const adobe = segments.find(({ marker, bytes }) => marker === ADOBE && isNamed(bytes, 'Adobe', ADOBE_BYTES));
  return Buffer.concat([
    Buffer.from([0xff, MARKER.start]),
    ...(jfif ? [withoutThumbnail(jfif.bytes)] : []),
    ...metadata.filter(isKept).map(({ bytes }) => bytes),
    // It says how the colours are coded.
    ...(adobe ? [shortened(adobe.bytes, ADOBE_BYTES)] : []),
    ...segments.filter(({ marker }) => isOfPicture(marker)).map(({ bytes }) => bytes),
    Buffer.from([0xff, MARKER.end]),
  ]);
}

const isOfPicture = (marker: number) => marker === CODED || (marker >= FIRST_OF_PICTURE && marker <= LAST_OF_PICTURE);
const isOfCoding = (marker: number) => marker === FIRST_APPLICATION || marker === ADOBE;
const isNamed = (bytes: Buffer, name: string, least: number) =>
  bytes.length >= least && bytes.toString('latin1', 4, 4 + name.length) === name;

function shortened(segment: Buffer, length: number): Buffer {
  const short = Buffer.from(segment.subarray(0, length));
  short.writeUInt16BE(length - 2, 2);
  return short;
}

function withoutThumbnail(jfif: Buffer): Buffer {
  const short = shortened(jfif, JFIF_BYTES);
  short.fill(0, JFIF_BYTES - 2);
  return short;
}

/** Lists the pieces of a JPEG from its start to its first end; undefined of one without an end, or with too many. */
function piecesOf(jpeg: Buffer): Piece[] | undefined {
  const pieces: Piece[] = [];
  for (const { marker, start, end } of walkJpeg(jpeg)) {
    if (marker === MARKER.end) return pieces.some((piece) => piece.marker === CODED) ? pieces : undefined;
    if (isBare(marker)) continue;
    if (end > jpeg.length || pieces.length === MAX_SEGMENTS) return undefined;
    pieces.push({ marker, bytes: jpeg.subarray(start, end) });
  }
  return undefined;
}
