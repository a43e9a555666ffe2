import { describe, expect, it } from '@jest/globals';
import sharp, { type Sharp } from 'sharp';
import { colourAt, distance, drawQuadrants, QUADRANTS } from '../../unit/images/pictures.ts';
import { config, failureOf, quadrantsOf, run } from '../../unit/images/run.ts';

const DELAY = [100, 200, 300, 400];
const LAYOUTS = [
  [0, 1, 2, 3],
  [1, 2, 3, 0],
  [2, 3, 0, 1],
  [3, 0, 1, 2],
];

/** Four frames, 160 x 120, whose quadrants go round, played three times. */
async function animate(format: 'gif' | 'webp', change = (frame: Sharp) => frame): Promise<Buffer> {
  const frames = await Promise.all(
    LAYOUTS.map((layout) =>
      change(drawQuadrants(160, 120, layout))
        .png()
        .toBuffer(),
    ),
  );
  const joined = sharp(frames, { join: { animated: true } });
  const timing = { delay: DELAY, loop: 3 };
  return (format === 'gif' ? joined.gif(timing) : joined.webp({ ...timing, quality: 95 })).toBuffer();
}

const framesOf = (content: Buffer, count = 4) =>
  Promise.all(Array.from({ length: count }, (_, page) => sharp(content, { page }).png().toBuffer()));

