/** A box of an ISO media file: where its content begins (after size and type) and ends, in bytes. */
interface Box {
  type: string;
  start: number;
  end: number;
}

/** What the directory of a HEIF file (HEIC, AVIF) holds about its main picture. */
export interface HeifHeader {
  /** Pixels as a viewer sees them: the main picture's own (not a tile's), a quarter turn applied. */
  width: number;
  height: number;
  /** Four letters each that name what items are coded as: `hvc1`, `av01`, `grid`, `Exif`, ...; each kind once. */
  itemTypes: string[];
}

/** A quarter turn swaps width and height. */
const SWAPS_SIDES = 1;
/** An item names its properties by numbers of 15 bits: what lies behind these can't be meant. */
const MAX_PROPERTIES = 0x7fff;

/**
 * Reads the directory of a HEIF file from its first bytes; undefined when they do not show it, or it is damaged.
 * A phone's picture is a grid: its directory begins with the size of one tile, which is not the size asked for here.
 */
export function readHeifHeader(head: Uint8Array): HeifHeader | undefined {
  const bytes = new DataView(head.buffer, head.byteOffset, head.byteLength);
  try {
    const meta = findBox(bytes, { start: 0, end: bytes.byteLength }, 'meta');
    // `meta` and most boxes in it begin with a version and flags: 4 bytes.
    const inside = { start: meta.start + 4, end: meta.end };
    const properties = readProperties(bytes, findBox(bytes, inside, 'iprp'), readPrimaryId(bytes, inside));
    const size = properties.find(({ type }) => type === 'ispe');
    if (!size) return undefined;
    const sides = [bytes.getUint32(size.start + 4), bytes.getUint32(size.start + 8)] as const;
    const turn = properties.find(({ type }) => type === 'irot');
    const swapped = turn !== undefined && (bytes.getUint8(turn.start) & SWAPS_SIDES) === 1;
    const [width, height] = swapped ? [sides[1], sides[0]] : sides;
    return { width, height, itemTypes: readItemTypes(bytes, findBox(bytes, inside, 'iinf')) };
  } catch (error) {
    // Past the end of what is there, or a box that is not there.
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** Walks the boxes side by side between two places. Throws RangeError where one is cut off or claims no room. */
function* boxesIn(bytes: DataView, { start, end }: Omit<Box, 'type'>): Generator<Box> {
  for (let at = start; at + 8 <= end; ) {
    const claimed = bytes.getUint32(at);
    // 0: to the end of the file; 1: a size of 64 bits follows the type.
    const long = claimed === 1;
    const size = long ? Number(bytes.getBigUint64(at + 8)) : claimed || end - at;
    const headBytes = long ? 16 : 8;
    if (size < headBytes) throw new RangeError('a box smaller than its own header');
    yield { type: readType(bytes, at + 4), start: at + headBytes, end: Math.min(at + size, end) };
    at += size;
  }
}

function findBox(bytes: DataView, range: Omit<Box, 'type'>, type: string): Box {
  for (const box of boxesIn(bytes, range)) if (box.type === type) return box;
  throw new RangeError(`no box ${type}`);
}

const readType = (bytes: DataView, at: number) =>
  String.fromCharCode(...[0, 1, 2, 3].map((offset) => bytes.getUint8(at + offset)));

const readVersion = (bytes: DataView, { start }: Box) => bytes.getUint8(start);

function readPrimaryId(bytes: DataView, meta: Omit<Box, 'type'>): number {
  const box = findBox(bytes, meta, 'pitm');
  return readVersion(bytes, box) === 0 ? bytes.getUint16(box.start + 4) : bytes.getUint32(box.start + 4);
}

/** Reads the properties (size, turn, ...) that `ipma` ties to an item, out of the common list `ipco`. */
function readProperties(bytes: DataView, iprp: Box, item: number): Box[] {
  const all = boxesIn(bytes, findBox(bytes, iprp, 'ipco'))
    .take(MAX_PROPERTIES)
    .toArray();
  const ipma = findBox(bytes, iprp, 'ipma');
  const idBytes = readVersion(bytes, ipma) === 0 ? 2 : 4;
  const indexBytes = bytes.getUint8(ipma.start + 3) & 1 ? 2 : 1;
  const entries = bytes.getUint32(ipma.start + 4);
  let at = ipma.start + 8;
  for (let entry = 0; entry < entries && at < ipma.end; entry += 1) {
    const id = idBytes === 2 ? bytes.getUint16(at) : bytes.getUint32(at);
    const count = bytes.getUint8(at + idBytes);
    at += idBytes + 1;
    if (id === item) {
      const indices = Array.from({ length: count }, (_, index) =>
        indexBytes === 2 ? bytes.getUint16(at + 2 * index) & 0x7fff : bytes.getUint8(at + index) & 0x7f,
      );
      return indices.flatMap((index) => all[index - 1] ?? []);
    }
    at += count * indexBytes;
  }
  return [];
}

function readItemTypes(bytes: DataView, iinf: Box): string[] {
  const countBytes = readVersion(bytes, iinf) === 0 ? 2 : 4;
  const types = new Set<string>();
  for (const box of boxesIn(bytes, { start: iinf.start + 4 + countBytes, end: iinf.end })) {
    if (box.type !== 'infe') continue;
    // Version 2 has an id of 16 bits, version 3 of 32; the older ones name no type.
    const version = readVersion(bytes, box);
    if (version >= 2) types.add(readType(bytes, box.start + (version === 2 ? 8 : 10)));
  }
  return [...types];
}
