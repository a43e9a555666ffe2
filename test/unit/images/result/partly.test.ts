import { describe, expect, it } from '@jest/globals';
import { pino } from 'pino';
import sharp from 'sharp';
import { createProcessor } from '../../../../workers/images/processor.ts';
import { buildApng } from '../../../support/images/apng.ts';
import { svgOf } from '../../../support/reports/drawings.ts';
import { drawNoise, drawQuadrants } from '../pictures.ts';
import { config, failureOf, prepare, processor, run } from '../run.ts';

const log = pino({ level: 'silent' });

/** A job over an upload, as it is: with renditions that could not be made. */
async function runPartly(upload: Uint8Array, fields: Record<string, unknown>) {
  const { job, context, progress } = await prepare(upload, fields);
  return { ...(await processor.process(job, context)), progress };
}

/** The same, where images may take so many bytes of memory. */
async function runWithin(bytes: number, upload: Uint8Array, fields: Record<string, unknown>) {
  const tight = createProcessor({ config: { ...config, IMAGES_MEMORY_BYTES: bytes }, log });
  const { job, context, read } = await prepare(upload, fields);
  const made = await tight.process(job, context);
  await tight.close?.();
  return { ...made, read };
}

describe('a rendition that can not be made', () => {
  it('costs only itself: the others are made, in their order, and it says why', async () => {
    const upload = await drawQuadrants(100, 80).png().toBuffer();
    const crop = { left: 90, top: 0, width: 20, height: 20 };
    const renditions = [
      { name: 'a', width: 40 },
      { name: 'b', crop },
      { name: 'c', width: 9000, height: 9000, fit: 'contain' },
      { name: 'd', format: 'jpeg', maxBytes: 1000, width: 4000, enlarge: true },
      { name: 'e', format: 'webp' },
    ];
    const { result, files, progress } = await runPartly(upload, { renditions });
    expect(files.map(({ name }) => name)).toEqual(['a.png', 'e.webp']);
    expect(result.renditions).toEqual([
      expect.objectContaining({ name: 'a', width: 40, file: 'a.png' }),
      {
        name: 'b',
        error: {
          code: 'invalid_request',
          detail:
            'The crop of rendition "b" ends at 110 x 20, but the image has 100 x 80 pixels: choose a crop inside it.',
        },
      },
      { name: 'c', error: { code: 'payload_too_large', detail: expect.stringContaining('Rendition "c" needs') } },
      { name: 'd', error: { code: expect.any(String), detail: expect.stringContaining('"d"') } },
      expect.objectContaining({ name: 'e', format: 'webp', file: 'e.webp' }),
    ]);
    expect(progress.at(-1)).toMatchObject({ percent: 100, done: 5, total: 5 });
  });

  it('higher than its format can be: the others are made', async () => {
    const upload = await drawQuadrants(40, 17_000).png().toBuffer();
    const renditions = [
      { name: 'small', format: 'jpeg', width: 20 },
      { name: 'whole', format: 'webp' },
    ];
    const { result } = await runPartly(upload, { renditions });
    expect(result.renditions).toMatchObject([
      { name: 'small', height: 8500 },
      { name: 'whole', error: { code: 'payload_too_large', detail: expect.stringContaining('WebP') } },
    ]);
  });

  it('takes too much memory to hide its regions: the others are made, and no preview shows what it was to hide', async () => {
    const upload = await drawQuadrants(1000, 750).jpeg().toBuffer();
    const regions = [{ left: 0, top: 0, width: 500, height: 500 }];
    const renditions = [
      { name: 'a', width: 100 },
      { name: 'r', width: 200, regions },
    ];
    const { result } = await runWithin(3_000_000, upload, { renditions });
    expect(result.renditions).toMatchObject([
      { name: 'a', width: 100 },
      { name: 'r', error: { code: 'payload_too_large' } },
    ]);
    const told = ['placeholder', 'dominant', 'palette', 'blurHash', 'perceptualHash'];
    expect(told.filter((member) => member in result)).toEqual([]);
    expect(Object.keys((await runPartly(upload, { renditions })).result)).toEqual(expect.arrayContaining(told));
  });

  it('those that fit alone, and not together: each is made, and is as it is alone', async () => {
    const upload = await drawQuadrants(400, 300).png().toBuffer();
    const renditions = [
      { name: 'a', format: 'avif' },
      { name: 'b', width: 300 },
      { name: 'c', trim: true, format: 'webp' },
    ];
    const { result, read } = await runWithin(5_200_000, upload, { renditions });
    expect(result).toMatchObject({ renditions: [{ format: 'avif' }, { width: 300 }, { format: 'webp' }] });
    const together = await read('b.png');
    expect(typeof result.placeholder).toBe('string');
    expect(together.equals((await run(upload, { width: 300 })).content)).toBe(true);
  });

  it('fails the job where that is strict, and where none can be made, with the first error', async () => {
    const upload = await drawQuadrants(100, 80).png().toBuffer();
    const outside = { left: 90, top: 0, width: 20, height: 20 };
    const renditions = [{ name: 'a' }, { name: 'b', crop: outside }];
    expect((await failureOfStrict(upload, { renditions, strict: true })).message).toContain('rendition "b"');
    const none = [
      { name: 'x', width: 9000, height: 9000, fit: 'contain' },
      { name: 'b', crop: outside },
    ];
    expect(await failureOf(upload, { renditions: none })).toMatchObject({ code: 'payload_too_large' });
  });

  /** What was made before it is removed with the job. */
  async function failureOfStrict(upload: Uint8Array, fields: Record<string, unknown>): Promise<Error> {
    const { job, context } = await prepare(upload, fields);
    return processor.process(job, context).then(
      () => new Error('the job completed'),
      (error: Error) => error,
    );
  }
});

