import { describe, expect, it } from '@jest/globals';
import sharp from 'sharp';
import { images } from '../../../workers/images/job.ts';
import { cornerMask } from '../../../workers/images/pipeline/corners.ts';
import { colourAt, distance, drawQuadrants, QUADRANTS } from '../../unit/images/pictures.ts';
import { quadrantsOf, run } from '../../unit/images/run.ts';

const upload = await drawQuadrants().png().toBuffer();
const faultsOf = (fields: object): string[] =>
  (images.input.safeParse(fields).error?.issues ?? []).map(({ path, message }) => `/${path.join('/')}: ${message}`);
const animation = await sharp([upload, await drawQuadrants(160, 120, [3, 2, 1, 0]).png().toBuffer()], {
  join: { animated: true },
})
  .gif()
  .toBuffer();

describe('proportions', () => {
  it.each([
    [{ aspectRatio: '1:1' }, '120x120'],
    [{ aspectRatio: '16:9' }, '160x90'],
    [{ aspectRatio: '9/16' }, '68x120'],
    [{ aspectRatio: '1.5:1', width: 60 }, '60x40'],
    [{ aspectRatio: '1:2', height: 60 }, '30x60'],
    [{ aspectRatio: '1:1', width: 40, dpr: 2 }, '80x80'],
    [{ aspectRatio: '1:1', width: 999 }, '120x120'],
    [{ aspectRatio: '1:1', width: 200, enlarge: true }, '200x200'],
    [{ aspectRatio: '1:1', fit: 'contain' }, '160x160'],
    [{ aspectRatio: '1:1', fit: 'contain', width: 80 }, '80x80'],
    [{ aspectRatio: '2:1', fit: 'fill' }, '160x80'],
    [{ aspectRatio: '1:1', fit: 'fill', width: 50 }, '50x50'],
    [{ aspectRatio: '2:1', rotate: 90 }, '120x60'],
    [{ aspectRatio: '1:1', crop: { left: 0, top: 0, width: 160, height: 30 } }, '30x30'],
    [{ aspectRatio: '1:1', width: 20, position: { x: 1, y: 0.5 } }, '20x20'],
    [{ aspectRatio: '1:1', width: 20, position: 'attention' }, '20x20'],
  ])('160 x 120 asked as %j: %s', async (fields, size) => {
    const { rendition, metadata } = await run(upload, fields);
    expect([`${rendition?.width}x${rendition?.height}`, `${metadata.width}x${metadata.height}`]).toEqual([size, size]);
  });

  it('cut, padded and stretched: what is seen of the picture', async () => {
    const seen = async (fields: object) => quadrantsOf((await run(upload, { aspectRatio: '1:2', ...fields })).content);
    expect(await seen({ position: 'left' })).toEqual([0, 0, 2, 2]);
    expect(await seen({ fit: 'fill' })).toEqual([0, 1, 2, 3]);
    const padded = await run(upload, { aspectRatio: '1:2', fit: 'contain', background: '#102030' });
    expect(await colourAt(padded.content, 0.5, 0.1)).toEqual([16, 32, 48, 255]);
  });

  it('several renditions, decoded once to a smaller size: as each alone', async () => {
    const large = await drawQuadrants(400, 300).png().toBuffer();
    const renditions = [
      { name: 'a', width: 60, aspectRatio: '1:1' },
      { name: 'b', aspectRatio: '2:1', width: 100 },
      { name: 'c', height: 90, aspectRatio: '3:2', fit: 'contain', background: 'red' },
    ];
    const { result } = await run(large, { renditions });
    expect(result.renditions.map(({ width, height }) => `${width}x${height}`)).toEqual(['60x60', '100x50', '135x90']);
  });

  it('in several widths, more than there is: the proportions stay, and no width comes twice', async () => {
    const { result } = await run(upload, { widths: [40, 100, 150, 300], aspectRatio: '1:1' });
    expect(result.renditions.map(({ width, height }) => `${width}x${height}`)).toEqual(['40x40', '100x100', '120x120']);
  });

  it.each([
    [{ aspectRatio: '16-9' }, '/aspectRatio: must be two numbers like "16:9", neither more than 100 times the other'],
    [{ aspectRatio: '0:1' }, '/aspectRatio: must be two numbers like "16:9", neither more than 100 times the other'],
    [{ aspectRatio: '101:1' }, '/aspectRatio: must be two numbers like "16:9", neither more than 100 times the other'],
    [{ aspectRatio: '1:1', width: 1, height: 1 }, '/aspectRatio: goes with width or height, not with both'],
    [{ aspectRatio: '1:1', fit: 'inside' }, '/fit: must be cover, contain or fill with an aspectRatio'],
    [{ aspectRatio: '1:10', width: 2000 }, '/aspectRatio: makes the picture 20000 pixels high; at most 16384 are made'],
  ])('%j: one fault that names the field and its limits', (fields, fault) => {
    expect(faultsOf(fields)).toEqual([fault]);
  });
});

