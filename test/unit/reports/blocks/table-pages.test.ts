import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import sharp from 'sharp';
import { renderTo } from '../../../support/pdf/render.ts';
import { findTags, gridOf, readTagTree, textOf } from '../../../support/pdf/tag-tree.ts';
import { makeTempDir } from '../../../support/temp-dir.ts';
import { countDots, readInfo, readPages } from '../bench.ts';

const folder = makeTempDir();
afterAll(() => folder.remove());
const pdf = join(folder.path, 'report.pdf');

/** The lines of each page with text, but for the footer. */
async function draw(blocks: object[], rest: object = {}): Promise<string[][]> {
  await renderTo(pdf, { footer: '', page: { size: 'A5' }, data: { title: 'Title', blocks }, ...rest });
  const pages = await readPages(pdf);
  return pages.map((page) =>
    page
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line !== ''),
  );
}

const sizeOf = async (page: number): Promise<number[]> => {
  const info = await readInfo(pdf, page);
  return (info[`Page ${page} size`] ?? '')
    .split(/[^\d.]+/)
    .map(Number)
    .slice(0, 2);
};
const isTurned = async (page: number): Promise<boolean> => {
  const [width = 0, height = 0] = await sizeOf(page);
  return width > height;
};

describe('the pages of a table that carries a sum forward', () => {
  it('have room for sums that are wider than all cells and the total, and of several lines in a narrow column', async () => {
    const rows = Array.from({ length: 70 }, (_, index) => ({ what: 'Steel', n: index < 35 ? 9_999_999 : -9_999_999 }));
    for (const width of [undefined, '14mm']) {
      const columns = [{ key: 'what' }, { key: 'n', format: 'number:2', width }];
      const table = { type: 'table', columns, rows, totals: { n: 'sum' }, carry: 'n' };
      const pages = await draw([table], { locale: 'en-GB' });
      const forward = pages.map((lines) =>
        lines
          .join(' ')
          .replace(/.*Carried forward/, '')
          .replaceAll(' ', ''),
      );
      const brought = pages.map((lines) => /Brought forward +[\d.,]+( [\d.,]+)?/.exec(lines.join(' '))?.[0] ?? '');
      for (const [page, lines] of pages.entries()) {
        if (page === pages.length - 1) continue;
        expect(lines.join(' ')).toContain('Carried forward');
        const sum = forward[page] ?? '';
        expect(sum).toMatch(/^\d{2,3},\d{3},\d{3}\.00$/);
        expect(brought[page + 1]?.replace('Brought forward', '').replaceAll(' ', '')).toContain(
          width ? sum.slice(0, 6) : sum,
        );
        if (!width) expect(lines.at(-1)).toMatch(/Carried forward +\d{2,3},\d{3},\d{3}\.00$/);
      }
    }
  });

  it('end with what its rows come to so far, and begin with that, with groups too', async () => {
    const rows = Array.from({ length: 70 }, (_, index) => ({
      group: `G${Math.floor(index / 9)}`,
      n: `${index + 0.25}`,
    }));
    const columns = [{ key: 'group' }, { key: 'n', format: 'number:2' }];
    for (const groupBy of [undefined, 'group']) {
      const table = { type: 'table', columns, rows, totals: { n: 'sum' }, carry: 'n', groupBy };
      const pages = await draw([table], { locale: 'en-GB' });
      expect(pages.length).toBeGreaterThan(2);
      let sum = 0;
      for (const [page, lines] of pages.entries()) {
        const written = sum.toLocaleString('en-GB', { minimumFractionDigits: 2 });
        if (page > 0) expect(lines[1]).toMatch(new RegExp(`^Brought forward +${written.replace('.', '\\.')}$`));
        const numbers = lines.filter((line) => /^G\d/.test(line)).map((line) => Number(line.split(/ +/)[1]));
        sum += numbers.reduce((total, number) => total + number, 0);
        const next = sum.toLocaleString('en-GB', { minimumFractionDigits: 2 });
        if (page === pages.length - 1) expect(lines.at(-1)).toMatch(/^Total +2,432\.50$/);
        else expect(lines.at(-1)).toMatch(new RegExp(`^Carried forward +${next.replace('.', '\\.')}$`));
      }
    }
    const [grid] = findTags(await readTagTree(pdf), 'Table').map(gridOf);
    expect(grid?.map((cells) => cells.map(textOf).join(' ')).join()).not.toContain('forward');
  });
});

