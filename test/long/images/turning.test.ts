import { describe, expect, it } from '@jest/globals';
import { drawQuadrants, photoOriented } from '../../unit/images/pictures.ts';
import { quadrantsOf, run } from '../../unit/images/run.ts';

describe('orientation and turning', () => {
  const ASKED = [
    {},
    { width: 80 },
    { width: 40, height: 120, fit: 'cover', position: 'left' },
    { width: 60, rotate: 90 },
  ];
  const FLIPPED = [{ flop: true, width: 80 }, { flip: true }, { rotate: 270, flip: true, width: 50 }];

  it.each([1, 2, 3, 4, 5, 6, 7, 8])(
    'EXIF orientation %i: every rendition is as of the upright picture',
    async (orientation) => {
      const upload = await photoOriented(orientation);
      const upright = await photoOriented(1);
      for (const fields of [...ASKED, ...FLIPPED]) {
        const [ours, theirs] = [await run(upload, fields), await run(upright, fields)];
        expect([ours.metadata.width, ours.metadata.height]).toEqual([theirs.metadata.width, theirs.metadata.height]);
        expect(await quadrantsOf(ours.content)).toEqual(await quadrantsOf(theirs.content));
        expect(ours.result.source).toMatchObject({ width: 160, height: 120, orientation });
        expect(ours.metadata.orientation).toBeUndefined();
      }
    },
  );

  it('several renditions of a turned source: upright each', async () => {
    const renditions = [
      { name: 'small', width: 80 },
      { name: 'turned', rotate: 180 },
    ];
    const { result, read } = await run(await photoOriented(6), { renditions });
    expect(result.renditions).toMatchObject([
      { width: 80, height: 60 },
      { width: 160, height: 120 },
    ]);
    expect(await quadrantsOf(await read('small.jpg'))).toEqual([0, 1, 2, 3]);
    expect(await quadrantsOf(await read('turned.jpg'))).toEqual([3, 2, 1, 0]);
  });

  it.each([
    [{ rotate: 90 }, [2, 0, 3, 1]],
    [{ rotate: -90 }, [1, 3, 0, 2]],
    [{ rotate: 180 }, [3, 2, 1, 0]],
    [{ flip: true }, [2, 3, 0, 1]],
    [{ flop: true }, [1, 0, 3, 2]],
    [{ rotate: 90, flop: true }, [3, 1, 2, 0]],
    [{ rotate: 90, flip: true, width: 60 }, [0, 2, 1, 3]],
    [{ rotate: 90, flip: true, flop: true }, [1, 3, 0, 2]],
    [{ flip: true, flop: true }, [3, 2, 1, 0]],
    [{ flop: true, width: 40, height: 120, fit: 'cover', position: 'left' }, [1, 1, 3, 3]],
    [{ flip: true, width: 160, height: 40, fit: 'cover', position: 'top' }, [2, 3, 2, 3]],
  ])('%j: the quadrants lie as asked', async (fields, quadrants) => {
    const { content } = await run(await drawQuadrants().png().toBuffer(), fields);
    expect(await quadrantsOf(content)).toEqual(quadrants);
  });
});
