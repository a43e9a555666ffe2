import { describe, expect, it } from '@jest/globals';
import { findFitting, findQuality, TARGET_SIMILARITY } from '../../../../workers/images/encode/quality.ts';

/** An encoder whose similarity reaches the target at that quality; notes what it was asked. */
function encoderOf(needed: number) {
  const asked: number[] = [];
  const similarityAt = async (quality: number) => {
    asked.push(quality);
    return quality >= needed ? TARGET_SIMILARITY : TARGET_SIMILARITY - 0.01;
  };
  return { asked, similarityAt };
}

describe('the lowest quality that looks alike', () => {
  it.each([65, 66, 70, 75, 81, 88, 92])(
    'needed: %i; found, or at most two above it, in five steps or fewer',
    async (needed) => {
      const { asked, similarityAt } = encoderOf(needed);
      const { quality, similarity } = await findQuality('jpeg', similarityAt);
      expect(quality - needed).toBeGreaterThanOrEqual(0);
      expect(quality - needed).toBeLessThanOrEqual(2);
      expect(similarity).toBe(TARGET_SIMILARITY);
      expect(asked.length).toBeLessThanOrEqual(5);
      expect(asked).toContain(quality);
    },
  );

  it('however smooth the picture: not below 65, 60 and 42, where eyes see what SSIM does not', async () => {
    const found = [];
    for (const format of ['jpeg', 'webp', 'avif'] as const) {
      found.push((await findQuality(format, encoderOf(1).similarityAt)).quality);
    }
    const above = found.map((quality, index) => quality - ([65, 60, 42][index] ?? 0));
    expect(above.every((steps) => steps >= 0 && steps <= 2)).toBe(true);
  });

  it('out of reach: the highest one searched, and how alike that is', async () => {
    const { asked, similarityAt } = encoderOf(101);
    expect(await findQuality('webp', similarityAt)).toEqual({ quality: 92, similarity: TARGET_SIMILARITY - 0.01 });
    expect(asked.length).toBeLessThanOrEqual(5);
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
