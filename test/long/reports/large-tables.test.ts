import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from '@jest/globals';
import { pino } from 'pino';
import { AppError } from '../../../src/errors.ts';
import { defaultConfig } from '../../../workers/config.ts';
import { createProcessor } from '../../../workers/reports/processor.ts';
import { makeTempDir } from '../../support/temp-dir.ts';
import { type Bench, checkPdf, openBench, readInfo, readPages } from '../../unit/reports/bench.ts';

const data = makeTempDir();
const deps = { config: { ...defaultConfig(), DATA_DIR: data.path }, log: pino({ level: 'silent' }) };
const processor = createProcessor(deps);
afterAll(async () => {
  await processor.close?.();
  data.remove();
});

const benches: Bench[] = [];
afterEach(async () => {
  for (const bench of benches.splice(0)) await bench.remove();
  // Whatever became of a run, its folder is gone.
  expect(readdirSync(join(data.path, 'tmp', 'reports'))).toEqual([]);
});

/** A document of these blocks, with uploaded files of these contents. */
async function prepare(blocks: object[], uploads: Record<string, string> = {}, rest: object = {}): Promise<Bench> {
  const bench = await openBench({ locale: 'en-GB', data: { title: 'Title', blocks }, ...rest });
  benches.push(bench);
  for (const [name, content] of Object.entries(uploads)) {
    writeFileSync(bench.path(name), content);
    bench.job.uploads[name] = { key: `results/${name}`, name, type: 'text/csv', bytes: content.length, sha256: '' };
  }
  return bench;
}

async function draw(blocks: object[], uploads: Record<string, string> = {}, rest: object = {}) {
  const bench = await prepare(blocks, uploads, rest);
  const { result } = await processor.process(bench.job, bench.context);
  const pdf = bench.path('report.pdf');
  return { ...result, pdf, texts: (await readPages(pdf)).map(words), progress: bench.progress };
}

const words = (text: string): string => text.replace(/\s+/g, ' ').trim();
const tableOf = (rest: object = {}) => ({ type: 'table', rows: { file: 'sales' }, ...rest });
const csvOf = (count: number): string =>
  ['id,name,amount', ...Array.from({ length: count }, (_, index) => `${index + 1},n${index + 1},${index}.5`)].join(
    '\n',
  );

