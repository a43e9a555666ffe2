import { describe, expect, it } from '@jest/globals';
import sharp from 'sharp';
import { buildHeic, heicFixture } from '../../support/heic/build.ts';
import { writeCoded } from '../../support/images/coded-colours.ts';
import { convertColour, DISPLAY_P3, SRGB } from '../../support/images/colour-profiles.ts';
import { distance, drawQuadrants } from '../../unit/images/pictures.ts';
import { run } from '../../unit/images/run.ts';

/** A red that sRGB does not have, as numbers of Display P3. */
const RED = [250, 30, 40] as const;
/** The profile of Display P3 that libvips brings. */
const PROFILE = drawQuadrants(8, 8)
  .withIccProfile('p3')
  .png()
  .toBuffer()
  .then(async (png) => (await sharp(png).metadata()).icc);
const P3 = { colourSpace: 'p3' } as const;

async function photo(metadata: 'bare' | 'told' = 'bare'): Promise<Buffer> {
  const plain = sharp({ create: { width: 64, height: 48, channels: 3, background: { r: 250, g: 30, b: 40 } } });
  const coded = await writeCoded(plain, 'png', [12, 13]);
  if (metadata === 'bare') return coded;
  return sharp(coded)
    .withExif({ IFD0: { Copyright: '2026 Kari', Make: 'ACME' } })
    .withIccProfile('p3')
    .jpeg({ quality: 100 })
    .toBuffer();
}

/** What a file holds: the numbers of a place as they stand, and whether it says that they are of Display P3. */
async function storedAt(content: Buffer, x = 0.5, y = 0.5): Promise<{ colour: number[]; isP3: boolean }> {
  const { data, info } = await sharp(content, { ignoreIcc: true })
    .raw({ depth: 'uchar' })
    .toBuffer({ resolveWithObject: true });
  const at = (Math.floor(y * info.height) * info.width + Math.floor(x * info.width)) * info.channels;
  const { icc } = await sharp(content).metadata();
  return { colour: [...data.subarray(at, at + 3)], isP3: (await PROFILE)?.equals(icc ?? Buffer.alloc(0)) ?? false };
}

const inP3 = (colour: readonly number[]) => convertColour(colour, SRGB, DISPLAY_P3);

describe('colourSpace p3', () => {
  it.each([
    [{ format: 'png' }],
    [{ format: 'jpeg', quality: 95 }],
    [{ format: 'webp', lossless: true, width: 20 }],
    [{ format: 'avif', lossless: true, crop: { left: 5, top: 5, width: 30, height: 30 } }],
    [{ format: 'tiff', rotate: 90, blur: 1 }],
    [{ format: 'jpeg', quality: 'auto' }],
    [{ format: 'png', regions: [{ left: 0, top: 0, width: 8, height: 8, effect: 'blur' }] }],
    [{ format: 'png', radius: 6, padding: 4, background: '#2040c0', aspectRatio: '1:1' }],
    [{ format: 'webp', lossless: true, text: { text: 'x', size: 8, position: 'northwest' } }],
    [{ format: 'png', metadata: 'all', crop: { left: 5, top: 5, width: 30, height: 30 } }],
    [{ format: 'jpeg', maxBytes: 20_000, width: 40, height: 40, fit: 'cover' }],
  ])('%j: the colours of the source as they were, with the profile', async (fields) => {
    const { content } = await run(await photo(), { ...fields, ...P3 });
    const { colour, isP3 } = await storedAt(content);
    expect([isP3, distance(colour, RED) < 8]).toEqual([true, true]);
  });

  it('an sRGB source, a HEIC and several renditions: converted, each in its own space', async () => {
    const upload = await drawQuadrants().png().toBuffer();
    const { content } = await run(upload, { format: 'png', ...P3 });
    expect((await storedAt(content, 0.25, 0.25)).isP3).toBe(true);
    expect(distance((await storedAt(content, 0.25, 0.25)).colour, inP3([220, 40, 40]))).toBeLessThan(3);
    const wide = await run(heicFixture('display-p3'), { format: 'png', ...P3 });
    expect((await storedAt(wide.content)).isP3).toBe(true);
    const renditions = [
      { name: 'a', format: 'png' },
      { name: 'b', format: 'png', width: 20, ...P3 },
    ];
    const { read } = await run(await photo(), { renditions });
    expect(await storedAt(await read('a.png'))).toEqual({ colour: [255, 0, 12], isP3: false });
    expect(distance((await storedAt(await read('b.png'))).colour, RED)).toBeLessThan(3);
  });

  it('backgrounds and watermarks keep their colours', async () => {
    const logo = await sharp({ create: { width: 8, height: 8, channels: 3, background: '#20c040' } })
      .png()
      .toBuffer();
    const border = { width: 60, height: 60, fit: 'contain', background: '#2040c0' };
    const fields = { format: 'png', ...border, watermark: { file: 'logo', position: 'centre' }, ...P3 };
    const { content } = await run(await photo(), fields, { logo });
    expect(distance((await storedAt(content, 0.5, 0.03)).colour, inP3([32, 64, 192]))).toBeLessThan(3);
    expect(distance((await storedAt(content)).colour, inP3([32, 192, 64]))).toBeLessThan(3);
    expect(distance((await storedAt(content, 0.2, 0.4)).colour, RED)).toBeLessThan(3);
  });

  it('metadata is kept as without it', async () => {
    const all = await run(await photo('told'), { metadata: 'all', ...P3 });
    expect([all.metadata.exif?.includes('ACME'), (await storedAt(all.content)).isP3]).toEqual([true, true]);
    const some = await run(await photo('told'), { metadata: 'copyright', width: 20, ...P3 });
    expect([some.metadata.exif?.includes('2026 Kari'), some.metadata.exif?.includes('ACME')]).toEqual([true, false]);
    expect((await storedAt(some.content)).isP3).toBe(true);
    const none = await run(await photo('told'), P3);
    expect([none.metadata.exif, none.metadata.xmp]).toEqual([undefined, undefined]);
    const heic = await run(buildHeic(), { metadata: 'all', ...P3 });
    expect((await storedAt(heic.content)).isP3).toBe(true);
  });

  it('where nothing can hold it: sRGB, and a GIF or an animation warns', async () => {
    const gif = await run(await photo(), { format: 'gif', ...P3 });
    expect(gif.result.warnings).toMatchObject([{ code: 'option_unused', message: expect.stringContaining('GIF') }]);
    const grey = await run(await drawQuadrants().toColourspace('b-w').png().toBuffer(), P3);
    expect([grey.metadata.channels, grey.metadata.hasProfile]).toEqual([1, false]);
    expect((await run(await photo(), { grayscale: true, ...P3 })).metadata.hasProfile).toBe(false);
  });

  it('the preview is that of sRGB', async () => {
    const [wide, narrow] = [await run(await photo(), { width: 20, ...P3 }), await run(await photo(), { width: 20 })];
    expect(wide.result.dominant).toBe(narrow.result.dominant);
  });
});
