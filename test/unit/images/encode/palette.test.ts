import { describe, expect, it } from '@jest/globals';
import sharp from 'sharp';
import { listSteps } from '../../../../workers/images/encode/fit-bytes.ts';
import { drawNoise, drawQuadrants } from '../pictures.ts';
import { failureOf, run } from '../run.ts';

const exact = (image: Buffer) => sharp(image).toColourspace('srgb').ensureAlpha().raw().toBuffer();
const isSame = async (one: Buffer, other: Buffer) => (await exact(one)).equals(await exact(other));

describe('a picture of few colours as PNG', () => {
  it.each([
    ['a palette that is cut', 'png', { crop: { left: 10, top: 10, width: 100, height: 80 } }],
    ['a palette that is mirrored', 'png', { flop: true }],
    ['a GIF', 'gif', { format: 'png' }],
    ['true colour', 'png', { format: 'png', quality: 40 }],
  ] as const)('%s: has a palette, and each pixel as it was', async (what, format, fields) => {
    const upload = await drawQuadrants(160, 120)
      .toFormat(format, format === 'png' ? { palette: what !== 'true colour' } : {})
      .toBuffer();
    const { metadata, content } = await run(upload, fields);
    expect(metadata.isPalette).toBe(true);
    const wanted = await run(upload, { ...fields, format: 'tiff' });
    expect(await isSame(content, wanted.content)).toBe(true);
  });

  it('with transparency: that too', async () => {
    const upload = await drawQuadrants(40, 40).ensureAlpha(0.4).png().toBuffer();
    const { metadata, content } = await run(upload, { flip: true });
    expect(metadata).toMatchObject({ isPalette: true, hasAlpha: true });
    expect(await isSame(content, await sharp(upload).flip().png().toBuffer())).toBe(true);
  });

  it('of more than 256 colours: it has none, and each pixel is as it was', async () => {
    const upload = await drawQuadrants(160, 120).blur(20).png().toBuffer();
    const { metadata, content } = await run(upload, { flip: true });
    expect(metadata.isPalette).toBe(false);
    expect(await isSame(content, await sharp(upload).flip().png().toBuffer())).toBe(true);
  });
});

describe('maxBytes ends before ruin', () => {
  const encoding = { quality: null, progressive: false, dense: true } as const;

  it('gif: at 32 colours; png: at a palette of some 30', () => {
    expect(listSteps({ ...encoding, format: 'gif' })[0]).toMatchObject({ colours: 32 });
    expect(listSteps({ ...encoding, format: 'png' })[0]).toMatchObject({ paletteQuality: 10 });
  });

  it.each([
    ['png', 0.15],
    ['gif', 0.6],
  ] as const)('a %s between all colours and the fewest: it has as many as the result says', async (format, share) => {
    const upload = await drawQuadrants(120, 90).blur(30).toFormat(format).toBuffer();
    const { content, rendition } = await run(upload, { maxBytes: Math.round(share * upload.length), flip: true });
    const pixels = await sharp(content).removeAlpha().raw().toBuffer();
    const colours = new Set(Array.from({ length: pixels.length / 3 }, (_, at) => pixels.readUIntBE(3 * at, 3)));
    expect([16 < colours.size, colours.size < 256]).toEqual([true, true]);
    // The table of a GIF is as long as a power of two.
    const told = rendition?.colours ?? 0;
    expect(format === 'png' ? told : Math.min(told, colours.size)).toBe(colours.size);
    if (format === 'gif') expect(colours.size).toBeGreaterThan(told / 2);
  });

  it.each([
    ['jpeg', 20],
    ['webp', 15],
    ['avif', 20],
  ] as const)('%s: at quality %i; at that which was asked for, where it is lower', (format, lowest) => {
    const steps = listSteps({ ...encoding, format, quality: 80 });
    expect([steps[0]?.quality, steps.at(-1)?.quality]).toEqual([lowest, 79]);
    expect(listSteps({ ...encoding, format, quality: 5 })).toEqual([]);
  });

  it('a photograph as PNG that only two colours would make small enough: size_unmet', async () => {
    const photo = await drawNoise(200, 200).blur(1).png().toBuffer();
    const error = await failureOf(photo, { maxBytes: 5000 });
    expect(error).toMatchObject({ code: 'size_unmet' });
    expect(error.message).toMatch(/as PNG of the fewest colours that are made it has [\d,]+\./);
  });
});

it('a small JPEG is made by mozjpeg: progressive, and smaller than without', async () => {
  const upload = await drawNoise(200, 150).blur(1).png().toBuffer();
  const { content, metadata } = await run(upload, { format: 'jpeg' });
  expect(metadata.isProgressive).toBe(true);
  expect(content.length).toBeLessThan((await sharp(upload).jpeg({ quality: 80 }).toBuffer()).length);
});
