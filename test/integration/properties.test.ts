import { expect, it } from '@jest/globals';
import { checkIdempotency } from '../support/idempotency-property.ts';
import { checkJobProperty } from '../support/job-property.ts';

it('any order of posts, steering, deaths and outages: every job ends where the model allows', async () => {
  const tally = await checkJobProperty({ maxSteps: 16, sequences: 2, timeLimitMs: 20_000 });
  expect(tally.jobs).toBeGreaterThan(0);
}, 240_000);

it('posts under a few keys in any interleaving, with Redis killed between or during them: one job for each key', async () => {
  expect(await checkIdempotency({ maxPosts: 20, rounds: 6 })).toBeGreaterThan(0);
}, 120_000);
