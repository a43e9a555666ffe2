import { listPngChunks, makePngChunk, PNG_SIGNATURE } from '../formats/png-chunks.ts';

/** What a picture is made of. */
const END = 'IEND';
const PICTURE = ['IHDR', 'PLTE', 'tRNS', 'IDAT', END];
/** What tells of it. */
const METADATA = ['eXIf', 'iTXt', 'tEXt', 'zTXt'];
const PROFILE = 'iCCP';
const END_CHUNK = makePngChunk(END);
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

/** Lists all chunks, with an end chunk where the file ends before that or in it; undefined where another is missing or cut off. */
function chunksOf(png: Buffer): Chunk[] | undefined {
  const chunks = [...listPngChunks(png)];
  const last = chunks.at(-1);
  if (!last || last.end > png.length) return undefined;
  const all = chunks.map(({ type, start, end }) => ({ type, bytes: png.subarray(start, end) }));
  if (last.type === END) return all;
  const isCut = png.length - last.end < END_CHUNK.length;
  return isCut ? [...all, { type: END, bytes: END_CHUNK }] : undefined;
}
