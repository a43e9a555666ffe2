import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, afterEach, describe, expect, it } from '@jest/globals';
import { pino } from 'pino';
import sharp from 'sharp';
import { defaultConfig } from '../../../workers/config.ts';
import { createProcessor } from '../../../workers/reports/processor.ts';
import { findTags, gridOf, readTagTree, textOf as textOfTag } from '../../support/pdf/tag-tree.ts';
import { findTagFaults } from '../../support/reports/tagged-pdf.ts';
import { type Bench, checkPdf, openBench, readInfo } from '../../unit/reports/bench.ts';

const run = promisify(execFile);
const processor = createProcessor({ config: defaultConfig(), log: pino({ level: 'silent' }) });
afterAll(() => processor.close?.());

const benches: Bench[] = [];
afterEach(async () => {
  for (const bench of benches.splice(0)) await bench.remove();
});

/** Draws a report and answers its path. */
async function draw(fields: Record<string, unknown>): Promise<string> {
  const bench = await openBench(fields);
  benches.push(bench);
  await processor.process(bench.job, bench.context);
  const pdf = bench.path('report.pdf');
  await checkPdf(pdf);
  return pdf;
}

/** The tree as poppler reads it: a tag or a quoted text a line. */
async function readTree(pdf: string): Promise<string[]> {
  const { stdout } = await run('pdfinfo', ['-struct-text', pdf], { maxBuffer: 50_000_000 });
  return stdout.split('\n').map((line) => line.replace(/ \((block|inline)\)$|:$/, '').trimEnd());
}

/** Nothing but the tags' names, without those around single words. */
const rolesOf = (tree: string[]) =>
  tree
    .map((line) => line.trim())
    .filter((line) => /^(H\d|P|L|LI|Lbl|LBody|Table|Caption|TR|TH|TD|Figure|TOC|TOCI|Link)$/.test(line));
const textOf = (tree: string[]) =>
  tree
    .flatMap((line) => /^\s*"(.*)"$/.exec(line)?.[1] ?? [])
    .join('\u0020')
    .replace(/\s+/g, ' ');

const PROFILE = { profile: 'PDF/UA-1', locale: 'en-GB' };
const documentOf = (blocks: object[], rest: object = {}) => ({
  ...PROFILE,
  data: { title: 'The title', blocks },
  ...rest,
});
const tableOf = (rows: number, more: object = {}) => ({
  type: 'table',
  columns: [
    { key: 'a', title: 'Alpha' },
    { key: 'b', title: 'Beta', format: 'number' },
  ],
  rows: Array.from({ length: rows }, (_, index) => ({ a: `a${index}`, b: index })),
  ...more,
});

