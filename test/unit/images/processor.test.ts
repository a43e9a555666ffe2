import { afterEach, describe, expect, it } from '@jest/globals';
import { pino } from 'pino';
import sharp from 'sharp';
import { defaultConfig } from '../../../src/config.ts';
import { AppError } from '../../../src/errors.ts';
import { IMAGE_FORMATS } from '../../../workers/images/header.ts';
import { createProcessor } from '../../../workers/images/processor.ts';
import {
  type Bench,
  colourAt,
  distance,
  drawNoise,
  drawQuadrants,
  openBench,
  photoOriented,
  pngClaiming,
  QUADRANTS,
} from './pictures.ts';

const config = { ...defaultConfig(), IMAGE_MAX_PIXELS: 4_000_000, IMAGE_MAX_FRAMES: 10 };
const processor = createProcessor({ config, log: pino({ level: 'silent' }) });
const CENTRES = [
  [0.25, 0.25],
  [0.75, 0.25],
  [0.25, 0.75],
  [0.75, 0.75],
] as const;

let bench: Bench | undefined;
afterEach(async () => {
  await bench?.remove();
  bench = undefined;
});

async function prepare(upload: Uint8Array, fields: Record<string, unknown>): Promise<Bench> {
  bench = await openBench(upload, fields);
  return bench;
}

/** Runs a job over the upload; returns its outcome and what lies in its first file. */
async function run(upload: Uint8Array, fields: Record<string, unknown> = {}) {
  await bench?.remove();
  const { job, context, read } = await prepare(upload, fields);
  const { result, files } = await processor.process(job, context);
  const content = await read(files[0]?.name ?? '');
  return { result, files, content, rendition: result.renditions[0], metadata: await sharp(content).metadata() };
}

/** How a job over the upload fails, and that nothing was written. */
async function failureOf(upload: Uint8Array, fields: Record<string, unknown> = {}): Promise<AppError> {
  await bench?.remove();
  const { job, context, written } = await prepare(upload, fields);
  const error = await processor.process(job, context).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(await written()).toEqual([]);
  if (!(error instanceof AppError)) throw error ?? new Error('the job completed');
  return error;
}

