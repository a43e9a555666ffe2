import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals';
import { corrupt, createRandom, drawSamples } from '../../support/hostile/files.ts';
import { type Judge, openJudge, VERDICTS } from '../../support/hostile/judge.ts';

const CASES = 2000;
/** What a file may be made into: one picture, an animation if it is one, several, all of its metadata kept. */
const WANTED = [
  { width: 50, format: 'png' },
  { width: 50 },
  {
    renditions: [
      { name: 'a', width: 30 },
      { name: 'b', height: 20, format: 'webp', fit: 'cover', width: 20 },
    ],
  },
  { width: 50, metadata: 'all', rotate: 90 },
];

let judge: Judge;
let samples: Record<string, Buffer>;

beforeAll(async () => {
  judge = await openJudge();
  samples = await drawSamples();
});
afterAll(() => judge.close());
afterEach(async () => expect(await judge.leftovers()).toEqual([]));

it('truncated at every tenth, whatever is asked: a clear verdict, and never a picture that lacks its end', async () => {
  for (const [name, sample] of Object.entries(samples)) {
    for (const fields of WANTED) {
      for (let tenth = 1; tenth < 10; tenth += 1) {
        const verdict = await judge.judge(sample.subarray(0, Math.floor((sample.length * tenth) / 10)), fields);
        // The first frame of an animation may be there, whole.
        const allowed = name.startsWith('animated') ? VERDICTS : VERDICTS.filter((code) => code !== 'completed');
        expect([name, tenth, fields, allowed.includes(verdict) || verdict]).toEqual([name, tenth, fields, true]);
      }
    }
  }
});

it(`${CASES} files that begin like images and go on at random: a clear verdict each`, async () => {
  const seed = Date.now() % 1_000_000;
  const random = createRandom(seed);
  const unclear: string[] = [];
  for (let count = 0; count < CASES; count += 1) {
    const verdict = await judge.judge(corrupt(Object.values(samples), random), WANTED[count % WANTED.length]);
    if (!VERDICTS.includes(verdict)) unclear.push(`seed ${seed}, file ${count}: ${verdict}`);
  }
  expect(unclear).toEqual([]);
});
