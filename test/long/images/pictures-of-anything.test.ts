import { describe, expect, it } from '@jest/globals';
import sharp from 'sharp';
import { PNG_TYPES, writePngType } from '../../support/images/png-types.ts';
import { colourAt, drawQuadrants } from '../../unit/images/pictures.ts';
import { quadrantsOf, run } from '../../unit/images/run.ts';

/** How a file is to be turned so that it is upright again. */
const STORED = [
  [false, 0],
  [true, 0],
  [false, 180],
  [true, 180],
  [true, 270],
  [false, 270],
  [true, 90],
  [false, 90],
] as const;

describe('pictures of every format, as many programs write them', () => {
  const turned = (['jpeg', 'tiff', 'webp', 'png'] as const).flatMap((format) =>
    STORED.map(([flops, angle], index) => [format, index + 1, flops, angle] as const),
  );

  it.each(turned)('a %s of orientation %i: upright', async (format, orientation, flops, angle) => {
    const stored = await drawQuadrants(80, 40).flop(flops).png().toBuffer();
    const rotated = await sharp(stored).rotate(angle).png().toBuffer();
    const file = await sharp(rotated).withMetadata({ orientation }).toFormat(format, { quality: 95 }).toBuffer();
    const { result, content } = await run(file, { format: 'png' });
    expect(result.source).toMatchObject({ width: 80, height: 40, format, orientation });
    expect(await quadrantsOf(content)).toEqual([0, 1, 2, 3]);
  });

  it.each(PNG_TYPES.map((kind) => [kind.type, kind.bits, kind] as const))(
    'a PNG of type %i, %i bits',
    async (_type, _bits, kind) => {
      const { content } = await run(writePngType(kind), { format: 'png' });
      expect([await colourAt(content, 0.2, 0.5), await colourAt(content, 0.8, 0.5)]).toEqual([
        [0, 0, 0, 255],
        [255, 255, 255, 255],
      ]);
    },
  );
});