/** The colours in the middle of the four quadrants, as the index of the nearest colour drawn there. */
async function quadrantsOf(image: Buffer): Promise<number[]> {
  const colours = await Promise.all(CENTRES.map(([x, y]) => colourAt(image, x, y)));
  return colours.map((colour) => QUADRANTS.findIndex((drawn) => distance(colour, drawn) < 12));
}

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
    expect((await run(upload, { format: 'avif' })).rendition?.quality).toBe(50);
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

  it('contain: padded with the background; with nothing where the format has transparency; white where not', async () => {
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
      'Rendition "image" needs 3,000 x 2,000 = 6,000,000 pixels; at most 4,000,000 are made. Ask for a smaller width or height.',
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

describe('orientation and turning', () => {
  const ASKED = [
    {},
    { width: 80 },
    { width: 40, height: 120, fit: 'cover', position: 'left' },
    { width: 60, rotate: 90 },
  ];
  const FLIPPED = [{ flop: true, width: 80 }, { flip: true }, { rotate: 270, flip: true, width: 50 }];

  it.each([1, 2, 3, 4, 5, 6, 7, 8])(
    'EXIF orientation %i: every rendition is as of the upright picture',
    async (orientation) => {
      const upload = await photoOriented(orientation);
      const upright = await photoOriented(1);
      for (const fields of [...ASKED, ...FLIPPED]) {
        const [ours, theirs] = [await run(upload, fields), await run(upright, fields)];
        expect([ours.metadata.width, ours.metadata.height]).toEqual([theirs.metadata.width, theirs.metadata.height]);
        expect(await quadrantsOf(ours.content)).toEqual(await quadrantsOf(theirs.content));
        expect(ours.result.source).toMatchObject({ width: 160, height: 120, orientation });
        expect(ours.metadata.orientation).toBeUndefined();
      }
    },
  );

  it('several renditions of a turned source: upright each', async () => {
    const renditions = [
      { name: 'small', width: 80 },
      { name: 'turned', rotate: 180 },
    ];
    const { result } = await run(await photoOriented(6), { renditions });
    expect(result.renditions).toMatchObject([
      { width: 80, height: 60 },
      { width: 160, height: 120 },
    ]);
    expect(await quadrantsOf((await bench?.read('small.jpg')) as Buffer)).toEqual([0, 1, 2, 3]);
    expect(await quadrantsOf((await bench?.read('turned.jpg')) as Buffer)).toEqual([3, 2, 1, 0]);
  });

  it.each([
    [{ rotate: 90 }, [2, 0, 3, 1]],
    [{ rotate: -90 }, [1, 3, 0, 2]],
    [{ rotate: 180 }, [3, 2, 1, 0]],
    [{ flip: true }, [2, 3, 0, 1]],
    [{ flop: true }, [1, 0, 3, 2]],
    [{ rotate: 90, flop: true }, [3, 1, 2, 0]],
    [{ rotate: 90, flip: true, width: 60 }, [0, 2, 1, 3]],
    [{ rotate: 90, flip: true, flop: true }, [1, 3, 0, 2]],
    [{ flip: true, flop: true }, [3, 2, 1, 0]],
    [{ flop: true, width: 40, height: 120, fit: 'cover', position: 'left' }, [1, 1, 3, 3]],
    [{ flip: true, width: 160, height: 40, fit: 'cover', position: 'top' }, [2, 3, 2, 3]],
  ])('%j: the quadrants lie as asked', async (fields, quadrants) => {
    const { content } = await run(await drawQuadrants().png().toBuffer(), fields);
    expect(await quadrantsOf(content)).toEqual(quadrants);
  });
});

describe('colours and metadata', () => {
  const RED = [200, 60, 40] as const;
  const BROWN = [150, 90, 80] as const;
  const plain = ([r, g, b]: readonly [number, number, number] = RED) =>
    sharp({ create: { width: 64, height: 64, channels: 3, background: { r, g, b } } });

  it('a Display P3 photo: the same colour in sRGB, and no profile left', async () => {
    const upload = await plain().withIccProfile('p3').jpeg({ quality: 95 }).toBuffer();
    const stored = await sharp(upload, { ignoreIcc: true }).raw().toBuffer();
    expect(distance([...stored.subarray(0, 3)], RED)).toBeGreaterThan(10);
    const { content, metadata } = await run(upload, { format: 'png' });
    expect(distance(await colourAt(content, 0.5, 0.5), RED)).toBeLessThan(4);
    expect(metadata.icc).toBeUndefined();
  });

  it('a CMYK photo: sRGB, near the colour it was made from', async () => {
    const upload = await plain(BROWN).toColourspace('cmyk').jpeg({ quality: 95 }).toBuffer();
    expect((await sharp(upload).metadata()).space).toBe('cmyk');
    for (const fields of [{}, { renditions: [{ name: 'a' }, { name: 'b' }] }]) {
      const { content, metadata } = await run(upload, fields);
      expect(metadata.space).toBe('srgb');
      expect(distance(await colourAt(content, 0.5, 0.5), BROWN)).toBeLessThan(16);
    }
  });

  it('a 16-bit PNG and a grey one: made like any other', async () => {
    const deep = await plain().toColourspace('rgb16').png().toBuffer();
    const grey = await plain().toColourspace('b-w').png().toBuffer();
    for (const fields of [{ format: 'jpeg' }, { renditions: [{ name: 'a', format: 'webp' }, { name: 'b' }] }]) {
      expect(distance(await colourAt((await run(deep, fields)).content, 0.5, 0.5), RED)).toBeLessThan(4);
      const [r = 0, g = 0, b = 0] = await colourAt((await run(grey, fields)).content, 0.5, 0.5);
      expect(Math.max(r, g, b) - Math.min(r, g, b)).toBeLessThan(3);
    }
  });

  it('grayscale: no colour is left', async () => {
    const { content } = await run(await plain().png().toBuffer(), { grayscale: true });
    const [r, g, b] = await colourAt(content, 0.5, 0.5);
    expect([g, b]).toEqual([r, r]);
  });

  it('blur: less contrast than before; sharpen: more', async () => {
    const edge = await drawQuadrants().grayscale().png().toBuffer();
    const contrast = async (fields: Record<string, unknown>) => {
      const { content } = await run(edge, fields);
      const { channels } = await sharp(content).stats();
      return channels[0]?.stdev ?? Number.NaN;
    };
    const untouched = await contrast({});
    expect(await contrast({ blur: 40 })).toBeLessThan(untouched * 0.9);
    expect(await contrast({ sharpen: 2 })).toBeGreaterThan(untouched);
  });

  it('a transparent picture as JPEG: white behind it, or the background; as PNG and WebP still transparent', async () => {
    const clear = sharp({ create: { width: 32, height: 32, channels: 4, background: { r: 0, g: 0, b: 0, alpha: 0 } } });
    const upload = await clear.png().toBuffer();
    const behind = async (fields: Record<string, unknown>) => colourAt((await run(upload, fields)).content, 0.5, 0.5);
    expect(await behind({ format: 'jpeg' })).toEqual([255, 255, 255, 255]);
    expect(distance(await behind({ format: 'jpeg', background: 'blue' }), [0, 0, 255])).toBeLessThan(4);
    expect((await behind({ format: 'png' }))[3]).toBe(0);
    expect((await behind({ format: 'webp', width: 16 }))[3]).toBe(0);
  });

  it('where and by whom a photo was taken: not in any rendition', async () => {
    const upload = await drawQuadrants()
      .withExif({ IFD0: { Artist: 'Kari' }, IFD3: { GPSLatitudeRef: 'N', GPSLatitude: '59/1 54/1 0/1' } })
      .withXmp('<x:xmpmeta xmlns:x="adobe:ns:meta/">Kari</x:xmpmeta>')
      .jpeg()
      .toBuffer();
    expect(upload.includes('Kari')).toBe(true);
    for (const format of IMAGE_FORMATS) {
      const { metadata, content } = await run(upload, { format });
      expect([metadata.exif, metadata.xmp, metadata.iptc]).toEqual([undefined, undefined, undefined]);
      expect(content.includes('Kari')).toBe(false);
    }
  });
});

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

  it('a header that claims a million times more than the limit: payload_too_large, nothing is decoded', async () => {
    const error = await failureOf(pngClaiming(30_000, 30_000), { width: 10 });
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
    expect([large.code, large.message]).toEqual([
      'payload_too_large',
      expect.stringMatching(/in 5 frames or pages, 5,000,000/),
    ]);
    const many = await failureOf(await animation(11, 10));
    expect([many.code, many.message]).toEqual([
      'payload_too_large',
      'The image has 11 frames or pages; at most 10 are taken.',
    ]);
    const { result } = await run(await animation(4, 10));
    expect(result.source).toMatchObject({ animated: true, pages: 4, width: 10, height: 10 });
  });

  it('an SVG that got past the gate: not rendered', async () => {
    const svg = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="10" height="10"/>');
    expect((await failureOf(svg)).code).toBe('unsupported_media_type');
    await expect(sharp(svg).toBuffer()).rejects.toThrow(/unsupported image format/);
  });

  it('a job without its file: a clear fault', async () => {
    const { job, context } = await prepare(Buffer.alloc(1), {});
    await expect(processor.process({ ...job, uploads: {} }, context)).rejects.toMatchObject({
      code: 'invalid_request',
    });
  });
});

