import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { renderTo } from '../../../support/pdf/render.ts';
import { makeTempDir } from '../../../support/temp-dir.ts';
import { readInfo, readPages } from '../bench.ts';

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
