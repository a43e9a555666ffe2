import { describe, expect, it } from '@jest/globals';
import { cornerMask, createCornerCutter } from '../../../../workers/images/pipeline/corners.ts';

/** How much of each pixel is seen, 0-255, row by row. */
const rowsOf = ({ input }: { input?: unknown }, width: number): number[][] => {
  const alphas = [...(input as Buffer)].filter((_, at) => at % 4 === 3);
  return Array.from({ length: alphas.length / width }, (_, row) => alphas.slice(row * width, (row + 1) * width));
};
const sumOf = (rows: number[][]) => rows.flat().reduce((sum, alpha) => sum + alpha, 0) / 255;

describe('the mask of corners', () => {
  it('shows of an ellipse its area, on all four sides alike', () => {
    for (const [width, height] of [
      [101, 57],
      [40, 64],
    ] as const) {
      const rows = rowsOf(cornerMask({ width, height }, 'circle'), width);
      expect(sumOf(rows) / ((Math.PI / 4) * width * height)).toBeCloseTo(1, 2);
      expect(rows.toReversed()).toEqual(rows);
      expect(rows.map((row) => row.toReversed())).toEqual(rows);
    }
  });

  it('takes of a corner what lies beyond its circle, and nothing between the corners', () => {
    const rows = rowsOf(cornerMask({ width: 60, height: 50 }, 20), 60);
    expect(60 * 50 - sumOf(rows)).toBeCloseTo((4 - Math.PI) * 20 ** 2, 0);
    expect(rows[25]).toEqual(Array(60).fill(255));
    expect(rows[0]?.slice(20, 40)).toEqual(Array(20).fill(255));
    expect([rows[0]?.[0], rows[5]?.[5], rows[6]?.[6]]).toEqual([0, expect.any(Number), 255]);
  });

  it('is made once for all frames of a size', () => {
    const cut = createCornerCutter();
    const size = { width: 9, height: 7 };
    expect(cut({ ...size }, 3)).toBe(cut({ ...size }, 3));
    expect(cut(size, 'circle')).not.toBe(cut(size, 3));
    expect(cut({ width: 7, height: 9 }, 3)).not.toBe(cut(size, 3));
  });
});
