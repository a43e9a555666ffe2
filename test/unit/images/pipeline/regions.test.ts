import { describe, expect, it } from '@jest/globals';
import sharp from 'sharp';
import { images } from '../../../../workers/images/job.ts';
import { colourAt, distance, drawNoise, photoOriented, QUADRANTS } from '../pictures.ts';
import { failureOf, run } from '../run.ts';

const faultsOf = (fields: object): string[] =>
  (images.input.safeParse(fields).error?.issues ?? []).map(({ path, message }) => `/${path.join('/')}: ${message}`);

/** Noise: no two neighbours are alike, so that what is left of it can be counted. */
const noise = await drawNoise(160, 120).png().toBuffer();
const FACE = { left: 40, top: 30, width: 60, height: 60 };

const pixelsOf = async (image: Buffer, region = { left: 0, top: 0, width: 160, height: 120 }, page = 0) =>
  sharp(await sharp(image, { page }).png().toBuffer())
    .extract(region)
    .removeAlpha()
    .toColourspace('srgb')
    .raw()
    .toBuffer();
/** How far a part is from what it was, 0-255 a channel. */
async function changeOf(image: Buffer, region: typeof FACE, page = 0): Promise<number> {
  const [before, after] = [await pixelsOf(noise, region), await pixelsOf(image, region, page)];
  return before.reduce((sum, value, at) => sum + Math.abs(value - (after[at] ?? 0)), 0) / before.length;
}
/** How much the pixels of a part differ among themselves: the deviation of one channel. */
async function roughness(image: Buffer, region: typeof FACE): Promise<number> {
  const { channels } = await sharp(await pixelsOf(image, region), { raw: { ...region, channels: 3 } }).stats();
  return channels[1]?.stdev ?? 0;
}

