import { describe, expect, it } from '@jest/globals';
import { emptyFragment, type Fragment } from '../../../../workers/reports/layout/fragment.ts';
import { paginate } from '../../../../workers/reports/layout/paginate.ts';

interface NamedFragment extends Fragment {
  name: string;
}

const fragment = (name: string, height: number, rest: Partial<Fragment> = {}): NamedFragment => ({
  name,
  height,
  draw: () => {},
  ...rest,
});

/** A row of lines, each ten points high. */
function tallRow(name: string, lines: number, rest: Partial<Fragment> = {}): NamedFragment {
  return fragment(name, lines * 10, {
    split(available) {
      const fitting = Math.floor(available / 10);
      return fitting < 1 ? undefined : [tallRow(`${name}/${fitting}`, fitting), tallRow(name, lines - fitting)];
    },
    ...rest,
  });
}

/** Names and positions of what lies on each page of 100 points. */
function layOut(fragments: Fragment[]): string[][] {
  const pages: string[][] = [];
  const count = paginate(
    fragments,
    { upright: 100, turned: 60 },
    {
      startPage: () => pages.push([]),
      place: (placed, y) => pages.at(-1)?.push(`${(placed as NamedFragment).name}@${y}`),
    },
  );
  expect(pages).toHaveLength(count);
  return pages;
}

const header = fragment('header', 10, { keep: true });

describe('pages', () => {
  it('nothing at all: is one empty page', () => {
    expect(layOut([])).toEqual([[]]);
  });

  it('a sum that is carried forward: ends a page and begins the next, below the header, and has its room', () => {
    const rows = ['a', 'b', 'c', 'd', 'e'].map((name, index, all) =>
      fragment(name, 25, {
        repeat: header,
        ...(index < all.length - 1 && { reserve: () => 10 }),
        ...(index > 0 && {
          carry: { foot: () => fragment(`foot ${name}`, 10), top: () => fragment(`top ${name}`, 10) },
        }),
      }),
    );
    expect(layOut([header, ...rows])).toEqual([
      ['header@0', 'a@10', 'b@35', 'c@60', 'foot d@85'],
      ['header@0', 'top d@10', 'd@20', 'e@45'],
    ]);
  });

  it('at the foot: stands at the end of the page that it fits on', () => {
    const foot = fragment('foot', 40, { atFoot: true, gap: 10 });
    expect(layOut([fragment('a', 30), foot])).toEqual([['a@0', 'foot@60']]);
    expect(layOut([fragment('a', 60), foot])).toEqual([['a@0'], ['foot@60']]);
  });

  it('gaps: count within a page and vanish at its top', () => {
    const fragments = ['a', 'b', 'c'].map((name) => fragment(name, 40, { gap: 15 }));
    expect(layOut(fragments)).toEqual([['a@0', 'b@55'], ['c@0']]);
  });

  it('a heading at the end of a page: goes to the next with what follows it', () => {
    expect(layOut([fragment('text', 80), fragment('heading', 15, { keep: true }), fragment('more', 10)])).toEqual([
      ['text@0'],
      ['heading@0', 'more@15'],
    ]);
  });

  it('forty headings in a row: still break', () => {
    const pages = layOut(Array.from({ length: 40 }, (_, index) => fragment(`${index}`, 10, { keep: true })));
    expect(pages.flat()).toHaveLength(40);
    expect(pages.length).toBeLessThanOrEqual(7);
  });

  it('rows over three pages: the header comes again on each', () => {
    const rows = ['1', '2', '3', '4', '5'].map((name) => fragment(name, 40, { repeat: header }));
    expect(layOut([header, ...rows])).toEqual([
      ['header@0', '1@10', '2@50'],
      ['header@0', '3@10', '4@50'],
      ['header@0', '5@10'],
    ]);
  });

  it('a row that fits on a page: is not split but goes to the next', () => {
    expect(layOut([fragment('a', 50), tallRow('row', 9, { repeat: header })])).toEqual([
      ['a@0'],
      ['header@0', 'row@10'],
    ]);
  });

  it('a row higher than a page: is split, with the header on each page', () => {
    expect(layOut([header, tallRow('row', 20, { repeat: header })])).toEqual([
      ['header@0', 'row/9@10'],
      ['header@0', 'row/9@10'],
      ['header@0', 'row@10'],
    ]);
  });

  it('a row higher than a page with little room left: begins on the next page', () => {
    expect(layOut([fragment('a', 85), tallRow('row', 12)])).toEqual([['a@0'], ['row/10@0'], ['row@0']]);
  });

  it('something unsplittable and higher than a page: is cut off, not lost, and the rest goes on', () => {
    expect(layOut([fragment('a', 10), fragment('huge', 300), fragment('b', 10)])).toEqual([
      ['a@0'],
      ['huge@0'],
      ['b@0'],
    ]);
  });

  it('a header of more than half a page: is not repeated', () => {
    const tall = fragment('tall', 60);
    const rows = ['1', '2'].map((name) => fragment(name, 90, { repeat: tall }));
    expect(layOut(rows)).toEqual([['1@0'], ['2@0']]);
  });

  it('a heading right before a page break: stays above it', () => {
    const fragments = [
      fragment('a', 10),
      fragment('heading', 10, { keep: true }),
      emptyFragment(0, true),
      fragment('b', 10),
    ];
    expect(layOut(fragments)).toEqual([['a@0', 'heading@10'], ['b@0']]);
  });

  it('page breaks: begin a page once, and never an empty one', () => {
    const pageBreak = emptyFragment(0, true);
    const fragments = [pageBreak, fragment('a', 10), pageBreak, pageBreak, fragment('b', 10), pageBreak];
    expect(layOut(fragments)).toEqual([['a@0'], ['b@0']]);
  });
});
