const SIGNATURE_BYTES = 8;
/** A chunk's length, type and check sum. */
const FRAME_BYTES = 12;
/** What a picture is made of. */
const PICTURE = ['IHDR', 'PLTE', 'tRNS', 'IDAT', 'IEND'];
/** What tells of it. */
const METADATA = ['eXIf', 'iTXt', 'tEXt', 'zTXt'];
const PROFILE = 'iCCP';
/** The bit of the type of colours that says that there are any. */
const COLOURED = 2;

interface Chunk {
  type: string;
  bytes: Buffer;
}

/**
 * Returns a PNG with its pixels as they are coded and nothing else, nor anything behind its end; with the metadata of `from`,
 * another PNG, where one is given. Null where it can't be followed to its end, or moves.
 */
export function stripPng(png: Buffer, from?: Buffer): Buffer | null {
  const chunks = chunksOf(png);
  const others = from ? chunksOf(from) : [];
  const head = chunks?.[0];
  if (!chunks || !others || head?.type !== 'IHDR' || chunks.some(({ type }) => type === 'acTL')) return null;
  // A profile of colours means nothing for a picture without any.
  const isColoured = ((head.bytes[8 + 9] ?? 0) & COLOURED) !== 0;
  const added = others.filter(({ type }) => METADATA.includes(type) || (isColoured && type === PROFILE));
  const [first, ...rest] = chunks.filter(({ type }) => PICTURE.includes(type)).map(({ bytes }) => bytes);
  return Buffer.concat([
    png.subarray(0, SIGNATURE_BYTES),
    first ?? Buffer.alloc(0),
    ...added.map(({ bytes }) => bytes),
    ...rest,
  ]);
}

function chunksOf(png: Buffer): Chunk[] | undefined {
  const chunks: Chunk[] = [];
  for (let at = SIGNATURE_BYTES; at + FRAME_BYTES <= png.length; ) {
    const end = at + FRAME_BYTES + png.readUInt32BE(at);
    const type = png.toString('latin1', at + 4, at + 8);
    if (end > png.length) return undefined;
    chunks.push({ type, bytes: png.subarray(at, end) });
    if (type === 'IEND') return chunks;
    at = end;
  }
  return undefined;
}
