import { isFrame, listSegments } from './segments.ts';

export const QUANTISATION = 0xdb;
/** Frames that are coded by Huffman: baseline and its extension, and what comes coarse first. */
const SEQUENTIAL = [0xc0, 0xc1];
const PROGRESSIVE = 0xc2;
export const BLOCK = 64;

/** One colour of a picture: how fine it is, and its blocks across and down. */
export interface Colour {
  id: number;
  across: number;
  down: number;
  table: number;
  /** With those that only fill up the units. */
  blocks: { across: number; down: number };
  /** Those that a scan of this colour alone has. */
  own: { across: number; down: number };
}

/** What a JPEG's pixels are coded as. */
export interface Frame {
  width: number;
  height: number;
  isProgressive: boolean;
  colours: Colour[];
  /** The units of a scan of several colours: their sides in pixels, and how many there are. */
  unit: { width: number; height: number; across: number; down: number };
}

/** Reads a JPEG's frame; null of one that is not coded by Huffman, of 8 bits and one, three or four colours. */
export function readFrame(jpeg: Buffer): Frame | null {
  const found = listSegments(jpeg).find(({ marker }) => isFrame(marker));
  const isProgressive = found?.marker === PROGRESSIVE;
  if (!found || !(isProgressive || SEQUENTIAL.includes(found.marker))) return null;
  const { data } = found;
  const count = data[5] ?? 0;
  if (data[0] !== 8 || ![1, 3, 4].includes(count) || data.length < 6 + 3 * count) return null;
  const [height, width] = [data.readUInt16BE(1), data.readUInt16BE(3)];
  const given = Array.from({ length: count }, (_, index) => {
    const [id = 0, fine = 0, table = 0] = data.subarray(6 + 3 * index);
    // The blocks of one colour alone come one by one, however fine it is.
    return { id, across: count === 1 ? 1 : fine >> 4, down: count === 1 ? 1 : fine & 15, table };
  });
  if (width === 0 || height === 0 || given.some(({ across, down }) => !isFineness(across) || !isFineness(down))) {
    return null;
  }
  const size = {
    width: 8 * Math.max(...given.map(({ across }) => across)),
    height: 8 * Math.max(...given.map(({ down }) => down)),
  };
  const unit = { ...size, across: Math.ceil(width / size.width), down: Math.ceil(height / size.height) };
  const colours = given.map((colour) => ({
    ...colour,
    blocks: { across: unit.across * colour.across, down: unit.down * colour.down },
    own: {
      across: Math.ceil((width * colour.across) / size.width),
      down: Math.ceil((height * colour.down) / size.height),
    },
  }));
  return { width, height, isProgressive, colours, unit };
}

const isFineness = (value: number) => value >= 1 && value <= 4;

/** The units that a scan goes through, and how many blocks across and down each has of a colour. */
export interface Layout {
  across: number;
  down: number;
  unitOf: (colour: Pick<Colour, 'across' | 'down'>) => { wide: number; high: number };
}

/** Lays out a scan: of one colour alone block after block, those that only fill up left out; of several unit after unit. */
export function layOut(
  { colours, unit }: Pick<Frame, 'colours' | 'unit'>,
  parts: readonly { colour: number }[],
): Layout {
  const [only, other] = parts;
  const own = only && !other ? colours[only.colour]?.own : undefined;
  return own
    ? { ...own, unitOf: () => ({ wide: 1, high: 1 }) }
    : { ...unit, unitOf: ({ across, down }) => ({ wide: across, high: down }) };
}

/** Reads the tables of quantisation, each as it stands behind its number; null where one has 16 bits. */
export function readQuantisation(jpeg: Buffer): Map<number, Buffer> | null {
  const found = new Map<number, Buffer>();
  for (const { marker, data } of listSegments(jpeg)) {
    if (marker !== QUANTISATION) continue;
    for (let at = 0; at + 1 + BLOCK <= data.length; at += 1 + BLOCK) {
      const head = data[at] ?? 0;
      if (head >> 4 !== 0) return null;
      found.set(head, data.subarray(at + 1, at + 1 + BLOCK));
    }
  }
  return found;
}
