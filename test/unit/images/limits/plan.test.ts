import { describe, expect, it } from '@jest/globals';
import { defaultConfig } from '../../../../workers/config.ts';
import { images } from '../../../../workers/images/job.ts';
import { planRenditions } from '../../../../workers/images/limits/plan.ts';
import type { SourceFacts } from '../../../../workers/images/picture/source.ts';
import { chooseDrawnSize } from '../../../../workers/images/reading/drawn-size.ts';
import type { Upload } from '../../../../workers/images/reading/upload.ts';

const facts = { format: 'png', hasAlpha: false, pages: 1, frames: 1, canShrink: false, decodeBytes: 0.2 } as const;
const open = () => Promise.reject(new Error('is not opened'));
const picture = (width: number, height: number): Upload => ({ facts: { ...facts, width, height }, open });
const drawing: Upload = {
  ...picture(200, 100),
  drawFor(renditions) {
    const { size, renditionOf } = chooseDrawnSize({ width: 200, height: 100 }, renditions);
    const drawn: SourceFacts = { ...facts, ...size, format: 'svg', decodeBytes: 24 };
    return { facts: drawn, open, renditionOf };
  },
};
const plan = (upload: Upload, ...list: object[]) => {
  const renditions = list.map((one, index) => ({ name: `r${index}`, ...one }));
  const { groups, ...others } = planRenditions(upload, images.input.parse({ renditions }).renditions, defaultConfig());
  return { ...others, groups: groups.map((group) => group.map(({ name }) => name)) };
};

describe('the plan of a job', () => {
  it('all renditions are made out of one opening', () => {
    const { groups, bytes } = plan(picture(4000, 3000), { width: 800 }, { width: 400 });
    expect(groups).toEqual([['r0', 'r1']]);
    // The pixels of all of it, and what an encoder takes.
    expect(bytes).toBeLessThan(45_000_000);
  });

  it('a large JPEG, which is decoded at a size for each: one by one', () => {
    const { facts: small, ...jpeg } = picture(12_000, 9000);
    const { groups } = plan(
      { ...jpeg, facts: { ...small, format: 'jpeg', canShrink: true } },
      { width: 800 },
      { width: 400 },
    );
    expect(groups).toEqual([['r0'], ['r1']]);
  });

  it('those that would take too much together, and each alone does not: one by one', () => {
    const { groups, bytes } = plan(picture(4500, 3000), { format: 'avif', quality: 90 }, { width: 3900 });
    expect(groups).toEqual([['r0'], ['r1']]);
    expect(bytes).toBeLessThan(defaultConfig().IMAGES_MEMORY_BYTES);
  });

  it('what takes too much alone is left out, and makes no drawing larger for the others', () => {
    const { fitting, groups, bytes } = plan(drawing, { width: 100 }, { width: 9000 }, { width: 16_000 });
    expect([fitting.length, groups]).toEqual([1, [['r0']]]);
    expect(bytes).toBeLessThan(1_000_000);
  });

  it('nothing fits: the error is that of the first, by its name', () => {
    expect(() => plan(drawing, { width: 9000 }, { width: 16_000 })).toThrow(/^Rendition "r0": .* bytes of memory/);
  });
});
