import { expect, it } from '@jest/globals';
import sharp from 'sharp';
import { findGainMap } from '../../../../workers/images/formats/jpeg/ultra-hdr.ts';
import { writeCoded } from '../../../support/coded-colours.ts';
import { ultraHdr } from '../../../support/ultra-hdr.ts';
import { drawQuadrants } from '../pictures.ts';
import { run } from '../run.ts';

// All of it: test/long/images-p3.test.ts, test/long/images-gain-map.test.ts.

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
