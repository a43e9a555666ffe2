import { describe, expect, it } from '@jest/globals';
import sharp from 'sharp';
import { drawNoise, drawQuadrants } from '../pictures.ts';
import { failureOf, run } from '../run.ts';

const bytes = (...values: number[]) => Buffer.from(values);
const pixelsOf = (image: Buffer) => sharp(image).raw().toBuffer();

describe('a JPEG that lacks its end', () => {
  it.each([
    ['both bytes of its end marker', 2],
    ['one byte of it', 1],
  ])('%s: taken, and every pixel is there', async (_what, lacking) => {
    const whole = await drawNoise(200, 150).jpeg({ quality: 90 }).toBuffer();
    const { content, result } = await run(whole.subarray(0, -lacking), { format: 'png' });
    expect(await pixelsOf(content)).toEqual(await pixelsOf(whole));
    expect(result.warnings.map(({ code }) => code)).toEqual(['larger_than_source']);
  });

  it('pixels too: refused; with damaged=accept shown as far as they go, which is told', async () => {
    const whole = await drawNoise(200, 150).jpeg({ quality: 90 }).toBuffer();
    const cut = whole.subarray(0, Math.floor(whole.length / 2));
    expect(await failureOf(cut, { format: 'png' })).toMatchObject({ code: 'image_unreadable' });
    const { content, result } = await run(cut, { format: 'png', damaged: 'accept' });
    expect(result.warnings.map(({ code }) => code)).toEqual(['damaged']);
    const [kept, wanted] = await Promise.all([pixelsOf(content), pixelsOf(whole)]);
    expect(kept.subarray(0, 200 * 30 * 3)).toEqual(wanted.subarray(0, 200 * 30 * 3));
  });

  it.each([
    ['baseline', drawNoise(60, 43).jpeg()],
    ['grey', drawNoise(60, 43).greyscale().jpeg()],
    ['CMYK', drawNoise(60, 43).toColourspace('cmyk').jpeg()],
    ['progressive', drawNoise(60, 43).jpeg({ progressive: true })],
  ])('%s, and some bytes of its last row: refused, at its size and at a fraction', async (_what, picture) => {
    const whole = await picture.toBuffer();
    for (const lacking of [8, 60, 200]) {
      for (const width of [60, 10]) {
        const failure = await failureOf(whole.subarray(0, -lacking), { width, format: 'png' });
        expect([lacking, width, failure.code]).toEqual([lacking, width, 'image_unreadable']);
      }
    }
    expect((await run(whole.subarray(0, -2), { width: 10, format: 'png' })).result.warnings).toEqual([]);
  });

  it('what stands behind the end: left alone, and the file is kept', async () => {
    const whole = await drawNoise(64, 48).jpeg({ quality: 30 }).toBuffer();
    const film = Buffer.concat([Buffer.from('trailer'), bytes(0xff, 0xda, 0, 3), Buffer.from('and on')]);
    for (const file of [Buffer.concat([whole, film]), whole.subarray(0, -2)]) {
      const { content, rendition } = await run(file);
      expect([rendition?.kept, content.length <= whole.length]).toEqual([true, true]);
      expect(await pixelsOf(content)).toEqual(await pixelsOf(whole));
    }
  });

  it('of several scans: taken where all of them are there, refused where one is missing', async () => {
    const whole = await drawNoise(64, 48).jpeg({ quality: 60, progressive: true }).toBuffer();
    const scan = bytes(0xff, 0xda);
    const last = whole.lastIndexOf(scan);
    const cut = whole.subarray(0, whole.lastIndexOf(scan, last - 1));
    expect(await failureOf(cut, { format: 'png' })).toMatchObject({ code: 'image_unreadable' });
    const { result } = await run(cut, { format: 'png', damaged: 'accept' });
    expect(result.warnings.map(({ code }) => code)).toContain('damaged');
    const { content } = await run(whole.subarray(0, -2), { format: 'png' });
    expect(await pixelsOf(content)).toEqual(await pixelsOf(whole));
  });
});

it('damaged=accept of a whole image: nothing is told', async () => {
  const whole = await drawQuadrants().png().toBuffer();
  expect((await run(whole, { damaged: 'accept' })).result.warnings).toEqual([]);
});

it('a TIFF cut in what its directory points to: damaged, and not of other numbers', async () => {
  const whole = await drawNoise(120, 90).tiff({ compression: 'deflate', tile: true }).toBuffer();
  for (const lacking of [20, 100, 200, 300]) {
    const { code } = await failureOf(whole.subarray(0, -lacking), { format: 'png' });
    expect([lacking, code]).toEqual([lacking, 'image_unreadable']);
  }
});

it('a PNG cut in its pixels: refused; with damaged=accept shown as far as it goes', async () => {
  const whole = await drawNoise(120, 90).png().toBuffer();
  const cut = whole.subarray(0, Math.floor(whole.length * 0.6));
  expect(await failureOf(cut)).toMatchObject({ code: 'image_unreadable' });
  const { result, rendition } = await run(cut, { damaged: 'accept' });
  expect(rendition).toMatchObject({ width: 120, height: 90 });
  expect(result.warnings).toMatchObject([{ code: 'damaged' }]);
});

it('a camera raw file, whose first picture is a preview: refused as such, wherever its directory lies', async () => {
  const tiff = await drawQuadrants(16, 12).tiff({ compression: 'none' }).toBuffer();
  // Another field becomes NewSubfileType, which says: a small copy of another picture.
  const view = new DataView(tiff.buffer, tiff.byteOffset, tiff.byteLength);
  const directory = view.getUint32(4, true);
  expect(directory).toBeGreaterThan(16 * 12);
  const last = directory + 2 + 12 * (view.getUint16(directory, true) - 1);
  view.setUint16(last, 254, true);
  view.setUint32(last + 8, 1, true);
  const failure = await failureOf(tiff);
  expect(failure).toMatchObject({ code: 'unsupported_media_type' });
  expect(failure.message).toContain('a camera raw file');
});
