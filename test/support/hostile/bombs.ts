import { buildHeic } from '../heic/build.ts';
import { packedText, pngWith } from './blocks.ts';

/** A PNG of that many pixels whose rows are all there: next to nothing as a file. */
const pngBomb = (width: number, height: number) => pngWith(Buffer.alloc(0), width, height);

/** A GIF of that many frames, each a single pixel of its canvas. */
function gifBomb(width: number, height: number, frames: number): Buffer {
  const screen = Buffer.from('GIF89a\0\0\0\0\x80\0\0\0\0\0\xff\xff\xff', 'latin1');
  screen.writeUInt16LE(width, 6);
  screen.writeUInt16LE(height, 8);
  const frame = Buffer.from('\x2c\0\0\0\0\x01\0\x01\0\0\x02\x02\x44\x01\0', 'latin1');
  return Buffer.concat([screen, ...Array(frames).fill(frame), Buffer.from(';')]);
}

/** A TIFF whose directory claims that size; `pages` directories, or one that is its own successor. */
function tiffBomb(width: number, height: number, pages: number, endless = false): Buffer {
  const fields = [
    [256, 4, width],
    [257, 4, height],
    [258, 3, 8],
    [259, 3, 1],
    [262, 3, 1],
    [273, 4, 8],
    [277, 3, 1],
    [278, 4, height],
    [279, 4, 1],
  ] as const;
  const size = 2 + 12 * fields.length + 4;
  const file = Buffer.alloc(8 + size * pages);
  file.write('II*\0', 'latin1');
  file.writeUInt32LE(8, 4);
  for (let page = 0; page < pages; page += 1) {
    const at = 8 + page * size;
    file.writeUInt16LE(fields.length, at);
    for (const [index, [tag, type, value]] of fields.entries()) {
      const field = at + 2 + 12 * index;
      file.writeUInt16LE(tag, field);
      file.writeUInt16LE(type, field + 2);
      file.writeUInt32LE(1, field + 4);
      file.writeUInt32LE(value, field + 8);
    }
    const last = page === pages - 1;
    file.writeUInt32LE(last ? (endless ? 8 : 0) : at + size, at + size - 4);
  }
  return file;
}

const SVG_BOMB = `<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY a "aaaaaaaaaa">${[...'bcdefgh']
  .map((name, index) => `<!ENTITY ${name} "${`&${'abcdefg'[index]};`.repeat(10)}">`)
  .join('')}]><svg xmlns="http://www.w3.org/2000/svg" width="99999" height="99999"><text>&h;</text></svg>`;

/** Files that are small and would be huge, by what they are, the codes they may be refused with, and what is asked of some. */
export const BOMBS: readonly [string, () => Buffer, string, Record<string, unknown>?][] = [
  ['a PNG of 900 megapixels', () => pngBomb(30_000, 30_000), 'payload_too_large'],
  ['a PNG of a single row of 100 million pixels', () => pngBomb(100_000_000, 1), 'payload_too_large'],
  ['a PNG with 60 MB of packed text', () => pngWith(packedText(60_000_000)), 'payload_too_large'],
  ['a GIF of 10,000 frames', () => gifBomb(10, 10, 10_000), 'payload_too_large'],
  ['a GIF of 10,000 frames, one of which is shown', () => gifBomb(10, 10, 10_000), 'completed', { format: 'png' }],
  ['a GIF of 65,535 x 65,535 pixels', () => gifBomb(65_535, 65_535, 1), 'payload_too_large'],
  ['a GIF of few large frames', () => gifBomb(2000, 2000, 20), 'payload_too_large'],
  ['a TIFF of 10 billion pixels', () => tiffBomb(100_000, 100_000, 1), 'payload_too_large'],
  ['a TIFF of 20,000 pages', () => tiffBomb(100, 100, 20_000), 'payload_too_large'],
  ['a TIFF whose pages never end', () => tiffBomb(10, 10, 3, true), 'image_unreadable|payload_too_large|completed'],
  ['an SVG of nested entities', () => Buffer.from(SVG_BOMB), 'image_unreadable'],
  [
    'a HEIC grid that claims 4 billion pixels',
    () => buildHeic({ columns: 200, rows: 1, width: 65_535, height: 65_535 }),
    'payload_too_large',
  ],
  [
    'a HEIC whose tile claims 4 billion pixels',
    () => buildHeic({ tileWidth: 65_535, tileHeight: 65_535 }),
    'image_unreadable|payload_too_large|completed',
  ],
];
