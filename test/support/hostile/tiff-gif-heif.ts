import {
  box,
  fileType,
  latin1,
  letters,
  many,
  repeat,
  signed,
  tiffDirectory,
  tiffFields,
  tiffWith,
  u16,
  u16le,
  u32,
} from './blocks.ts';
import type { Hostile } from './png-jpeg-webp.ts';

const MB = 1_000_000;

const withTag = (tag: number, type: number, count: number, value: number) =>
  [...tiffFields(8, 8).filter(([known]) => known !== tag), [tag, type, count, value] as const].sort(
    ([one], [other]) => one - other,
  );

/** TIFFs of few pixels, by what their directories claim, whose directories take room or time. */
export const HOSTILE_TIFFS: Hostile = [
  ['300,000 pages', () => tiffPages(300_000)],
  ['pages that never end', () => tiffWith(tiffFields(8, 8), letters(64), 8)],
  ['a directory of 65,535 fields', () => tiffWith(many65535())],
  [
    'a directory of one field 65,535 times',
    () => tiffWith([...tiffFields(8, 8), ...Array(65_000).fill([700, 1, 4, 0])]),
  ],
  ['XMP of 45 MB', () => tiffWith(withTag(700, 1, 45 * MB, 8), letters(46 * MB))],
  ['a profile of 45 MB', () => tiffWith(withTag(34_675, 7, 45 * MB, 8), letters(46 * MB))],
  ['IPTC of 45 MB', () => tiffWith(withTag(33_723, 7, 45 * MB, 8), letters(46 * MB))],
  ['a Photoshop block of 45 MB', () => tiffWith(withTag(34_377, 7, 45 * MB, 8), letters(46 * MB))],
  ['11 million strips', () => tiffWith(withTag(273, 4, 11 * MB, 8), Buffer.alloc(46 * MB))],
  ['a billion strips', () => tiffWith(withTag(273, 4, 1e9, 8), letters(64))],
  ['65,535 samples a pixel', () => tiffWith(withTag(277, 3, 1, 65_535), letters(64))],
  ['a tile of a billion pixels', () => tiffWith(tileFields(32_768, 32_768), letters(64))],
  ['a strip of 4 billion rows', () => tiffWith(withTag(278, 4, 1, 0xffff_ffff), letters(64))],
  ['a text of 4 GB', () => tiffWith(withTag(270, 2, 0xffff_fff0, 8), letters(64))],
];

/** GIFs of few pixels whose blocks take room or time. */
export const HOSTILE_GIFS: Hostile = [
  ['3 million frames', () => gifWith(repeat(latin1('\x2c\0\0\0\0\x01\0\x01\0\0\x02\x02\x44\x01\0'), 3 * MB))],
  ['3 million empty frames', () => gifWith(repeat(latin1('\x2c\0\0\0\0\x01\0\x01\0\0\x02\0'), 3 * MB))],
  ['12 million comments', () => gifWith(repeat(latin1('\x21\xfe\0'), 12 * MB))],
  [
    'a comment of 45 MB',
    () => gifWith(signed('\x21\xfe', repeat(signed('\xff', letters(255)), 180_000), latin1('\0'))),
  ],
  ['6 million control blocks', () => gifWith(repeat(latin1('\x21\xf9\x04\0\0\0\0\0'), 6 * MB))],
  ['2 million loops', () => gifWith(repeat(latin1('\x21\xff\x0bNETSCAPE2.0\x03\x01\0\0\0'), 2 * MB))],
  ['10,000 frames of 65,535 x 1 pixels', () => gifWith(repeat(gifFrame(65_535, 1), 10_000), 65_535, 1)],
  ['XMP of 45 MB', () => gifWith(signed('\x21\xff\x0bXMP DataXMP', letters(45 * MB)))],
  ['60,000 tables of colours', () => gifWith(repeat(gifFrame(1, 1, 0x87), 60_000))],
  ['frames outside of the canvas', () => gifWith(repeat(gifFrame(60_000, 60_000), 250), 8, 8)],
];

const heif = (brand: string, ...boxes: Buffer[]) => Buffer.concat([fileType(brand), ...boxes]);
const meta = (...boxes: Buffer[]) => box('meta', u32(0), box('pitm', u32(0), u16(1)), ...boxes);
const size = box('ispe', u32(0), u32(8), u32(8));
const assigned = box('ipma', u32(0), u32(1), u16(1), Buffer.from([1, 1]));
const item = (id: number, type = 'av01') =>
  box('infe', u32(0x02_00_00_00), u16(id & 0xffff), u16(0), latin1(`${type}\0`));

