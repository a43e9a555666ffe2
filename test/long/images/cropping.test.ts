import { describe, expect, it } from '@jest/globals';
import sharp from 'sharp';
import { colourAt, distance, drawQuadrants, photoOriented, QUADRANTS } from '../../unit/images/pictures.ts';
import { failureOf, quadrantsOf, run } from '../../unit/images/run.ts';

const framed = () =>
  drawQuadrants().extend({ top: 10, bottom: 30, left: 20, right: 40, background: '#ffffff' }).png().toBuffer();
const sizeOf = async (upload: Buffer, fields: Record<string, unknown>) => {
  const { rendition } = await run(upload, fields);
  return `${rendition?.width}x${rendition?.height}`;
};

describe('crop', () => {
  const RIGHT = { left: 80, top: 0, width: 80, height: 120 };

  it.each([1, 2, 3, 4, 5, 6, 7, 8])('EXIF orientation %i: the pixels of the upright picture', async (orientation) => {
    const upload = await photoOriented(orientation);
    const focus = { crop: RIGHT, width: 40, height: 60, fit: 'cover', position: { x: 0.9, y: 0.9 } };
    for (const fields of [{ crop: RIGHT }, { crop: RIGHT, width: 40 }, focus]) {
      const { content } = await run(upload, fields);
      expect(await quadrantsOf(content)).toEqual([1, 1, 3, 3]);
    }
  });

  it('before everything else: mirrored, then turned, then resized', async () => {
    const upload = await drawQuadrants().png().toBuffer();
    const corner = { left: 60, top: 40, width: 100, height: 80 };
    const { content, rendition } = await run(upload, { crop: corner, flop: true, rotate: 90, width: 40 });
    expect([rendition?.width, rendition?.height]).toEqual([40, 50]);
    expect(await quadrantsOf(content)).toEqual([3, 1, 3, 1]);
  });

  it('the whole picture, and one pixel of it: both are inside', async () => {
    const upload = await drawQuadrants().png().toBuffer();
    expect(await sizeOf(upload, { crop: { left: 0, top: 0, width: 160, height: 120 } })).toBe('160x120');
    const last = await run(upload, { crop: { left: 159, top: 119, width: 1, height: 1 } });
    expect(await colourAt(last.content, 0, 0)).toEqual([...QUADRANTS[3], 255]);
  });

  it('reaching beyond the upright picture: invalid_request naming rendition and size, nothing is written', async () => {
    const upload = await photoOriented(6);
    const renditions = [{ name: 'whole' }, { name: 'part', crop: { left: 100, top: 0, width: 61, height: 10 } }];
    expect(await failureOf(upload, renditions[1] ?? {})).toMatchObject({
      code: 'invalid_request',
      message:
        'The crop of rendition "part" ends at 161 x 10, but the image has 160 x 120 pixels: choose a crop inside it.',
    });
    expect(await failureOf(upload, { renditions, strict: true })).toMatchObject({ code: 'invalid_request' });
  });
});

