import { deflateSync } from 'node:zlib';
import { afterAll, describe, expect, it } from '@jest/globals';
import type { Metadata } from 'sharp';
import { createMetadataReader } from '../../../../workers/images/metadata/reader.ts';
import { createThreadPool } from '../../../../workers/images/threads/pool.ts';
import { chunk, exifOf, latin1, pngWith, signed } from '../../../support/hostile/blocks.ts';
import { HOSTILE_XMP } from '../../../support/hostile/xmp.ts';
import { run } from '../run.ts';

const threads = createThreadPool(1);
const never = new AbortController().signal;
const ofBlocks = (blocks: Partial<Metadata>) => blocks as Metadata;

afterAll(() => threads.close());

describe('metadata that is read in a thread', () => {
  const xmp = latin1('<r tiff:Orientation="6"><dc:creator>Kari</dc:creator></r>');

  it('credits, and XMP that says upright; nothing where there is nothing', async () => {
    const reader = createMetadataReader(threads, never);
    expect((await reader.readCredits(ofBlocks({ xmp }))).artist).toBe('Kari');
    expect(await reader.readNewXmp(ofBlocks({ xmp }))).toContain('tiff:Orientation="1"');
    expect(await reader.readCredits(ofBlocks({}))).toEqual({});
    expect(await reader.readNewXmp(ofBlocks({}))).toBeUndefined();
  });

  it('is read once for all renditions of a picture', async () => {
    const reader = createMetadataReader(threads, never);
    const metadata = ofBlocks({ xmp });
    expect(reader.readCredits(metadata)).toBe(reader.readCredits(metadata));
    await reader.readCredits(metadata);
  });

  it('takes too long: refused, and the thread is ended; the next one reads', async () => {
    const hasty = createMetadataReader(threads, never, 1);
    const large = ofBlocks({ xmp: (HOSTILE_XMP[1] as [string, () => Buffer])[1]() });
    await expect(hasty.readCredits(large)).rejects.toMatchObject({ code: 'image_unreadable' });
    await expect(hasty.readCredits(large)).rejects.toThrow('ask with "metadata": "none"');
    expect((await createMetadataReader(threads, never).readCredits(ofBlocks({ xmp }))).artist).toBe('Kari');
  });

  it('is ended with its job', async () => {
    const controller = new AbortController();
    const reading = createMetadataReader(threads, controller.signal).readCredits(ofBlocks({ xmp }));
    controller.abort(new Error('cancelled'));
    await expect(reading).rejects.toThrow('cancelled');
  });
});

describe('a picture whose metadata are hostile', () => {
  it.each<[string, Buffer]>([
    ['XMP of 150,000 rights begun', packedXmp(latin1(`<a>${'<dc:rights>'.repeat(150_000)}`))],
    [
      'EXIF of 15,000 entries, each of all of it',
      chunk(
        'eXIf',
        exifOf(15_000, (index) => (index % 2 ? 315 : 33_432)),
      ),
    ],
  ])('%s: the picture is made', async (_name, block) => {
    for (const metadata of ['copyright', 'all']) {
      expect((await run(pngWith(block), { width: 4, metadata })).result.renditions).toHaveLength(1);
    }
  });
});

function packedXmp(xmp: Buffer): Buffer {
  return chunk('iTXt', signed('XML:com.adobe.xmp\0\x01\0\0\0', deflateSync(xmp)));
}
