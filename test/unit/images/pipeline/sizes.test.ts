import { describe, expect, it } from '@jest/globals';
import { colourAt, distance, drawQuadrants } from '../pictures.ts';
import { failureOf, quadrantsOf, run } from '../run.ts';

describe('sizes', () => {
  it.each([
    [{ width: 80 }, '80x60'],
    [{ height: 30 }, '40x30'],
    [{ width: 80, height: 80 }, '80x60'],
    [{ width: 80, height: 80, fit: 'cover' }, '80x80'],
    [{ width: 80, height: 80, fit: 'contain' }, '80x80'],
    [{ width: 80, height: 80, fit: 'fill' }, '80x80'],
    [{ width: 80, height: 80, fit: 'outside' }, '107x80'],
    [{ width: 80, fit: 'fill' }, '80x60'],
    [{ width: 80, rotate: 90 }, '80x107'],
    [{ width: 999 }, '160x120'],
    [{ width: 320, enlarge: true }, '320x240'],
    [{ width: 320, height: 320, fit: 'cover', enlarge: true, position: { x: 0, y: 0 } }, '320x320'],
  ])('160 x 120 asked as %j: %s', async (fields, size) => {
    const { rendition, metadata } = await run(await drawQuadrants().png().toBuffer(), fields);
    expect(`${rendition?.width}x${rendition?.height}`).toBe(size);
    expect(`${metadata.width}x${metadata.height}`).toBe(size);
  });

  it('cover: cut at the side or the focal point asked for', async () => {
    const upload = await drawQuadrants().png().toBuffer();
    const cover = { width: 40, height: 120, fit: 'cover' };
    const right = await run(upload, { ...cover, position: 'right' });
    expect(await quadrantsOf(right.content)).toEqual([1, 1, 3, 3]);
    const focal = await run(upload, { ...cover, position: { x: 0.1, y: 0.5 } });
    expect(await quadrantsOf(focal.content)).toEqual([0, 0, 2, 2]);
  });

  it('contain: padded with the background; without one transparent, or white where the format can’t be', async () => {
    const upload = await drawQuadrants().png().toBuffer();
    const box = { width: 80, height: 80, fit: 'contain' };
    const padding = async (fields: object) => colourAt((await run(upload, { ...box, ...fields })).content, 0.5, 0.02);
    expect((await padding({ format: 'png' }))[3]).toBe(0);
    expect(distance(await padding({ format: 'jpeg' }), [255, 255, 255, 255])).toBeLessThan(4);
    expect(await padding({ format: 'png', background: '#102030' })).toEqual([16, 32, 48, 255]);
    expect(distance(await padding({ format: 'jpeg', background: '10203080' }), [16, 32, 48, 255])).toBeLessThan(4);
  });

  it('more pixels than may be made: payload_too_large with the figures', async () => {
    const upload = await drawQuadrants().png().toBuffer();
    const error = await failureOf(upload, { width: 3000, height: 2000, fit: 'fill', enlarge: true });
    expect([error.code, error.message]).toEqual([
      'payload_too_large',
      'Rendition "image" needs 3,000 x 2,000 = 6,000,000 pixels; at most 4,000,000 are made. ' +
        'Ask for a smaller width or height.',
    ]);
  });

  it('a side that the format can’t hold: payload_too_large, the format named', async () => {
    const upload = await drawQuadrants(16_384, 2).png().toBuffer();
    expect(await failureOf(upload, { format: 'webp' })).toMatchObject({
      code: 'payload_too_large',
      message: expect.stringMatching(/WebP/),
    });
  });
});
