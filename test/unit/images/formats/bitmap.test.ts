import { describe, expect, it } from '@jest/globals';
import sharp from 'sharp';
import { BitmapError } from '../../../../workers/images/formats/bitmap/bitmap-error.ts';
import { findLargestPicture } from '../../../../workers/images/formats/bitmap/icon.ts';
import { buildBmp, buildIcon, type Colour } from '../../../support/bitmaps/build.ts';
import { failureOf, run } from '../run.ts';

const [RED, GREEN, BLUE, YELLOW]: Colour[] = [
  [255, 0, 0],
  [0, 255, 0],
  [0, 0, 255],
  [255, 255, 0],
];
/** Seven pixels a row: no row ends where its bytes are filled up. */
const ROWS = [
  [RED, RED, RED, GREEN, GREEN, GREEN, BLUE],
  [RED, GREEN, RED, GREEN, BLUE, BLUE, BLUE],
  [YELLOW, YELLOW, RED, YELLOW, YELLOW, GREEN, BLUE],
] as Colour[][];
const TWO_COLOURS = ROWS.map((row) => row.map(([red]) => (red === 255 ? RED : BLUE))) as Colour[][];
const CLEAR: Colour = [0, 255, 0, 0];
const withClear = ROWS.map((row) => row.map((colour) => (colour === GREEN ? CLEAR : colour)));
const withAlpha = ROWS.map((row) => row.map(([r, g, b], x): Colour => [r, g, b, 17 * (x + 1)]));

/** The pixels of a file, as rows of colours with their alpha. */
async function pixelsOf(file: Buffer): Promise<number[][][]> {
  const { data, info } = await sharp(file).ensureAlpha().raw().toBuffer({ resolveWithObject: true });
  return Array.from({ length: info.height }, (_, y) =>
    Array.from({ length: info.width }, (_, x) => [...data.subarray(4 * (y * info.width + x)).subarray(0, 4)]),
  );
}
const shown = (rows: readonly (readonly Colour[])[]) =>
  rows.map((row) => row.map(([r, g, b, a = 255]) => [r, g, b, a]));
const MASKS_565 = [0xf800, 0x7e0, 0x1f, 0] as const;
const MASKS_4444 = [0xf00, 0xf0, 0xf, 0xf000] as const;
const MASKS_8888 = [0xff_0000, 0xff00, 0xff, 0xff00_0000] as const;

describe('a BMP: every pixel as it was', () => {
  it.each([
    ['of 1 bit', buildBmp({ bits: 1, rows: TWO_COLOURS }), TWO_COLOURS],
    ...([2, 4, 8, 16, 24, 32] as const).flatMap((bits) => [
      [`of ${bits} bits`, buildBmp({ bits, rows: ROWS }), ROWS] as const,
      [`of ${bits} bits, from the top`, buildBmp({ bits, rows: ROWS, topDown: true }), ROWS] as const,
      [`of ${bits} bits, header 5`, buildBmp({ bits, rows: ROWS, headerBytes: 124 }), ROWS] as const,
    ]),
    ['of OS/2, 8 bits', buildBmp({ bits: 8, rows: ROWS, headerBytes: 12 }), ROWS],
    ['of OS/2, 24 bits', buildBmp({ bits: 24, rows: ROWS, headerBytes: 12 }), ROWS],
    ['packed by RLE8', buildBmp({ bits: 8, rows: ROWS, packed: true }), ROWS],
    ['packed by RLE4', buildBmp({ bits: 4, rows: ROWS, packed: true }), ROWS],
    ['of bit fields 565', buildBmp({ bits: 16, rows: ROWS, masks: MASKS_565 }), ROWS],
    ['with alpha of 4 bits', buildBmp({ bits: 16, rows: withAlpha, masks: MASKS_4444, headerBytes: 108 }), withAlpha],
    ['with alpha of 8 bits', buildBmp({ bits: 32, rows: withAlpha, masks: MASKS_8888, headerBytes: 124 }), withAlpha],
  ] as const)('%s', async (_name, file, rows) => {
    const { result, content } = await run(file, { format: 'png' });
    expect(result.source).toMatchObject({ format: 'bmp', width: 7, height: 3, bytes: file.length, pages: 1 });
    expect(await pixelsOf(content)).toEqual(shown(rows));
  });

  it('without a format: a JPEG, or a PNG where it is transparent', async () => {
    expect((await run(buildBmp({ bits: 24, rows: ROWS }))).rendition?.format).toBe('jpeg');
    const clear = buildBmp({ bits: 32, rows: withAlpha, masks: MASKS_8888, headerBytes: 124 });
    expect((await run(clear)).rendition?.format).toBe('png');
  });

  it('with a colour profile: its colours become sRGB', async () => {
    const p3 = (
      await sharp({ create: { width: 1, height: 1, channels: 3, background: 'red' } })
        .withIccProfile('p3')
        .png()
        .toBuffer()
        .then((png) => sharp(png).metadata())
    ).icc as Buffer;
    const file = buildBmp({ bits: 24, rows: [[[128, 0, 0]]], headerBytes: 124, profile: p3 });
    const [[[red = 0] = []] = []] = [await pixelsOf((await run(file, { format: 'png' })).content)].flat();
    expect(red).toBeGreaterThan(135);
  });

  it('alpha that is nought everywhere: none was meant', async () => {
    const rows = ROWS.map((row) => row.map(([r, g, b]): Colour => [r, g, b, 0]));
    const { content } = await run(buildBmp({ bits: 32, rows, masks: MASKS_8888, headerBytes: 124 }), { format: 'png' });
    expect(await pixelsOf(content)).toEqual(shown(ROWS));
  });
});

