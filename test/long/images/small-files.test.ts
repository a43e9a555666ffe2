import { describe, expect, it } from '@jest/globals';
import sharp from 'sharp';
import { drawNoise, drawQuadrants } from '../../unit/images/pictures.ts';
import { failureOf, prepare, processor, run } from '../../unit/images/run.ts';

/** Colours that run into each other, with some grain: as a photograph. */
const drawPhoto = async (width = 240, height = 180) => {
  const grain = await drawNoise(width, height).blur(1.2).png().toBuffer();
  return drawQuadrants(width, height)
    .blur(20)
    .composite([{ input: grain, blend: 'soft-light' }])
    .png()
    .toBuffer();
};

/** Lines on transparent ground, a colour each: as a logo. */
const drawLogo = async () => {
  const bar = (background: string) =>
    sharp({ create: { width: 120, height: 6, channels: 4, background } })
      .png()
      .toBuffer();
  const input = await Promise.all(['#b00020', '#0b6a5c', '#1a4f8f'].map(bar));
  const ground = sharp({ create: { width: 240, height: 160, channels: 4, background: 'transparent' } });
  return ground
    .composite(input.map((line, index) => ({ input: line, left: 30 * index, top: 40 * index + 10 })))
    .png()
    .toBuffer();
};

/** Frames of one grey each, as a GIF. */
const drawAnimation = (frames: number) => {
  const data = Buffer.alloc(64 * 48 * frames * 3);
  for (let frame = 0; frame < frames; frame += 1)
    data.fill(40 * (frame + 1), frame * 64 * 48 * 3, (frame + 1) * 64 * 48 * 3);
  const raw = { width: 64, height: 48 * frames, channels: 3 as const, pageHeight: 48 };
  return sharp(data, { raw })
    .gif({ delay: Array(frames).fill(80), loop: 0 })
    .toBuffer();
};

const exact = (image: Buffer) => sharp(image).ensureAlpha().raw().toBuffer();

describe('quality: auto', () => {
  it.each(['jpeg', 'webp', 'avif'])(
    '%s: alike enough, the quality found and the similarity are told',
    async (format) => {
      const { rendition } = await run(await drawPhoto(), { format, quality: 'auto' });
      expect(rendition).toMatchObject({ format });
      expect(rendition?.similarity).toBeGreaterThan(0.95);
      expect(rendition?.similarity).toBeLessThan(1);
      expect(rendition?.quality).toBeGreaterThanOrEqual(42);
      expect(rendition?.quality).toBeLessThanOrEqual(92);
    },
  );

  it('a smooth picture: a lower quality than a grained one', async () => {
    const smooth = await run(await drawQuadrants(320, 240).blur(30).png().toBuffer(), {
      format: 'jpeg',
      quality: 'auto',
    });
    const grained = await run(await drawNoise(320, 240).png().toBuffer(), { format: 'jpeg', quality: 'auto' });
    expect(smooth.rendition?.quality).toBeLessThan(grained.rendition?.quality ?? 0);
  });

  it('where every pixel is kept there is nothing to find: no quality, no similarity', async () => {
    const { rendition } = await run(await drawPhoto(), { format: 'png', quality: 'auto' });
    expect(rendition?.quality).toBeNull();
    expect(rendition).not.toHaveProperty('similarity');
  });

  it('an animation: every frame is there', async () => {
    const { metadata, rendition } = await run(await drawAnimation(3), { format: 'webp', quality: 'auto' });
    expect(metadata).toMatchObject({ format: 'webp', pages: 3, delay: [80, 80, 80] });
    expect(rendition).toMatchObject({ width: 64, height: 48 });
  });
});

describe('format: auto', () => {
  it('a photograph: a lossy format, smaller than each of the others at the same target', async () => {
    const photo = await drawPhoto();
    const { rendition, content } = await run(photo, { format: 'auto' });
    expect(rendition?.quality).not.toBeNull();
    for (const format of ['jpeg', 'webp', 'avif']) {
      const other = await run(photo, { format, quality: 'auto' });
      const isAlike = (other.rendition?.similarity ?? 0) >= 0.98;
      if (isAlike) expect(content.length).toBeLessThanOrEqual(other.content.length);
    }
  });

  it('a logo: transparent still, each pixel kept, smaller than as PNG', async () => {
    const logo = await drawLogo();
    const { rendition, metadata, content } = await run(logo, { format: 'auto' });
    expect(metadata.hasAlpha).toBe(true);
    expect(rendition).toMatchObject({ quality: null, similarity: 1 });
    expect(content.length).toBeLessThanOrEqual((await run(logo, { format: 'png' })).content.length);
    expect(await exact(content)).toEqual(await exact(logo));
  });

  it('a grained picture with transparency: never JPEG, the transparency stays', async () => {
    const photo = await sharp(await drawPhoto(160, 120))
      .ensureAlpha(0.5)
      .png()
      .toBuffer();
    const { metadata } = await run(photo, { format: 'auto' });
    expect(metadata.format).not.toBe('jpeg');
    expect(metadata.hasAlpha).toBe(true);
  });

  it('an animation: stays one, as WebP', async () => {
    const { metadata } = await run(await drawAnimation(4), { format: 'auto' });
    expect(metadata).toMatchObject({ format: 'webp', pages: 4 });
  });

  it('lossless: each pixel is kept', async () => {
    const photo = await drawPhoto(120, 90);
    const { content, rendition } = await run(photo, { format: 'auto', lossless: true });
    expect(rendition?.quality).toBeNull();
    expect(await exact(content)).toEqual(await exact(photo));
  });

  it('a quality given: that one is used in the format chosen', async () => {
    const { rendition } = await run(await drawPhoto(), { format: 'auto', quality: 33 });
    expect(rendition).toMatchObject({ quality: 33 });
    expect(rendition).not.toHaveProperty('similarity');
  });
});

