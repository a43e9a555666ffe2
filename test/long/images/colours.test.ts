import { describe, expect, it } from '@jest/globals';
import sharp from 'sharp';
import {
  ADOBE_RGB,
  convertColour,
  DISPLAY_P3,
  deltaE,
  iccProfile,
  SRGB,
  withProfile,
} from '../../support/images/colour-profiles.ts';
import { colourAt, distance, drawQuadrants, QUADRANTS } from '../../unit/images/pictures.ts';
import { run } from '../../unit/images/run.ts';

describe('colours', () => {
  const RED = [200, 60, 40] as const;
  const BROWN = [150, 90, 80] as const;
  const plain = ([r, g, b]: readonly [number, number, number] = RED) =>
    sharp({ create: { width: 64, height: 64, channels: 3, background: { r, g, b } } });

  const COLOURS = [RED, BROWN, [40, 180, 60], [50, 70, 210], [128, 128, 128], [250, 240, 20]] as const;
  const SEVERAL = { renditions: [{ name: 'a', format: 'png', width: 20 }, { name: 'b' }] };

  it.each(COLOURS)(
    'a Display P3 photo of %i, %i, %i: the same colour in sRGB, and no profile left',
    async (...colour) => {
      const upload = await plain(colour).withIccProfile('p3').jpeg({ quality: 100 }).toBuffer();
      const stored = await sharp(upload, { ignoreIcc: true }).raw().toBuffer();
      const expected = convertColour([...stored.subarray(0, 3)], DISPLAY_P3, SRGB);
      for (const fields of [{ format: 'png' }, { width: 20, format: 'png' }, SEVERAL]) {
        const { content, metadata } = await run(upload, fields);
        expect(deltaE(await colourAt(content, 0.5, 0.5), expected)).toBeLessThan(2);
        expect(metadata.icc).toBeUndefined();
      }
    },
  );

  it.each(COLOURS)('a 16-bit Display P3 PNG of %i, %i, %i: the same colour in sRGB, in 8 bits', async (...colour) => {
    const upload = await plain(colour).toColourspace('rgb16').withIccProfile('p3').png().toBuffer();
    expect(await sharp(upload).metadata()).toMatchObject({ depth: 'ushort', hasProfile: true });
    for (const fields of [{}, { width: 20, format: 'webp', quality: 100 }, SEVERAL]) {
      const { content, metadata } = await run(upload, fields);
      expect(deltaE(await colourAt(content, 0.5, 0.5), colour)).toBeLessThan(2);
      expect([metadata.depth, metadata.icc]).toEqual(['uchar', undefined]);
    }
  });

  it.each(COLOURS)('an Adobe RGB photo with %i, %i, %i stored: that colour of Adobe RGB in sRGB', async (...colour) => {
    const jpeg = await plain(colour).jpeg({ quality: 100, chromaSubsampling: '4:4:4' }).toBuffer();
    const upload = withProfile(jpeg, iccProfile(ADOBE_RGB, 2.19921875));
    const expected = convertColour(colour, ADOBE_RGB, SRGB).map((value) => Math.min(255, value));
    for (const fields of [{ format: 'png' }, SEVERAL]) {
      const { content } = await run(upload, fields);
      expect(deltaE(await colourAt(content, 0.5, 0.5), expected)).toBeLessThan(3);
    }
  });

  it('a CMYK photo, with a profile and without: sRGB, as near its first colour as ink allows', async () => {
    const bare = await plain(BROWN).toColourspace('cmyk').jpeg({ quality: 95 }).toBuffer();
    const profiled = await plain(BROWN).withIccProfile('cmyk').jpeg({ quality: 95 }).toBuffer();
    for (const upload of [bare, profiled]) {
      expect((await sharp(upload).metadata()).space).toBe('cmyk');
      for (const fields of [{}, SEVERAL]) {
        const { content, metadata } = await run(upload, fields);
        expect(metadata.space).toBe('srgb');
        expect(deltaE(await colourAt(content, 0.5, 0.5), BROWN)).toBeLessThan(10);
      }
    }
  });

  it('a grey picture: stays of one channel, also among several, on a grey background, with quality auto', async () => {
    const upload = await drawQuadrants().toColourspace('b-w').png().toBuffer();
    const border = { width: 100, height: 100, fit: 'contain', background: '#ddd', format: 'jpeg' };
    const several = { renditions: [{ name: 'a' }, { name: 'b' }] };
    const searched = { format: 'jpeg', quality: 'auto' };
    for (const fields of [{}, { width: 50, format: 'jpeg' }, several, border, searched]) {
      expect((await run(upload, fields)).metadata).toMatchObject({ space: 'b-w', channels: 1 });
    }
  });

  it('a grey picture on a coloured background: the background keeps its colour', async () => {
    const upload = await drawQuadrants().toColourspace('b-w').png().toBuffer();
    const contain = { width: 80, height: 80, fit: 'contain', background: '#e02040' };
    for (const fields of [contain, { ...contain, format: 'jpeg' }, { renditions: [contain, { name: 'b' }] }]) {
      const { content } = await run(upload, fields);
      expect(distance(await colourAt(content, 0.5, 0.02), [224, 32, 64])).toBeLessThan(4);
      const [r = 0, g = 0, b = 0] = await colourAt(content, 0.25, 0.4);
      expect(Math.max(r, g, b) - Math.min(r, g, b)).toBeLessThan(4);
    }
  });

  it('a palette with transparency: its colours, and white where it was clear in a JPEG', async () => {
    const clear = await drawQuadrants(80, 60)
      .extend({ left: 80, background: 'transparent' })
      .png({ palette: true })
      .toBuffer();
    expect((await sharp(clear).metadata()).isPalette).toBe(true);
    for (const [format, expected] of [
      ['jpeg', [255, 255, 255, 255]],
      ['png', [0, 0, 0, 0]],
      ['gif', [0, 0, 0, 0]],
    ] as const) {
      const { content } = await run(clear, { format, blur: 1, width: 100 });
      expect(distance(await colourAt(content, 0.2, 0.5), expected)).toBeLessThan(3);
      expect(distance(await colourAt(content, 0.65, 0.25), [...QUADRANTS[0], 255])).toBeLessThan(14);
    }
  });

  it('a transparent picture blurred, sharpened or scaled: its edge is no darker than the inside', async () => {
    const inside = sharp({ create: { width: 40, height: 40, channels: 4, background: '#e0c040' } });
    const upload = await inside
      .extend({ top: 20, bottom: 20, left: 20, right: 20, background: 'transparent' })
      .png()
      .toBuffer();
    for (const fields of [{ blur: 5 }, { sharpen: 3 }, { width: 57, blur: 2 }]) {
      const { content } = await run(upload, fields);
      const { data, info } = await sharp(content).raw().toBuffer({ resolveWithObject: true });
      for (let at = 0; at < data.length; at += info.channels) {
        const alpha = data[at + 3] ?? 0;
        const darker = [224, 192, 64].map((value, channel) => value - (data[at + channel] ?? 0));
        if (alpha > 40) expect(Math.max(...darker)).toBeLessThan(8);
      }
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

  it('a transparent picture: on white or the background as JPEG, still transparent as PNG and WebP', async () => {
    const clear = sharp({ create: { width: 32, height: 32, channels: 4, background: { r: 0, g: 0, b: 0, alpha: 0 } } });
    const upload = await clear.png().toBuffer();
    const behind = async (fields: Record<string, unknown>) => colourAt((await run(upload, fields)).content, 0.5, 0.5);
    expect(await behind({ format: 'jpeg' })).toEqual([255, 255, 255, 255]);
    expect(distance(await behind({ format: 'jpeg', background: 'blue' }), [0, 0, 255])).toBeLessThan(4);
    expect((await behind({ format: 'png' }))[3]).toBe(0);
    expect((await behind({ format: 'webp', width: 16 }))[3]).toBe(0);
  });
});
