import { describe, expect, it } from '@jest/globals';
import sharp from 'sharp';
import { thumbHashToAverageRGBA, thumbHashToRGBA } from 'thumbhash';
import { findColours } from '../../../../workers/images/result/palette.ts';
import { distance, drawNoise, drawQuadrants, photoOriented, QUADRANTS } from '../pictures.ts';
import { run } from '../run.ts';

const solid = (background: string, width = 40, height = 30) =>
  sharp({ create: { width, height, channels: 4, background } })
    .png()
    .toBuffer();

/** The colour of the placeholder at a place given in shares of its sides. */
function placeholderAt(placeholder: string | undefined, x: number, y: number): number[] {
  const { w, h, rgba } = thumbHashToRGBA(Buffer.from(placeholder ?? '', 'base64'));
  const at = (Math.floor(y * h) * w + Math.floor(x * w)) * 4;
  return [...rgba.subarray(at, at + 4)];
}

describe('the dominant colour', () => {
  it.each([
    ['#27507c', '#27507c'],
    ['#808080', '#808080'],
    ['#000000', '#000000'],
    ['#ff000080', '#ff0000'],
    ['#00000000', '#ffffff'],
  ])('of %s: %s', async (background, dominant) => {
    const { result } = await run(await solid(background), { format: 'webp' });
    expect(result.dominant).toBe(dominant);
  });

  it('is that of most pixels, not the mean of all; transparent ones have no say', () => {
    const pixels = [
      [10, 20, 200, 255],
      [12, 22, 202, 255],
      [250, 240, 10, 255],
      ...Array.from({ length: 5 }, () => [0, 255, 0, 20]),
    ];
    expect(findColours({ data: Buffer.from(pixels.flat()) }).dominant).toBe('#0b15c9');
  });

  it('of a grey picture: a grey', async () => {
    const { result } = await run(await drawNoise(64, 64).grayscale().jpeg().toBuffer());
    expect(result.dominant).toMatch(/^#([0-9a-f]{2})\1\1$/);
  });
});

describe('the placeholder', () => {
  it.each([1, 6, 3])('EXIF orientation %i: as the upright picture, at most 30 bytes', async (orientation) => {
    const { result } = await run(await photoOriented(orientation), { width: 60 });
    expect(Buffer.from(result.placeholder ?? '', 'base64').length).toBeLessThanOrEqual(30);
    for (const [index, place] of [
      [0.2, 0.2],
      [0.8, 0.2],
      [0.2, 0.8],
      [0.8, 0.8],
    ].entries()) {
      const [x = 0, y = 0] = place;
      const seen = placeholderAt(result.placeholder, x, y).slice(0, 3);
      const nearest = QUADRANTS.map((colour) => distance(colour, seen));
      expect(nearest.indexOf(Math.min(...nearest))).toBe(index);
    }
  });

  it('transparency is kept', async () => {
    const { result } = await run(await solid('#ff000040'), { format: 'png' });
    expect(thumbHashToAverageRGBA(Buffer.from(result.placeholder ?? '', 'base64')).a).toBeCloseTo(0.25, 1);
  });

  it('a rendition that changes or cuts the picture, or several of them: of the source all the same', async () => {
    const upload = await drawQuadrants(640, 480).png().toBuffer();
    const plain = (await run(upload, { width: 200 })).result.placeholder;
    const red = placeholderAt(plain, 0.2, 0.2);
    for (const fields of [
      { width: 100, flip: true },
      { width: 100, flop: true },
      { width: 100, rotate: 90 },
      { width: 100, grayscale: true },
      { width: 100, blur: 60 },
      { width: 100, height: 100, fit: 'cover', position: 'right' },
      { crop: { left: 320, top: 0, width: 100, height: 100 } },
      {
        renditions: [
          { name: 'a', width: 100, flop: true },
          { name: 'b', width: 50 },
        ],
      },
    ]) {
      const { placeholder } = (await run(upload, fields)).result;
      expect(distance(placeholderAt(placeholder, 0.2, 0.2), red)).toBeLessThan(16);
    }
  });

  it('sampled from the pixels of a small rendition: about what the same gives from its file', async () => {
    const upload = await drawQuadrants(640, 480).png().toBuffer();
    const sampled = (await run(upload, { width: 200 })).result;
    const decoded = (await run(upload, { width: 200, metadata: 'all' })).result;
    for (const x of [0.2, 0.8]) {
      for (const y of [0.2, 0.8]) {
        const [one, other] = [sampled, decoded].map(({ placeholder }) => placeholderAt(placeholder, x, y));
        expect(distance(one ?? [], other ?? [])).toBeLessThan(16);
      }
    }
    expect(sampled.dominant).toBe(decoded.dominant);
  });

  it('one pixel; a line: a placeholder all the same', async () => {
    for (const [width, height] of [
      [1, 1],
      [300, 1],
      [1, 300],
    ]) {
      const { result } = await run(await solid('#336699', width, height), { format: 'webp' });
      expect(result.dominant).toBe('#336699');
      expect(result.placeholder).toMatch(/^[A-Za-z0-9+/]{7,}=*$/);
    }
  });
});
