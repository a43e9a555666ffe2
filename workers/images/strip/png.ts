import { listPngChunks, PNG_SIGNATURE } from '../formats/png-chunks.ts';

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
  return Buffer.concat([PNG_SIGNATURE, first ?? Buffer.alloc(0), ...added.map(({ bytes }) => bytes), ...rest]);
}

/** Lists all chunks; undefined where the end chunk is missing, or one is cut off. */
function chunksOf(png: Buffer): Chunk[] | undefined {
  const chunks = [...listPngChunks(png)];
  const last = chunks.at(-1);
  if (last?.type !== 'IEND' || last.end > png.length) return undefined;
  return chunks.map(({ type, start, end }) => ({ type, bytes: png.subarray(start, end) }));
}