describe('warnings', () => {
  /** So many frames, each of another red. */
  async function frames(count: number) {
    const pictures = Array.from({ length: count }, (_, index) =>
      sharp({ create: { width: 20, height: 20, channels: 3, background: { r: 60 * index, g: 0, b: 0 } } })
        .png()
        .toBuffer(),
    );
    return sharp(await Promise.all(pictures), { join: { animated: true } });
  }
  const codesOf = async (upload: Uint8Array, fields: Record<string, unknown> = {}) =>
    (await run(upload, fields)).result.warnings.map(({ code, rendition }) => `${rendition} ${code}`);

  it('an animation of which one picture is left; not where that was asked for', async () => {
    const gif = await (await frames(3)).gif().toBuffer();
    expect(await codesOf(gif, { format: 'png' })).toEqual(['image animation_lost']);
    // So small a WebP is larger than a GIF.
    expect(await codesOf(gif, { format: 'webp' })).toEqual(['image larger_than_source']);
    expect(await codesOf(gif)).toEqual([]);
    expect(await codesOf(gif, { format: 'png', animated: false })).toEqual([]);
  });

  it('an animated PNG made into one picture, as it is without a format', async () => {
    const still = await drawQuadrants(20, 20).png().toBuffer();
    const moving = buildApng({ width: 20, height: 20, frames: [{ png: still }, { png: still }] });
    expect(await codesOf(moving)).toEqual(['image animation_lost']);
    expect(await codesOf(moving, { animated: false })).toEqual([]);
    expect(await codesOf(moving, { format: 'webp' })).toEqual([]);
    expect(await codesOf(still)).toEqual([]);
  });

  it('a drawing that moves, and nothing of its bytes', async () => {
    const disc = '<circle r="5"><animate attributeName="r" to="9" dur="1s"/></circle>';
    expect(await codesOf(svgOf(disc))).toEqual(['image animation_lost']);
  });

  it('transparency in a JPEG without a background, a quality of what keeps every pixel', async () => {
    const clear = await drawNoise(60, 60).ensureAlpha(0.5).png().toBuffer();
    expect(await codesOf(clear, { format: 'jpeg' })).toEqual(['image transparency_lost']);
    expect(await codesOf(clear, { format: 'jpeg', background: 'white' })).toEqual([]);
    expect(await codesOf(clear, { quality: 50 })).toEqual(['image option_unused']);
    expect(await codesOf(clear)).toEqual([]);
  });

  it('a quality that was used to find that none is needed: nothing is said', async () => {
    // Lines of one pixel, red and blue: WebP that loses some would lose their colours.
    const lines = Buffer.from(Array.from({ length: 64 * 64 }, (_, at) => (at % 2 ? [255, 0, 0] : [0, 0, 255])).flat());
    const flat = await sharp(lines, { raw: { width: 64, height: 64, channels: 3 } })
      .png()
      .toBuffer();
    const { rendition, result } = await run(flat, { format: 'webp', quality: 'auto' });
    expect(rendition).toMatchObject({ format: 'webp', quality: null });
    expect(result.warnings.map(({ code }) => code)).not.toContain('option_unused');
    expect(await codesOf(flat, { format: 'webp', quality: 50, lossless: true })).toEqual(['image option_unused']);
  });
});

describe('larger_than_source', () => {
  const told = async (upload: Uint8Array, fields: Record<string, unknown> = {}) =>
    (await run(upload, fields)).result.warnings.map(({ message }) => message.replace(/\d[\d,]*/g, 'N'));
  const ADVICE =
    'The file has N bytes, its source N: leave format and quality out, or ask for auto, and it is no larger.';
  const SIZES = 'The file has N bytes, its source N.';

  it('a format or quality that was asked for, without which the upload is kept: what to leave out', async () => {
    const photo = await drawNoise(64, 48).jpeg({ quality: 30 }).toBuffer();
    for (const fields of [{ quality: 95 }, { format: 'png' }, { format: 'jpeg', quality: 95, metadata: 'all' }]) {
      expect(await told(photo, fields)).toEqual([ADVICE]);
    }
    expect(await told(photo)).toEqual([]);
  });

  it('what is encoded anew whatever is asked: the sizes alone', async () => {
    const small = drawNoise(64, 48).withMetadata({ orientation: 6 }).tiff({ compression: 'jpeg', quality: 10 });
    for (const fields of [{}, { format: 'png' }]) expect(await told(await small.toBuffer(), fields)).toEqual([SIZES]);
    // Its edge cuts through a unit of 16 pixels: it is not turned without loss, and yet becomes no larger.
    const turned = await drawNoise(64, 45).jpeg({ quality: 20 }).withMetadata({ orientation: 6 }).toBuffer();
    expect(await told(turned, { quality: 95 })).toEqual([ADVICE]);
    expect(await told(turned)).toEqual([]);
  });

  it('nothing where other pixels are shown, or where it is larger by metadata that were asked for', async () => {
    const photo = await drawNoise(64, 48).jpeg({ quality: 30 }).toBuffer();
    expect(await told(photo, { quality: 95, flip: true })).toEqual([]);
    const signed = await drawNoise(64, 48)
      .withExif({ IFD0: { Copyright: 'Kari' } })
      .jpeg({ quality: 30 })
      .toBuffer();
    const { content, result } = await run(signed, { metadata: 'all' });
    expect([content.length > signed.length, result.warnings]).toEqual([true, []]);
  });
});
