import { describe, expect, it } from '@jest/globals';
import sharp, { type Sharp } from 'sharp';
import { colourAt, distance, drawQuadrants, photoOriented } from '../../unit/images/pictures.ts';
import { run } from '../../unit/images/run.ts';

/** A sequence of numbers from 0 to 1, the same for a seed each time. */
function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_103_515_245 + 12_345) & 0x7fff_ffff;
    return state / 0x8000_0000;
  };
}

interface Asked {
  crop?: { left: number; top: number; width: number; height: number };
  flip?: boolean;
  flop?: boolean;
  rotate?: 0 | 90 | 180 | 270;
  width?: number;
  height?: number;
  fit?: 'cover' | 'contain' | 'fill' | 'inside' | 'outside';
  position?: string;
  grayscale?: boolean;
}

function draw(random: () => number): Asked {
  const below = (limit: number) => Math.floor(random() * limit);
  const pick = <Value>(list: readonly Value[]): Value => list[below(list.length)] as Value;
  const some = <Part extends object>(part: () => Part): Part | Record<string, never> => (random() < 0.5 ? part() : {});
  return {
    ...some(() => ({ crop: { left: below(60), top: below(40), width: 60 + below(40), height: 50 + below(30) } })),
    ...some(() => ({ flip: true })),
    ...some(() => ({ flop: true })),
    ...some(() => ({ rotate: pick([90, 180, 270] as const) })),
    ...some(() => ({ width: 20 + below(40) })),
    ...some(() => ({ height: 20 + below(40) })),
    ...some(() => ({ fit: pick(['cover', 'contain', 'fill', 'inside', 'outside'] as const) })),
    ...some(() => ({ position: pick(['top', 'left', 'southeast', 'centre']) })),
    ...some(() => ({ grayscale: random() < 0.3 })),
  };
}

/** The same, step by step: each one a picture of its own, so that nothing depends on the order within a pipeline. */
async function stepByStep(upright: Buffer, asked: Asked): Promise<Buffer> {
  const { crop, flip, flop, rotate, width, height, fit = 'inside', position = 'centre', grayscale } = asked;
  const both = width !== undefined && height !== undefined;
  const box = { ...(width ? { width } : {}), ...(height ? { height } : {}) };
  const steps: ((picture: Sharp) => Sharp | false)[] = [
    (picture) => crop !== undefined && picture.extract(crop),
    (picture) => flip === true && picture.flip(),
    (picture) => flop === true && picture.flop(),
    (picture) => rotate !== undefined && picture.rotate(rotate),
    (picture) =>
      (width !== undefined || height !== undefined) &&
      picture.resize({ ...box, fit: both ? fit : 'inside', position, background: '#ffffff', withoutEnlargement: true }),
    (picture) => grayscale === true && picture.grayscale(),
  ];
  let picture = upright;
  for (const step of steps) picture = (await (step(sharp(picture)) || sharp(picture)).png().toBuffer()) as Buffer;
  return picture;
}

const PLACES = [0.1, 0.35, 0.65, 0.9].flatMap((x) => [0.1, 0.35, 0.65, 0.9].map((y) => [x, y] as const));

describe('the order of options', () => {
  it.each(Array.from({ length: 10 }, (_, index) => index + 1))(
    'any of them together (no. %i): the picture that the documented steps make one after the other',
    async (seed) => {
      const asked = draw(createRandom(seed * 7919));
      const upright = await drawQuadrants().png().toBuffer();
      const expected = await stepByStep(upright, asked);
      const { width, height } = await sharp(expected).metadata();
      const fields = { ...asked, background: 'white', format: 'png' };
      const several = { renditions: [fields, { name: 'b', width: 9 }] };
      for (const [upload, given] of [
        [upright, fields],
        [await photoOriented((seed % 8) + 1), fields],
        [upright, several],
      ] as const) {
        const { content, rendition } = await run(upload, given);
        expect([rendition?.width, rendition?.height]).toEqual([width, height]);
        const far = [];
        for (const [x, y] of PLACES) {
          const [ours, theirs] = [await colourAt(content, x, y), await colourAt(expected, x, y)];
          if (distance(ours, theirs) > 24) far.push([x, y, ours, theirs]);
        }
        // A place may fall on the very edge between two colours.
        expect(far.length > 2 ? { asked, far } : []).toEqual([]);
      }
    },
  );
});
