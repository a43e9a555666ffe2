import { describe, expect, it } from '@jest/globals';
import sharp from 'sharp';
import { IMAGE_FORMATS } from '../../../../workers/images/formats/image-format.ts';
import { tiffFields, tiffWith } from '../../../support/hostile/blocks.ts';
import { pngHeader } from '../../../support/images/png-header.ts';
import { drawNoise } from '../pictures.ts';
import { failureOf, prepare, processor, run } from '../run.ts';

describe('bad input', () => {
  it.each(['jpeg', 'png', 'webp', 'avif', 'gif', 'tiff'] as const)(
    'a %s truncated at 50 %%: image_unreadable and nothing is written, for one rendition as for two',
    async (format) => {
      const whole = await drawNoise(300, 200).toFormat(format).toBuffer();
      const half = whole.subarray(0, whole.length / 2);
      for (const fields of [{ width: 50 }, { renditions: [{ name: 'a', width: 50 }, { name: 'b' }] }]) {
        expect(await failureOf(half, fields)).toMatchObject({
          code: 'image_unreadable',
          message: 'The image could not be decoded: it is truncated or damaged.',
        });
      }
    },
  );

  it('an interlaced PNG and a progressive JPEG truncated: image_unreadable, whatever the output', async () => {
    const png = await drawNoise(300, 200).png({ progressive: true }).toBuffer();
    const jpeg = await drawNoise(300, 200).jpeg({ progressive: true }).toBuffer();
    for (const format of IMAGE_FORMATS) {
      for (const whole of [png, jpeg]) {
        const { code } = await failureOf(whole.subarray(0, whole.length * 0.6), { format });
        expect(code).toBe('image_unreadable');
      }
    }
  });

  it('a TIFF whose channels are no colours: image_unreadable, whatever is asked', async () => {
    const tiff = await drawNoise(60, 40).toColourspace('b-w').tiff().toBuffer();
    const directory = tiff.readUInt32LE(4);
    for (let at = directory + 2; at < directory + 2 + 12 * tiff.readUInt16LE(directory); at += 12) {
      // PhotometricInterpretation: a transparency mask.
      if (tiff.readUInt16LE(at) === 262) tiff.writeUInt16LE(4, at + 8);
    }
    for (const fields of [{}, { width: 30, format: 'webp' }, { renditions: [{ name: 'a' }, { name: 'b' }] }]) {
      const { code, message } = await failureOf(tiff, fields);
      expect([code, message]).toEqual(['image_unreadable', expect.stringContaining('channels that are no colours')]);
    }
  });

  it.each([
    ['12-bit grey', { 258: 12 }],
    ['12-bit RGB', { 258: 12, 262: 2, 277: 3 }],
    ['32-bit grey', { 258: 32 }],
    ['8-bit signed grey', { 339: 2 }],
    ['16-bit signed CMYK', { 258: 16, 262: 5, 277: 4, 339: 2 }],
    ['32-bit floating-point grey', { 258: 32, 339: 3, 262: 0 }],
    ['64-bit floating-point RGB', { 258: 64, 339: 3, 262: 2, 277: 3 }],
  ])('a TIFF of %s values: unsupported_media_type, for no decoder shows them', async (what, changed) => {
    const numbers = { 339: 1, ...changed } as Record<number, number>;
    const fields = [...tiffFields(8, 8), [339, 3, 1, 1] as const].map(
      ([tag, type, count, value]) => [tag, type, count, numbers[tag] ?? value] as const,
    );
    const { code, message } = await failureOf(tiffWith(fields, Buffer.alloc(2048)));
    expect([code, message]).toEqual(['unsupported_media_type', expect.stringContaining(`a TIFF of ${what} values`)]);
  });

  it.each([
    ['of more numbers than its colours and its transparency', { 262: 2, 277: 5 }, '5 numbers a pixel, more than RGB'],
    ['of grey and two more', { 262: 0, 277: 3 }, '3 numbers a pixel, more than grey'],
    ['of the Lab of profiles', { 262: 9, 277: 3 }, 'Lab values as profiles have them'],
  ])('a TIFF %s: unsupported_media_type, whatever is asked', async (_what, changed, said) => {
    const numbers = changed as Record<number, number>;
    const fields = tiffFields(8, 8).map(
      ([tag, type, count, value]) => [tag, type, count, numbers[tag] ?? value] as const,
    );
    for (const asked of [{}, { width: 4, format: 'png' }]) {
      const { code, message } = await failureOf(tiffWith(fields, Buffer.alloc(2048)), asked);
      expect([code, message]).toEqual(['unsupported_media_type', expect.stringContaining(said)]);
    }
  });

  it('a JPEG of 12 bits: unsupported_media_type', async () => {
    const jpeg = await drawNoise(16, 16).jpeg().toBuffer();
    jpeg[jpeg.indexOf(Buffer.from([0xff, 0xc0])) + 4] = 12;
    expect(await failureOf(jpeg)).toMatchObject({
      code: 'unsupported_media_type',
      message: expect.stringContaining('12 bits'),
    });
  });

  it('a header that claims a million times more than the limit: payload_too_large, nothing is decoded', async () => {
    const error = await failureOf(pngHeader(30_000, 30_000), { width: 10 });
    expect(error.code).toBe('payload_too_large');
    expect(error.message).toContain('30,000 x 30,000');
  });

  it('an animation with too many pixels over all frames, or too many frames: payload_too_large', async () => {
    const animation = async (frames: number, side: number) => {
      const frame = (index: number) =>
        sharp({ create: { width: side, height: side, channels: 3, background: { r: index * 9, g: 0, b: 0 } } });
      const drawn = await Promise.all(Array.from({ length: frames }, (_, index) => frame(index).png().toBuffer()));
      return sharp(drawn, { join: { animated: true } })
        .gif({ effort: 1 })
        .toBuffer();
    };
    const large = await failureOf(await animation(5, 1000));
    expect([large.code, large.message]).toEqual(['payload_too_large', expect.stringMatching(/in 5 frames, 5,000,000/)]);
    const many = await failureOf(await animation(11, 10));
    expect([many.code, many.message]).toEqual([
      'payload_too_large',
      'The animation has 11 frames; at most 10 are taken. Ask for the first of them with maxFrames, for one with page, or for animated: false.',
    ]);
    const { result } = await run(await animation(4, 10));
    expect(result.source).toMatchObject({ animated: true, pages: 4, width: 10, height: 10 });
  });

  it('an AVIF animation whose pictures can not be read: told as what it is', async () => {
    const avif = await drawNoise(60, 40).avif({ effort: 0 }).toBuffer();
    avif.write('avis', 8, 'latin1');
    const { code, message } = await failureOf(avif.subarray(0, 260));
    expect([code, message]).toEqual(['unsupported_media_type', expect.stringContaining('is an AVIF animation')]);
  });

  it("an SVG is never drawn by the worker's own libvips", async () => {
    const svg = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="10" height="10"/>');
    await expect(sharp(svg).toBuffer()).rejects.toThrow(/unsupported image format/);
  });

  it('a job without its file: a clear fault', async () => {
    const { job, context } = await prepare(Buffer.alloc(1), {});
    await expect(processor.process({ ...job, uploads: {} }, context)).rejects.toMatchObject({
      code: 'invalid_request',
    });
  });
});