/** HEIF files (of a codec's brand, or none) whose boxes take room or time. */
export const HOSTILE_HEIFS: Hostile = ['avif', 'heic', 'mif1'].flatMap((brand) =>
  (
    [
      ['6 million boxes', () => heif(brand, repeat(box('free'), 6 * MB))],
      [
        '6 million properties',
        () => heif(brand, meta(box('iprp', box('ipco', repeat(box('free'), 6 * MB)), assigned))),
      ],
      [
        '1 million items',
        () =>
          heif(
            brand,
            meta(
              box('iinf', u32(0x01_00_00_00), u32(MB), repeat(item(1), MB)),
              box('iprp', box('ipco', size), assigned),
            ),
          ),
      ],
      [
        '500,000 kinds of items',
        () =>
          heif(
            brand,
            meta(
              box(
                'iinf',
                u32(0x01_00_00_00),
                u32(500_000),
                many(500_000, (index) =>
                  item(
                    index,
                    `${String.fromCharCode(65 + (index % 26))}${index.toString(36).padStart(4, '0').slice(-3)}`,
                  ),
                ),
              ),
              box('iprp', box('ipco', size), assigned),
            ),
          ),
      ],
      [
        '10 million assignments',
        () =>
          heif(
            brand,
            meta(
              box(
                'iprp',
                box('ipco', size),
                box('ipma', u32(0), u32(10 * MB), repeat(Buffer.from([0, 2, 0]), 10 * MB)),
              ),
            ),
          ),
      ],
      [
        'a property 255 times for each of 100,000 items',
        () =>
          heif(
            brand,
            meta(
              box(
                'iprp',
                box('ipco', size),
                box('ipma', u32(0), u32(100_000), repeat(Buffer.concat([u16(2), Buffer.alloc(256, 255)]), 100_000)),
              ),
            ),
          ),
      ],
      [
        '2 million references',
        () => heif(brand, meta(box('iref', u32(0), repeat(box('cdsc', u16(1), u16(1), u16(1)), 2 * MB)))),
      ],
      [
        'references to 23 million items',
        () =>
          heif(brand, meta(box('iref', u32(0), repeat(box('cdsc', u16(1), u16(65_000), Buffer.alloc(130_000)), 350)))),
      ],
      [
        '3 million places',
        () => heif(brand, meta(box('iloc', u32(0x01_00_00_00), u16(0x4444), u16(0xffff), Buffer.alloc(45 * MB)))),
      ],
      ['500,000 boxes in each other', () => heif(brand, meta(nested(500_000)))],
      ['meta boxes side by side', () => heif(brand, repeat(meta(), 1_500_000))],
    ] as const
  ).map(([name, make]) => [`${brand}: ${name}`, make] as const),
);

function many65535() {
  return [...tiffFields(8, 8), ...Array.from({ length: 65_000 }, (_, index) => [400 + index, 1, 4, 0] as const)];
}

/** A TIFF of so many pages. */
export function tiffPages(pages: number): Buffer {
  const bytes = tiffDirectory(tiffFields(8, 8)).length;
  const next = (page: number) => (page === pages - 1 ? 0 : 8 + bytes * (page + 1));
  return signed(
    'II*\0\x08\0\0\0',
    many(pages, (page) => tiffDirectory(tiffFields(8, 8), next(page))),
  );
}

const tileFields = (width: number, height: number) => [
  ...tiffFields(8, 8).filter(([tag]) => tag !== 273 && tag !== 278 && tag !== 279),
  [322, 4, 1, width] as const,
  [323, 4, 1, height] as const,
  [324, 4, 1, 8] as const,
  [325, 4, 1, 64] as const,
];

/** A GIF of those blocks. */
export const gifWith = (blocks: Buffer, width = 1, height = 1) =>
  signed('GIF89a', u16le(width), u16le(height), latin1('\x80\0\0\0\0\0\xff\xff\xff'), blocks, latin1(';'));

/** A frame of one pixel that claims that size. */
export const gifFrame = (width: number, height: number, flags = 0) => {
  const table = Buffer.alloc(flags & 0x80 ? 3 * 2 ** ((flags & 7) + 1) : 0);
  return Buffer.concat([
    latin1('\x2c\0\0\0\0'),
    u16le(width),
    u16le(height),
    Buffer.from([flags]),
    table,
    latin1('\x02\x02\x44\x01\0'),
  ]);
};

function nested(depth: number): Buffer {
  const heads = Buffer.alloc(8 * depth);
  for (let level = 0; level < depth; level += 1) {
    heads.writeUInt32BE(8 * (depth - level), 8 * level);
    heads.write('iprp', 8 * level + 4, 'latin1');
  }
  return heads;
}

/** A directory of a HEIF file with those items. */
export const directoryOf = (items: Buffer): Buffer => meta(box('iinf', u32(0), u16(1), items));

/** A HEIC file with so many items of metadata, each of which is the same bytes at its end. */
export function sharedMetadata(items: number, bytes: number): Buffer {
  const types = many(items, (index) => item(index + 2, 'Exif'));
  const places = many(items, (index) => Buffer.concat([u16(index + 2), u16(0), u16(1), u32(100), u32(bytes)]));
  const list = box('iinf', u32(0), u16(items), types);
  return Buffer.concat([
    fileType('heic'),
    meta(list, box('iloc', u32(0), u16(0x4400), u16(items), places)),
    box('mdat', letters(bytes)),
  ]);
}
