/** A colour with its alpha, 0 to 255 each. */
export type Colour = readonly [red: number, green: number, blue: number, alpha?: number];

/** How a bitmap is written. */
export interface BmpOptions {
  bits: 1 | 2 | 4 | 8 | 16 | 24 | 32;
  /** Rows of colours, from the top. */
  rows: readonly (readonly Colour[])[];
  /** Bytes of the header: 12 (OS/2), 40, 108 or 124; the latter two have a mask for alpha. */
  headerBytes?: 12 | 40 | 108 | 124;
  topDown?: boolean;
  /** Red, green, blue, alpha; with them the coding is that of bit fields. */
  masks?: readonly [number, number, number, number];
  /** Packs rows of up to 8 bits as runs. */
  packed?: boolean;
  /** Writes no file header, and a mask of what is clear behind the pixels. */
  icon?: boolean;
  /** A colour profile to be put behind the pixels of a header of 124 bytes. */
  profile?: Buffer;
}

const keyOf = ([red, green, blue]: Colour) => `${red},${green},${blue}`;

/** Writes a bitmap as other programs do; pixels of up to 8 bits get a palette of the colours in use. */
export function buildBmp({ bits, rows, headerBytes = 40, masks, icon = false, ...options }: BmpOptions): Buffer {
  const { topDown = false, packed = false, profile = Buffer.alloc(0) } = options;
  const [width, height] = [rows[0]?.length ?? 0, rows.length];
  const colours = bits <= 8 ? [...new Map(rows.flat().map((colour) => [keyOf(colour), colour])).values()] : [];
  const indexOf = new Map(colours.map((colour, index) => [keyOf(colour), index]));
  const palette = Buffer.concat(
    colours.map(([red, green, blue]) => Buffer.from(headerBytes === 12 ? [blue, green, red] : [blue, green, red, 0])),
  );
  const full = headerBytes === 12 ? Buffer.concat([palette, Buffer.alloc(3 * 2 ** bits - palette.length)]) : palette;
  const ordered = topDown ? rows : rows.toReversed();
  const indices = ordered.map((row) => row.map((colour) => indexOf.get(keyOf(colour)) ?? 0));
  const pixels = packed
    ? packRows(indices, bits === 4)
    : Buffer.concat(ordered.map((row, at) => writeRow(row, indices[at] ?? [], bits, masks)));
  const behind = headerBytes === 40 && masks ? Buffer.alloc(12) : Buffer.alloc(0);
  if (behind.length > 0)
    for (let index = 0; index < 3; index += 1) behind.writeUInt32LE(masks?.[index] ?? 0, 4 * index);
  const pixelsAt = 14 + headerBytes + behind.length + full.length;
  const shownHeight = (icon ? 2 : 1) * height * (topDown ? -1 : 1);
  const coding = packed ? (bits === 8 ? 1 : 2) : masks ? 3 : 0;
  const size = { width, shownHeight, colours: colours.length, coding, pixels, pixelsAt };
  const header = headerBytes === 12 ? coreHeader(size, bits) : infoHeader(size, { bits, headerBytes, masks, profile });
  const body = Buffer.concat([header, behind, full, pixels, icon ? writeMask(ordered) : profile]);
  if (icon) return body;
  const file = Buffer.alloc(14);
  file.write('BM', 'latin1');
  file.writeUInt32LE(14 + body.length, 2);
  file.writeUInt32LE(pixelsAt, 10);
  return Buffer.concat([file, body]);
}

interface Laid {
  width: number;
  shownHeight: number;
  colours: number;
  coding: number;
  pixels: Buffer;
  pixelsAt: number;
}

function coreHeader({ width, shownHeight }: Laid, bits: number): Buffer {
  const header = Buffer.alloc(12);
  for (const [index, value] of [12, 0, width, shownHeight, 1, bits].entries()) header.writeUInt16LE(value, 2 * index);
  return header;
}

interface InfoOptions {
  bits: number;
  headerBytes: number;
  masks: BmpOptions['masks'];
  profile: Buffer;
}

function infoHeader(laid: Laid, { bits, headerBytes, masks, profile }: InfoOptions): Buffer {
  const { width, shownHeight, colours, coding, pixels, pixelsAt } = laid;
  const header = Buffer.alloc(headerBytes);
  header.writeUInt32LE(headerBytes, 0);
  header.writeInt32LE(width, 4);
  header.writeInt32LE(shownHeight, 8);
  header.writeUInt16LE(1, 12);
  header.writeUInt16LE(bits, 14);
  header.writeUInt32LE(coding, 16);
  header.writeUInt32LE(pixels.length, 20);
  header.writeUInt32LE(colours, 32);
  if (headerBytes < 108) return header;
  for (const [index, mask] of (masks ?? []).entries()) header.writeUInt32LE(mask, 40 + 4 * index);
  header.write(profile.length > 0 ? 'DEBM' : 'BGRs', 56, 'latin1');
  if (headerBytes < 124) return header;
  header.writeUInt32LE(pixelsAt - 14 + pixels.length, 112);
  header.writeUInt32LE(profile.length, 116);
  return header;
}

