import { readFileSync } from 'node:fs';

/**
 * HEIC files for tests, each 320 x 240 pixels in quadrants of red, green, blue and yellow (`QUADRANTS`), encoded by x265:
 * `quadrants`, the same in Display P3 (`display-p3`), and half transparent (`alpha`).
 */
export const heicFixture = (name: 'quadrants' | 'display-p3' | 'alpha'): Buffer =>
  readFileSync(new URL(`./${name}.heic`, import.meta.url));

export interface HeicOptions {
  columns?: number;
  rows?: number;
  /** What the file claims to be, in pixels; by default all its tiles. */
  width?: number;
  height?: number;
  /** Quarter turns anticlockwise. */
  turns?: number;
  /** Code points of the colours' primaries and transfer. */
  codes?: readonly [number, number];
  brands?: string[];
  /** What each tile claims to be, in pixels. */
  tileWidth?: number;
  tileHeight?: number;
}

const TILE = { width: 320, height: 240 };
const u16 = (value: number) => Buffer.from([value >> 8, value & 255]);
const u32 = (value: number) => Buffer.concat([u16(Math.floor(value / 65_536)), u16(value % 65_536)]);
const box = (type: string, ...parts: Buffer[]) => {
  const content = Buffer.concat(parts);
  return Buffer.concat([u32(8 + content.length), Buffer.from(type, 'latin1'), content]);
};
const full = (type: string, ...parts: Buffer[]) => box(type, u32(0), ...parts);

/** A box anywhere in the fixture, as it stands; the fixture is ours, so its name occurs once. */
function cutBox(file: Buffer, type: string): Buffer {
  const at = file.indexOf(type, 0, 'latin1') - 4;
  return file.subarray(at, at + file.readUInt32BE(at));
}

/**
 * A picture as phones write it: a grid, each of whose tiles is the quadrants fixture, its directory as asked. Sizes may
 * be claimed that no pixels stand behind.
 */
export function buildHeic(options: HeicOptions = {}): Buffer {
  const { columns = 1, rows = 1, brands = ['heic', 'mif1', 'heic'], turns = 0, codes } = options;
  const { width = columns * TILE.width, height = rows * TILE.height } = options;
  const { tileWidth = TILE.width, tileHeight = TILE.height } = options;
  const source = heicFixture('quadrants');
  const tile = cutBox(source, 'mdat').subarray(8);
  const tiles = Array.from({ length: columns * rows }, (_, index) => index + 2);
  const grid = Buffer.concat([Buffer.from([0, 1, rows - 1, columns - 1]), u32(width), u32(height)]);
  // Tiles are hidden: they are no pictures by themselves.
  const infe = (id: number, type: string) =>
    box('infe', Buffer.from([2, 0, 0, type === 'grid' ? 0 : 1]), u16(id), u16(0), Buffer.from(`${type}\0`, 'latin1'));
  const size = (w: number, h: number) => full('ispe', u32(w), u32(h));
  const properties = [
    size(tileWidth, tileHeight),
    cutBox(source, 'hvcC'),
    size(width, height),
    box('irot', Buffer.from([turns])),
    ...(codes ? [box('colr', Buffer.from('nclx', 'latin1'), ...codes.map(u16), u16(6), Buffer.from([0x80]))] : []),
  ];
  const tied = (id: number, ...indices: number[]) =>
    Buffer.concat([u16(id), Buffer.from([indices.length, ...indices])]);
  const ftyp = box(
    'ftyp',
    Buffer.from(brands[0] ?? '', 'latin1'),
    u32(0),
    Buffer.from(brands.slice(1).join(''), 'latin1'),
  );

  const meta = (dataAt: number) => {
    const place = (id: number, at: number, length: number) =>
      Buffer.concat([u16(id), u16(0), u16(1), u32(at), u32(length)]);
    return full(
      'meta',
      full('hdlr', u32(0), Buffer.from('pict', 'latin1'), Buffer.alloc(13)),
      full('pitm', u16(1)),
      full(
        'iloc',
        Buffer.from([0x44, 0]),
        u16(tiles.length + 1),
        place(1, dataAt, grid.length),
        ...tiles.map((id) => place(id, dataAt + grid.length, tile.length)),
      ),
      full('iinf', u16(tiles.length + 1), infe(1, 'grid'), ...tiles.map((id) => infe(id, 'hvc1'))),
      box(
        'iprp',
        box('ipco', ...properties),
        full(
          'ipma',
          u32(tiles.length + 1),
          tied(1, 3, 4, ...(codes ? [5] : [])),
          ...tiles.map((id) => tied(id, 1, 0x82)),
        ),
      ),
      full('iref', box('dimg', u16(1), u16(tiles.length), ...tiles.map(u16))),
    );
  };
  const dataAt = ftyp.length + meta(0).length + 8;
  return Buffer.concat([ftyp, meta(dataAt), box('mdat', grid, tile)]);
}