describe('rows of a file', () => {
  it('a CSV without columns: all of its columns, as they are written', async () => {
    const { texts, warnings } = await draw([tableOf()], { sales: 'navn;pris\nBlåbær;1,50\nGrød;\n' });
    expect(texts).toEqual(['Title navn pris Blåbær 1,50 Grød Page 1 of 1']);
    expect(warnings).toEqual([]);
  });

  it('columns with formats, and totals: numbers are read by the way the file writes them', async () => {
    const columns = [
      { key: 'name', title: 'Name' },
      { key: 'when', format: 'date' },
      { key: 'amount', title: 'Amount', format: 'number:2' },
    ];
    const table = tableOf({ columns, totals: { amount: 'sum' } });
    const sales = 'amount;when;name\n1.234,5;2026-10-05;Ola\nmuch;2026-10-06;Kari\n';
    const { texts, warnings } = await draw([table], { sales });
    expect(texts).toEqual([
      'Title Name when Amount Ola 5 Oct 2026 1,234.50 Kari 6 Oct 2026 much Total 1,234.50 ' +
        'Total of 1 of 2 rows; 1 is no number: much Page 1 of 1',
    ]);
    const message =
      'Column "amount": 1 of 2 values is no number ("much"; the first in row 2). ' +
      'What is none is printed as it is, and left out of the total.';
    expect(warnings).toEqual([{ code: 'format_mismatch', message, page: 1 }]);
  });

  it('NDJSON: objects, each a row', async () => {
    const sales = '{"b":"x","a":1.5}\n{"a":2,"b":null}\n';
    const { texts } = await draw([tableOf({ columns: [{ key: 'a', format: 'number:1' }, { key: 'b' }] })], { sales });
    expect(texts).toEqual(['Title a b 1.5 x 2.0 Page 1 of 1']);
  });

  it('two tables of one file: each has its own columns of it', async () => {
    const tables = [tableOf({ columns: [{ key: 'name' }] }), tableOf({ columns: [{ key: 'amount' }, { key: 'id' }] })];
    const { texts } = await draw(tables, { sales: csvOf(2) });
    expect(texts).toEqual(['Title name n1 n2 amount id 0.5 1 1.5 2 Page 1 of 1']);
  });

  it('a file with a header row alone: says that there is nothing, in the language of the report', async () => {
    const { texts } = await draw([tableOf()], { sales: 'a,b\n' }, { lang: 'nb' });
    expect(texts).toEqual(['Title a b Ingen data Side 1 av 1']);
  });

  it('what is odd about a file: is said as warnings, with the page that its table begins on', async () => {
    const { warnings } = await draw([{ type: 'text', text: 'x' }, { type: 'pageBreak' }, tableOf()], {
      sales: 'a,b\n1\n',
    });
    const message = 'The cells that are missing in row 1 of the file "sales" are empty.';
    expect(warnings).toEqual([{ code: 'missing_cells', message, page: 2 }]);
  });

  it.each([
    [{}, 'a,b\n1,"2', /^Line 2 of the file "sales" has the beginning of a quoted cell/],
    [{ columns: [{ key: 'c' }] }, 'a,b\n1,2', /has no column "c"; its columns are "a", "b"\.$/],
    [{ totals: { c: 'sum' } }, 'a,b\n1,2', /has no column "c", which is asked for in totals or groupBy\.$/],
  ])(
    'a file that can not become a table: report_failed with one sentence, and nothing is written (%#)',
    async (rest, sales, sentence) => {
      const bench = await prepare([tableOf(rest)], { sales });
      const run = processor.process(bench.job, bench.context);
      await expect(run).rejects.toMatchObject({ code: 'report_failed', message: expect.stringMatching(sentence) });
      expect(await bench.written()).toEqual(['sales']);
    },
  );

  it('more rows than REPORTS_MAX_ROWS, in all files together: report_failed', async () => {
    const small = createProcessor({ ...deps, config: { ...deps.config, REPORTS_MAX_ROWS: 15 } });
    const bench = await prepare([tableOf(), tableOf({ rows: { file: 'more' } })], {
      sales: csvOf(10),
      more: csvOf(10),
    });
    await expect(small.process(bench.job, bench.context)).rejects.toMatchObject({
      code: 'report_failed',
      message: 'The file "more" brings the report over the limit of 15 rows: split it into several reports.',
    });
    await small.close?.();
  });

  it('6,000 rows: each once and in order, the header on every page; the same bytes each time', async () => {
    const columns = [{ key: 'id', format: 'number' }, { key: 'name' }, { key: 'amount', format: 'currency:NOK' }];
    const table = tableOf({ columns, totals: { amount: 'sum' } });
    const first = await draw([table], { sales: csvOf(6000) });
    const again = await prepare([table], { sales: csvOf(6000) });
    await processor.process(again.job, again.context);
    expect(readFileSync(first.pdf).equals(readFileSync(again.path('report.pdf')))).toBe(true);
    await checkPdf(first.pdf);
    expect(await readInfo(first.pdf)).toMatchObject({ Pages: String(first.pages) });
    expect(first.texts.length).toBe(first.pages);
    for (const [index, text] of first.texts.entries()) {
      expect(text).toMatch(/^(Title )?id name amount /);
      expect(text).toMatch(new RegExp(` Page ${index + 1} of ${first.pages}$`));
    }
    const names = [...first.texts.join(' ').matchAll(/ n(\d+) /g)].map(([, number]) => Number(number));
    expect(names).toEqual(Array.from({ length: 6000 }, (_, index) => index + 1));
    expect(first.texts.at(-1)).toContain('Total NOK 18,000,000.00');
  });

  it('a job that is cancelled while its rows are drawn: stops, and leaves nothing', async () => {
    const bench = await prepare([tableOf()], { sales: csvOf(200_000) });
    const run = processor.process(bench.job, bench.context);
    await bench.begun;
    const reason = new AppError('cancelled', 'Cancelled.');
    bench.abort.abort(reason);
    await expect(run).rejects.toBe(reason);
    expect(await bench.written()).toEqual(['sales']);
  });
});

