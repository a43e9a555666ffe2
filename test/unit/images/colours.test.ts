import { describe, expect, it } from '@jest/globals';
import sharp from 'sharp';
import { IMAGE_FORMATS } from '../../../workers/images/header.ts';
import { colourAt, distance, drawQuadrants } from './pictures.ts';
import { run } from './run.ts';

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
