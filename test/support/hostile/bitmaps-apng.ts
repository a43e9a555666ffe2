import sharp from 'sharp';
import { buildBmp, buildIcon, type Colour } from '../bitmaps/build.ts';
import { type ApngPart, buildApng } from '../images/apng.ts';
import type { Hostile } from './png-jpeg-webp.ts';

const ROWS: Colour[][] = [
  [
    [255, 0, 0],
    [0, 0, 255],
  ],
];
const picture = () => buildBmp({ bits: 32, rows: ROWS, icon: true });

/** A bitmap that claims a size. */
function claiming(file: Buffer, width: number, height: number, at = 18): Buffer {
  file.writeInt32LE(width, at);
  file.writeInt32LE(height, at + 4);
  return file;
}

/** A packed BMP of that many pixels, whose runs go on beyond the edge of its first row. */
function endlessRow(bytes: number): Buffer {
  const file = claiming(buildBmp({ bits: 8, rows: ROWS, packed: true }), 7000, 7000);
  return Buffer.concat([file.subarray(0, file.readUInt32LE(10)), Buffer.alloc(bytes, '\xff\x01', 'latin1')]);
}

/** BMPs and icons that would be huge, endless, or a great many. */
export const HOSTILE_BITMAPS: Hostile = [
  [
    'a BMP of 2 billion by 2 billion pixels',
    () => claiming(buildBmp({ bits: 24, rows: ROWS }), 0x7fff_ffff, 0x7fff_ffff),
  ],
  [
    'a packed BMP of 49 megapixels in 60 bytes',
    () => claiming(buildBmp({ bits: 8, rows: ROWS, packed: true }), 7000, 7000),
  ],
  ['a packed BMP whose first row never ends', () => endlessRow(20_000_000)],
  ['an icon of 65,535 pictures', () => withCount(buildIcon(Array(100).fill(picture())), 65_535)],
  ['an icon of 1,000 pictures at one place', () => buildIcon(Array(1000).fill(picture()))],
  ['an icon whose PNG claims 900 megapixels', () => buildIcon([hugePng()])],
  ['an icon whose bitmap claims 60,000 x 60,000 pixels', () => buildIcon([claiming(picture(), 60_000, 120_000, 4)])],
];

const withCount = (icon: Buffer, count: number) => {
  icon.writeUInt16LE(count, 4);
  return icon;
};

const hugePng = () => Buffer.from('\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\x75\x30\0\0\x75\x30\x08\x06\0\0\0', 'latin1');

/** Animated PNGs with too many frames, too large ones, and ones that hide how many they are. */
export async function hostileApngs(): Promise<Hostile> {
  const draw = (width: number, height: number) =>
    sharp({ create: { width, height, channels: 4, background: '#f00' } })
      .png()
      .toBuffer();
  const [large, dot] = await Promise.all([draw(3000, 3000), draw(1, 1)]);
  const dots = (count: number) => Array<ApngPart>(count).fill({ png: dot });
  return [
    [
      '10,000 frames of a pixel',
      () => buildApng({ width: 3000, height: 3000, frames: [{ png: large }, ...dots(10_000)] }),
    ],
    [
      '200 frames of 9 megapixels',
      () => buildApng({ width: 3000, height: 3000, frames: Array(200).fill({ png: large }) }),
    ],
    [
      '4 billion frames announced, two there',
      () => buildApng({ width: 1, height: 1, frames: dots(2), announced: 0xffff_ffff }),
    ],
    [
      'a frame beyond all edges',
      () => buildApng({ width: 1, height: 1, frames: [...dots(1), { png: dot, left: 0xffff_ffff }] }),
    ],
  ];
}
