import { describe, expect, it } from '@jest/globals';
import sharp from 'sharp';
import { colourAt, distance, drawQuadrants } from '../pictures.ts';
import { config, failureOf, run } from '../run.ts';

const RED = [220, 20, 20];
const GREEN = [20, 180, 20];
const BLUE = [20, 20, 220];

/** A page of one colour. */
interface Page {
  width: number;
  height: number;
  colour: number[];
}

/** An uncompressed TIFF, little-endian, of pages that each have a size of their own. */
function tiffOf(pages: Page[]): Buffer {
  const directoryBytes = 2 + 9 * 12 + 4;
  const parts: Buffer[] = [Buffer.from([0x49, 0x49, 42, 0, 8, 0, 0, 0])];
  let at = 8;
  for (const [index, { width, height, colour }] of pages.entries()) {
    const pixels = Buffer.alloc(width * height * 3, Buffer.from(colour));
    const depthsAt = at + directoryBytes;
    const fields = [
      [256, 4, 1, width],
      [257, 4, 1, height],
      [258, 3, 3, depthsAt],
      [259, 3, 1, 1],
      [262, 3, 1, 2],
      [273, 4, 1, depthsAt + 6],
      [277, 3, 1, 3],
      [278, 4, 1, height],
      [279, 4, 1, pixels.length],
    ] as const;
    const directory = Buffer.alloc(directoryBytes + 6);
    directory.writeUInt16LE(fields.length, 0);
    for (const [place, [tag, type, count, value]] of fields.entries()) {
      directory.writeUInt16LE(tag, 2 + 12 * place);
      directory.writeUInt16LE(type, 4 + 12 * place);
      directory.writeUInt32LE(count, 6 + 12 * place);
      directory.writeUInt32LE(value, 10 + 12 * place);
    }
    const next = depthsAt + 6 + pixels.length;
    directory.writeUInt32LE(index + 1 < pages.length ? next : 0, directoryBytes - 4);
    for (const channel of [0, 1, 2]) directory.writeUInt16LE(8, directoryBytes + 2 * channel);
    parts.push(directory, pixels);
    at = next;
  }
  return Buffer.concat(parts);
}

/** An animation of frames of one colour each, that many milliseconds apart. */
async function animationOf(colours: number[][], format: 'gif' | 'webp', side = 20): Promise<Buffer> {
  const frames = colours.map(([r, g, b]) =>
    sharp({ create: { width: side, height: side, channels: 3, background: { r, g, b } } })
      .png()
      .toBuffer(),
  );
  const delay = colours.map((_, index) => 100 + 10 * index);
  return sharp(await Promise.all(frames), { join: { animated: true } })
    .toFormat(format, { delay })
    .toBuffer();
}

/** So many frames, each of another red. */
const manyFrames = (count: number) =>
  animationOf(
    Array.from({ length: count }, (_, red) => [20 * red, 0, 0]),
    'gif',
  );

const codesOf = (warnings: { code: string }[]) => warnings.map(({ code }) => code);

async function isColour(content: Buffer, colour: number[]): Promise<boolean> {
  return distance((await colourAt(content, 0.5, 0.5)).slice(0, 3), colour) < 12;
}

describe('the page of a TIFF', () => {
  const pages = [
    { width: 40, height: 30, colour: RED },
    { width: 60, height: 20, colour: GREEN },
    { width: 10, height: 50, colour: BLUE },
  ];

  it.each([
    [undefined, 0],
    [1, 0],
    [2, 1],
    [3, 2],
  ])('page %s: drawn in its own size and colour', async (page, index) => {
    const { result, content } = await run(tiffOf(pages), { format: 'png', ...(page ? { page } : {}) });
    const { width, height, colour = [] } = pages[index] ?? {};
    expect(result.source).toMatchObject({ width, height, pages: 3, animated: false });
    expect(result.renditions[0]).toMatchObject({ width, height });
    expect(await isColour(content, colour)).toBe(true);
    expect(codesOf(result.warnings)).toEqual(page ? [] : ['pages_left']);
  });

  it('several renditions, and what is kept of its metadata: of that page as well', async () => {
    const renditions = [
      { name: 'a', width: 30, format: 'png' },
      { name: 'b', format: 'png', metadata: 'all' },
    ];
    const { read } = await run(tiffOf(pages), { page: 2, renditions });
    for (const name of ['a.png', 'b.png']) expect(await isColour(await read(name), GREEN)).toBe(true);
  });

  it('a page that there is not: invalid_request at /page, with the count', async () => {
    const error = await failureOf(tiffOf(pages), { page: 4 });
    expect([error.code, error.message]).toEqual([
      'invalid_request',
      'The image has 3 pages or frames; there is no page 4.',
    ]);
    expect(error.errors).toEqual([{ pointer: '/page', detail: error.message }]);
    const still = await failureOf(await drawQuadrants(10, 10).jpeg().toBuffer(), { page: 2 });
    expect(still.message).toBe('The image has one page or frame; there is no page 2.');
  });

  it('pages that are not shown count for no limit, the one that is shown does', async () => {
    const side = Math.sqrt(config.IMAGES_MAX_PIXELS);
    const small = { width: 10, height: 10, colour: RED };
    const large = { width: side, height: side + 1, colour: BLUE };
    const limit = { width: side, height: side, colour: GREEN };
    const many = Array.from({ length: config.IMAGES_MAX_FRAMES + 1 }, () => small);
    await run(tiffOf([...many, large]), { width: 5, format: 'png' });
    await run(tiffOf([limit, limit]), { width: 5, format: 'png', page: 2 });
    expect((await failureOf(tiffOf([small, large]), { width: 5, page: 2 })).message).toMatch(
      /2,000 x 2,001 pixels, 4,002,000 in all; at most 4,000,000 are taken\.$/,
    );
  });
});