describe('the pages of a table with groups', () => {
  it.each([0, 2, 3])(
    'wherever pages end (%s lines before it): no total stands without a row of its group',
    async (before) => {
      const rows = Array.from({ length: 60 }, (_, group) =>
        Array.from({ length: 1 + (group % 4) }, (_row, index) => ({
          group: `G${group}`,
          item: `r${group}.${index}`,
          n: 1,
          m: 2,
        })),
      ).flat();
      const totals = { n: 'sum', m: 'max' };
      const columns = [
        { key: 'group' },
        { key: 'item' },
        { key: 'n', format: 'number' },
        { key: 'm', format: 'number' },
      ];
      const intro = Array.from({ length: before }, () => ({ type: 'text', text: 'line' }));
      const pages = await draw([...intro, { type: 'table', columns, rows, groupBy: 'group', totals }]);
      expect(pages.length).toBeGreaterThan(5);
      for (const lines of pages.slice(1)) {
        expect(lines[0]).toMatch(/^group +item/);
        // The header comes again above a row, never above a total, and never alone.
        expect(lines[1]).toMatch(/^G\d+ +r/);
      }
      // What is called a total of a group stands on the page of the group's last row.
      for (const lines of pages) {
        for (const [index, line] of lines.entries()) {
          const [, name] = /^(?:Total|Maximum) (G\d+)\b/.exec(line) ?? [];
          if (name) expect(lines.slice(0, index).some((above) => above.startsWith(`${name} `))).toBe(true);
        }
      }
    },
  );
});

describe('a table that is turned', () => {
  const columns = Array.from({ length: 14 }, (_, index) => ({ key: `column${index}` }));
  const rows = [Object.fromEntries(columns.map(({ key }) => [key, 'unbreakableword']))];
  const table = { type: 'table', columns, rows };

  it('below the title and a few lines: they stand on its first page', async () => {
    const pages = await draw([{ type: 'heading', text: 'Heading' }, { type: 'text', text: 'Intro' }, table], {
      page: { size: 'A4' },
    });
    expect(pages).toHaveLength(1);
    expect(pages[0]?.slice(0, 3)).toEqual(['Title', 'Heading', 'Intro']);
    expect(await isTurned(1)).toBe(true);
  });

  it('below a page of text, or a page break: that page stays upright', async () => {
    const long = { type: 'text', text: 'word '.repeat(400) };
    for (const before of [long, { type: 'pageBreak' }]) {
      const pages = await draw([before, table], { page: { size: 'A4' } });
      expect(pages).toHaveLength(2);
      expect([await isTurned(1), await isTurned(2)]).toEqual([false, true]);
    }
  });
});

