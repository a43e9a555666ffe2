import { describe, expect, it } from '@jest/globals';
import sharp from 'sharp';
import type { Rendered } from '../../../../workers/images/encode/rendered.ts';
import { makeSegment } from '../../../../workers/images/formats/jpeg/segments.ts';
import type { Rendition } from '../../../../workers/images/input/rendition.ts';
import { images } from '../../../../workers/images/job.ts';
import { stripJpeg } from '../../../../workers/images/strip/jpeg.ts';
import { makeSmaller } from '../../../../workers/images/strip/make-smaller.ts';
import { canTurn, turnJpeg } from '../../../../workers/images/strip/turn/turn-jpeg.ts';
import { drawNoise } from '../pictures.ts';
import { run } from '../run.ts';

// Each kind of sampling, and restarts, beside jpegtran: test/long/images/turned.test.ts.

/** The number of a table of codes, and how many there are of each length. */
const CODES_HEAD = 17;
const ORIENTATIONS = [2, 3, 4, 5, 6, 7, 8];
const drawn = (width: number, height: number, orientation: number, progressive = false) =>
  drawNoise(width, height)
    .blur(1)
    .withMetadata({ orientation })
    .withExifMerge({ IFD0: { Copyright: 'Kari' } })
    .jpeg({ quality: 40, progressive })
    .toBuffer();
const pixelsOf = (image: Buffer) =>
  sharp(image, { failOn: 'warning' }).autoOrient().raw().toBuffer({ resolveWithObject: true });

/** How far the pixels of two pictures of one size are apart, at most. */
async function distance(one: Buffer, other: Buffer): Promise<number> {
  const [first, second] = await Promise.all([pixelsOf(one), pixelsOf(other)]);
  expect([first.info.width, first.info.height]).toEqual([second.info.width, second.info.height]);
  return first.data.reduce((most, value, at) => Math.max(most, Math.abs(value - (second.data[at] ?? 0))), 0);
}

describe('a JPEG that its camera turned', () => {
  const WAYS = [false, true].flatMap((progressive) =>
    ORIENTATIONS.map((orientation) => ({ orientation, progressive })),
  );
  it.each(WAYS)('$orientation, coarse first: $progressive: upright, with all that was coded', async (way) => {
    const { orientation, progressive } = way;
    const jpeg = await drawn(64, 48, orientation, progressive);
    const turned = turnJpeg(stripJpeg(jpeg) as Buffer, orientation) as Buffer;
    // Decoders round rows and columns in another order.
    expect(await distance(turned, jpeg)).toBeLessThan(4);
    expect((await sharp(turned).metadata()).isProgressive).toBe(progressive);
    const back = turnJpeg(turned, [6, 8].includes(orientation) ? 14 - orientation : orientation) as Buffer;
    expect((await pixelsOf(back)).data.equals((await pixelsOf(stripJpeg(jpeg) as Buffer)).data)).toBe(true);
  });

  it('an edge that cuts through a unit of 16 pixels: turned where it stays on its side', async () => {
    const jpeg = await drawn(64, 45, 1);
    expect(ORIENTATIONS.filter((orientation) => canTurn(jpeg, orientation))).toEqual([2, 5, 8]);
    expect(turnJpeg(jpeg, 6)).toBeNull();
  });

  it.each([false, true])(
    'cut or changed anywhere, coarse first: %s: nothing, or a JPEG; never an error',
    async (way) => {
      const jpeg = await drawn(32, 32, 1, way);
      for (let at = 2; at < jpeg.length - 6; at += 41) {
        expect(turnJpeg(jpeg.subarray(0, at), 6)).toBeNull();
        const changed = Buffer.from(jpeg);
        changed[at] = (changed[at] ?? 0) ^ 0x55;
        expect(turnJpeg(changed, 6)?.length ?? 0).toBeLessThan(2 * jpeg.length);
      }
    },
  );

  it('tables of codes that no scan uses: passed over; behind the scan too', async () => {
    const jpeg = stripJpeg(await drawn(32, 32, 1)) as Buffer;
    const plain = turnJpeg(jpeg, 6) as Buffer;
    // More codes of one bit than there are, and none.
    for (const ones of [9, 0]) {
      const table = Buffer.alloc(CODES_HEAD + ones);
      [table[0], table[1]] = [0x03, ones];
      const tables = makeSegment(0xc4, Buffer.concat(Array(2000).fill(table)));
      const [start, rest, end] = [jpeg.subarray(0, 2), jpeg.subarray(2, -2), jpeg.subarray(-2)];
      expect(turnJpeg(Buffer.concat([start, tables, rest, end]), 6)?.equals(plain)).toBe(true);
      expect(turnJpeg(Buffer.concat([start, rest, tables, end]), 6)?.equals(plain)).toBe(true);
    }
  });

  it('that is only to lose its metadata: kept, upright, no larger', async () => {
    const jpeg = await drawn(64, 48, 6);
    for (const metadata of ['none', 'all']) {
      const { content, rendition, metadata: made } = await run(jpeg, { metadata });
      expect(rendition).toMatchObject({ kept: true, quality: null, width: 48, height: 64 });
      expect([made.width, made.height, made.orientation ?? 1]).toEqual([48, 64, 1]);
      expect(content.includes('Kari')).toBe(metadata === 'all');
      // A profile of sRGB is added.
      if (metadata === 'none') expect(content.length).toBeLessThan(jpeg.length);
      expect(await distance(content, jpeg)).toBeLessThan(4);
    }
  });

  it('that has more bytes as it is encoded anew: made with less, up to 16 megapixels, beyond 8 by guesses', async () => {
    const { renditions } = images.input.parse({ name: 'photo' });
    const made = { content: Buffer.alloc(900), format: 'jpeg', quality: 80 } as const;
    const source = { format: 'jpeg', metadata: await sharp(await drawn(8, 8, 1)).metadata() } as const;
    const asked: Partial<Rendition>[] = [];
    for (const width of [3000, 4000, 9000]) {
      const larger: Rendered = { ...made, width, height: 2500 };
      await makeSmaller(
        larger,
        { source, stripped: Buffer.alloc(800) },
        renditions[0] as Rendition,
        async ({ maxBytes, quality }) => {
          asked.push(maxBytes ? { maxBytes } : { quality });
          return larger;
        },
      );
    }
    expect(asked).toEqual([{ maxBytes: 800 }, { quality: 74 }, { quality: 68 }]);
  });

  it('that can not be turned without loss: encoded anew, upright, with no more bytes', async () => {
    const jpeg = await drawn(199, 101, 6);
    for (const fields of [{}, { metadata: 'all' }, { quality: 'auto' }]) {
      const { content, rendition, metadata: made, result } = await run(jpeg, fields);
      expect(rendition).not.toHaveProperty('kept');
      expect([made.width, made.height, made.orientation ?? 1]).toEqual([101, 199, 1]);
      expect((stripJpeg(content) as Buffer).length).toBeLessThanOrEqual((stripJpeg(jpeg) as Buffer).length);
      expect(result.warnings).toEqual([]);
    }
  });
});
