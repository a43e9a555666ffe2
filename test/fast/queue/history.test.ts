import { describe, expect, it } from '@jest/globals';
import { addCounts, addFigures, BOUNDS_MS, noFigures, quantileMs } from '../../../src/queue/history/figures.ts';

describe('what is counted of jobs', () => {
  it('is read from a hash; what is damaged or not known counts for nothing', () => {
    const figures = addCounts(noFigures(), {
      ...{ in: '3', completed: '2', cancelled: '1', erased: '-1', 'failed:timed_out': '4', 'failed:of_old': '1' },
      ...{ 'back:slots_full': '5', 'wait:1': '2', 'wait:13': '1', 'wait:14': '9', 'wait:0': '9', 'wait:ms': '70' },
      ...{ 'run:2': 'many', 'run:ms': '1e99', later: '8', 'failed:__proto__': '2' },
    });
    expect(figures).toMatchObject({ in: 3, completed: 2, cancelled: 1, erased: 0 });
    expect([figures.failed, figures.putBack]).toEqual([{ timed_out: 4, internal: 3 }, { slots_full: 5 }]);
    expect(figures.wait).toEqual({ counts: [2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1], ms: 70 });
    expect(figures.run).toEqual(noFigures().run);
    const twice = addFigures(addFigures(noFigures(), figures), figures);
    expect([twice.in, twice.failed, twice.wait.counts[0], twice.wait.ms]).toEqual([
      6,
      { timed_out: 8, internal: 6 },
      4,
      140,
    ]);
  });

  it.each([
    ['nothing', [], 0.5, null],
    ['all in the first bucket', [4], 0.5, 5],
    ['half in each of two', [2, 2], 0.5, 10],
    ['the most of the second', [2, 2], 0.95, 46],
    ['an empty one between', [1, 0, 1], 0.75, 75],
    ['beyond the last', [...BOUNDS_MS.map(() => 0), 3], 0.5, BOUNDS_MS.at(-1)],
  ])('a quantile of %s', (_what, counts, share, expected) => {
    const times = {
      counts: BOUNDS_MS.map((_, index) => counts[index] ?? 0).concat(counts[BOUNDS_MS.length] ?? 0),
      ms: 0,
    };
    expect(quantileMs(times, share)).toEqual(expected);
  });
});