describe('a run', () => {
  it('many renditions of one source: each as asked, progress after each', async () => {
    const renditions = Array.from({ length: 20 }, (_, index) => ({
      name: `r${index}`,
      width: 10 + index,
      format: IMAGE_FORMATS[index % IMAGE_FORMATS.length],
    }));
    const { result, files } = await run(await drawQuadrants().jpeg().toBuffer(), { renditions });
    expect(result.renditions.map(({ name, width, format }) => ({ name, width, format }))).toEqual(renditions);
    expect(await bench?.written()).toEqual(files.map(({ name }) => name).sort());
    expect(bench?.progress).toHaveLength(20);
    expect(bench?.progress.at(4)).toEqual({ percent: 25, done: 5, total: 20, unit: 'renditions' });
    expect(bench?.progress.at(-1)?.percent).toBe(100);
  });

  it('run twice: the second replaces what the first wrote', async () => {
    const { job, context, written } = await prepare(await drawQuadrants().jpeg().toBuffer(), { width: 50 });
    const first = await processor.process(job, context);
    const second = await processor.process(job, context);
    expect(second).toEqual(first);
    expect(await written()).toEqual(['image.jpg']);
  });

  it('aborted before it began: rejects with the reason, nothing is written', async () => {
    const { job, context, abort, written } = await prepare(await drawQuadrants().jpeg().toBuffer(), {});
    const reason = new AppError('cancelled', 'The job was cancelled.');
    abort.abort(reason);
    await expect(processor.process(job, context)).rejects.toBe(reason);
    expect(await written()).toEqual([]);
  });

  it('aborted while libvips is at work: rejects before that work ends, nothing is written', async () => {
    const { job, context, abort, written } = await prepare(await drawNoise(1900, 1900).jpeg().toBuffer(), {
      format: 'avif',
      blur: 20,
    });
    const reason = new AppError('timed_out', 'The job took longer than 60 seconds.');
    const running = processor.process(job, context);
    while (sharp.counters().process === 0 || sharp.counters().queue > 0) await new Promise(setImmediate);
    abort.abort(reason);
    await expect(running).rejects.toBe(reason);
    expect(sharp.counters().process).toBeGreaterThan(0);
    while (sharp.counters().process > 0) await new Promise(setImmediate);
    expect(await written()).toEqual([]);
  });

  it('aborted after a rendition: no further one is begun', async () => {
    const renditions = ['a', 'b', 'c'].map((name) => ({ name, width: 50 }));
    const { job, context, abort, written } = await prepare(await drawQuadrants().jpeg().toBuffer(), { renditions });
    const reason = new AppError('interrupted', 'The worker is shutting down.');
    const progress = () => abort.abort(reason);
    await expect(processor.process(job, { ...context, progress })).rejects.toBe(reason);
    expect(await written()).toEqual(['a.jpg']);
  });

  it('longer than the time limit, and nobody aborts: libvips stops by itself with timed_out', async () => {
    const hasty = createProcessor({
      config: { ...defaultConfig(), IMAGE_TIMEOUT_SECONDS: 1 },
      log: pino({ level: 'silent' }),
    });
    const upload = await drawNoise(5000, 4000).jpeg().toBuffer();
    const { job, context, written } = await prepare(upload, { format: 'webp', lossless: true });
    await expect(hasty.process(job, context)).rejects.toMatchObject({ code: 'timed_out' });
    expect(await written()).toEqual([]);
  });
});
