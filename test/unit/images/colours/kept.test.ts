import { expect, it } from '@jest/globals';
import sharp from 'sharp';
import { withLabProfile } from '../../../../workers/images/colours/lab-tiff.ts';
import { findGainMap } from '../../../../workers/images/formats/jpeg/ultra-hdr.ts';
import { writeCoded } from '../../../support/images/coded-colours.ts';
import { ultraHdr } from '../../../support/images/ultra-hdr.ts';
import { drawQuadrants } from '../pictures.ts';
import { run } from '../run.ts';

// All of it: test/long/images/p3.test.ts, test/long/images/gain-map.test.ts.

it('colourSpace p3: the numbers of a photo in Display P3 as they were, with its profile; else those of sRGB', async () => {
  const red = sharp({ create: { width: 16, height: 16, channels: 3, background: { r: 250, g: 30, b: 40 } } });
  const upload = await writeCoded(red, 'png', [12, 13]);
  const stored = async (fields: object) => {
    const { content, metadata } = await run(upload, { format: 'png', ...fields });
    const pixels = await sharp(content, { ignoreIcc: true }).raw().toBuffer();
    return [metadata.hasProfile, Math.abs((pixels[1] ?? 0) - 30) < 4];
  };
  expect([await stored({ colourSpace: 'p3' }), await stored({})]).toEqual([
    [true, true],
    [false, false],
  ]);
});

it('gainMap keep: a gain map of the size of its JPEG; a format that holds none warns', async () => {
  const upload = await ultraHdr(drawQuadrants());
  const { content, result } = await run(upload, { width: 80, gainMap: 'keep' });
  const map = await sharp(findGainMap(content)?.jpeg).metadata();
  expect([map.width, map.height, result.warnings]).toEqual([40, 30, []]);
  const lost = await run(upload, { width: 80, format: 'webp', gainMap: 'keep' });
  expect(lost.result.warnings).toMatchObject([{ code: 'gain_map_lost' }]);
});

it('a TIFF of Lab in 8 bits, as Photoshop writes it: its colours, on the page that is shown', async () => {
  // Red, green, blue and grey, as CSS Color 4 has them in Lab.
  const labs = [54.29, 80.8, 69.89, 87.82, -79.27, 80.99, 29.57, 68.3, -112.03, 53.59, 0, 0];
  const numbers = labs.map((value, index) => Math.round(index % 3 ? value : 2.55 * value));
  const raw = { width: 4, height: 1, channels: 3 } as const;
  const pages = await Promise.all([0, 1].map(() => sharp(Buffer.from(numbers), { raw }).png().toBuffer()));
  const upload = await sharp(pages, { join: { animated: true } })
    .tiff({ compression: 'none' })
    .toBuffer();
  for (let link = 4; upload.readUInt32LE(link) > 0; ) {
    const at = upload.readUInt32LE(link);
    const field = upload.indexOf(Buffer.from([6, 1]), at);
    upload.writeUInt16LE(8, field + 8);
    link = at + 2 + 12 * upload.readUInt16LE(at);
  }
  for (const page of [1, 2]) {
    const { content, metadata } = await run(upload, { page, format: 'png' });
    expect(metadata).toMatchObject({ space: 'srgb', hasProfile: false });
    const pixels = [...(await sharp(content).toColourspace('srgb').removeAlpha().raw().toBuffer())];
    const wanted = [255, 0, 0, 0, 255, 0, 0, 0, 255, 128, 128, 128];
    // Of 8 bits of Lab, pure green and blue lie farther off than others.
    for (const [index, value] of wanted.entries()) expect(Math.abs((pixels[index] ?? 0) - value)).toBeLessThan(26);
    expect(pixels.slice(9)).toEqual([128, 128, 128]);
  }
  for (let length = 0; length < upload.length; length += 5) withLabProfile(upload.subarray(0, length));
});
