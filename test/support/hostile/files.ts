import { gzipSync } from 'node:zlib';
import sharp from 'sharp';
import { buildBmp, buildIcon, type Colour } from '../bitmaps/build.ts';
import { buildHeic, heicFixture } from '../heic/build.ts';
import { type ApngPart, buildApng } from '../images/apng.ts';
import { ICON } from '../reports/drawings.ts';

/** Numbers from 0 up to below 1 that are the same for the same seed. */
export function createRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x9e3779b9) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
    return ((mixed ^ (mixed >>> 15)) >>> 0) / 2 ** 32;
  };
}

const ftyp = (brand: string) => Buffer.from(`\0\0\0\x18ftyp${brand}\0\0\0\0mif1${brand}`, 'latin1');

/** How files of each format begin. */
const MAGIC: readonly Buffer[] = [
  ...['\xff\xd8\xff\xe0\0\x10JFIF\0', '\x89PNG\r\n\x1a\n\0\0\0\rIHDR', 'GIF89a', 'II*\0', 'MM\0*', 'II+\0'].map(
    (text) => Buffer.from(text, 'latin1'),
  ),
  Buffer.from('RIFF\xff\x0f\0\0WEBPVP8 ', 'latin1'),
  Buffer.from('RIFF\xff\x0f\0\0WEBPVP8L', 'latin1'),
  ftyp('avif'),
  ftyp('heic'),
  Buffer.from('BM\xff\x0f\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0', 'latin1'),
  Buffer.from('\0\0\x01\0\x01\0\x10\x10\0\0\x01\0\x20\0', 'latin1'),
];

/** The samples' pixels as rows of colours, each channel under a mask. */
const rowsOf = (pixels: Buffer, mask = 0xff): Colour[][] =>
  Array.from({ length: 40 }, (_, y) =>
    Array.from({ length: 60 }, (_, x): Colour => {
      const [red = 0, green = 0, blue = 0] = pixels.subarray(3 * (60 * y + x));
      return [red & mask, green & mask, blue & mask];
    }),
  );

/** Frames of one animated PNG: all with the same palette, none. */
const framesOf = async (pngs: readonly Buffer[]): Promise<ApngPart[]> =>
  (await Promise.all(pngs.map((png) => sharp(png).png({ palette: false }).toBuffer()))).map((png) => ({ png }));

/** Small files of every format that is read, some of them with the rarer features of their format. */
export async function drawSamples(): Promise<Record<string, Buffer>> {
  const noise = { type: 'gaussian', mean: 128, sigma: 50 } as const;
  const picture = sharp({ create: { width: 60, height: 40, channels: 3, background: '#888', noise } });
  const pixels = await picture.raw().toBuffer({ resolveWithObject: true });
  const open = () => sharp(pixels.data, { raw: { width: 60, height: 40, channels: 3 } });
  const frames = await Promise.all([1, 2, 3].map((blur) => open().blur(blur).png().toBuffer()));
  const animation = () => sharp(frames, { join: { animated: true } });
  return {
    jpeg: await open()
      .withExif({ IFD0: { Copyright: 'Kari' } })
      .jpeg()
      .toBuffer(),
    'progressive jpeg': await open().jpeg({ progressive: true }).toBuffer(),
    'cmyk jpeg': await open().toColourspace('cmyk').jpeg().toBuffer(),
    png: await open().png().toBuffer(),
    'interlaced png': await open().png({ progressive: true }).toBuffer(),
    'palette png': await open().png({ palette: true }).toBuffer(),
    '16-bit png': await open().toColourspace('rgb16').png().toBuffer(),
    webp: await open().webp().toBuffer(),
    'lossless webp': await open().ensureAlpha(0.5).webp({ lossless: true }).toBuffer(),
    'animated webp': await animation().webp().toBuffer(),
    avif: await open().avif({ effort: 0 }).toBuffer(),
    gif: await open().gif().toBuffer(),
    'animated gif': await animation().gif().toBuffer(),
    tiff: await open().tiff({ compression: 'lzw' }).toBuffer(),
    'tiled tiff': await open().tiff({ compression: 'deflate', tile: true }).toBuffer(),
    heic: heicFixture('quadrants'),
    'heic with alpha': heicFixture('alpha'),
    'heic grid': buildHeic({ columns: 2, rows: 2 }),
    bmp: buildBmp({ bits: 24, rows: rowsOf(pixels.data) }),
    'packed bmp': buildBmp({ bits: 8, rows: rowsOf(pixels.data, 0xc0), packed: true }),
    'bmp of bit fields': buildBmp({ bits: 16, rows: rowsOf(pixels.data), masks: [0xf800, 0x7e0, 0x1f, 0] }),
    icon: buildIcon([buildBmp({ bits: 32, rows: rowsOf(pixels.data), icon: true })]),
    svg: ICON,
    'animated png': buildApng({ width: 60, height: 40, frames: await framesOf(frames) }),
    'packed svg': gzipSync(ICON),
    'icon with a png': buildIcon([await open().png().toBuffer()]),
  };
}

/** A file that begins like an image and goes on at random: with noise, or as a sample with some bytes overwritten. */
export function corrupt(samples: readonly Buffer[], random: () => number): Buffer {
  const pick = <T>(list: readonly T[]) => list[Math.floor(random() * list.length)] as T;
  const byte = () => Math.floor(random() * 256);
  if (random() < 0.5) {
    const noise = Buffer.from(Array.from({ length: 20 + Math.floor(random() * 3000) }, byte));
    return Buffer.concat([pick(MAGIC), noise]);
  }
  const file = Buffer.from(pick(samples));
  const changes = 1 + Math.floor(random() * 12);
  // Half of the changes hit the header, where they do most.
  for (let change = 0; change < changes; change += 1) {
    const reach = random() < 0.5 ? Math.min(file.length, 200) : file.length;
    file[Math.floor(random() * reach)] = pick([byte(), 0, 255, 127]);
  }
  return file;
}
