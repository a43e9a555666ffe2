import { describe, expect, it } from '@jest/globals';
import { findFitting, findQuality, TARGET_SIMILARITY } from '../../../../workers/images/encode/quality.ts';
import { rankTrials } from '../../../../workers/images/encode/rank-encodings.ts';

/** An encoder whose similarity reaches the target at that quality, and grows with it as pictures do; notes what it was asked. */
function encoderOf(needed: number, slope = 0.031) {
  const asked: number[] = [];
  const tryAt = async (quality: number) => {
    asked.push(quality);
    const similarity = 1 - (1 - TARGET_SIMILARITY) * Math.exp(slope * (needed - quality));
    return { similarity, bytes: 100 * quality };
  };
  return { asked, tryAt };
}

describe('the lowest quality that looks alike', () => {
  it.each([0.02, 0.031, 0.045].flatMap((slope) => [65, 66, 70, 75, 80, 81, 85].map((needed) => [needed, slope])))(
    'needed: %i (slope %f); found, or at most three above it, in four trials or fewer',
    async (needed, slope) => {
      const { asked, tryAt } = encoderOf(needed, slope);
      const { quality, similarity, bytes } = await findQuality('jpeg', tryAt);
      expect(quality - needed).toBeGreaterThanOrEqual(0);
      expect(quality - needed).toBeLessThanOrEqual(3);
      expect(similarity).toBeGreaterThanOrEqual(TARGET_SIMILARITY);
      expect(bytes).toBe(100 * quality);
      expect(asked.length).toBeLessThanOrEqual(4);
      expect(asked).toContain(quality);
    },
  );

  it('however smooth the picture: not below 65, 60 and 42, where eyes see what no measure does', async () => {
    const found = [];
    for (const format of ['jpeg', 'webp', 'avif'] as const) {
      found.push((await findQuality(format, encoderOf(1).tryAt)).quality);
    }
    expect(found).toEqual([65, 60, 42]);
  });

  it('out of reach, as leaves and grain are: the highest one searched, 85, 84 and 68, after two trials', async () => {
    for (const [format, highest] of [
      ['jpeg', 85],
      ['webp', 84],
      ['avif', 68],
    ] as const) {
      const { asked, tryAt } = encoderOf(110);
      const { quality, similarity } = await findQuality(format, tryAt);
      expect(quality).toBe(highest);
      expect(similarity).toBeLessThan(TARGET_SIMILARITY);
      expect(asked.length).toBe(2);
    }
  });

  it('more bytes than another format takes, and not alike yet: no further trial', async () => {
    const { asked, tryAt } = encoderOf(84);
    expect((await findQuality('jpeg', tryAt, 5000)).similarity).toBeLessThan(TARGET_SIMILARITY);
    expect(asked.length).toBe(1);
  });
});

describe('which of the formats is taken', () => {
  const smallest = (...trials: [name: string, bytes: number, similarity: number][]) =>
    rankTrials(trials.map(([name, bytes, similarity]) => ({ name, bytes, similarity })))[0]?.name;

  it('all look alike: the smallest', () => {
    expect(smallest(['jpeg', 300, 0.981], ['webp', 250, 0.99], ['avif', 200, 0.98])).toBe('avif');
  });

  it('one falls short by 0.01: at 70 % of the bytes it is taken, at 75 % it is not', () => {
    expect(smallest(['webp', 1000, 0.98], ['avif', 690, 0.967])).toBe('avif');
    expect(smallest(['webp', 1000, 0.98], ['avif', 750, 0.967])).toBe('webp');
  });

  it('none reaches the target, as with foam and leaves: the small one that is nearly as good as the best', () => {
    expect(smallest(['webp', 489, 0.977], ['avif', 308, 0.974], ['jpeg', 600, 0.97])).toBe('avif');
  });

  it('a tenth of the bytes, and not to be read any more: never', () => {
    expect(smallest(['webp', 3000, 1], ['jpeg', 300, 0.86])).toBe('webp');
  });
});

describe('the best step that fits', () => {
  const sized = (bytesAt: (step: number) => number) => {
    const asked: number[] = [];
    const makeAt = async (step: number) => {
      asked.push(step);
      return { step, content: new Uint8Array(bytesAt(step)) };
    };
    return { asked, makeAt };
  };

  it('100 steps of 100 bytes each, 5,555 at most: the 55th, in seven steps or fewer', async () => {
    const { asked, makeAt } = sized((step) => 100 * (step + 1));
    const { fitting } = await findFitting(99, 5555, makeAt);
    expect(fitting?.content.length).toBeGreaterThanOrEqual(0.97 * 5555);
    expect(fitting?.content.length).toBeLessThanOrEqual(5555);
    expect(asked.length).toBeLessThanOrEqual(7);
  });

  it('none fits: says how small it became', async () => {
    const { makeAt } = sized((step) => 2000 + step);
    expect(await findFitting(9, 1000, makeAt)).toEqual({ smallestBytes: 2000 });
  });

  it('no step at all: nothing is made', async () => {
    const { asked, makeAt } = sized(() => 1);
    expect(await findFitting(-1, 1000, makeAt)).toEqual({ smallestBytes: Number.POSITIVE_INFINITY });
    expect(asked).toEqual([]);
  });
});