describe('trim', () => {
  it('an even frame: taken off, also within a crop and under a turn', async () => {
    const upload = await framed();
    expect(await sizeOf(upload, { trim: true })).toBe('160x120');
    expect(await sizeOf(upload, { trim: true, rotate: 90, width: 60 })).toBe('60x80');
    expect(await sizeOf(upload, { trim: true, crop: { left: 0, top: 0, width: 100, height: 60 } })).toBe('80x50');
    expect(await quadrantsOf((await run(upload, { trim: true })).content)).toEqual([0, 1, 2, 3]);
  });

  it('several renditions, one of them trimmed: the other keeps its frame', async () => {
    const { result } = await run(await framed(), { renditions: [{ name: 'a', trim: true }, { name: 'b' }] });
    expect(result.renditions.map(({ width, height }) => `${width}x${height}`)).toEqual(['160x120', '220x160']);
  });

  it('threshold and background: what counts as the frame', async () => {
    const inner = await drawQuadrants().extend({ left: 20, background: '#f0f0f0' }).png().toBuffer();
    const upload = await sharp(inner).extend({ left: 20, background: '#ffffff' }).png().toBuffer();
    expect(await sizeOf(upload, { trim: { threshold: 5 } })).toBe('180x120');
    expect(await sizeOf(upload, { trim: { threshold: 30 } })).toBe('160x120');
    expect(await sizeOf(upload, { trim: { background: 'black' } })).toBe('200x120');
  });

  it('a clear frame, on a JPEG too: taken off before anything lies behind it', async () => {
    const upload = await drawQuadrants().extend({ top: 30, left: 30, background: 'transparent' }).png().toBuffer();
    expect(await sizeOf(upload, { trim: true, format: 'jpeg' })).toBe('160x120');
  });

  it('a picture of a pixel or two across: stays as it is, an animation too', async () => {
    for (const [width, height] of [
      [1, 1],
      [2, 50],
      [50, 2],
    ] as const) {
      expect(await sizeOf(await drawQuadrants(width, height).png().toBuffer(), { trim: true })).toBe(
        `${width}x${height}`,
      );
    }
    const frames = await Promise.all([0, 1].map((index) => drawQuadrants(2, 9, [index, 1, 2, 3]).png().toBuffer()));
    const animation = await sharp(frames, { join: { animated: true } })
      .gif()
      .toBuffer();
    expect(await sizeOf(animation, { trim: true })).toBe('2x9');
  });

  it('a picture of one colour: stays as it is', async () => {
    const upload = await drawQuadrants(40, 30, [0, 0, 0, 0]).png().toBuffer();
    expect(await sizeOf(upload, { trim: true })).toBe('40x30');
  });
});

describe('dpr', () => {
  it('multiplies the size asked, but not beyond the picture unless it may be enlarged', async () => {
    const upload = await drawQuadrants().png().toBuffer();
    expect(await sizeOf(upload, { width: 40, dpr: 2 })).toBe('80x60');
    expect(await sizeOf(upload, { width: 30, height: 30, fit: 'cover', dpr: 1.5 })).toBe('45x45');
    expect(await sizeOf(upload, { width: 100, dpr: 3 })).toBe('160x120');
    expect(await sizeOf(upload, { width: 100, dpr: 3, enlarge: true })).toBe('300x225');
  });

  it('multiplies the blur: the picture looks the same at every density', async () => {
    const upload = await drawQuadrants(400, 300).png().toBuffer();
    const edge = async (dpr: number) => colourAt((await run(upload, { width: 100, blur: 4, dpr })).content, 0.53, 0.25);
    expect(distance(await edge(1), await edge(3))).toBeLessThan(10);
  });
});

describe('where cover cuts', () => {
  const spotlight = () =>
    drawQuadrants(300, 100, [0, 0, 0, 0])
      .composite([
        {
          input: {
            create: {
              width: 40,
              height: 40,
              channels: 3,
              background: '#f8d8c0',
              noise: { type: 'gaussian', mean: 200, sigma: 40 },
            },
          },
          left: 230,
          top: 30,
        },
      ])
      .png()
      .toBuffer();

  it.each(['attention', 'entropy'])(
    '%s: the part with something in it, after a crop and a turn too',
    async (position) => {
      const cover = { width: 100, height: 100, fit: 'cover', position };
      const upload = await spotlight();
      const variety = async (fields: object) => {
        const { channels } = await sharp((await run(upload, { ...cover, ...fields })).content).stats();
        return Math.max(...channels.map(({ stdev }) => stdev));
      };
      for (const fields of [
        {},
        { crop: { left: 100, top: 0, width: 200, height: 100 } },
        { rotate: 180 },
        { flop: true },
      ]) {
        expect(await variety(fields)).toBeGreaterThan(10);
      }
    },
  );
});
