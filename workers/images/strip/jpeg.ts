const MARKER = 0xff;
const START = 0xd8;
const END = 0xd9;
const SCAN = 0xda;
const FIRST_APPLICATION = 0xe0;
const ADOBE = 0xee;
/** Frames, tables, scans and what belongs to them. */
const [FIRST_OF_PICTURE, LAST_OF_PICTURE] = [0xc0, 0xdf];
/** `JFIF`, its version, unit, density and the size of a thumbnail: without that thumbnail. */
const JFIF_BYTES = 18;
/** `Adobe`, its version, flags and how colours are coded. */
const ADOBE_BYTES = 16;

interface Segment {
  marker: number;
  /** With its marker; of a scan with all that is coded behind it. */
  bytes: Buffer;
}

/**
 * Returns a JPEG with its pixels as they are coded and nothing else: no metadata, no further pictures, nothing behind its end.
 * With the metadata of `from`, another JPEG, where one is given. Null where it can't be followed to its end.
 */
export function stripJpeg(jpeg: Buffer, from?: Buffer): Buffer | null {
  const segments = segmentsOf(jpeg);
  const metadata = from ? segmentsOf(from) : [];
  if (!segments || !metadata) return null;
  const jfif = segments.find(
    ({ marker, bytes }) => marker === FIRST_APPLICATION && isNamed(bytes, 'JFIF\0', JFIF_BYTES),
  );
  const adobe = segments.find(({ marker, bytes }) => marker === ADOBE && isNamed(bytes, 'Adobe', ADOBE_BYTES));
  return Buffer.concat([
    Buffer.from([MARKER, START]),
    ...(jfif ? [withoutThumbnail(jfif.bytes)] : []),
    ...metadata.filter(({ marker }) => !isOfPicture(marker) && !isOfCoding(marker)).map(({ bytes }) => bytes),
    // It says how the colours are coded.
    ...(adobe ? [shortened(adobe.bytes, ADOBE_BYTES)] : []),
    ...segments.filter(({ marker }) => isOfPicture(marker)).map(({ bytes }) => bytes),
    Buffer.from([MARKER, END]),
  ]);
}

const isOfPicture = (marker: number) => marker >= FIRST_OF_PICTURE && marker <= LAST_OF_PICTURE;
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

/** Splits a JPEG into its segments, from its start to its first end; what lies between two is passed over. */
function segmentsOf(jpeg: Buffer): Segment[] | undefined {
  const segments: Segment[] = [];
  let at = jpeg.indexOf(MARKER, 2);
  while (at >= 0) {
    const marker = jpeg[at + 1];
    if (marker === undefined || marker === START) return undefined;
    if (marker === END) return segments.some((segment) => segment.marker === SCAN) ? segments : undefined;
    if (marker === MARKER || isBare(marker)) {
      at = jpeg.indexOf(MARKER, at + (marker === MARKER ? 1 : 2));
      continue;
    }
    if (at + 4 > jpeg.length) return undefined;
    const headEnd = at + 2 + jpeg.readUInt16BE(at + 2);
    const end = marker === SCAN ? codedEnd(jpeg, headEnd) : headEnd;
    if (end > jpeg.length) return undefined;
    segments.push({ marker, bytes: jpeg.subarray(at, end) });
    at = jpeg.indexOf(MARKER, end);
  }
  return undefined;
}

/** Markers without a length and a meaning outside of what is coded. */
const isBare = (marker: number) => marker <= 0x01 || isRestart(marker);
const isRestart = (marker: number) => marker >= 0xd0 && marker <= 0xd7;

/** Returns where what is coded ends: at a marker that is neither a stuffed byte, nor a restart, nor a filling. */
function codedEnd(jpeg: Buffer, start: number): number {
  for (let at = jpeg.indexOf(MARKER, start); at >= 0; at = jpeg.indexOf(MARKER, at)) {
    const marker = jpeg[at + 1];
    if (marker === undefined) break;
    if (marker !== 0 && marker !== MARKER && !isRestart(marker)) return at;
    at += marker === MARKER ? 1 : 2;
  }
  return jpeg.length + 1;
}