describe('maxBytes', () => {
  it.each(['jpeg', 'webp', 'avif'])('%s: met by a lower quality, at the same size in pixels', async (format) => {
    const photo = await drawPhoto();
    const whole = await run(photo, { format });
    const maxBytes = Math.max(1000, Math.round(whole.content.length * 0.6));
    const { content, rendition } = await run(photo, { format, maxBytes });
    expect(content.length).toBeLessThanOrEqual(maxBytes);
    expect(rendition?.bytes).toBe(content.length);
    expect(rendition).toMatchObject({ width: 240, height: 180 });
    expect(rendition?.quality).toBeLessThan(whole.rendition?.quality ?? 0);
  });

  it('already met: the quality stays as it was', async () => {
    const { rendition } = await run(await drawPhoto(), { format: 'webp', quality: 70, maxBytes: 1_000_000 });
    expect(rendition).toMatchObject({ quality: 70 });
  });

  it.each(['png'])('%s: met by fewer colours, and how many is told', async (format) => {
    const photo = await drawPhoto();
    const whole = await run(photo, { format });
    const maxBytes = Math.round(whole.content.length * 0.5);
    const { content, rendition } = await run(photo, { format, maxBytes });
    expect(content.length).toBeLessThanOrEqual(maxBytes);
    expect(rendition?.quality).toBeNull();
    expect(rendition?.colours).toBeLessThanOrEqual(256);
  });

  it('a GIF has its 256 colours, or too few to be looked at: size_unmet', async () => {
    const gif = await drawNoise(240, 180).blur(1.2).gif().toBuffer();
    const error = await failureOf(gif, { maxBytes: Math.round(gif.length / 4) });
    expect(error).toMatchObject({ code: 'size_unmet' });
    expect(error.message).toMatch(/as GIF of the fewest colours that are made it has [\d,]+/);
  });

  it('with metadata to be kept: met by the file that has it', async () => {
    const photo = await sharp(await drawPhoto())
      .withExif({ IFD0: { Copyright: 'Kari Nordmann' } })
      .jpeg()
      .toBuffer();
    const { content, metadata } = await run(photo, { format: 'webp', metadata: 'all', maxBytes: 4000 });
    expect(content.length).toBeLessThanOrEqual(4000);
    expect(metadata.exif?.toString('latin1')).toContain('Kari Nordmann');
  });

  it.each([
    [{ format: 'jpeg' }, /as JPEG of quality 20, the lowest that is made, it has [\d,]+/],
    [{ format: 'webp', lossless: true }, /as lossless WebP it has [\d,]+/],
    [{ format: 'png' }, /as PNG of the fewest colours that are made it has [\d,]+/],
    [{ format: 'tiff' }, /as lossless TIFF it has [\d,]+/],
  ])('%j out of reach: size_unmet, with the rendition, the figures and what would help', async (fields, figures) => {
    const noise = await drawNoise(800, 600).png().toBuffer();
    const error = await failureOf(noise, { ...fields, name: 'hero', maxBytes: 1000 });
    expect(error).toMatchObject({ code: 'size_unmet', retryable: false });
    expect(error.message).toMatch(/^Rendition "hero" can't be made with at most 1,000 bytes: /);
    expect(error.message).toMatch(figures);
    expect(error.message).toMatch(/Ask for a smaller width or height, another format, or a larger maxBytes\.$/);
  });

  it('format auto, out of reach of the smallest format: another that fits is taken', async () => {
    const logo = await drawLogo();
    const { content } = await run(logo, { format: 'auto', maxBytes: 1000 });
    expect(content.length).toBeLessThanOrEqual(1000);
  });

  it('aborted between two trials: rejects with the reason, nothing is written', async () => {
    const { job, context, abort, written } = await prepare(await drawPhoto(), { format: 'avif', quality: 'auto' });
    const outcome = processor.process(job, context);
    const reason = new Error('cancelled by the test');
    setImmediate(() => abort.abort(reason));
    await expect(outcome).rejects.toBe(reason);
    expect(await written()).toEqual([]);
  });
});
