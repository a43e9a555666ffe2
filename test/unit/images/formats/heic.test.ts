import { afterAll, afterEach, describe, expect, it } from '@jest/globals';
import { pino } from 'pino';
import sharp from 'sharp';
import { AppError } from '../../../../src/errors.ts';
import { defaultConfig } from '../../../../workers/config.ts';
import { readHeifHeader } from '../../../../workers/images/formats/heic/boxes.ts';
import { classifyHeifError, decodeInThread } from '../../../../workers/images/formats/heic/decode-in-thread.ts';
import { createProcessor } from '../../../../workers/images/processor.ts';
import { madeOf } from '../../../../workers/images/result/images-result.ts';
import { createThreadPool } from '../../../../workers/images/threads/pool.ts';
import { buildHeic, heicFixture } from '../../../support/heic/build.ts';
import { type Bench, colourAt, distance, drawQuadrants, openBench, QUADRANTS } from '../pictures.ts';

const config = { ...defaultConfig(), IMAGES_MAX_PIXELS: 4_000_000 };
const processor = createProcessor({ config, log: pino({ level: 'silent' }) });
const threads = createThreadPool(1);
const decode = (content: Uint8Array, signal: AbortSignal) =>
  decodeInThread({ content, maxPixels: config.IMAGES_MAX_PIXELS, isGrid: false }, threads, signal);
const never = new AbortController().signal;
let bench: Bench | undefined;
afterEach(async () => {
  await bench?.remove();
  bench = undefined;
});
afterAll(async () => {
  await processor.close?.();
  await threads.close();
});

/** Runs a job over the upload; returns its result and what lies in its only file. */
async function run(upload: Uint8Array, fields: Record<string, unknown> = {}) {
  bench = await openBench(upload, fields);
  const { result, files } = await processor.process(bench.job, bench.context);
  const content = await bench.read(files[0]?.name ?? '');
  return { result, files, content, metadata: await sharp(content).metadata() };
}

/** How decoding ends that can't end well. */
const failureOf = (content: Uint8Array) =>
  decode(content, never).then(
    () => 'decoded',
    (error) => (error instanceof AppError ? error.code : error),
  );

/** The colours in the middle of the four quadrants, as the index of the nearest colour drawn there. */
async function quadrantsOf(image: Buffer): Promise<number[]> {
  const places = [0.25, 0.75].flatMap((y) => [0.25, 0.75].map((x) => [x, y] as const));
  const colours = await Promise.all(places.map(([x, y]) => colourAt(image, x, y)));
  return colours.map((colour) => QUADRANTS.findIndex((drawn) => distance(colour, drawn) < 12));
}

describe('the directory of a HEIF file', () => {
  it.each(['quadrants', 'display-p3', 'alpha'] as const)('%s.heic: its size', (name) => {
    expect(readHeifHeader(heicFixture(name))).toMatchObject({ width: 320, height: 240 });
  });

  it('a grid: the size of all of it, not of a tile; turned by a quarter: as it is seen', () => {
    const grid = { columns: 3, rows: 2, width: 900, height: 470 };
    expect(readHeifHeader(buildHeic(grid))).toMatchObject({ width: 900, height: 470, isGrid: true });
    expect(readHeifHeader(buildHeic({ ...grid, turns: 1 }))).toMatchObject({ width: 470, height: 900 });
    expect(readHeifHeader(buildHeic({ ...grid, turns: 2 }))).toMatchObject({ width: 900, height: 470 });
  });

  it('an AVIF: its size and what it is coded as', async () => {
    const avif = await drawQuadrants(160, 120).avif().toBuffer();
    expect(readHeifHeader(avif)).toMatchObject({
      width: 160,
      height: 120,
      itemTypes: expect.arrayContaining(['av01']),
    });
  });

  it('cut anywhere, or any byte of it overwritten: a size or none, never an error', () => {
    const file = buildHeic({ columns: 2 });
    for (let at = 0; at < file.length; at += 1) {
      readHeifHeader(file.subarray(0, at));
      for (const value of [0, 1, 127, 255]) {
        const broken = Buffer.from(file);
        broken[at] = value;
        const { width = 1, height = 1 } = readHeifHeader(broken) ?? {};
        expect(width * height).toBeGreaterThanOrEqual(0);
      }
    }
  });
});

