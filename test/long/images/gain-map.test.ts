import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import sharp from 'sharp';
import { findGainMap } from '../../../workers/images/formats/jpeg/ultra-hdr.ts';
import { buildHeic } from '../../support/heic/build.ts';
import { writeCoded } from '../../support/images/coded-colours.ts';
import { GAINS, ultraHdr } from '../../support/images/ultra-hdr.ts';
import { drawNoise, drawQuadrants } from '../../unit/images/pictures.ts';
import { quadrantsOf, run } from '../../unit/images/run.ts';

const KEEP = { gainMap: 'keep' } as const;
const photo = (orientation?: number) =>
  ultraHdr(orientation === undefined ? drawQuadrants() : drawQuadrants().withMetadata({ orientation }));

/** Which of the gains lie in the quadrants of a file's gain map, and its size. */
async function gainsOf(content: Buffer) {
  const found = findGainMap(content);
  if (!found) return undefined;
  const { data, info } = await sharp(found.jpeg).raw().toBuffer({ resolveWithObject: true });
  const places = [0.25, 0.75].flatMap((y) => [0.25, 0.75].map((x) => [x, y] as const));
  const gains = places.map(([x, y]) => {
    const at = (Math.floor(y * info.height) * info.width + Math.floor(x * info.width)) * info.channels;
    return GAINS.findIndex((gain) => Math.abs(gain - (data[at] ?? 0)) < 12);
  });
  return { gains, width: info.width, height: info.height };
}

describe('gainMap keep', () => {
  it.each([
    [{}, undefined, [0, 1, 2, 3], [80, 60]],
    [{ width: 80 }, undefined, [0, 1, 2, 3], [40, 30]],
    [{ rotate: 90, width: 60 }, undefined, [2, 0, 3, 1], [30, 40]],
    [{ flop: true, quality: 90, sharpen: 1 }, undefined, [1, 0, 3, 2], [80, 60]],
    [{ width: 60, height: 60, fit: 'cover', metadata: 'all' }, 6, [2, 0, 3, 1], [30, 30]],
    [{ crop: { left: 20, top: 10, width: 80, height: 120 } }, 6, [2, 0, 3, 1], [40, 60]],
    [{ crop: { left: 20, top: 10, width: 80, height: 120 }, rotate: 180, quality: 'auto' }, 6, [1, 3, 0, 2], [40, 60]],
    [
      { colourSpace: 'p3', height: 60, metadata: 'copyright', position: { x: 0.2, y: 0.5 } },
      undefined,
      [0, 1, 2, 3],
      [40, 30],
    ],
  ])(
    '%j, orientation %s: the gains lie where the picture does',
    async (fields, orientation, order, [width, height]) => {
      const { content, result, metadata } = await run(await photo(orientation), { ...fields, ...KEEP });
      expect(result.warnings).toEqual([]);
      expect(await gainsOf(content)).toEqual({ gains: order, width, height });
      expect(metadata.orientation ?? 1).toBe(1);
      expect(result.renditions[0]).not.toHaveProperty('keepsGainMap');
      expect(await quadrantsOf(content)).toEqual(order);
    },
  );

  it('what can not keep it says so; the picture is as it is without', async () => {
    const lost = async (fields: object, upload?: Buffer) => {
      const { content, result } = await run(upload ?? (await photo()), { ...fields, ...KEEP });
      expect(await gainsOf(content)).toBeUndefined();
      return result.warnings.map(({ code, message }) => `${code}: ${message}`);
    };
    expect(await lost({ format: 'webp' })).toEqual([
      'gain_map_lost: The gain map of the photo is lost: a WEBP holds none, a JPEG does.',
    ]);
    expect(await lost({ trim: true })).toEqual([expect.stringContaining('it does not go with trim')]);
    // What hides something would be seen in it.
    expect(await lost({ blur: 5 })).toEqual([expect.stringContaining('it does not go with blur')]);
    expect(await lost({ maxBytes: 20_000 })).toEqual([expect.stringContaining('maxBytes')]);
    expect(await lost({ width: 50, height: 50, fit: 'contain' })).toEqual([expect.stringContaining('a border')]);
    const cut = { width: 50, height: 50, fit: 'cover', position: 'attention' };
    expect(await lost(cut)).toEqual([expect.stringContaining('the position attention')]);
    const hdr = await writeCoded(drawNoise(32, 32), 'png', [9, 16]);
    expect(await lost({ format: 'jpeg' }, hdr)).toEqual([expect.stringMatching(/^hdr_lost/)]);
    const apple = Buffer.concat([buildHeic(), Buffer.from('urn:com:apple:photo:2020:aux:hdrgainmap')]);
    expect(await lost({}, apple)).toEqual([expect.stringMatching(/^gain_map_lost/)]);
    expect(await lost({}, await drawQuadrants().jpeg().toBuffer())).toEqual([]);
  });

  it('dropped unless asked, in silence', async () => {
    for (const fields of [{}, { metadata: 'all' }]) {
      const { content, result } = await run(await photo(), fields);
      expect([await gainsOf(content), content.includes('hdrgm:Version'), result.warnings]).toEqual([
        undefined,
        false,
        [],
      ]);
    }
  });

  it('libultrahdr reads it, and what it says of itself is what the source said', async () => {
    const { content } = await run(await photo(), { width: 80, metadata: 'all', ...KEEP });
    const file = join(await mkdtemp(join(tmpdir(), 'heavylift-hdr-')), 'kept.jpg');
    await writeFile(file, content);
    // In a process of its own: here such loaders are blocked.
    const read = `const { gainMap } = await require('sharp')(${JSON.stringify(file)}).metadata(); console.log(!!gainMap)`;
    const { stdout } = await promisify(execFile)(process.execPath, ['-e', `(async () => { ${read} })()`]);
    await rm(dirname(file), { recursive: true });
    expect(stdout.trim()).toBe('true');
    const [figures] = findGainMap(content)?.figures ?? [];
    expect(figures?.includes('hdrgm:GainMapMax="2"')).toBe(true);
    expect((await sharp(content).metadata()).xmp?.toString()).toContain('Item:Semantic="GainMap"');
  });

  it('several renditions: each as it was asked', async () => {
    const renditions = [
      { name: 'a', width: 80, ...KEEP },
      { name: 'b', width: 40 },
    ];
    const { read } = await run(await photo(), { renditions });
    expect(await gainsOf(await read('a.jpg'))).toMatchObject({ width: 40 });
    expect(await gainsOf(await read('b.jpg'))).toBeUndefined();
  });

  it('one that claims more pixels than its picture: left', async () => {
    const upload = await photo();
    const map = upload.lastIndexOf(Buffer.from([0xff, 0xc0]));
    upload.writeUInt16BE(60_000, map + 5);
    upload.writeUInt16BE(60_000, map + 7);
    const { result } = await run(upload, KEEP);
    expect(result.warnings).toMatchObject([{ code: 'gain_map_lost' }]);
  });

  it('cut anywhere, or any byte of what ties it overwritten: found or not, never an error', async () => {
    const upload = await photo();
    for (let at = 0; at < upload.length; at += at < 1500 ? 1 : 37) {
      findGainMap(upload.subarray(0, at));
      const broken = Buffer.from(upload);
      broken[at] = 255;
      findGainMap(broken);
    }
  });
});