describe('regions that nobody may recognise', () => {
  it.each(['blur', 'pixelate'])(
    '%s: a few colours are left of the region, all else is to the bit as it was',
    async (effect) => {
      const { content } = await run(noise, { format: 'png', regions: [{ ...FACE, effect }] });
      const [before, after] = [await pixelsOf(noise), await pixelsOf(content)];
      const changed = { inside: 0, outside: 0 };
      for (let at = 0; at < before.length; at += 1) {
        const [x, y] = [Math.floor(at / 3) % 160, Math.floor(at / 3 / 160)];
        const isInside = x >= 40 && x < 100 && y >= 30 && y < 90;
        if (before[at] !== after[at]) changed[isInside ? 'inside' : 'outside'] += 1;
      }
      expect(changed.outside).toBe(0);
      expect(changed.inside).toBeGreaterThan(0.9 * 3 * 60 * 60);
      // Noise of 50: the mean of 144 pixels deviates by 4.
      expect(await roughness(content, FACE)).toBeLessThan(8);
      const colours = new Set<string>();
      const part = await pixelsOf(content, FACE);
      for (let at = 0; at < part.length; at += 3) colours.add(part.subarray(at, at + 3).toString('hex'));
      if (effect === 'pixelate') expect(colours.size).toBeLessThanOrEqual(25);
    },
  );

  it('a small face: is one colour or two, not a small picture of itself', async () => {
    const { content } = await run(noise, {
      format: 'png',
      regions: [{ left: 10, top: 10, width: 14, height: 12, effect: 'pixelate' }],
    });
    expect(await roughness(content, { left: 10, top: 10, width: 14, height: 12 })).toBeLessThan(0.1);
  });

  it('partly outside, and between pixels: what of it is inside is hidden, all of it', async () => {
    const regions = [{ left: -20.5, top: 100.4, width: 40.2, height: 400, effect: 'pixelate' }];
    const { content } = await run(noise, { format: 'png', regions });
    expect(await roughness(content, { left: 0, top: 100, width: 20, height: 20 })).toBeLessThan(10);
    expect(await changeOf(content, { left: 20, top: 100, width: 20, height: 20 })).toBe(0);
  });

  it('counted in the upright source, before crop, turn and size', async () => {
    // The top left quadrant, of a photo that lies on its side.
    const half = { left: 0, top: 0, width: 160, height: 60 };
    const { content } = await run(await photoOriented(6), {
      format: 'png',
      regions: [{ ...half, effect: 'pixelate' }],
    });
    expect(distance(await colourAt(content, 0.25, 0.75), QUADRANTS[2])).toBeLessThan(12);
    expect(distance(await colourAt(content, 0.5, 0.25), QUADRANTS[0])).toBeGreaterThan(20);
    const turned = await run(noise, { format: 'png', regions: [FACE], crop: FACE, rotate: 90, width: 30 });
    expect(await roughness(turned.content, { left: 0, top: 0, width: 30, height: 30 })).toBeLessThan(8);
  });

  it('in every rendition of a set, whatever their format; each of a list has its own', async () => {
    const { result, read } = await run(noise, { widths: [160, 80], formats: ['png', 'webp', 'jpeg'], regions: [FACE] });
    expect(result.renditions).toHaveLength(6);
    for (const { file, width } of result.renditions) {
      const inner = { left: 22, top: 17, width: 25, height: 25 };
      expect(await roughness(await read(file), width === 160 ? { ...inner, left: 44, top: 34 } : inner)).toBeLessThan(
        12,
      );
    }
    const list = await run(noise, {
      renditions: [
        { name: 'a', regions: [FACE], format: 'png' },
        { name: 'b', format: 'png' },
      ],
    });
    expect(await changeOf(await list.read('a.png'), FACE)).toBeGreaterThan(20);
    expect(await changeOf(await list.read('b.png'), FACE)).toBe(0);
  });

  it('what the job tells of the picture: is told of it without them, also where one rendition alone hides them', async () => {
    // White, with a face of wide stripes, most of them red, on three quarters of it: their colour would prevail.
    const face = { left: 0, top: 0, width: 160, height: 90 };
    const stripes = Array.from({ length: 160 * 90 }, (_, at) => (at % 32 < 20 ? [220, 40, 40] : [40, 40, 220]));
    const portrait = await sharp(Buffer.from(stripes.flat()), { raw: { width: 160, height: 90, channels: 3 } })
      .extend({ bottom: 30, background: '#fff' })
      .png()
      .toBuffer();
    const regions = [{ ...face, top: -90, height: 210 }];
    const plain = await run(portrait, { format: 'png' });
    for (const fields of [{ regions }, { renditions: [{ name: 'a', regions }, { name: 'b' }] }]) {
      const { result } = await run(portrait, fields);
      expect(result.placeholder).not.toBe(plain.result.placeholder);
      expect(result.dominant).not.toBe(plain.result.dominant);
    }
  });

  it('of an animation: on every frame', async () => {
    const moving = await sharp([noise, await sharp(noise).flip().png().toBuffer()], { join: { animated: true } })
      .webp({ lossless: true })
      .toBuffer();
    const { content } = await run(moving, { format: 'webp', lossless: true, regions: [FACE] });
    for (const page of [0, 1]) {
      const part = await pixelsOf(content, FACE, page);
      const { channels } = await sharp(part, { raw: { width: 60, height: 60, channels: 3 } }).stats();
      expect(channels[1]?.stdev).toBeLessThan(8);
    }
  });

  it('metadata kept: the region is hidden, of transparent and grey pictures too, and no thumbnail shows it', async () => {
    const clear = await sharp(noise).ensureAlpha(0.5).png().toBuffer();
    const sources = [noise, clear, await sharp(noise).grayscale().png().toBuffer()];
    for (const source of sources) {
      const upload = await sharp(source).withXmp('<x:xmpmeta xmlns:x="adobe:ns:meta/"/>').png().toBuffer();
      for (const effect of ['blur', 'pixelate']) {
        const { content, metadata } = await run(upload, {
          format: 'png',
          metadata: 'all',
          regions: [{ ...FACE, effect }],
        });
        expect(metadata.hasAlpha).toBe(source === clear);
        expect(await roughness(content, FACE)).toBeLessThan(8);
      }
    }
  });

  it('what goes along with the pixels kept, and another size or turn: the region is hidden where it lies then', async () => {
    const upload = await sharp(noise).withMetadata({ orientation: 6 }).jpeg({ quality: 95 }).toBuffer();
    // Upright it has 120 x 160 pixels: its lower right quarter.
    const regions = [{ left: 60, top: 80, width: 60, height: 80 }];
    for (const kept of [{ metadata: 'all' }, { colourSpace: 'p3' }]) {
      for (const [change, part] of [
        [{ width: 60 }, { left: 34, top: 44 }],
        [
          { width: 80, rotate: 90 },
          { left: 4, top: 34 },
        ],
      ] as const) {
        const { content } = await run(upload, { format: 'png', regions, ...kept, ...change });
        expect(await roughness(content, { ...part, width: 22, height: 22 })).toBeLessThan(10);
        expect(await roughness(content, { left: 4, top: 4, width: 22, height: 22 })).toBeGreaterThan(15);
      }
    }
    const { content } = await run(upload, {
      regions: [{ left: 0, top: 0, width: 120, height: 160 }],
      width: 60,
      metadata: 'all',
    });
    expect(await roughness(content, { left: 4, top: 4, width: 50, height: 70 })).toBeLessThan(30);
  });

  it('wholly outside: is refused, since nothing would be hidden', async () => {
    const { code, message } = await failureOf(noise, { regions: [FACE, { left: 160, top: 0, width: 9, height: 9 }] });
    expect([code, message]).toEqual([
      'invalid_request',
      'Region 2 of rendition "image" lies outside of the image, which has 160 x 120 pixels: its pixels are counted in the ' +
        'upright image.',
    ]);
  });

  it.each([
    [{ regions: [] }, '/regions: must be a list of 1 to 100 objects'],
    [{ regions: FACE }, '/regions: must be a list of 1 to 100 objects'],
    [{ regions: [{ ...FACE, width: 0 }] }, '/regions/0/width: must be a number above 0, up to 1000000'],
    [{ regions: [{ ...FACE, left: 'x' }] }, '/regions/0/left: must be a number from -1000000 to 1000000'],
    [{ regions: [{ ...FACE, effect: 'black' }] }, '/regions/0/effect: must be blur or pixelate'],
    [{ regions: Array.from({ length: 101 }, () => FACE) }, '/regions: must be a list of 1 to 100 objects'],
  ])('%j: one fault that names the field and its limits', (fields, fault) => {
    expect(faultsOf(fields)).toEqual([fault]);
  });
});
