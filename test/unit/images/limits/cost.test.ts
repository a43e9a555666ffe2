import { describe, expect, it } from '@jest/globals';
import { images } from '../../../../workers/images/job.ts';
import { estimateMs, HEAVY_MS } from '../../../../workers/images/limits/cost.ts';
import type { SourceFacts } from '../../../../workers/images/picture/source.ts';
import { chooseScale } from '../../../../workers/images/pipeline/decode-once.ts';

const photo: SourceFacts = {
  width: 4000,
  height: 3000,
  format: 'jpeg',
  hasAlpha: false,
  pages: 1,
  frames: 1,
  canShrink: true,
  decodeBytes: 0.2,
};
const renditionsOf = (fields: Record<string, unknown>) => images.input.parse(fields).renditions;
const estimate = (fields: Record<string, unknown>, source: Partial<SourceFacts> = {}) =>
  estimateMs({ ...photo, ...source }, renditionsOf(fields));

describe('the estimate of a job’s time', () => {
  it.each([
    ['a thumbnail of a photograph', { width: 200 }, {}],
    ['800 pixels as AVIF', { width: 800, format: 'avif' }, {}],
    [
      'a photograph of 50 megapixels as WebP of 1600 pixels',
      { width: 1600, format: 'webp' },
      { width: 10_000, height: 5000 },
    ],
    [
      '8 megapixels as HEIC that is converted',
      { width: 800 },
      { format: 'heic' as const, width: 3264, height: 2448, decodeMs: 130 },
    ],
    [
      'the first frame of an animation',
      { format: 'jpeg' },
      { format: 'gif' as const, pages: 200, frames: 200, width: 400, height: 300 },
    ],
  ])('%s: light', (_name, fields, source) => {
    expect(estimate(fields, source)).toBeLessThan(HEAVY_MS);
  });

  it.each([
    ['all of a photograph as AVIF', { format: 'avif' }, {}],
    ['all of a photograph as lossless WebP', { format: 'webp', lossless: true }, {}],
    ['a quality that is searched for', { width: 2000, format: 'webp', quality: 'auto' }, {}],
    [
      'an animation of 200 frames',
      { width: 400 },
      { format: 'gif' as const, pages: 200, frames: 200, width: 400, height: 300 },
    ],
    [
      'ten renditions as AVIF',
      { renditions: Array.from({ length: 10 }, (_, index) => ({ name: `r${index}`, width: 800, format: 'avif' })) },
      {},
    ],
    ['a photograph from a phone, as HEIC', { width: 400 }, { format: 'heic' as const }],
  ])('%s: heavy', (_name, fields, source) => {
    expect(estimate(fields, source)).toBeGreaterThanOrEqual(HEAVY_MS);
  });

  it('what is cut out counts, not what it is cut from; a dense screen counts in its own pixels', () => {
    const whole = estimate({ format: 'png' });
    expect(estimate({ format: 'png', crop: { left: 0, top: 0, width: 100, height: 100 } })).toBeLessThan(whole / 4);
    expect(estimate({ width: 400, format: 'avif', dpr: 2 })).toBe(estimate({ width: 800, format: 'avif' }));
  });
});

describe('how far a shared source is reduced', () => {
  const scaleFor = (list: object[], source: Partial<SourceFacts> = {}) =>
    chooseScale(
      { ...photo, ...source },
      renditionsOf({ renditions: list.map((one, index) => ({ name: `r${index}`, ...one })) }),
    );

  it.each([
    [[{ width: 200 }, { width: 100 }], 0.05],
    [[{ width: 2000 }, { width: 100 }], 0.5],
    [[{ width: 3200 }, { width: 100 }], 0.8],
    [[{ width: 3204 }, { width: 100 }], 1],
    [[{ width: 500, dpr: 4 }, { width: 100 }], 0.5],
    [[{ width: 100, height: 1500, fit: 'cover' }, { width: 100 }], 0.5],
    [[{ width: 1500, rotate: 90 }, { width: 100 }], 0.5],
    [[{ width: 100 }, {}], 1],
  ])('4000 x 3000, wanted as %j: to %d of its width', (list, scale) => {
    expect(scaleFor(list)).toBe(scale);
  });

  it('not where figures mean the source’s own pixels, nor of an animation', () => {
    const small = [{ width: 100 }, { width: 50 }];
    expect(scaleFor([...small, { crop: { left: 0, top: 0, width: 10, height: 10 } }])).toBe(1);
    expect(scaleFor([...small, { width: 20, trim: true }])).toBe(1);
    expect(scaleFor([...small, { width: 20, metadata: 'all' }])).toBe(1);
    expect(scaleFor(small, { frames: 2 })).toBe(1);
  });
});
