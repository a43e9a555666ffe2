import { describe, expect, it } from '@jest/globals';
import { backoffMs } from '../../../src/queue/run/backoff.ts';

describe('a scheduled backoff', () => {
  const schedule = { scheduleMs: [5000, 300_000, 86_400_000] };

  it.each([
    [1, 5000],
    [2, 300_000],
    [3, 86_400_000],
    [4, 86_400_000],
    [100, 86_400_000],
  ])('after run %i: at most %i ms, and at least half of it', (runs, fullMs) => {
    expect([backoffMs(schedule, runs, () => 1), backoffMs(schedule, runs, () => 0)]).toEqual([fullMs, fullMs / 2]);
  });

  it('an empty schedule: at once', () => expect(backoffMs({ scheduleMs: [] }, 1)).toBe(0));
});

it('an exponential backoff: as before', () => {
  const waits = [1, 2, 3, 4].map((runs) => backoffMs({ firstMs: 100, factor: 3, maxMs: 1000 }, runs, () => 1));
  expect(waits).toEqual([100, 300, 900, 1000]);
});
