import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import sharp from 'sharp';
import { isDrawing } from '../../../../workers/images/encode/rank-encodings.ts';
import { cutTiles, takeSample } from '../../../../workers/images/encode/sample.ts';
import { type Pixels, toPixels } from '../../../../workers/images/picture/pixels.ts';
import { drawNoise, drawQuadrants } from '../pictures.ts';
import { run } from '../run.ts';

/** One byte a pixel: the number of the square of `tile` pixels a side that it lies in. */
function numberSquares(columns: number, rows: number, tile: number): Pixels {
  const width = columns * tile;
  const height = rows * tile;
  const data = Buffer.alloc(width * height);
  for (let at = 0; at < data.length; at += 1) {
    data[at] = Math.floor(Math.floor(at / width) / tile) * columns + Math.floor((at % width) / tile);
  }
  return { data, width, height, channels: 1 };
}

describe('a sample of a picture', () => {
  it('small enough: the picture itself', () => {
    const picture = numberSquares(2, 2, 8);
    expect(cutTiles(picture, 8, 256)).toBe(picture);
  });

  it('four squares of sixteen: the corners, side by side', () => {
    const { data, ...size } = cutTiles(numberSquares(4, 4, 8), 8, 256);
    expect(size).toEqual({ width: 16, height: 16, channels: 1 });
    expect([data[0], data[15], data[15 * 16], data[255]]).toEqual([0, 3, 12, 15]);
    expect(new Set(data)).toEqual(new Set([0, 3, 12, 15]));
  });

  it.each([
    [4000, 3000],
    [9000, 300],
    [257, 5000],
    [16_000, 100],
  ])('%i x %i: never more pixels than allowed, unless it is too narrow to be cut', (width, height) => {
    const picture: Pixels = { data: Buffer.alloc(width * height * 3), width, height, channels: 3 };
    const cut = cutTiles(picture, 256, 393_216);
    expect(cut.data.length).toBe(cut.width * cut.height * 3);
    if (Math.min(width, height) >= 256) expect(cut.width * cut.height).toBeLessThanOrEqual(393_216);
    else expect(cut).toBe(picture);
  });

  it('compared with itself: 1; the lower the quality, the less alike', async () => {
    const picture = await toPixels(drawNoise(320, 240).blur(1.5));
    const { pixels, compare } = await takeSample(picture);
    const { data, ...raw } = pixels;
    const at = (quality: number) => sharp(data, { raw }).jpeg({ quality }).toBuffer();
    expect((await compare(await sharp(data, { raw }).png().toBuffer())).overall).toBe(1);
    const [low, high] = [(await compare(await at(20))).overall, (await compare(await at(90))).overall];
    expect(low).toBeLessThan(high);
    expect(high).toBeLessThan(1);
    expect(low).toBeGreaterThan(0);
  });

  it('what lies under transparent pixels is not compared', async () => {
    const [red, blue] = ['#ff000000', '#0000ff00'].map((background) =>
      sharp({ create: { width: 64, height: 64, channels: 4, background } }),
    );
    if (!red || !blue) throw new Error('two pictures');
    const { compare } = await takeSample(await toPixels(red));
    expect((await compare(await blue.png().toBuffer())).overall).toBe(1);
  });
});

describe('colour', () => {
  /** Strokes two pixels wide on a ground of the same brightness: to be seen by their colour alone. */
  function drawStrokes(): Pixels {
    const [width, height] = [96, 64];
    const data = Buffer.alloc(width * height * 3);
    for (let at = 0; at < width * height; at += 1) {
      const isStroke = (at % width) % 5 < 2 && Math.floor(at / width) % 16 > 3;
      data.set(isStroke ? [220, 60, 60] : [40, 130, 170], 3 * at);
    }
    return { data, width, height, channels: 3 };
  }
  const asJpeg = ({ data, ...raw }: Pixels, chromaSubsampling: string) =>
    sharp(data, { raw }).jpeg({ quality: 80, chromaSubsampling, mozjpeg: true }).toBuffer();

  it('red strokes on blue of the same brightness, of which half the resolution is smeared: not alike', async () => {
    const strokes = drawStrokes();
    const { compare, needsFullColour } = await takeSample(strokes);
    const [half, full] = [await compare(await asJpeg(strokes, '4:2:0')), await compare(await asJpeg(strokes, '4:4:4'))];
    expect(half.brightness).toBeGreaterThan(0.99);
    expect(half.colour).toBeLessThan(0.8);
    expect(half.overall).toBeLessThan(0.95);
    expect(full.overall).toBeGreaterThan(0.98);
    expect(await needsFullColour()).toBe(true);
  });

  it.each(['cat', 'coffee'])('a photograph (%s) does with half of its resolution', async (name) => {
    const file = join('test/support/gallery/photos', `${name}.jpg`);
    const { needsFullColour } = await takeSample(await toPixels(sharp(await readFile(file)).resize(400)));
    expect(await needsFullColour()).toBe(false);
  });

  it('grey pictures have none: never', async () => {
    const grey = await toPixels(drawNoise(64, 64).grayscale());
    const { compare, needsFullColour } = await takeSample({ ...grey });
    expect(await needsFullColour()).toBe(false);
    expect((await compare(await sharp(grey.data, { raw: grey }).png().toBuffer())).overall).toBe(1);
  });

  it.each(['jpeg', 'avif', 'webp'])('quality auto as %s: the strokes are there', async (format) => {
    const { data, ...raw } = drawStrokes();
    const { content, rendition } = await run(await sharp(data, { raw }).png().toBuffer(), { format, quality: 'auto' });
    const made = await toPixels(sharp(content).toColourspace('srgb').removeAlpha());
    const off = data.reduce((sum, value, at) => sum + Math.abs(value - (made.data[at] ?? 0)), 0) / data.length;
    expect(off).toBeLessThan(8);
    expect(rendition?.similarity).toBeGreaterThanOrEqual(0.98);
  });
});

it('a drawing is told from a photograph by the number of its colours', async () => {
  expect(isDrawing(await toPixels(drawQuadrants(300, 200)))).toBe(true);
  expect(isDrawing(await toPixels(drawNoise(300, 200).composite([])))).toBe(false);
  expect(isDrawing(await toPixels(drawQuadrants(1, 1)))).toBe(false);
});