describe('HEIC', () => {
  it('sent, no format asked: a JPEG of the same picture; the result says what was sent', async () => {
    const upload = heicFixture('quadrants');
    const { result, files, content, metadata } = await run(upload);
    expect(files).toMatchObject([{ name: 'image.jpg', type: 'image/jpeg' }]);
    expect(metadata).toMatchObject({ format: 'jpeg', width: 320, height: 240 });
    expect(result.source).toMatchObject({ format: 'heic', width: 320, height: 240, bytes: upload.length });
    expect(await quadrantsOf(content)).toEqual([0, 1, 2, 3]);
  });

  it('a grid, as phones write it: one picture, each tile at its place', async () => {
    const { content, metadata } = await run(buildHeic({ columns: 3, rows: 2 }), { format: 'png' });
    expect(metadata).toMatchObject({ width: 960, height: 480 });
    for (const [x, y] of [
      [0, 0],
      [1, 0],
      [2, 1],
    ] as const) {
      const tile = await sharp(content)
        .extract({ left: 320 * x, top: 240 * y, width: 320, height: 240 })
        .png()
        .toBuffer();
      expect(await quadrantsOf(tile)).toEqual([0, 1, 2, 3]);
    }
  });

  it.each([
    [1, '320x240', [1, 3, 0, 2]],
    [2, '320x240', [3, 2, 1, 0]],
    [3, '320x240', [2, 0, 3, 1]],
  ])('turned by %i quarters: upright, once', async (turns, _size, colours) => {
    const { content, result } = await run(buildHeic({ turns }), { format: 'png' });
    expect(result.source).toMatchObject(turns % 2 ? { width: 240, height: 320 } : { width: 320, height: 240 });
    expect(result.source.orientation).toBe(1);
    expect(await quadrantsOf(content)).toEqual(colours);
  });

  it('in Display P3, as phones write it: converted to sRGB by its profile', async () => {
    const { content } = await run(heicFixture('display-p3'), { format: 'png' });
    expect(await quadrantsOf(content)).toEqual([0, 1, 2, 3]);
  });

  it('half transparent: stays so; no format asked: a PNG', async () => {
    const { content, metadata } = await run(heicFixture('alpha'));
    expect(metadata).toMatchObject({ format: 'png', hasAlpha: true });
    const [red = 0, , , alpha = 0] = await colourAt(content, 0.25, 0.25);
    expect(Math.abs(red - 220)).toBeLessThan(12);
    expect(Math.abs(alpha - 128)).toBeLessThan(6);
  });

  it('several renditions: as of any other image', async () => {
    const renditions = [
      { name: 'a', width: 100 },
      { name: 'b', width: 50, height: 50, fit: 'cover', format: 'webp' },
    ];
    const { result } = await run(heicFixture('quadrants'), { renditions });
    expect(madeOf(result).map(({ width, height, format }) => [width, height, format])).toEqual([
      [100, 75, 'jpeg'],
      [50, 50, 'webp'],
    ]);
  });

  it('more pixels than are taken: refused by its directory, before anything is decoded', async () => {
    await expect(run(buildHeic({ columns: 8, rows: 7 }))).rejects.toMatchObject({
      code: 'payload_too_large',
      message: expect.stringContaining('2,560 x 1,680'),
    });
  });
});

describe('decoding HEIC', () => {
  it('more pixels than are taken, whatever the directory claims: payload_too_large', async () => {
    expect(await failureOf(buildHeic({ columns: 8, rows: 7 }))).toBe('payload_too_large');
  });

  it('a directory that claims what its pixels do not hold: image_unreadable', async () => {
    expect(await failureOf(buildHeic({ width: 1999, height: 1999 }))).toBe('image_unreadable');
  });

  it('truncated at every tenth: image_unreadable', async () => {
    const file = heicFixture('quadrants');
    for (let tenth = 1; tenth < 10; tenth += 1) {
      const length = Math.floor((file.length * tenth) / 10);
      expect([tenth, await failureOf(file.subarray(0, length))]).toEqual([tenth, 'image_unreadable']);
    }
  });

  it('aborted before or while it decodes: the reason; the next file is decoded all the same', async () => {
    const abort = new AbortController();
    const reason = new AppError('cancelled', 'The job was cancelled.');
    const large = buildHeic({ columns: 5, rows: 8 });
    const running = decode(large, abort.signal);
    abort.abort(reason);
    await expect(running).rejects.toBe(reason);
    await expect(decode(large, abort.signal)).rejects.toBe(reason);
    expect((await decode(heicFixture('quadrants'), never)).length).toBeGreaterThan(320 * 240 * 3);
  });

  it('errors of libheif: memory and limits are a matter of size, parts it lacks are named, the rest is damage', () => {
    const codeOf = (code: number, detail = 0) => classifyHeifError({ code, detail, message: '' });
    expect(codeOf(6).code).toBe('payload_too_large');
    expect(codeOf(2, 1000).code).toBe('payload_too_large');
    expect(codeOf(4).message).toMatch(/not read here/);
    expect(codeOf(7).code).toBe('image_unreadable');
  });
});
