/** A box of an ISO media file: where its content begins (after size and type) and ends, in bytes. */
export interface Box {
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
  /** Whether the main picture is put together of tiles. */
  isGrid: boolean;
}

/** A quarter turn swaps width and height. */
const SWAPS_SIDES = 1;
/** A phone's picture has some hundred; libheif reads no more than a thousand items. */
const MAX_BOXES = 10_000;

/** Thrown where there are more boxes, or pieces of items, than any picture has. */
export class TooManyBoxes extends RangeError {}

/**
 * Reads the directory of a HEIF file from its first bytes; undefined when they do not show it, or it is damaged.
 * A phone's picture is a grid: its directory begins with the size of one tile, which is not the size asked for here.
 */
export function readHeifHeader(head: Uint8Array): HeifHeader | undefined {
  const bytes = new DataView(head.buffer, head.byteOffset, head.byteLength);
  try {
    const inside = readMeta(bytes);
    const primaryId = readPrimaryId(bytes, inside);
    const properties = readProperties(bytes, findBox(bytes, inside, 'iprp'), primaryId);
    const size = properties.find(({ type }) => type === 'ispe');
    if (!size) return undefined;
    const sides = [bytes.getUint32(size.start + 4), bytes.getUint32(size.start + 8)] as const;
    const turn = properties.find(({ type }) => type === 'irot');
    const swapped = turn !== undefined && (bytes.getUint8(turn.start) & SWAPS_SIDES) === 1;
    const [width, height] = swapped ? [sides[1], sides[0]] : sides;
    const items = readItems(bytes, inside);
    const isGrid = items.find(({ id }) => id === primaryId)?.type === 'grid';
    return { width, height, itemTypes: [...new Set(items.map(({ type }) => type))], isGrid };
  } catch (error) {
    // Past the end of what is there, or a box that is not there.
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/**
 * Walks the boxes side by side between two places. Throws RangeError where one is cut off or claims no room, and
 * TooManyBoxes where there are more than MAX_BOXES.
 */
export function* boxesIn(bytes: DataView, { start, end }: Omit<Box, 'type'>): Generator<Box> {
  let count = 0;
  for (let at = start; at + 8 <= end; ) {
    count += 1;
    if (count > MAX_BOXES) throw new TooManyBoxes('too many boxes');
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

/** Finds where the content of a file's directory lies. Throws RangeError where it has none. */
export function readMeta(bytes: DataView): Omit<Box, 'type'> {
  const { start, end } = findBox(bytes, { start: 0, end: bytes.byteLength }, 'meta');
  // `meta` and most boxes in it begin with a version and flags: 4 bytes.
  return { start: start + 4, end };
}

/** Finds the first box of a type between two places. Throws RangeError where there is none. */
export function findBox(bytes: DataView, range: Omit<Box, 'type'>, type: string): Box {
  for (const box of boxesIn(bytes, range)) if (box.type === type) return box;
  throw new RangeError(`no box ${type}`);
}

/** Reads the four letters of a type. */
export const readType = (bytes: DataView, at: number) =>
  String.fromCharCode(...[0, 1, 2, 3].map((offset) => bytes.getUint8(at + offset)));

const readVersion = (bytes: DataView, { start }: Box) => bytes.getUint8(start);

/** Reads the number of the main picture. */
export function readPrimaryId(bytes: DataView, meta: Omit<Box, 'type'>): number {
  const box = findBox(bytes, meta, 'pitm');
  return readVersion(bytes, box) === 0 ? bytes.getUint16(box.start + 4) : bytes.getUint32(box.start + 4);
}

/** Reads the properties (size, turn, ...) that `ipma` ties to an item, out of the common list `ipco`. */
export function readProperties(bytes: DataView, iprp: Box, item: number): Box[] {
  const all = boxesIn(bytes, findBox(bytes, iprp, 'ipco')).toArray();
  const ipma = findBox(bytes, iprp, 'ipma');
  const idBytes = readVersion(bytes, ipma) === 0 ? 2 : 4;
  const indexBytes = bytes.getUint8(ipma.start + 3) & 1 ? 2 : 1;
  const entries = Math.min(bytes.getUint32(ipma.start + 4), MAX_BOXES);
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

/** An item: its number, what it is coded as, and where its name and media type stand. */
interface Item {
  id: number;
  type: string;
  names: Omit<Box, 'type'>;
}

/** Lists the items of a directory, whose content begins and ends there. Throws RangeError where it is damaged. */
export function readItems(bytes: DataView, meta: Omit<Box, 'type'>): Item[] {
  const iinf = findBox(bytes, meta, 'iinf');
  const countBytes = readVersion(bytes, iinf) === 0 ? 2 : 4;
  const items: Item[] = [];
  for (const box of boxesIn(bytes, { start: iinf.start + 4 + countBytes, end: iinf.end })) {
    if (box.type !== 'infe') continue;
    // Version 2 has an id of 16 bits, version 3 of 32; the older ones name no type.
    const version = readVersion(bytes, box);
    if (version < 2) continue;
    const id = version === 2 ? bytes.getUint16(box.start + 4) : bytes.getUint32(box.start + 4);
    const typeAt = box.start + (version === 2 ? 8 : 10);
    items.push({ id, type: readType(bytes, typeAt), names: { start: typeAt + 4, end: box.end } });
  }
  return items;
}

/** Where a piece of an item's data lies, and how long it is; 0 for all that follows. */
interface Place {
  id: number;
  /** 0: counted from the beginning of the file; 1: from that of the directory's own data; 2: of another item's. */
  method: number;
  offset: number;
  length: number;
}

/** Lists the pieces of the items of a directory. Throws RangeError where it is damaged, TooManyBoxes. */
export function readPlaces(bytes: DataView, meta: Omit<Box, 'type'>): Place[] {
  const iloc = findBox(bytes, meta, 'iloc');
  const version = readVersion(bytes, iloc);
  const sizes = bytes.getUint16(iloc.start + 4);
  const [offsetBytes, lengthBytes, baseBytes] = [sizes >> 12, (sizes >> 8) & 15, (sizes >> 4) & 15];
  const indexBytes = version > 0 ? sizes & 15 : 0;
  const idBytes = version < 2 ? 2 : 4;
  const number = (at: number, size: number) =>
    size === 8
      ? Number(bytes.getBigUint64(at))
      : size === 4
        ? bytes.getUint32(at)
        : size === 2
          ? bytes.getUint16(at)
          : 0;
  const places: Place[] = [];
  const count = number(iloc.start + 6, idBytes);
  let at = iloc.start + 6 + idBytes;
  for (let item = 0; item < count && at < iloc.end; item += 1) {
    const id = number(at, idBytes);
    // How the place is meant (from version 1 on), which file it is in, a base that all pieces count from.
    const method = version > 0 ? bytes.getUint16(at + idBytes) & 15 : 0;
    at += idBytes + (version > 0 ? 2 : 0) + 2;
    const base = number(at, baseBytes);
    at += baseBytes;
    const pieces = bytes.getUint16(at);
    at += 2;
    for (let piece = 0; piece < pieces && at < iloc.end; piece += 1) {
      const offset = base + number(at + indexBytes, offsetBytes);
      places.push({ id, method, offset, length: number(at + indexBytes + offsetBytes, lengthBytes) });
      if (places.length > MAX_BOXES) throw new TooManyBoxes('too many pieces');
      at += indexBytes + offsetBytes + lengthBytes;
    }
  }
  return places;
}

/** Makes a box. */
export function makeBox(type: string, ...parts: Uint8Array[]): Buffer {
  const head = Buffer.alloc(8);
  head.writeUInt32BE(8 + parts.reduce((sum, { length }) => sum + length, 0));
  head.write(type, 4, 'latin1');
  return Buffer.concat([head, ...parts]);
}