describe('an icon', () => {
  it.each([4, 8, 24, 32] as const)('of %i bits: its mask is its transparency', async (bits) => {
    const file = buildIcon([buildBmp({ bits, rows: withClear, icon: true })]);
    const { result, content, rendition } = await run(file);
    expect([result.source.format, rendition?.format]).toEqual(['ico', 'png']);
    const expected = shown(withClear);
    const pixels = await pixelsOf(content);
    expect(pixels.map((row) => row.map(([, , , alpha]) => alpha))).toEqual(expected.map((row) => row.map((c) => c[3])));
    expect(pixels[2]).toEqual(expected[2]?.map((colour, x) => (x === 5 ? pixels[2]?.[5] : colour)));
  });

  it('of 32 bits with alpha: alpha counts, not the mask', async () => {
    const { content } = await run(buildIcon([buildBmp({ bits: 32, rows: withAlpha, icon: true })]));
    expect(await pixelsOf(content)).toEqual(shown(withAlpha));
  });

  it('of several pictures: the largest, also where it is a PNG; a PNG keeps its alpha', async () => {
    const large = await sharp({ create: { width: 256, height: 256, channels: 4, background: '#ff000080' } })
      .png()
      .toBuffer();
    const small = buildBmp({ bits: 32, rows: withAlpha, icon: true });
    for (const pictures of [
      [small, large],
      [large, small],
    ]) {
      const { result, content } = await run(buildIcon(pictures));
      expect(result.source).toMatchObject({ format: 'ico', width: 256, height: 256, pages: 1 });
      expect((await pixelsOf(content))[0]?.[0]).toEqual([255, 0, 0, 128]);
    }
    const best = buildIcon([buildBmp({ bits: 4, rows: withClear, icon: true }), small]);
    expect(await pixelsOf((await run(best)).content)).toEqual(shown(withAlpha));
  });

  it('one of whose pictures can not be read: the largest of the others; where none can be, what is wrong', () => {
    const small = buildBmp({ bits: 32, rows: withAlpha, icon: true });
    const [width, height] = [withAlpha[0]?.length, withAlpha.length];
    for (const bad of [Buffer.alloc(40), Buffer.alloc(12)]) {
      expect(findLargestPicture(buildIcon([bad, small]))).toMatchObject({ width, height });
      expect(() => findLargestPicture(buildIcon([bad]))).toThrow(BitmapError);
    }
  });

  it('as a watermark: its transparency shows the picture below', async () => {
    const photo = await sharp({ create: { width: 20, height: 20, channels: 3, background: '#808080' } })
      .png()
      .toBuffer();
    const logo = buildIcon([buildBmp({ bits: 32, rows: withClear, icon: true })]);
    const fields = { watermark: { file: 'logo', position: 'northwest' } };
    const pixels = await pixelsOf((await run(photo, fields, { logo })).content);
    expect([pixels[0]?.[0], pixels[0]?.[3]]).toEqual([
      [255, 0, 0, 255],
      [128, 128, 128, 255],
    ]);
  });
});

describe('a bitmap that is damaged, or hostile', () => {
  const whole = buildBmp({ bits: 24, rows: ROWS });
  const packed = buildBmp({ bits: 8, rows: ROWS, packed: true });

  it.each([
    ['a BMP', whole],
    ['a packed BMP', packed],
    ['an icon', buildIcon([buildBmp({ bits: 32, rows: withAlpha, icon: true })]).subarray(0, -20)],
  ])('%s cut at its end: image_unreadable; shown with a warning where damage is accepted', async (_name, file) => {
    const cut = file.subarray(0, file.length - 12);
    const { code, message } = await failureOf(cut, { width: 5 });
    expect([code, message]).toEqual([
      'image_unreadable',
      expect.stringMatching(/file is truncated or damaged: it ends/),
    ]);
    const { result } = await run(cut, { format: 'png', damaged: 'accept' });
    expect(result.warnings).toContainEqual(expect.objectContaining({ code: 'damaged' }));
  });

  it('more pixels than are taken: payload_too_large by the header, before any room is made', async () => {
    const huge = Buffer.from(packed);
    huge.writeInt32LE(2_000_000, 18);
    huge.writeInt32LE(2_000_000, 22);
    expect((await failureOf(huge)).code).toBe('payload_too_large');
    const icon = buildIcon([buildBmp({ bits: 32, rows: withAlpha, icon: true })]);
    icon.writeInt32LE(60_000, 22 + 4);
    icon.writeInt32LE(120_000, 22 + 8);
    expect((await failureOf(icon)).code).toBe('payload_too_large');
  });

  it('a coding that is not read, an icon without pictures: each with its sentence', async () => {
    const png = Buffer.from(whole);
    png.writeUInt32LE(5, 30);
    expect((await failureOf(png)).message).toMatch(
      /BMP file uses a part of the format that is not read here .*convert it/,
    );
    const empty = Buffer.from(buildIcon([buildBmp({ bits: 32, rows: withAlpha, icon: true })]));
    empty.writeUInt16LE(0, 4);
    expect((await failureOf(empty)).message).toBe('The ICO file is truncated or damaged: it has no pictures.');
  });
});
