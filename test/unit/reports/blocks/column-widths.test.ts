import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { fitsWords, shareWidth } from '../../../../workers/reports/blocks/table/column-widths.ts';

const sum = (widths: number[]) => widths.reduce((total, width) => total + width, 0);

const length = fc.integer({ min: 0, max: 2_000_000 }).map((thousandths) => thousandths / 1000);
/** What a column may want: its natural width is never below its longest word. */
const wish = fc.oneof(
  fc.record({ min: length, more: length }).map(({ min, more }) => ({ min, natural: min + more })),
  length.map((fixed) => ({ fixed, min: 0, natural: 0 })),
);
const table = fc.record({
  columns: fc.array(wish, { minLength: 1, maxLength: 50 }),
  available: fc.double({ min: 310, max: 1200, noNaN: true }),
});

describe('column widths', () => {
  it('room to spare: each column gets more in proportion to what it needs', () => {
    const columns = [
      { min: 10, natural: 20 },
      { min: 10, natural: 60 },
    ];
    expect(shareWidth(columns, 160)).toEqual([40, 120]);
  });

  it('too tight for one line each: no column is narrower than its longest word', () => {
    const columns = [
      { min: 30, natural: 30 },
      { min: 20, natural: 200 },
      { min: 20, natural: 110 },
    ];
    expect(shareWidth(columns, 160)).toEqual([30, 80, 50]);
  });

  it('too tight for the words: narrow columns keep theirs, wide ones share the rest', () => {
    const columns = [
      { min: 20, natural: 20 },
      { min: 300, natural: 300 },
      { min: 500, natural: 500 },
    ];
    expect(shareWidth(columns, 200)).toEqual([20, 90, 90]);
  });

  it('fixed widths: are kept, the rest goes to the others', () => {
    const columns = [
      { fixed: 40, min: 0, natural: 0 },
      { min: 10, natural: 30 },
    ];
    expect(shareWidth(columns, 100)).toEqual([40, 60]);
  });

  it('fixed widths that exceed the page: are scaled down, and no other column vanishes', () => {
    const columns = [
      { fixed: 150, min: 0, natural: 0 },
      { fixed: 50, min: 0, natural: 0 },
      { min: 10, natural: 30 },
    ];
    const widths = shareWidth(columns, 106);
    expect(widths).toEqual([75, 25, 6]);
  });

  it('fixed widths alone: fill the table', () => {
    const columns = [
      { fixed: 10, min: 0, natural: 0 },
      { fixed: 30, min: 0, natural: 0 },
    ];
    expect(shareWidth(columns, 100)).toEqual([25, 75]);
  });

  it.each([1, 7, 50])('%i columns of any size: fill the width and stay visible', (count) => {
    const columns = Array.from({ length: count }, (_, index) => ({ min: index * 17, natural: index * 40 }));
    const widths = shareWidth(columns, 480);
    expect(sum(widths)).toBeCloseTo(480, 6);
    if (count > 1) expect(Math.min(...widths.slice(1))).toBeGreaterThanOrEqual(5.9);
  });

  it('whether words fit: counts fixed widths and longest words', () => {
    const columns = [
      { fixed: 40, min: 0, natural: 0 },
      { min: 50, natural: 400 },
    ];
    expect([fitsWords(columns, 90), fitsWords(columns, 89)]).toEqual([true, false]);
  });

  it('columns of any wishes: fill the table, unless all of them are fixed at nothing', () => {
    fc.assert(
      fc.property(table, ({ columns, available }) => {
        fc.pre(columns.some((column) => !('fixed' in column) || column.fixed > 0.001));
        expect(sum(shareWidth(columns, available))).toBeCloseTo(available, 3);
      }),
    );
  });

  it('columns of any wishes: have their longest word where all can, and none is narrower than six points', () => {
    fc.assert(
      fc.property(table, ({ columns, available }) => {
        const open = columns.flatMap((column, index) => ('fixed' in column ? [] : [{ ...column, index }]));
        fc.pre(open.some(({ natural }) => natural > 0));
        const widths = shareWidth(columns, available);
        for (const { min, index } of open) {
          const least = fitsWords(columns, available) ? min : Math.min(min, 6);
          expect(widths[index]).toBeGreaterThanOrEqual(least - 0.001);
        }
      }),
    );
  });

  it('fixed widths that leave the others room: are kept', () => {
    fc.assert(
      fc.property(table, ({ columns, available }) => {
        const fixed = columns.map((column) => ('fixed' in column ? column.fixed : undefined));
        const open = fixed.filter((width) => width === undefined).length;
        fc.pre(open > 0 && sum(fixed.map((width) => width ?? 6)) <= available);
        const widths = shareWidth(columns, available);
        for (const [index, width] of fixed.entries()) if (width !== undefined) expect(widths[index]).toBe(width);
      }),
    );
  });
});
