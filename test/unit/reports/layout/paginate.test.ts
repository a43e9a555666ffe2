import { describe, expect, it } from '@jest/globals';
import { emptyStrip, type Strip } from '../../../../workers/reports/layout/fragment.ts';
import { paginate } from '../../../../workers/reports/layout/paginate.ts';

interface NamedStrip extends Strip {
  name: string;
}

const strip = (name: string, height: number, rest: Partial<Strip> = {}): NamedStrip => ({
  name,
  height,
  draw: () => {},
  ...rest,
});

/** A row of lines, each ten points high. */
function tallRow(name: string, lines: number, rest: Partial<Strip> = {}): NamedStrip {
  return strip(name, lines * 10, {
    split(available) {
      const fitting = Math.floor(available / 10);
      return fitting < 1 ? undefined : [tallRow(`${name}/${fitting}`, fitting), tallRow(name, lines - fitting)];
    },
    ...rest,
  });
}

/** Names and positions of what lies on each page of 100 points. */
function layOut(strips: Strip[]): string[][] {
  const pages: string[][] = [];
  const count = paginate(
    strips,
    { upright: 100, turned: 60 },
    {
      startPage: () => pages.push([]),
      place: (placed, y) => pages.at(-1)?.push(`${(placed as NamedStrip).name}@${y}`),
    },
  );
  expect(pages).toHaveLength(count);
  return pages;
}

const header = strip('header', 10, { keep: true });

describe('pages', () => {
  it('nothing at all: is one empty page', () => {
    expect(layOut([])).toEqual([[]]);
  });

  it('gaps: count within a page and vanish at its top', () => {
    const strips = ['a', 'b', 'c'].map((name) => strip(name, 40, { gap: 15 }));
    expect(layOut(strips)).toEqual([['a@0', 'b@55'], ['c@0']]);
  });

  it('a heading at the end of a page: goes to the next with what follows it', () => {
    expect(layOut([strip('text', 80), strip('heading', 15, { keep: true }), strip('more', 10)])).toEqual([
      ['text@0'],
      ['heading@0', 'more@15'],
    ]);
  });

  it('forty headings in a row: still break', () => {
    const pages = layOut(Array.from({ length: 40 }, (_, index) => strip(`${index}`, 10, { keep: true })));
    expect(pages.flat()).toHaveLength(40);
    expect(pages.length).toBeLessThanOrEqual(7);
  });

  it('rows over three pages: the header comes again on each', () => {
    const rows = ['1', '2', '3', '4', '5'].map((name) => strip(name, 40, { repeat: header }));
    expect(layOut([header, ...rows])).toEqual([
      ['header@0', '1@10', '2@50'],
      ['header@0', '3@10', '4@50'],
      ['header@0', '5@10'],
    ]);
  });

  it('a row that fits on a page: is not split but goes to the next', () => {
    expect(layOut([strip('a', 50), tallRow('row', 9, { repeat: header })])).toEqual([['a@0'], ['header@0', 'row@10']]);
  });

  it('a row higher than a page: is split, with the header on each page', () => {
    expect(layOut([header, tallRow('row', 20, { repeat: header })])).toEqual([
      ['header@0', 'row/9@10'],
      ['header@0', 'row/9@10'],
      ['header@0', 'row@10'],
    ]);
  });

  it('a row higher than a page with little room left: begins on the next page', () => {
    expect(layOut([strip('a', 85), tallRow('row', 12)])).toEqual([['a@0'], ['row/10@0'], ['row@0']]);
  });

  it('something unsplittable and higher than a page: is cut off, not lost, and the rest goes on', () => {
    expect(layOut([strip('a', 10), strip('huge', 300), strip('b', 10)])).toEqual([['a@0'], ['huge@0'], ['b@0']]);
  });

  it('a header of more than half a page: is not repeated', () => {
    const tall = strip('tall', 60);
    const rows = ['1', '2'].map((name) => strip(name, 90, { repeat: tall }));
    expect(layOut(rows)).toEqual([['1@0'], ['2@0']]);
  });

  it('a heading right before a page break: stays above it', () => {
    const strips = [strip('a', 10), strip('heading', 10, { keep: true }), emptyStrip(0, true), strip('b', 10)];
    expect(layOut(strips)).toEqual([['a@0', 'heading@10'], ['b@0']]);
  });

  it('page breaks: begin a page once, and never an empty one', () => {
    const pageBreak = emptyStrip(0, true);
    const strips = [pageBreak, strip('a', 10), pageBreak, pageBreak, strip('b', 10), pageBreak];
    expect(layOut(strips)).toEqual([['a@0'], ['b@0']]);
  });
});
