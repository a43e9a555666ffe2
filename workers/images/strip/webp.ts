/** `RIFF`, the file's length, `WEBP`. */
const HEAD_BYTES = 12;
/** A chunk's type and length. */
const CHUNK_HEAD_BYTES = 8;
const EXTENDED = 'VP8X';
const FRAME = 'ANMF';
/** Of a frame, before its own chunks: place, size, duration, how it is drawn. */
const FRAME_HEAD_BYTES = 16;
const PIXELS = ['VP8 ', 'VP8L', 'ALPH'];
const NEED_HEAD = ['ALPH', 'ANIM', FRAME];
const METADATA = ['ICCP', 'EXIF', 'XMP '];
/** Flags of the extended head. */
const [HAS_PROFILE, HAS_ALPHA, HAS_EXIF, HAS_XMP, MOVES] = [0x20, 0x10, 0x08, 0x04, 0x02];

interface Chunk {
  type: string;
  data: Buffer;
}

/**
 * Returns a WebP with its pixels as they are coded and nothing else, nor anything behind its end; with the metadata of `from`,
 * another WebP of the same size, where one is given. Null where it can't be followed, or its head is missing.
 */
export function stripWebp(webp: Buffer, from?: Buffer): Buffer | null {
  const chunks = chunksOf(webp, HEAD_BYTES, riffEnd(webp));
  const others = from ? chunksOf(from, HEAD_BYTES, riffEnd(from)) : [];
  if (!chunks || !others || !chunks.some(({ type }) => type === FRAME || type.startsWith('VP8'))) return null;
  const metadata = others.filter(({ type }) => METADATA.includes(type));
  // Without a head there is one picture, whose pixels say themselves whether they are clear.
  const needsHead = metadata.length > 0 || chunks.some(({ type }) => NEED_HEAD.includes(type));
  const head = [...chunks, ...others].find(({ type }) => type === EXTENDED);
  const [profile, further] = [metadata.filter(isProfile), metadata.filter((chunk) => !isProfile(chunk))];
  const pixels = chunks.flatMap(pictureOf);
  if (!needsHead) return assemble(pixels);
  if (!head) return null;
  const kept = chunks.some(({ type }) => type === EXTENDED)
    ? (head.data[0] ?? 0) & (HAS_ALPHA | MOVES)
    : alphaOf(chunks);
  const data = Buffer.from(head.data);
  data[0] = metadata.reduce((flags, { type }) => flags | flagOf(type), kept);
  return assemble([{ type: EXTENDED, data }, ...profile, ...pixels, ...further]);
}

const isProfile = ({ type }: Chunk) => type === 'ICCP';
const flagOf = (type: string) => (type === 'ICCP' ? HAS_PROFILE : type === 'EXIF' ? HAS_EXIF : HAS_XMP);
const riffEnd = (webp: Buffer) => CHUNK_HEAD_BYTES + (webp.length >= HEAD_BYTES ? webp.readUInt32LE(4) : 0);
/** A lossless picture says in its fifth byte, behind both sizes, whether it has alpha. */
const alphaOf = (chunks: Chunk[]) =>
  chunks.some(({ type, data }) => type === 'VP8L' && ((data[4] ?? 0) & 0x10) !== 0) ? HAS_ALPHA : 0;

/** Returns a chunk where it is part of the picture; of a frame its pixels alone. */
function pictureOf({ type, data }: Chunk): Chunk[] {
  if (PIXELS.includes(type) || type === 'ANIM') return [{ type, data }];
  if (type !== FRAME) return [];
  const inner = chunksOf(data, FRAME_HEAD_BYTES, data.length) ?? [];
  const pixels = inner.filter((chunk) => PIXELS.includes(chunk.type)).map(write);
  return [{ type, data: Buffer.concat([data.subarray(0, FRAME_HEAD_BYTES), ...pixels]) }];
}

function chunksOf(bytes: Buffer, start: number, end: number): Chunk[] | undefined {
  const chunks: Chunk[] = [];
  for (let at = start; at + CHUNK_HEAD_BYTES <= end; ) {
    if (at + CHUNK_HEAD_BYTES > bytes.length) return undefined;
    const length = bytes.readUInt32LE(at + 4);
    const dataAt = at + CHUNK_HEAD_BYTES;
    if (dataAt + length > bytes.length) return undefined;
    chunks.push({ type: bytes.toString('latin1', at, at + 4), data: bytes.subarray(dataAt, dataAt + length) });
    at = dataAt + length + (length % 2);
  }
  return chunks;
}

function write({ type, data }: Chunk): Buffer {
  const head = Buffer.alloc(CHUNK_HEAD_BYTES);
  head.write(type, 'latin1');
  head.writeUInt32LE(data.length, 4);
  return Buffer.concat([head, data, Buffer.alloc(data.length % 2)]);
}

function assemble(chunks: Chunk[]): Buffer {
  const body = Buffer.concat([Buffer.from('WEBP'), ...chunks.map(write)]);
  return write({ type: 'RIFF', data: body });
}
