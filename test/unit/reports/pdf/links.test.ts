import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { type Area, type Link, readLinks, readWords } from '../../../support/pdf/links.ts';
import { renderTo } from '../../../support/pdf/render.ts';
import { makeTempDir } from '../../../support/temp-dir.ts';

const folder = makeTempDir();
afterAll(() => folder.remove());
const pdf = join(folder.path, 'report.pdf');

const isWithin = (word: Area, link: Link): boolean =>
  word.page === link.page &&
  (word.left + word.right) / 2 > link.left &&
  (word.left + word.right) / 2 < link.right &&
  (word.top + word.bottom) / 2 > link.top &&
  (word.top + word.bottom) / 2 < link.bottom;

/** Draws a report, and returns for each of its links the words it lies on. */
async function readLinked(fields: object): Promise<{ text: string; link: Link }[]> {
  await renderTo(pdf, fields);
  const words = await readWords(pdf);
  return (await readLinks(pdf)).map((link) => {
    const covered = words.filter((word) => isWithin(word, link)).map(({ text }) => text);
    return { text: covered.join(' '), link };
  });
}

const heading = (text: string, level = 1) => ({ type: 'heading', text, level });
const CHART = { type: 'chart', chart: 'pie', categories: ['x', 'y'], series: [{ values: [1, 2] }] };

describe('where links lie', () => {
  it.each<[string, { before?: object[]; [field: string]: unknown }]>([
    ['upright', {}],
    ['below a chart', { before: [CHART] }],
    ['in a report that is turned', { page: { orientation: 'landscape' } }],
    ['from right to left', { lang: 'he' }],
  ])(
    'a table of contents %s: each entry is a link over itself, to its heading',
    async (_, { before = [], ...rest }) => {
      const titles = ['Alpha', 'Beta', 'Gamma', 'Delta'];
      const blocks = titles.flatMap((title) => [heading(title), { type: 'pageBreak' }, CHART]);
      const linked = await readLinked({
        ...rest,
        data: { title: 'T', blocks: [...before, { type: 'toc' }, ...blocks] },
      });
      expect(linked.map(({ text }) => text.replace(/\d+/g, '').trim())).toEqual(titles);
      const words = await readWords(pdf);
      for (const { text, link } of linked) {
        const [title = ''] = text.replace(/\d+/g, '').trim().split(' ');
        const reached = words.filter((word) => word.page === link.target?.page && word.text === title).at(-1);
        expect(Math.abs((reached?.top ?? 0) - (link.target?.top ?? 0))).toBeLessThan(12);
        expect(link.contents).toBe(`${title}, ${link.target?.page}`);
      }
    },
  );

  it('a link that is broken over lines, in a paragraph, a list, and columns: lies on all its words and no others', async () => {
    const label = 'one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen';
    const text = `Before [${label}](https://example.com/) after`;
    const blocks = [
      { type: 'text', text },
      { type: 'list', items: [text] },
      { type: 'columns', columns: [[{ type: 'text', text }], [{ type: 'text', text }]] },
    ];
    const linked = await readLinked({ data: { title: 'T', blocks } });
    const covered = linked.map((one) => one.text).join(' ');
    expect(covered.split(' ').sort()).toEqual(
      Array.from({ length: 4 }, () => label.split(' '))
        .flat()
        .sort(),
    );
    expect(new Set(linked.map(({ link }) => link.uri))).toEqual(new Set(['https://example.com/']));
  });
});