const padded = (bytes: number) => 4 * Math.ceil(bytes / 4);

function writeRow(
  row: readonly Colour[],
  indices: readonly number[],
  bits: number,
  masks?: BmpOptions['masks'],
): Buffer {
  const line = Buffer.alloc(padded((row.length * bits) / 8));
  for (const [x, [red, green, blue, alpha = 255]] of row.entries()) {
    if (bits <= 8) {
      const at = Math.floor((x * bits) / 8);
      line[at] = (line[at] ?? 0) | ((indices[x] ?? 0) << (8 - bits - ((x * bits) % 8)));
    } else if (bits === 24) line.set([blue, green, red], 3 * x);
    else if (masks || bits === 16) {
      const value = [red, green, blue, alpha].reduce(
        (sum, channel, index) => sum + underMask(channel, (masks ?? [0x7c00, 0x3e0, 0x1f, 0])[index] ?? 0),
        0,
      );
      line.writeUIntLE(value, (bits / 8) * x, bits / 8);
    } else line.set([blue, green, red, alpha], 4 * x);
  }
  return line;
}

/** Puts a channel where its mask says. */
function underMask(channel: number, mask: number): number {
  if (mask === 0) return 0;
  const lowest = 2 ** (31 - Math.clz32(mask & -mask));
  return Math.round((channel / 255) * (mask / lowest)) * lowest;
}

/** Packs rows: runs of one colour, what does not repeat as it is, and an end mark. */
function packRows(rows: readonly (readonly number[])[], isNibbles: boolean): Buffer {
  const bytes: number[] = [];
  for (const row of rows) {
    // The first half as it is, where that is worth a mark; then runs.
    const plain = Math.min(255, row.length >> 1);
    let at = 0;
    if (plain >= 3) {
      bytes.push(0, plain);
      const packed = isNibbles
        ? Array.from(
            { length: Math.ceil(plain / 2) },
            (_, i) => ((row[2 * i] ?? 0) << 4) | (2 * i + 1 < plain ? (row[2 * i + 1] ?? 0) : 0),
          )
        : row.slice(0, plain);
      bytes.push(...packed, ...(packed.length % 2 ? [0] : []));
      at = plain;
    }
    while (at < row.length) {
      let end = at;
      while (end < row.length && end - at < 255 && row[end] === row[at]) end += 1;
      const value = row[at] ?? 0;
      bytes.push(end - at, isNibbles ? (value << 4) | value : value);
      at = end;
    }
    bytes.push(0, 0);
  }
  return Buffer.from([...bytes, 0, 1]);
}

/** Marks what is clear: a bit each, a row at a time. */
const writeMask = (rows: readonly (readonly Colour[])[]) =>
  Buffer.concat(
    rows.map((row) => {
      const line = Buffer.alloc(padded(row.length / 8));
      for (const [x, [, , , alpha = 255]] of row.entries()) {
        if (alpha === 0) line[x >> 3] = (line[x >> 3] ?? 0) | (128 >> (x & 7));
      }
      return line;
    }),
  );

/** Puts pictures into an icon, or with `type` 2 a cursor; each is a PNG, or a bitmap made with `icon`. */
export function buildIcon(pictures: readonly Buffer[], type = 1): Buffer {
  const head = Buffer.alloc(6 + 16 * pictures.length);
  head.writeUInt16LE(type, 2);
  head.writeUInt16LE(pictures.length, 4);
  let at = head.length;
  for (const [index, picture] of pictures.entries()) {
    const entry = 6 + 16 * index;
    const isPng = picture[0] === 0x89;
    head[entry] = (isPng ? picture.readUInt32BE(16) : picture.readInt32LE(4)) % 256;
    head[entry + 1] = (isPng ? picture.readUInt32BE(20) : picture.readInt32LE(8) / 2) % 256;
    head.writeUInt16LE(1, entry + 4);
    head.writeUInt16LE(32, entry + 6);
    head.writeUInt32LE(picture.length, entry + 8);
    head.writeUInt32LE(at, entry + 12);
    at += picture.length;
  }
  return Buffer.concat([head, ...pictures]);
}
