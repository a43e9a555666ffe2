import { describe, expect, it } from '@jest/globals';
import { backoffMs } from '../../../src/queue/run/backoff.ts';

const BACKOFF = { firstMs: 1000, factor: 3, maxMs: 20_000 };
const longest = () => 1;
const shortest = () => 0;

describe('backoffMs', () => {
  it.each([
    [1, 1000],
    [2, 3000],
    [3, 9000],
    [4, 20_000],
    [5, 20_000],
  ])('after run %i: at most %i ms, at least half of it', (runs, fullMs) => {
    expect(backoffMs(BACKOFF, runs, longest)).toBe(fullMs);
    expect(backoffMs(BACKOFF, runs, shortest)).toBe(fullMs / 2);
    expect(backoffMs(BACKOFF, runs, () => 0.5)).toBe(fullMs * 0.75);
  });

  it('after a thousand runs: still the longest wait, no overflow', () => {
    expect(backoffMs(BACKOFF, 1000, longest)).toBe(20_000);
  });

  it('a factor of 1: the same wait each time', () => {
    const steady = { firstMs: 500, factor: 1, maxMs: 20_000 };
    expect([1, 2, 9].map((runs) => backoffMs(steady, runs, longest))).toEqual([500, 500, 500]);
  });

  it('jobs that failed together: spread over the half, in whole milliseconds', () => {
    const waits = Array.from({ length: 200 }, () => backoffMs(BACKOFF, 2));
    expect(waits.filter((ms) => ms < 1500 || ms > 3000 || !Number.isInteger(ms))).toEqual([]);
    expect(new Set(waits).size).toBeGreaterThan(100);
  });
});