describe('an animation', () => {
  it.each([
    ['gif', 'gif'],
    ['gif', 'webp'],
    ['webp', 'gif'],
    ['webp', 'webp'],
  ] as const)('%s to %s: all frames in order, their delays, and how often it plays', async (from, to) => {
    const { content, rendition, result } = await run(await animate(from), { format: to, width: 80 });
    expect(await sharp(content).metadata()).toMatchObject({ pages: 4, delay: DELAY, loop: 3 });
    expect(rendition).toMatchObject({ width: 80, height: 60, format: to });
    expect(result.source).toMatchObject({ animated: true, pages: 4, width: 160, height: 120 });
    const quadrants = await Promise.all((await framesOf(content)).map(quadrantsOf));
    expect(quadrants).toEqual(LAYOUTS);
  });

  it.each(['jpeg', 'png', 'avif', 'tiff'] as const)('to %s: its first frame', async (format) => {
    const { content, metadata, rendition } = await run(await animate('gif'), { format });
    expect(metadata.pages ?? 1).toBe(1);
    expect(rendition).toMatchObject({ width: 160, height: 120 });
    expect(await quadrantsOf(content)).toEqual(LAYOUTS[0]);
  });

  it('animated: false: its first frame, in the same format', async () => {
    const { content, metadata } = await run(await animate('webp'), { animated: false });
    expect([metadata.format, metadata.pages ?? 1]).toEqual(['webp', 1]);
    expect(await quadrantsOf(content)).toEqual(LAYOUTS[0]);
  });

  it('frames and stills of one source: each as asked', async () => {
    const renditions = [
      { name: 'moving', width: 80 },
      { name: 'still', animated: false, format: 'png' },
      { name: 'tiny', width: 20 },
    ];
    const { result, read } = await run(await animate('gif'), { renditions });
    expect(result.renditions.map(({ width, height }) => `${width}x${height}`)).toEqual(['80x60', '160x120', '20x15']);
    expect((await sharp(await read('tiny.gif')).metadata()).pages).toBe(4);
    expect(await quadrantsOf(await read('still.png'))).toEqual(LAYOUTS[0]);
  });

  it.each([
    [{ rotate: 90, width: 60 }, [2, 0, 3, 1]],
    [{ rotate: 180 }, [3, 2, 1, 0]],
    [{ flip: true }, [2, 3, 0, 1]],
    [{ flop: true, width: 80, height: 80, fit: 'contain', background: 'white' }, undefined],
    [{ crop: { left: 80, top: 0, width: 80, height: 120 } }, [1, 1, 3, 3]],
    [{ width: 40, height: 120, fit: 'cover', position: 'left' }, [0, 0, 2, 2]],
    [{ width: 40, height: 120, fit: 'cover', position: { x: 1, y: 0.5 } }, [1, 1, 3, 3]],
    [{ blur: 2, sharpen: 1, width: 120 }, [0, 1, 2, 3]],
  ])('%j: every frame by itself, none reaches into the next', async (fields, places) => {
    const { content } = await run(await animate('webp'), { ...fields, quality: 95 });
    const frames = await framesOf(content);
    for (const [index, frame] of frames.entries()) {
      const whole = await run(await drawQuadrants(160, 120, LAYOUTS[index]).png().toBuffer(), fields);
      expect(await quadrantsOf(frame)).toEqual(await quadrantsOf(whole.content));
      if (places) expect(await quadrantsOf(frame)).toEqual(places.map((place) => LAYOUTS[index]?.[place]));
    }
  });

  it('a blur: the edge between two frames keeps its colours', async () => {
    const { content } = await run(await animate('webp'), { blur: 15, lossless: true, format: 'webp' });
    const [first = content] = await framesOf(content);
    expect(distance(await colourAt(first, 0.1, 0.99), QUADRANTS[2])).toBeLessThan(6);
    expect(distance(await colourAt(first, 0.1, 0), QUADRANTS[0])).toBeLessThan(6);
  });

  it('trim: takes off what is empty in every frame, and no frame moves against the others', async () => {
    const dots = [20, 60, 90];
    const frames = await Promise.all(
      dots.map((left) =>
        sharp({ create: { width: 160, height: 100, channels: 3, background: '#ffffff' } })
          .composite([
            { input: { create: { width: 10, height: 10, channels: 3, background: '#cc0000' } }, left, top: 40 },
          ])
          .png()
          .toBuffer(),
      ),
    );
    const upload = await sharp(frames, { join: { animated: true } })
      .gif()
      .toBuffer();
    const { content, rendition } = await run(upload, { trim: true });
    expect([rendition?.width, rendition?.height]).toEqual([80, 10]);
    for (const [index, frame] of (await framesOf(content, 3)).entries()) {
      const left = ((dots[index] ?? 0) - 20 + 5) / 80;
      expect(distance(await colourAt(frame, left, 0.5), [204, 0, 0])).toBeLessThan(12);
    }
    const cropped = await run(upload, { trim: true, crop: { left: 50, top: 30, width: 60, height: 60 } });
    expect([cropped.rendition?.width, cropped.rendition?.height]).toEqual([40, 10]);
  });

  it.each(['attention', 'entropy'])('cover by %s: one place for all frames, that of the first', async (position) => {
    const cover = { width: 60, height: 60, fit: 'cover', position };
    const first = await run(await animate('webp'), { ...cover, animated: false });
    const { content } = await run(await animate('webp'), cover);
    const [frame = content] = await framesOf(content);
    for (const [x, y] of [
      [0.1, 0.1],
      [0.9, 0.1],
      [0.1, 0.9],
      [0.9, 0.9],
    ] as const) {
      expect(distance(await colourAt(frame, x, y), await colourAt(first.content, x, y))).toBeLessThan(16);
    }
  });

  it('clear parts: still clear in every frame', async () => {
    const upload = await animate('webp', (frame) => frame.extend({ left: 160, background: 'transparent' }));
    for (const format of ['gif', 'webp']) {
      for (const frame of await framesOf((await run(upload, { format, width: 100 })).content)) {
        expect((await colourAt(frame, 0.2, 0.5))[3]).toBe(0);
        expect((await colourAt(frame, 0.7, 0.4))[3]).toBe(255);
      }
    }
  });

  it('a WebP animation with an EXIF orientation: every frame upright', async () => {
    const joined = sharp(await Promise.all(LAYOUTS.map((layout) => drawQuadrants(160, 120, layout).png().toBuffer())), {
      join: { animated: true },
    });
    const upload = await joined.withMetadata({ orientation: 6 }).webp({ delay: DELAY, quality: 95 }).toBuffer();
    const { content, rendition } = await run(upload, { width: 60 });
    expect([rendition?.width, rendition?.height]).toEqual([60, 80]);
    const quadrants = await Promise.all((await framesOf(content)).map(quadrantsOf));
    expect(quadrants).toEqual(LAYOUTS.map((layout) => [2, 0, 3, 1].map((place) => layout[place])));
  });

  it('more pixels over all frames than may be made: payload_too_large with the figures', async () => {
    const side = Math.ceil(Math.sqrt(config.IMAGES_MAX_PIXELS / 4)) + 10;
    const error = await failureOf(await animate('gif'), { width: side, height: side, fit: 'fill', enlarge: true });
    expect(error).toMatchObject({
      code: 'payload_too_large',
      message: expect.stringMatching(
        /^Rendition "image" needs 1,010 x 1,010 in 4 frames = 4,080,400 pixels; at most 4,000,000/,
      ),
    });
    const still = await run(await animate('gif'), {
      width: side,
      height: side,
      fit: 'fill',
      enlarge: true,
      animated: false,
    });
    expect(still.rendition?.width).toBe(side);
  });

  it.each(['gif', 'webp'] as const)('a truncated %s: image_unreadable, wherever in a frame it ends', async (format) => {
    const whole = await animate(format, (frame) => frame.resize(400, 300, { fit: 'fill' }).blur(20));
    for (const share of [0.3, 0.5, 0.7, 0.99]) {
      const { code } = await failureOf(whole.subarray(0, Math.floor(whole.length * share)));
      expect(code).toBe('image_unreadable');
    }
  });

  it('a GIF without its trailer: whole all the same', async () => {
    const whole = await animate('gif');
    expect(whole.at(-1)).toBe(0x3b);
    const { content } = await run(whole.subarray(0, -1));
    expect((await sharp(content).metadata()).pages).toBe(4);
  });
});