describe('PDF/UA-1', () => {
  it('a report of every block: all of it is tagged or an artifact, and the ground rules hold', async () => {
    const picture = await sharp({ create: { width: 20, height: 10, channels: 4, background: '#08f8' } })
      .png()
      .toBuffer();
    const source = { content: picture.toString('base64') };
    const pdf = await draw(
      documentOf(
        [
          { type: 'toc' },
          { type: 'heading', level: 3, text: 'Deep at once' },
          { type: 'heading', level: 1, text: 'Back up' },
          { type: 'text', text: `${'A long [link label](https://example.com/x) in words. '.repeat(30)}\n\nSecond` },
          { type: 'list', ordered: true, items: ['one', 'two'] },
          { type: 'keyValues', items: [{ key: 'Key', value: 1 }] },
          tableOf(80, { caption: 'Cap', zebra: true, totals: { b: 'sum' } }),
          tableOf(0),
          { type: 'chart', chart: 'pie', title: 'Parts', categories: ['x', 'y'], series: [{ values: [1, 2] }] },
          { type: 'image', source, alt: 'A blue field' },
          { type: 'image', source, alt: '' },
          { type: 'columns', columns: [[tableOf(60)], [{ type: 'text', text: 'Beside' }]] },
          { type: 'pageBreak' },
        ],
        { header: 'Head', outline: true },
      ),
    );
    expect(await findTagFaults(pdf)).toEqual([]);
    const tree = await readTree(pdf);
    const roles = rolesOf(tree);
    expect(roles.slice(0, 8)).toEqual(['H1', 'TOC', 'Caption', 'TOCI', 'Link', 'TOCI', 'Link', 'H2']);
    expect(roles.filter((role) => role === 'Figure')).toHaveLength(2);
    const text = textOf(tree);
    for (const word of ['The title', 'Back up 1', 'Second', 'Alpha Beta a0 0', '3,160', 'No data', 'Beside']) {
      expect(text).toContain(word);
    }
    // Decoration is not read: neither the header nor the page numbers.
    expect(text).not.toMatch(/Head|Page 1/);
    expect(await run('pdfinfo', ['-meta', pdf]).then(({ stdout }) => stdout)).toContain(
      '<pdfuaid:part>1</pdfuaid:part>',
    );
  });

  it('a table over pages: one table, whose header is read once', async () => {
    const pdf = await draw(documentOf([tableOf(120, { caption: 'Cap' })]));
    expect(Number((await readInfo(pdf))['Pages'])).toBeGreaterThan(2);
    const roles = rolesOf(await readTree(pdf));
    const count = (role: string) => roles.filter((one) => one === role).length;
    expect([count('Table'), count('Caption'), count('TR'), count('TH'), count('TD')]).toEqual([1, 1, 121, 122, 120]);
  });

  it('a paragraph and a cell that are broken over pages: stay one part each', async () => {
    const long = 'word after word goes on '.repeat(400).trim();
    const pdf = await draw(documentOf([{ type: 'text', text: long }, tableOf(0, { rows: [{ a: long, b: 1 }] })]));
    expect(await findTagFaults(pdf)).toEqual([]);
    const tree = await readTree(pdf);
    expect(rolesOf(tree)).toEqual(['H1', 'P', 'Table', 'TR', 'TH', 'TH', 'TR', 'TH', 'TD']);
    expect(textOf(tree)).not.toContain('onword');
  });

  it('columns over pages: each is read to its end before the next', async () => {
    const list = (name: string) => ({
      type: 'list',
      items: Array.from({ length: 60 }, (_, index) => `${name}${index}`),
    });
    const pdf = await draw(documentOf([{ type: 'columns', columns: [[list('left')], [list('right')], []] }]));
    expect(await findTagFaults(pdf)).toEqual([]);
    const text = textOf(await readTree(pdf));
    expect(text.indexOf('left59')).toBeLessThan(text.indexOf('right0'));
    expect(text.match(/right\d+/g)).toHaveLength(60);
  });

  it.each([
    ['monthly', { template: 'monthly', data: { userId: 'u', month: '2026-10', rows: [{ a: 1 }], summary: 'S' } }],
    [
      'invoice',
      {
        template: 'invoice',
        data: {
          number: '1',
          issued: '2026-10-31',
          due: '2026-11-14',
          currency: 'NOK',
          seller: { name: 'S', address: ['x'] },
          buyer: { name: 'B', address: ['y'] },
          lines: [{ description: 'd', unitPrice: 1, vat: 25 }],
          payment: { account: '1' },
        },
      },
    ],
    [
      'a Swiss invoice of several pages',
      {
        template: 'invoice',
        locale: 'de-CH',
        data: {
          ...{ number: '1', issued: '2026-10-31', currency: 'CHF', buyer: { name: 'B' } },
          seller: { name: 'S', postalCode: '8000', city: 'Zürich', country: 'CH' },
          lines: Array.from({ length: 60 }, () => ({ description: 'd', unitPrice: 1, vat: '8.1' })),
          payment: { account: 'CH9300762011623852957', qr: 'swiss' },
        },
      },
    ],
    [
      'right-to-left',
      { lang: 'he', data: { title: 'שלום', blocks: [{ type: 'toc' }, { type: 'heading', text: 'עולם' }, tableOf(3)] } },
    ],
  ])('the ground rules hold for other reports too: %s', async (_, fields) => {
    expect(await findTagFaults(await draw({ ...PROFILE, ...fields }))).toEqual([]);
  });

  it.each(['en', 'he'])('empty cells and rows (%s): are cells and rows of the tree', async (lang) => {
    const columns = [{ key: 'a' }, { key: 'b' }, { key: 'c' }];
    const rows = [
      { a: 'x', b: null, c: 'z' },
      { a: '', b: '', c: '' },
      { a: 'x', b: 'y', c: null },
    ];
    const pdf = await draw(documentOf([{ type: 'table', columns, rows }], { lang }));
    const [table] = findTags(await readTagTree(pdf), 'Table');
    expect(table && gridOf(table).map((cells) => cells.map(textOfTag))).toEqual([
      ['a', 'b', 'c'],
      ['x', '', 'z'],
      ['', '', ''],
      ['x', 'y', ''],
    ]);
  });

  it('header cells: say of what they are, titles of their columns, first cells and names of totals of their rows', async () => {
    const groups = { groupBy: 'a', totals: { b: 'sum' } };
    const pdf = await draw(
      documentOf([
        tableOf(2, groups),
        tableOf(1, { columns: [{ key: 'b' }], totals: { b: 'sum' } }),
        tableOf(1, { columns: [{ key: 'b', format: 'auto' }, { key: 'a' }], sums: true }),
      ]),
    );
    const tables = findTags(await readTagTree(pdf), 'Table');
    const scopes = tables.map((table) =>
      gridOf(table).map((cells) => cells.map(({ role, attributes }) => (role === 'TH' ? attributes['Scope'] : role))),
    );
    const row = ['Row', 'TD'];
    expect(scopes).toEqual([
      [['Column', 'Column'], row, row, row, row, row],
      [['Column'], ['TD'], ['TD']],
      [['Column', 'Column'], row, ['TD', 'TD']],
    ]);
  });

  it.each([
    ['Hebrew', 'he', 'שלום עולם יפה (בדיקה) 123 וגם English text בסוף'],
    ['Hebrew with vowels', 'he', 'שָׁלוֹם עֲלֵיכֶם'],
    ['Arabic with vowels', 'ar', 'مُحَمَّد رَسُولُ السلام عليكم لا إله إلا الله'],
    ['Persian', 'fa', 'می\u200cخواهم کتاب\u200cها را بخوانم'],
    ['Hebrew in English', 'en', 'In Hebrew it is שלום עולם, in Arabic مرحبا, said 25%.'],
  ])('%s: is read letter by letter as it was written', async (_, lang, text) => {
    const pdf = await draw(documentOf([{ type: 'text', text }], { lang }));
    const [paragraph] = findTags(await readTagTree(pdf), 'P');
    expect(paragraph && textOfTag(paragraph)).toBe(text.normalize('NFC'));
  });

  it('more cells than can be tagged: the job fails and says how many are', async () => {
    const columns = Array.from({ length: 50 }, (_, index) => ({ key: `c${index}` }));
    const bench = await openBench(
      documentOf([{ type: 'table', columns, rows: Array.from({ length: 6001 }, () => ({})) }]),
    );
    benches.push(bench);
    await expect(processor.process(bench.job, bench.context)).rejects.toMatchObject({
      code: 'report_failed',
      message:
        'A PDF/UA-1 report may have 300,000 table cells, this one has 300,050: split its data into several reports.',
    });
  });
});

describe('tags without a profile', () => {
  it('a small report: has them; a large table: has none, and the check would notice', async () => {
    const small = await draw(documentOf([tableOf(100)], { profile: undefined }));
    expect(await readInfo(small)).toMatchObject({ Tagged: 'yes' });
    expect(await findTagFaults(small)).toEqual([]);
    const large = await draw(documentOf([tableOf(1600)], { profile: undefined }));
    expect(await readInfo(large)).toMatchObject({ Tagged: 'no' });
    expect(await findTagFaults(large)).toContain('TJ draws outside of any mark');
  });
});