describe('rounded corners', () => {
  it.each(['png', 'webp', 'avif', 'tiff'])('as %s: the corners are clear, the rest is as it was', async (format) => {
    const { content } = await run(upload, { format, radius: 30, quality: undefined });
    expect((await colourAt(content, 0, 0))[3]).toBeLessThan(3);
    expect((await colourAt(content, 0.99, 0.99))[3]).toBeLessThan(3);
    expect(await quadrantsOf(content)).toEqual([0, 1, 2, 3]);
    expect((await colourAt(content, 0.5, 0))[3]).toBe(255);
  });

  it('as JPEG: the background is in the corners, white without one, and a warning says so', async () => {
    const white = await run(upload, { format: 'jpeg', radius: 30 });
    expect(distance(await colourAt(white.content, 0, 0), [255, 255, 255, 255])).toBeLessThan(20);
    expect(white.result.warnings.map(({ code }) => code)).toEqual(['transparency_lost']);
    const blue = await run(upload, { format: 'jpeg', radius: 30, background: '#2030c0' });
    expect(distance(await colourAt(blue.content, 0, 0), [32, 48, 192, 255])).toBeLessThan(30);
    expect(blue.result.warnings).toEqual([]);
  });

  it('with a background: it is behind them in every format', async () => {
    const { content } = await run(upload, { format: 'png', radius: 'circle', padding: 5, background: '#102030' });
    expect(await colourAt(content, 0, 0)).toEqual([16, 32, 48, 255]);
    expect(await colourAt(content, 0.07, 0.07)).toEqual([16, 32, 48, 255]);
  });

  it('a circle: cut from the middle, its edge smooth and as round as it should be', async () => {
    const { content, metadata } = await run(upload, { format: 'png', radius: 'circle' });
    expect([metadata.width, metadata.height]).toEqual([120, 120]);
    const alpha = await sharp(content).extractChannel('alpha').raw().toBuffer();
    // The area of what is seen, to a thousandth.
    const area = alpha.reduce((sum, value) => sum + value / 255, 0);
    expect(Math.abs(area / (Math.PI * 60 ** 2) - 1)).toBeLessThan(0.001);
    expect(new Set(alpha).size).toBeGreaterThan(50);
  });

  it('both sides asked for: an ellipse; more than half a side: half of it', async () => {
    const ellipse = await run(upload, { format: 'png', radius: 'circle', width: 80, height: 30, fit: 'cover' });
    expect([ellipse.metadata.width, ellipse.metadata.height]).toEqual([80, 30]);
    expect((await colourAt(ellipse.content, 0.02, 0.5))[3]).toBeGreaterThan(200);
    expect((await colourAt(ellipse.content, 0.1, 0.1))[3]).toBe(0);
    const { input } = cornerMask({ width: 9, height: 5 }, 4000);
    const { input: half } = cornerMask({ width: 9, height: 5 }, 2.5);
    expect(input).toEqual(half);
  });

  it('of an animation: every frame, in both formats', async () => {
    for (const format of ['gif', 'webp']) {
      const { content, metadata, rendition } = await run(animation, { format, radius: 40, padding: 3 });
      expect([metadata.pages, metadata.width, rendition?.height]).toEqual([2, 166, 126]);
      for (const page of [0, 1]) {
        const frame = await sharp(content, { page }).png().toBuffer();
        expect((await colourAt(frame, 0.04, 0.04))[3]).toBe(0);
        expect((await colourAt(frame, 0.5, 0.1))[3]).toBe(255);
      }
    }
  });

  it('a grey picture, metadata kept: as any other', async () => {
    const grey = await drawQuadrants().grayscale().jpeg().withXmp('<x/>').toBuffer();
    const { content, metadata } = await run(grey, { format: 'webp', radius: 40, metadata: 'all' });
    expect((await colourAt(content, 0, 0))[3]).toBe(0);
    expect(metadata.xmp?.length).toBeGreaterThan(0);
  });

  it('a watermark: is cut with the corners', async () => {
    const logo = await sharp({ create: { width: 160, height: 120, channels: 3, background: '#fff' } })
      .png()
      .toBuffer();
    const { content } = await run(upload, { format: 'png', radius: 30, watermark: { file: 'logo' } }, { logo });
    expect((await colourAt(content, 0, 0))[3]).toBe(0);
    expect(await colourAt(content, 0.5, 0.5)).toEqual([255, 255, 255, 255]);
  });
});

describe('padding', () => {
  it('around the picture, beyond its size: clear, white in a JPEG, or the background', async () => {
    const { content, metadata } = await run(upload, { width: 80, padding: 10, format: 'png' });
    expect([metadata.width, metadata.height]).toEqual([100, 80]);
    expect((await colourAt(content, 0.05, 0.05))[3]).toBe(0);
    expect(distance(await colourAt(content, 0.15, 0.2), QUADRANTS[0])).toBeLessThan(3);
    const jpeg = await run(upload, { padding: 10, format: 'jpeg' });
    expect(distance(await colourAt(jpeg.content, 0, 0), [255, 255, 255, 255])).toBeLessThan(20);
    const red = await run(upload, { padding: 10, dpr: 2, background: '#f00', format: 'png' });
    expect([red.metadata.width, await colourAt(red.content, 0, 0)]).toEqual([200, [255, 0, 0, 255]]);
  });
});
