import { describe, expect, it } from '@jest/globals';
import sharp from 'sharp';
import { IMAGE_FORMATS } from '../../../../workers/images/formats/image-format.ts';
import { drawNoise, drawQuadrants } from '../pictures.ts';
import { quadrantsOf, run } from '../run.ts';

describe('formats', () => {
  it.each(IMAGE_FORMATS)('%s asked: a file of that format, the size asked, named and typed so', async (format) => {
    const { result, files, metadata, content } = await run(await drawQuadrants().png().toBuffer(), {
      width: 80,
      format,
    });
    const extension = format === 'jpeg' ? 'jpg' : format;
    expect(files).toMatchObject([{ name: `image.${extension}`, type: `image/${format}`, bytes: content.length }]);
    expect(metadata).toMatchObject({ mediaType: `image/${format}`, width: 80, height: 60 });
    expect(result.renditions).toMatchObject([{ name: 'image', format, width: 80, height: 60, bytes: content.length }]);
    expect(await quadrantsOf(content)).toEqual([0, 1, 2, 3]);
  });

  it.each(IMAGE_FORMATS)('%s sent, no format asked: the same format comes back', async (format) => {
    const upload = await drawQuadrants().toFormat(format).toBuffer();
    const { result } = await run(upload, { width: 40 });
    expect(result.renditions).toMatchObject([{ format, width: 40, height: 30 }]);
    expect(result.source).toEqual({
      width: 160,
      height: 120,
      format,
      bytes: upload.length,
      orientation: 1,
      animated: false,
      pages: 1,
    });
  });

  it('auto: WebP', async () => {
    const { metadata } = await run(await drawQuadrants().jpeg().toBuffer(), { format: 'auto' });
    expect(metadata.format).toBe('webp');
  });

  it('quality: the lower, the smaller the file; told in the result, null where every pixel is kept', async () => {
    const upload = await drawNoise(200, 200).png().toBuffer();
    const low = await run(upload, { format: 'jpeg', quality: 20 });
    const high = await run(upload, { format: 'jpeg', quality: 90 });
    expect(low.content.length).toBeLessThan(high.content.length / 2);
    expect([low.rendition?.quality, high.rendition?.quality]).toEqual([20, 90]);
    expect((await run(upload, { format: 'avif' })).rendition?.quality).toBe(60);
    expect((await run(upload, { format: 'png', quality: 20 })).rendition?.quality).toBeNull();
  });

  it('lossless WebP: every pixel as it was', async () => {
    const upload = await drawNoise(64, 48).png().toBuffer();
    const { content, rendition } = await run(upload, { format: 'webp', lossless: true });
    expect(await sharp(content).raw().toBuffer()).toEqual(await sharp(upload).raw().toBuffer());
    expect(rendition?.quality).toBeNull();
  });

  it('progressive JPEG: written so', async () => {
    const { metadata } = await run(await drawQuadrants().jpeg().toBuffer(), { progressive: true });
    expect(metadata.isProgressive).toBe(true);
  });
});