describe.each(['en', 'he'])('a table with titles above several columns and highlighted cells (%s)', (lang) => {
  it('has its head on each page, and says to which columns each title belongs; cells have their colours', async () => {
    const rows = Array.from({ length: 40 }, (_, index) => ({ place: `p${index}`, a: index, b: 2, c: 'c' }));
    const columns = [
      { key: 'place', title: 'Place' },
      { key: 'a', title: 'First', group: 'Both', format: 'number' },
      {
        key: 'b',
        title: 'Second',
        group: 'Both',
        highlight: [{ when: { key: 'a', atLeast: 30 }, background: 'green' }],
      },
      { key: 'c', title: 'Last', highlight: [{ when: { key: 'a', is: 39 }, background: '#102030', row: true }] },
    ];
    const pages = await draw([{ type: 'table', columns, rows }], { lang, profile: 'PDF/UA-1' });
    expect(pages.length).toBe(2);
    const heads = pages.map((lines) =>
      lines.filter((line) => /Both|Place/.test(line)).map((line) => line.split(/ {2,}/)),
    );
    const titles = ['Place', 'First', 'Second', 'Last'];
    const head = [['Both'], lang === 'he' ? titles.toReversed() : titles];
    expect(heads).toEqual([head, head]);
    const [green = 0, dark = 0] = await countDots(pdf, 2, ['#d7f0df', '#102030']);
    expect(green).toBeGreaterThan(100);
    // Of that row three cells; the fourth is green, as nine are.
    expect(dark).toBeGreaterThan(green / 9);
    expect(await countDots(pdf, 1, ['#d7f0df', '#102030'])).toEqual([0, 0]);
    const [table] = findTags(await readTagTree(pdf), 'Table');
    const cells = table ? gridOf(table).slice(0, 3) : [];
    expect(cells.map((row) => row.map((cell) => `${cell.role} ${textOf(cell)}`))).toEqual([
      ['TH Place', 'TH Both', 'TH Last'],
      ['TH First', 'TH Second'],
      ['TH p0', 'TD 0', 'TD 2', 'TD c'],
    ]);
    const spans = cells[0]?.map(({ attributes }) => [attributes['ColSpan'], attributes['RowSpan']]);
    expect(spans).toEqual([
      [undefined, '2'],
      ['2', undefined],
      [undefined, '2'],
    ]);
  });
});

describe.each(['en', 'he'])('a table with pictures in its cells (%s)', (lang) => {
  it('prints them in the place of texts, which tell what they are, and gives them room', async () => {
    const solid = (background: string, width: number, height: number) =>
      sharp({ create: { width, height, channels: 3, background } })
        .png()
        .toBuffer();
    const [red, blue] = await Promise.all([solid('#ff0000', 40, 40), solid('#0000ff', 400, 400)]);
    const pictures = {
      late: red.toString('base64'),
      open: `data:image/png;base64,${blue.toString('base64')}`,
      '': red.toString('base64'),
    };
    const columns = [{ key: 'n' }, { key: 'state', title: 'State', pictures }, { key: 'note' }];
    const states = ['late', 'open', 'paid', '', 'late'];
    const rows = states.map((state, index) => ({
      n: `n${index}`,
      state,
      note: index === 1 ? 'long '.repeat(2000) : '',
    }));
    const pages = await draw([{ type: 'table', columns, rows }], { lang, profile: 'PDF/UA-1' });
    expect(pages.flat().filter((line) => /late|open/.test(line))).toEqual([]);
    expect(pages.flat().some((line) => line.includes('paid'))).toBe(true);
    const dots = await Promise.all(pages.map((_, index) => countDots(pdf, index + 1, ['#ff0000', '#0000ff'])));
    const [reds = 0, blues = 0] = [0, 1].map((colour) => dots.reduce((sum, counts) => sum + (counts[colour] ?? 0), 0));
    // Three of 30 points, and one that is no higher than 48.
    expect(reds).toBeGreaterThan(3 * 14 ** 2);
    expect(reds).toBeLessThan(3 * 17 ** 2);
    expect(blues).toBeGreaterThan(23 ** 2);
    expect(blues).toBeLessThan(26 ** 2);
    const [table] = findTags(await readTagTree(pdf), 'Table');
    const cells = table ? gridOf(table).slice(1) : [];
    const told = cells.map(
      ([, state]) => state && findTags(state, 'Figure').map(({ attributes }) => attributes['Alt']),
    );
    expect(told.map((figures) => figures?.length)).toEqual([1, 1, 0, 0, 1]);
  });
});