describe('tables that are hard to lay out', () => {
  const columnsOf = (count: number, title: string) =>
    Array.from({ length: count }, (_, index) => ({ key: `c${index}`, title: `${title}${index}` }));
  const rowOf = (count: number, cell: string) =>
    Object.fromEntries(Array.from({ length: count }, (_, index) => [`c${index}`, `${cell}${index}`]));

  it('too wide to stand upright: its pages lie on their side with the little before it, what is behind it stands', async () => {
    const table = { type: 'table', columns: columnsOf(16, 'Column'), rows: [rowOf(16, 'somevalue')] };
    const blocks = [
      { type: 'text', text: 'Before' },
      { type: 'heading', text: 'Heading' },
      table,
      { type: 'text', text: 'After' },
    ];
    const { texts, pdf } = await draw(blocks);
    expect(texts.map((text) => text.slice(0, 14))).toEqual(['Title Before H', 'After Page 2 o']);
    expect(texts[0]).toContain('somevalue0 somevalue1');
    expect(texts[0]).toMatch(/somevalue15 Page 1 of 2$/);
    const sizes = [];
    for (const page of [1, 2]) sizes.push((await readInfo(pdf, page))[`Page ${page} size`]);
    expect(sizes).toEqual(['841.89 x 595.28 pts (A4)', '595.28 x 841.89 pts (A4)']);
  });

  it('too wide even so: comes in parts, each with the first column', async () => {
    const table = {
      type: 'table',
      columns: columnsOf(40, 'Heading'),
      rows: [rowOf(40, 'somevalue'), rowOf(40, 'other')],
    };
    const { texts } = await draw([table]);
    const text = texts.join(' ');
    expect(text.match(/somevalue0 /g)?.length).toBeGreaterThan(1);
    expect(text.match(/somevalue0 /g)?.length).toBe(text.match(/Heading0 /g)?.length);
    for (let index = 1; index < 40; index += 1)
      expect(text.match(new RegExp(`somevalue${index}\\b`, 'g'))).toHaveLength(1);
  });

  it('words of 10,000 characters in every cell: are cut, every character is on the paper', async () => {
    const rows = [{ c0: 'a'.repeat(10_000), c1: 'b'.repeat(10_000), c2: 'x' }];
    const { texts } = await draw([{ type: 'table', columns: columnsOf(3, 'C'), rows }]);
    const text = texts.join('').replace(/Title|Page \d+ of \d+/g, '');
    expect([text.match(/a/g)?.length, text.match(/b/g)?.length, text.match(/x/g)?.length]).toEqual([10_000, 10_000, 1]);
  });

  it('columns that ask for more than there is: share what there is', async () => {
    const columns = [
      { key: 'c0', width: '80%' },
      { key: 'c1', width: '80%' },
    ];
    const { texts, pages } = await draw([{ type: 'table', columns, rows: [rowOf(2, 'cell')] }]);
    expect([pages, texts]).toEqual([1, ['Title c0 c1 cell0 cell1 Page 1 of 1']]);
  });

  it('groups: a row of totals below each, and all below the table', async () => {
    const columns = [{ key: 'region' }, { key: 'amount', format: 'number' }, { key: 'price', format: 'number' }];
    const rows = [
      { region: 'North', amount: 1, price: 3 },
      { region: 'North', amount: 2, price: 5 },
      { region: 'South', amount: 4, price: 1 },
    ];
    const table = {
      type: 'table',
      columns,
      rows,
      groupBy: 'region',
      totals: { amount: 'sum', price: 'avg' },
      zebra: true,
    };
    const { texts } = await draw([table]);
    expect(texts[0]).toBe(
      'Title region amount price North 1 3 North 2 5 Total North 3 Average North 4 ' +
        'South 4 1 Total South 4 Average South 1 ' +
        'Total 7 Average 3 Page 1 of 1',
    );
  });

  it('control characters: leave no trace', async () => {
    const { texts } = await draw([
      { type: 'table', columns: columnsOf(1, 'C'), rows: [{ c0: 'a\u0000\u001e\u001f\u0007b\u202e' }] },
    ]);
    expect(texts).toEqual(['Title C0 ab Page 1 of 1']);
  });

  it('a header as high as half a page, and rows: every row is printed', async () => {
    const columns = [{ key: 'c0', title: 'word '.repeat(40).trim(), width: '12mm' }, { key: 'c1' }];
    const rows = Array.from({ length: 60 }, (_, index) => ({ c0: `n${index}`, c1: 'x' }));
    const { texts } = await draw([{ type: 'table', columns, rows }]);
    expect([...texts.join(' ').matchAll(/ n(\d+)\b/g)].map(([, number]) => Number(number))).toEqual([...rows.keys()]);
  });
});
