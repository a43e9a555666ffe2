import { describe, expect, it } from '@jest/globals';
import { drawChart } from '../../../src/http/pages/history/draw-chart.ts';
import { addCounts, noFigures } from '../../../src/queue/history/figures.ts';

const MINUTE_MS = 60_000;
/** A step of a minute for each hash of counts. */
const stepsOf = (hashes: readonly Record<string, number>[], stepMs = MINUTE_MS) =>
  hashes.map((hash, index) => {
    const texts = Object.fromEntries(Object.entries(hash).map(([name, count]) => [name, String(count)]));
    return { at: index * stepMs, figures: addCounts(noFigures(), texts) };
  });
const COUNTS = [{ in: 4 }, { in: 8, completed: 4, cancelled: 1 }, { 'failed:timed_out': 3 }, { in: 2 }];

describe('the chart of what came in, went out and failed', () => {
  it('has a point for each step, the newest at the right, and a column for what failed', () => {
    expect(drawChart(stepsOf(COUNTS), MINUTE_MS, 4 * MINUTE_MS)).toEqual({
      in: 'M125 60L375 20L625 100L875 80',
      out: 'M125 100L375 50L625 70L875 100',
      failed: 'M500 100v-30h250V100z',
      top: 10,
    });
  });

  it('the step that goes on is left out until half of it is over, and counts for a whole one then', () => {
    const steps = stepsOf(COUNTS);
    expect(drawChart(steps, MINUTE_MS, 3.4 * MINUTE_MS).in).toBe('M375 60L625 20L875 100');
    expect(drawChart(steps, MINUTE_MS, 3.5 * MINUTE_MS).in).toBe('M125 60L375 20L625 100L875 60');
  });

  it.each([
    ['nothing', [{}], 1],
    ['one in ten minutes', [{ in: 1 }], 0.1],
    ['three in ten minutes', [{ in: 3 }], 0.5],
    ['exactly its edge', [{ in: 200 }], 20],
    ['more than its edge', [{ in: 201 }], 50],
    ['most of what went out', [{ in: 1, completed: 123_450 }], 20_000],
  ])('its edge is round: %s', (_what, counts, top) => {
    const stepMs = 10 * MINUTE_MS;
    const chart = drawChart(stepsOf(counts as Record<string, number>[], stepMs), stepMs, stepMs);
    expect(chart.top).toBe(top);
    expect(chart.in + chart.out).not.toMatch(/NaN|Infinity/);
  });

  it('one failure among thousands is seen', () => {
    const [steps, at] = [stepsOf([{ in: 9000, completed: 8999, 'failed:internal': 1 }]), MINUTE_MS];
    expect(drawChart(steps, MINUTE_MS, at).failed).toBe('M0 100v-3h1000V100z');
  });
});