describe.each(['gif', 'webp'] as const)('the frames of an animation (%s)', (format) => {
  it('page: that frame, as a picture that stands still', async () => {
    const moving = await animationOf([RED, GREEN, BLUE], format);
    const { content, metadata, result } = await run(moving, { page: 2, format });
    expect(metadata.pages ?? 1).toBe(1);
    expect(await isColour(content, GREEN)).toBe(true);
    expect(result.source).toMatchObject({ animated: true, pages: 3 });
    expect(result.warnings).toEqual([]);
    expect((await failureOf(moving, { page: 4 })).message).toContain('3 pages or frames; there is no page 4');
  });

  it('a frame that stays for minutes: for a minute, in either format', async () => {
    const moving = await animationOf([RED, GREEN, BLUE], 'gif');
    moving.writeUInt16LE(60_000, moving.indexOf(Buffer.from([0x21, 0xf9, 4])) + 4);
    expect((await sharp(moving).metadata()).delay?.[0]).toBe(600_000);
    const { delay = [] } = (await run(moving, { format })).metadata;
    expect(delay[0]).toBeGreaterThan(65_000);
    expect(delay.slice(1)).toEqual([110, 120]);
  });

  it('maxFrames: the first ones with their delays, and a warning; none where there are no more', async () => {
    const moving = await animationOf([RED, GREEN, BLUE], format);
    const { content, metadata, result } = await run(moving, { maxFrames: 2 });
    expect(metadata).toMatchObject({ pages: 2, delay: [100, 110] });
    expect(await isColour(await sharp(content, { page: 1 }).png().toBuffer(), GREEN)).toBe(true);
    expect(result.warnings).toEqual([
      {
        code: 'frames_left',
        message: 'The animation has 3 frames: the first 2 are kept, as maxFrames asks.',
        rendition: 'image',
      },
    ]);
    expect((await run(moving, { maxFrames: 3 })).result.warnings).toEqual([]);
    const one = await run(moving, { maxFrames: 1 });
    expect([one.metadata.pages ?? 1, codesOf(one.result.warnings)]).toEqual([1, ['frames_left']]);
  });
});

describe('frames that are not decoded', () => {
  it('count for no limit: animated: false, another format, maxFrames', async () => {
    const many = await manyFrames(config.IMAGES_MAX_FRAMES + 1);
    await run(many, { animated: false });
    await run(many, { format: 'png' });
    await run(many, { maxFrames: config.IMAGES_MAX_FRAMES });
    expect((await failureOf(many)).code).toBe('payload_too_large');
    // Those before it are decoded.
    expect((await failureOf(many, { page: config.IMAGES_MAX_FRAMES + 1 })).message).toMatch(/^The animation has 11 /);
  });

  it('of several renditions the one that shows them all has the error', async () => {
    const renditions = [{ name: 'still', animated: false }, { name: 'moving' }];
    const { result } = await run(await manyFrames(config.IMAGES_MAX_FRAMES + 1), { renditions });
    expect(result.renditions.map(({ name }) => name)).toEqual(['still']);
  });
});

describe('a JPEG of which little is shown', () => {
  const width = 2400;
  const height = config.IMAGES_MAX_PIXELS / 2000;
  const drawPhoto = () => sharp({ create: { width, height, channels: 3, background: '#27507c' } });

  it.each([
    ['a quarter of its side', { width: 600 }],
    ['turned', { width: 500, rotate: 90 }],
    ['filled', { width: 250, height: 250, fit: 'cover' }],
    ['blurred', { width: 100, blur: 2 }],
    ['as several', { renditions: [{ width: 600 }, { name: 'b', width: 20, format: 'png' }] }],
  ])('%s: may have more pixels than others', async (_name, fields) => {
    const { rendition, metadata, content } = await run(await drawPhoto().jpeg().toBuffer(), fields);
    expect(metadata).toMatchObject({ width: rendition?.width, height: rendition?.height });
    expect(await isColour(content, [0x27, 0x50, 0x7c])).toBe(true);
  });

  it('upright as its camera says', async () => {
    const photo = await drawPhoto().withMetadata({ orientation: 6 }).jpeg().toBuffer();
    const { result, metadata } = await run(photo, { height: 600 });
    expect(result.source).toMatchObject({ width: height, height: width, orientation: 6 });
    expect(metadata).toMatchObject({ width: height / 4, height: 600 });
  });

  it('more of it, a part of it, or a progressive one: refused with what would be taken', async () => {
    const baseline = await drawPhoto().jpeg().toBuffer();
    const advice =
      /at most 4,000,000 are taken\. Up to 220,000,000 are taken of a baseline JPEG of which each rendition/;
    for (const fields of [{ width: 601 }, {}, { width: 100, trim: true }, { width: 100, metadata: 'all' }]) {
      const error = await failureOf(baseline, fields);
      expect([error.code, error.message]).toEqual(['payload_too_large', expect.stringMatching(advice)]);
    }
    const progressive = await drawPhoto().jpeg({ progressive: true }).toBuffer();
    expect((await failureOf(progressive, { width: 100 })).message).toMatch(
      /This one is progressive, and counts whole\.$/,
    );
  });
});
