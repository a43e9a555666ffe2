import { describe, expect, it } from '@jest/globals';
import sharp from 'sharp';
import { placeOf, scaledWatermark } from '../../../../workers/images/pipeline/watermark/overlay.ts';
import { pngHeader } from '../../../support/images/png-header.ts';
import { colourAt, distance, drawQuadrants, photoOriented, QUADRANTS } from '../pictures.ts';
import { failureOf, prepare, processor, run } from '../run.ts';

const BLUE = [0, 0, 255, 255];
const plain = (width: number, height: number, background = '#0000ff') =>
  sharp({ create: { width, height, channels: 3, background } })
    .png()
    .toBuffer();
const white = () => plain(200, 100, '#ffffff');

/** Whether the watermark (blue) is to be seen at a place given in pixels of the picture. */
async function isBlueAt(content: Buffer, x: number, y: number): Promise<boolean> {
  const { width = 1, height = 1 } = await sharp(content).metadata();
  return distance(await colourAt(content, (x + 0.5) / width, (y + 0.5) / height), BLUE) < 12;
}

describe('a watermark', () => {
  it('as it is: in its own size at the bottom right', async () => {
    const { content } = await run(await white(), { watermark: { file: 'mark' } }, { mark: await plain(20, 10) });
    expect(await isBlueAt(content, 180, 90)).toBe(true);
    expect(await isBlueAt(content, 199, 99)).toBe(true);
    expect(await isBlueAt(content, 179, 89)).toBe(false);
  });

  it.each([
    ['northwest', 10, 10],
    ['north', 90, 10],
    ['east', 170, 45],
    ['southwest', 10, 80],
    ['centre', 90, 45],
    ['center', 90, 45],
  ])('at the %s with a margin: its corner at %i, %i', async (position, left, top) => {
    const watermark = { file: 'mark', position, margin: 10 };
    const { content } = await run(await white(), { watermark }, { mark: await plain(20, 10) });
    expect(await isBlueAt(content, left, top)).toBe(true);
    expect(await isBlueAt(content, left + 19, top + 9)).toBe(true);
    expect(await isBlueAt(content, left - 1, top)).toBe(false);
    expect(await isBlueAt(content, left, top - 1)).toBe(false);
  });

  it('opacity: as much of the picture shows through', async () => {
    const at = async (opacity: number) => {
      const watermark = { file: 'mark', opacity };
      const { content } = await run(await white(), { watermark }, { mark: await plain(20, 10) });
      return colourAt(content, 0.95, 0.95);
    };
    expect(distance(await at(0.25), [191, 191, 255, 255])).toBeLessThan(3);
    expect(distance(await at(0), [255, 255, 255, 255])).toBeLessThan(3);
    expect(distance(await at(1), BLUE)).toBeLessThan(3);
  });

  it('a share of the width, in each rendition by itself; pixels times dpr', async () => {
    const watermark = { file: 'mark', position: 'northwest' };
    const renditions = [
      { name: 'large', watermark: { ...watermark, width: '50%' } },
      { name: 'small', width: 100, watermark: { ...watermark, width: '50%' } },
      { name: 'dense', width: 50, dpr: 2, watermark: { ...watermark, width: 10, margin: 5 } },
    ];
    const { read } = await run(await white(), { renditions }, { mark: await plain(20, 10) });
    const large = await read('large.png');
    expect([await isBlueAt(large, 98, 48), await isBlueAt(large, 102, 20)]).toEqual([true, false]);
    const small = await read('small.png');
    expect([await isBlueAt(small, 48, 23), await isBlueAt(small, 52, 10)]).toEqual([true, false]);
    const dense = await read('dense.png');
    expect([await isBlueAt(dense, 10, 10), await isBlueAt(dense, 28, 18), await isBlueAt(dense, 32, 15)]).toEqual([
      true,
      true,
      false,
    ]);
    expect(await isBlueAt(dense, 8, 8)).toBe(false);
  });

  it('tile: all over, with the margin between', async () => {
    const watermark = { file: 'mark', tile: true, margin: 10 };
    const { content } = await run(await white(), { watermark }, { mark: await plain(20, 10) });
    const row = await Promise.all([5, 20, 30, 40, 50, 110].map((x) => isBlueAt(content, x, 9)));
    expect(row).toEqual([true, true, false, true, true, true]);
    expect([await isBlueAt(content, 10, 17), await isBlueAt(content, 10, 27)]).toEqual([false, true]);
  });

  it.each([{ margin: 4096 }, { width: '100%', margin: 90 }, { width: 16_384 }, { tile: true, margin: 300 }])(
    '%j on a small picture: made to fit',
    async (fields) => {
      const mark = await plain(400, 300);
      for (const [width, height] of [
        [200, 100],
        [1, 1],
        [3, 200],
      ] as const) {
        const { rendition } = await run(
          await plain(width, height),
          { watermark: { file: 'mark', ...fields } },
          { mark },
        );
        expect([rendition?.width, rendition?.height]).toEqual([width, height]);
      }
    },
  );

  it('a photo on its side as watermark: upright', async () => {
    const watermark = { file: 'mark', position: 'northwest' };
    const { content } = await run(await plain(160, 120), { watermark }, { mark: await photoOriented(6) });
    expect(distance(await colourAt(content, 0.25, 0.25), QUADRANTS[0])).toBeLessThan(14);
    expect(distance(await colourAt(content, 0.25, 0.75), QUADRANTS[2])).toBeLessThan(14);
  });

  it('clear parts of a watermark show the picture; clear parts of the picture stay so', async () => {
    const half = sharp(await plain(20, 20)).extend({ right: 20, background: 'transparent' });
    const mark = await half.png().toBuffer();
    const watermark = { file: 'mark', position: 'northwest' };
    const onWhite = await run(await white(), { watermark, format: 'jpeg', quality: 95 }, { mark });
    expect(onWhite.metadata.channels).toBe(3);
    expect(distance(await colourAt(onWhite.content, 0.15, 0.1), [255, 255, 255, 255])).toBeLessThan(6);
    const clear = await sharp({ create: { width: 100, height: 100, channels: 4, background: 'transparent' } })
      .png()
      .toBuffer();
    const onClear = await run(clear, { watermark }, { mark });
    expect((await colourAt(onClear.content, 0.9, 0.9))[3]).toBe(0);
    expect(await colourAt(onClear.content, 0.05, 0.05)).toEqual(BLUE);
  });

  it('on an opaque picture: no transparency comes in; on a grey one and a grayscale one: its own colours', async () => {
    const mark = await plain(20, 10);
    expect((await run(await white(), { watermark: { file: 'mark' } }, { mark })).metadata.hasAlpha).toBe(false);
    const grey = await drawQuadrants().toColourspace('b-w').png().toBuffer();
    for (const fields of [{}, { grayscale: true }, { format: 'jpeg', quality: 95 }]) {
      const { content } = await run(grey, { ...fields, watermark: { file: 'mark' } }, { mark });
      expect(await isBlueAt(content, 150, 115)).toBe(true);
    }
  });

  it('on every frame of an animation', async () => {
    const frames = await Promise.all(['#ffffff', '#ff0000', '#00ff00'].map((colour) => plain(100, 80, colour)));
    const upload = await sharp(frames, { join: { animated: true } })
      .gif()
      .toBuffer();
    const { content } = await run(upload, { watermark: { file: 'mark', width: '20%' } }, { mark: await plain(20, 10) });
    for (const page of [0, 1, 2]) {
      const frame = await sharp(content, { page }).png().toBuffer();
      expect([await isBlueAt(frame, 95, 75), await isBlueAt(frame, 50, 40)]).toEqual([true, false]);
    }
  });

  it('with all metadata kept: both are there', async () => {
    const upload = await drawQuadrants()
      .withExif({ IFD0: { Make: 'Nikon' } })
      .jpeg()
      .toBuffer();
    const fields = { metadata: 'all', watermark: { file: 'mark' } };
    const { content, metadata } = await run(upload, fields, { mark: await plain(40, 40) });
    expect(metadata.exif?.toString('latin1')).toContain('Nikon');
    expect(distance(await colourAt(content, 0.9, 0.9), BLUE)).toBeLessThan(12);
  });

  it('from another job: its result is laid over the picture', async () => {
    const { job, context, read } = await prepare(await white(), { watermark: { job: 'img_other', file: 'logo' } });
    const logo = await context.storage.write('logo.png', 'image/png', await plain(20, 10));
    const jobs = { find: async (id: string) => ({ id, state: 'completed' as const, files: [logo] }) };
    await processor.process(job, { ...context, jobs });
    expect(await isBlueAt(await read('image.png'), 190, 95)).toBe(true);
  });

  it('from a job that has not ended: waited for before anything is read', async () => {
    const renditions = [{ name: 'a' }, { name: 'b', watermark: { job: 'img_other' } }];
    const { job, context, written } = await prepare(await white(), { renditions });
    const jobs = { find: async (id: string) => ({ id, state: 'pending' as const, files: [] }) };
    const read = () => Promise.reject(new Error('nothing was to be read'));
    await expect(
      processor.process(job, { ...context, jobs, storage: { ...context.storage, read } }),
    ).rejects.toMatchObject({ code: 'waiting_for_job', waitingFor: ['img_other'] });
    expect(await written()).toEqual([]);
  });

  it('read once for all renditions that show it', async () => {
    const mark = { file: 'mark', width: 5 };
    const renditions = [{ name: 'a', watermark: mark }, { name: 'b', watermark: { ...mark, width: 9 } }, { name: 'c' }];
    const { job, context } = await prepare(await white(), { renditions }, { mark: await plain(20, 10) });
    const reads: string[] = [];
    const read = (key: string) => {
      reads.push(key);
      return context.storage.read(key);
    };
    await processor.process(job, { ...context, storage: { ...context.storage, read } });
    expect(reads).toEqual(['file', 'mark']);
  });

  it('judged like any image: too many pixels, damaged, or none at all', async () => {
    const fields = { watermark: { file: 'mark' } };
    const codeOf = async (mark: Buffer) => {
      const { code, message } = await failureOf(await white(), fields, { mark });
      expect(message).toMatch(/^The watermark can't be used\. The /);
      return code;
    };
    expect(await codeOf(pngHeader(30_000, 30_000))).toBe('payload_too_large');
    const whole = await plain(300, 300);
    expect(await codeOf(whole.subarray(0, whole.length / 2))).toBe('image_unreadable');
    expect(await codeOf(Buffer.from('PK\x03\x04 and so on and on'))).toBe('unsupported_media_type');
    expect(await failureOf(await white(), fields)).toMatchObject({
      code: 'invalid_request',
      message: 'The job has no watermark: send one in the field "mark".',
    });
  });
});

describe('figures of a watermark', () => {
  it.each([
    [{ width: undefined }, 40, 20],
    [{ width: 20 }, 20, 10],
    [{ width: '10%' }, 30, 15],
    [{ width: '100%' }, 200, 100],
    [{ width: 1 }, 1, 1],
  ])('40 x 20 in a room of 300 x 100 asked as %j: %i x %i', (asked, width, height) => {
    expect(scaledWatermark({ width: 40, height: 20 }, asked, { width: 300, height: 100 })).toEqual({ width, height });
  });

  it.each([
    ['southeast', 85, 65],
    ['west', 5, 35],
    ['south', 45, 65],
  ] as const)('10 x 30 at the %s of 100 x 100, 5 from the edges: at %i, %i', (position, left, top) => {
    expect(placeOf(position, { width: 10, height: 30 }, { width: 100, height: 100 }, 5)).toEqual({ left, top });
  });
});
