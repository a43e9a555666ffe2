import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals';
import { BOMBS } from '../../support/hostile/bombs.ts';
import { corrupt, createRandom, drawSamples } from '../../support/hostile/files.ts';
import { type Judge, openJudge, VERDICTS } from '../../support/hostile/judge.ts';

let judge: Judge;
let samples: Record<string, Buffer>;

beforeAll(async () => {
  judge = await openJudge();
  samples = await drawSamples();
});
afterAll(() => judge.close());
afterEach(async () => expect(await judge.leftovers()).toEqual([]));

it('the samples themselves: each is read', async () => {
  for (const [name, sample] of Object.entries(samples)) {
    expect([name, await judge.judge(sample)]).toEqual([name, 'completed']);
  }
});

it.each(BOMBS.map(([name, make, codes, fields = {}]) => ({ name, make, codes, fields: { width: 50, ...fields } })))(
  '$name: judged without being unpacked',
  async ({ make, codes, fields }) => {
    expect(await judge.judge(make(), fields)).toMatch(new RegExp(`^(${codes})$`));
  },
);

it('truncated in the middle and near the end: image_unreadable, whatever the format', async () => {
  for (const [name, sample] of Object.entries(samples)) {
    // An animation is read to its end where one is made of it; no PNG is.
    const fields = { width: 50, ...(name === 'animated png' ? { format: 'webp' } : {}) };
    for (const share of [0.5, 0.9]) {
      const cut = sample.subarray(0, Math.floor(sample.length * share));
      expect([name, share, await judge.judge(cut, fields)]).toEqual([name, share, 'image_unreadable']);
    }
  }
});

it('a hundred files that begin like images and go on at random: a clear verdict each', async () => {
  const random = createRandom(20_261);
  for (let count = 0; count < 100; count += 1) {
    const file = corrupt(Object.values(samples), random);
    const verdict = await judge.judge(file);
    expect(VERDICTS.includes(verdict) ? 'clear' : `${count}: ${verdict}`).toBe('clear');
  }
});
