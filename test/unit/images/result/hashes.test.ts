import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { decode } from 'blurhash';
import fc from 'fast-check';
import sharp, { type Sharp } from 'sharp';
import { toPixels } from '../../../../workers/images/picture/pixels.ts';
import { previewOf } from '../../../../workers/images/result/preview.ts';
import { drawQuadrants } from '../pictures.ts';
import { run } from '../run.ts';

const PHOTOS = ['cat', 'coffee', 'rocket'].map((name) =>
  readFileSync(new URL(`../../../support/gallery/photos/${name}.jpg`, import.meta.url)),
);

/** What is told of a picture, as it is drawn for a preview. */
const tell = async (picture: Sharp) =>
  previewOf(
    await toPixels(picture.resize({ width: 48, height: 48, fit: 'inside' }).toColourspace('srgb').ensureAlpha()),
  );
const hashOf = async (image: Buffer) => (await tell(sharp(image))).perceptualHash;

/** How many of their 64 bits differ. */
function differing(one: string, other: string): number {
  const bits = (BigInt(`0x${one}`) ^ BigInt(`0x${other}`)).toString(2);
  return bits.replaceAll('0', '').length;
}

describe('the perceptual hash', () => {
  it('of a photo made smaller, compressed again, lighter or in another format: differs in few bits', async () => {
    const variant = fc.record({
      photo: fc.constantFrom(...PHOTOS),
      width: fc.integer({ min: 60, max: 450 }),
      format: fc.constantFrom('jpeg', 'webp', 'png'),
      quality: fc.integer({ min: 20, max: 95 }),
      brightness: fc.double({ min: 0.9, max: 1.1, noNaN: true }),
    });
    await fc.assert(
      fc.asyncProperty(variant, async ({ photo, width, format, quality, brightness }) => {
        const drawn = sharp(photo).resize(width).modulate({ brightness });
        const made = await (format === 'png' ? drawn.png() : drawn.toFormat(format as 'jpeg', { quality })).toBuffer();
        expect(differing(await hashOf(photo), await hashOf(made))).toBeLessThanOrEqual(8);
      }),
      { numRuns: 12 },
    );
  });

  it('of different photos: differs in about half of them; it is 16 digits', async () => {
    const hashes = await Promise.all(PHOTOS.map(hashOf));
    for (const [index, hash] of hashes.entries()) {
      expect(hash).toMatch(/^[0-9a-f]{16}$/);
      for (const other of hashes.slice(index + 1)) expect(differing(hash, other)).toBeGreaterThan(20);
    }
  });

  it('of pictures of one colour: the same of each, and not that of another picture', async () => {
    const plain = ['#fff', '#ccc', '#cdcdcd', '#3060c0'].map((background, index) =>
      hashOfColour(background, 40 + 31 * index),
    );
    expect(new Set(await Promise.all(plain)).size).toBe(1);
    expect(differing((await Promise.all(plain))[0] ?? '', await hashOf(PHOTOS[0] ?? Buffer.alloc(0)))).toBeGreaterThan(
      20,
    );
  });

  const hashOfColour = async (background: string, width: number) =>
    (await tell(sharp({ create: { width, height: 50, channels: 3, background } }))).perceptualHash;

  it('of pictures of one colour, and of one pixel: there is one', async () => {
    for (const [width, height] of [
      [1, 1],
      [300, 1],
      [40, 40],
    ] as const) {
      const plain = await tell(sharp({ create: { width, height, channels: 4, background: '#123' } }));
      expect(plain.perceptualHash).toMatch(/^[0-9a-f]{16}$/);
      expect([plain.palette, plain.blurHash.length > 6]).toEqual([['#112233'], true]);
    }
  });
});

describe('the palette', () => {
  it('of four colours: these, by their share', async () => {
    const { palette } = await tell(drawQuadrants(48, 48, [0, 0, 1, 3]));
    expect(palette).toHaveLength(3);
    expect(palette[0]).toBe('#dc2828');
    expect([...palette].sort()).toEqual(['#28b43c', '#dc2828', '#ebe13c']);
  });

  it('of a lawn with a small red ball: the ball is in it, and the first is the lawn', async () => {
    const noise = { type: 'gaussian', mean: 100, sigma: 12 } as const;
    const lawn = sharp({ create: { width: 48, height: 48, channels: 3, background: '#000', noise } }).linear(
      [0.5, 1.4, 0.4],
      [0, 0, 0],
    );
    const ball = { create: { width: 6, height: 6, channels: 3 as const, background: '#d01818' } };
    const { palette } = await tell(
      sharp(
        await lawn
          .composite([{ input: ball, left: 20, top: 30 }])
          .png()
          .toBuffer(),
      ),
    );
    expect(palette).toContain('#682109');
    expect(palette[0]).not.toBe('#682109');
    expect(palette.length).toBeLessThanOrEqual(5);
  });

  it('what is transparent: has no colour; of nothing to be seen: white', async () => {
    const clear = { create: { width: 40, height: 40, channels: 4 as const, background: '#00ff0000' } };
    const dot = { create: { width: 40, height: 8, channels: 4 as const, background: '#c03' } };
    expect((await tell(sharp(clear))).palette).toEqual(['#ffffff']);
    const dotted = await sharp(clear)
      .composite([{ input: dot, left: 0, top: 0 }])
      .png()
      .toBuffer();
    expect((await tell(sharp(dotted))).palette).toEqual(['#cc0033']);
  });
});

describe('the BlurHash', () => {
  it.each([
    [160, 120, 'L'],
    [120, 160, 'T'],
  ])('of %i x %i: shows the colours where they are', async (width, height, size) => {
    const { blurHash } = await tell(drawQuadrants(width, height));
    // Its first sign is the number of its waves.
    expect([blurHash[0], blurHash.length]).toEqual([size, 28]);
    const shown = decode(blurHash, 8, 8);
    const at = (x: number, y: number) => Array.from(shown.subarray(4 * (8 * y + x), 4 * (8 * y + x) + 3));
    const [[red = 0, , redsBlue = 0], , [blueRed = 0, , blue = 0]] = [at(1, 1), at(6, 1), at(1, 6)];
    expect([red > 150, redsBlue < 120, blue > 130, blueRed < 130]).toEqual([true, true, true, true]);
  });

  it('of what is transparent: is seen on white', async () => {
    const { blurHash } = await tell(sharp({ create: { width: 9, height: 9, channels: 4, background: '#00000000' } }));
    expect(Array.from(decode(blurHash, 1, 1))).toEqual([255, 255, 255, 255]);
  });
});

it('a job tells all of them, of the upright picture', async () => {
  const { result } = await run(await drawQuadrants(400, 300).jpeg().withMetadata({ orientation: 6 }).toBuffer(), {
    width: 100,
  });
  expect(result).toMatchObject({
    palette: expect.arrayContaining([expect.stringMatching(/^#[0-9a-f]{6}$/)]),
    blurHash: expect.stringMatching(/^T/),
    perceptualHash: expect.stringMatching(/^[0-9a-f]{16}$/),
  });
});
