import { expect, it } from '@jest/globals';
import { checkIdempotency } from '../support/properties/idempotency-property.ts';
import { checkJobProperty } from '../support/properties/job-property.ts';

it('long sequences of posts, steering, deaths and outages: every job ends where the model allows', async () => {
  const tally = await checkJobProperty({ maxSteps: 40, sequences: 1000, timeLimitMs: 240_000 });
  console.log(JSON.stringify(tally));
  expect(tally.jobs).toBeGreaterThan(100);
});

it('posts under a few keys in any interleaving, with Redis killed between or during them: one job for each key', async () => {
  expect(await checkIdempotency({ maxPosts: 40, rounds: 40 })).toBeGreaterThan(100);
});
