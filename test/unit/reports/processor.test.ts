import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { Worker } from 'node:worker_threads';
import { afterAll, afterEach, describe, expect, it } from '@jest/globals';
import { pino } from 'pino';
import sharp from 'sharp';
import { AppError } from '../../../src/errors.ts';
import { defaultConfig } from '../../../workers/config.ts';
import { reports } from '../../../workers/reports/job.ts';
import { createProcessor } from '../../../workers/reports/processor.ts';
import { createRenderPool } from '../../../workers/reports/render/pool.ts';
import { until } from '../../support/until.ts';
import { type Bench, checkPdf, drawPage, openBench, readFonts, readInfo, readPages } from './bench.ts';

const deps = { config: defaultConfig(), log: pino({ level: 'silent' }) };
const processor = createProcessor(deps);
afterAll(() => processor.close?.());

const benches: Bench[] = [];
afterEach(async () => {
  for (const bench of benches.splice(0)) await bench.remove();
});

async function prepare(fields: Record<string, unknown>, createdAt?: Date): Promise<Bench> {
  const bench = await openBench(fields, createdAt);
  benches.push(bench);
  return bench;
}

/** Draws a report and reads it back. */
async function draw(fields: Record<string, unknown>, createdAt?: Date) {
  const bench = await prepare(fields, createdAt);
  const outcome = await processor.process(bench.job, bench.context);
  const pdf = bench.path(outcome.files[0]?.name ?? 'report.pdf');
  return { ...outcome, pdf, pages: await readPages(pdf), progress: bench.progress };
}

/** How drawing the report fails, and that nothing was written. */
async function failureOf(bench: Bench, run = processor.process(bench.job, bench.context)): Promise<unknown> {
  const error = await run.then(
    () => new Error('the job completed'),
    (reason: unknown) => reason,
  );
  expect(await bench.written()).toEqual([]);
  return error;
}

const documentOf = (blocks: object[], rest: object = {}) => ({ data: { title: 'Title', blocks }, ...rest });
const words = (text: string | undefined) => text?.replace(/\s+/g, ' ').trim() ?? '';
const rowsOf = (count: number) =>
  Array.from({ length: count }, (_, index) => ({ number: index + 1, name: `n${index + 1}` }));
const LONG = documentOf([{ type: 'table', columns: [{ key: 'number' }, { key: 'name' }], rows: rowsOf(8000) }]);

describe('a document', () => {
  it('every block: is printed, in the order it was given', async () => {
    const picture = await sharp({ create: { width: 20, height: 10, channels: 3, background: '#000' } })
      .png()
      .toBuffer();
    const { pages, result, files } = await draw({
      header: 'Acme AS',
      data: {
        title: 'The title',
        subtitle: 'The subtitle',
        author: 'The author',
        blocks: [
          { type: 'heading', text: 'First heading' },
          { type: 'text', text: 'Some **bold**, some *italic*, a [link](https://example.no).\n\nNext paragraph' },
          { type: 'list', items: ['an item'] },
          { type: 'list', ordered: true, items: ['first', 'second'] },
          {
            type: 'keyValues',
            items: [
              { key: 'Customer', value: 'Kari' },
              { key: 'Count', value: 3 },
            ],
          },
          {
            type: 'table',
            caption: 'A caption',
            columns: [{ key: 'a', title: 'Column A' }],
            rows: [{ a: 'cell one' }],
          },
          { type: 'image', source: { content: picture.toString('base64') } },
          { type: 'columns', columns: [[{ type: 'text', text: 'Left' }], [{ type: 'text', text: 'Right' }]] },
          { type: 'pageBreak' },
          { type: 'text', text: 'On page two' },
        ],
      },
    });
    expect(pages.map(words)).toEqual([
      'Acme AS The title The subtitle The author First heading Some bold, some italic, a link. Next paragraph ' +
        '• an item 1. first 2. second Customer Kari Count 3 A caption Column A cell one Left Right Page 1 of 2',
      'Acme AS On page two Page 2 of 2',
    ]);
    expect(result).toEqual({ pages: 2, bytes: files[0]?.bytes, warnings: [] });
    expect(files).toMatchObject([{ name: 'report.pdf', type: 'application/pdf' }]);
  });

  it('Norwegian, Greek and Cyrillic: are printed with embedded fonts, without a warning', async () => {
    const text = 'æøå ÆØÅ ß ñ ő – αβγδ ΩΨ ώ – Жук Ёлка Київ – € £ “quotes” … 1\u202f234,50';
    const { pages, pdf, result } = await draw(documentOf([{ type: 'text', text: `${text} **${text}** *${text}*` }]));
    const printed = words(text);
    expect(words(pages[0])).toContain(`${printed} ${printed} ${printed}`);
    expect(result.warnings).toEqual([]);
    const fonts = await readFonts(pdf);
    expect(fonts.map(({ embedded }) => embedded)).toEqual([true, true, true]);
    await checkPdf(pdf);
  });

  it('metadata: title, author, and the date the job was accepted', async () => {
    const data = { title: 'Årsrapport', author: 'Kari Ødegård' };
    const { pdf } = await draw(
      { data, page: { size: 'A5', orientation: 'landscape' } },
      new Date('2026-01-02T03:04:05Z'),
    );
    expect(await readInfo(pdf)).toMatchObject({
      Title: 'Årsrapport',
      Author: 'Kari Ødegård',
      Creator: 'Heavylift',
      CreationDate: '2026-01-02T03:04:05Z',
      Pages: '1',
      'Page size': '595.28 x 419.53 pts',
    });
    expect((await readFile(pdf)).toString('latin1')).toContain('/Lang (en)');
  });

  it('the same request twice: the same bytes', async () => {
    const picture = await sharp({ create: { width: 9, height: 9, channels: 4, background: '#f008' } })
      .png()
      .toBuffer();
    const image = { type: 'image', source: { content: picture.toString('base64') } };
    const request = documentOf([{ type: 'text', text: '**a** *b* 漢' }, image, image]);
    const [one, other] = [await draw(request), await draw(request)];
    expect(one.files[0]?.sha256).toBe(other.files[0]?.sha256);
  });

  it('its table as a workbook and as CSV too: files beside the PDF, or without one', async () => {
    const table = { type: 'table', columns: [{ key: 'number', format: 'number' }], rows: rowsOf(2) };
    const { files, result } = await draw(
      documentOf([table], { formats: ['pdf', 'xlsx', 'csv'], fileName: 'list.pdf' }),
    );
    expect(files.map(({ name, type }) => `${name} ${type}`)).toEqual([
      'list.pdf application/pdf',
      'list.xlsx application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
      'list.csv text/csv; charset=utf-8',
    ]);
    expect([result.pages, result.bytes]).toEqual([1, files[0]?.bytes]);
    const bench = await prepare(documentOf([table], { formats: ['csv'] }));
    const alone = await processor.process(bench.job, bench.context);
    expect(alone).toMatchObject({ result: { pages: 0, bytes: 0 }, files: [{ name: 'report.csv' }] });
    expect(await readFile(bench.path('report.csv'), 'utf8')).toBe('\ufeffnumber\r\n1\r\n2\r\n');
  });

  it('a damaged picture: fails as report_failed, names the block, and nothing is written', async () => {
    const content = Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex').toString('base64');
    const bench = await prepare(
      documentOf([
        { type: 'text', text: 'a' },
        { type: 'image', source: { content } },
      ]),
    );
    const error = await failureOf(bench);
    expect(error).toBeInstanceOf(AppError);
    expect(error).toMatchObject({ code: 'report_failed', retryable: false });
    expect(String(error)).toContain("The image at /data/blocks/1 can't be read");
  });
});

describe('a long table', () => {
  it('1,000 rows: every row once and in order, the header and "Page x of y" on each page', async () => {
    const columns = [
      { key: 'number', title: 'Number', format: 'number' },
      { key: 'name', title: 'Name' },
    ];
    const { pages, result, pdf, progress } = await draw(documentOf([{ type: 'table', columns, rows: rowsOf(1000) }]));
    expect(result.pages).toBe(pages.length);
    expect(await readInfo(pdf)).toMatchObject({ Pages: String(pages.length) });
    for (const [index, page] of pages.entries()) {
      expect(page.match(/^\s*Number\s+Name$/gm)).toHaveLength(1);
      expect(words(page)).toMatch(new RegExp(`Page ${index + 1} of ${pages.length}$`));
    }
    const printed = [...pages.join('').matchAll(/^\s*([\d,]+)\s+n(\d+)$/gm)].map(([, , name]) => Number(name));
    expect(printed).toEqual(rowsOf(1000).map(({ number }) => number));
    expect(progress.every(({ percent }) => percent < 100)).toBe(true);
  });

  it('progress: only ever grows, and counts the rows once they are known', async () => {
    const { progress } = await draw(LONG);
    const percents = progress.map(({ percent }) => percent);
    expect(percents).toEqual(percents.toSorted((a, b) => a - b));
    expect(percents.at(-1)).toBeLessThan(100);
    const counted = progress.filter(({ total }) => total !== undefined);
    expect(counted).not.toEqual([]);
    for (const { unit, total } of counted) expect({ unit, total }).toEqual({ unit: 'rows', total: 8000 });
  });

  it('a cell higher than two pages: all of it is printed, the header on each page', async () => {
    const lines = Array.from({ length: 150 }, (_, index) => `line-${index + 1}.`);
    const table = {
      type: 'table',
      columns: [{ key: 'a', title: 'Heading' }, { key: 'b' }],
      rows: [{ a: lines.join('\n'), b: 'end' }],
    };
    const { pages } = await draw(documentOf([table]));
    expect(pages.length).toBeGreaterThanOrEqual(3);
    expect(pages.join('').match(/line-\d+\./g)).toEqual(lines);
    for (const page of pages) expect(page).toContain('Heading');
  });

  it('a word of 10,000 characters: is broken, every character is on the paper, none in the margin', async () => {
    const word = 'abcdefghij'.repeat(1000);
    const table = {
      type: 'table',
      columns: [{ key: 'X' }, { key: 'Y', format: 'number' }],
      rows: [{ X: word, Y: 12_345 }],
    };
    const { pages, pdf } = await draw(documentOf([{ type: 'text', text: word }, table], { footer: '', header: '' }));
    // The title has two of these letters, the table's head none.
    const letters = pages.join('').replace(/[^a-j]/g, '');
    expect(letters.length).toBe(2 * 10_000 + 'ie'.length);
    expect(words(pages.join(' '))).toContain('12,345');
    const { width, height, dots } = await drawPage(pdf, 1);
    const darkest = (column: number) =>
      Math.min(...Array.from({ length: height }, (_, y) => dots[y * width + column] ?? 0));
    // 20 mm are 57 dots.
    for (let column = width - 55; column < width; column += 1) expect(darkest(column)).toBe(255);
  });

  it('formats and totals: are written as the locale does', async () => {
    const columns = [
      { key: 'day', format: 'date' },
      { key: 'sum', title: 'Sum', format: 'currency:NOK' },
      { key: 'share', format: 'percent' },
      { key: 'constructor' },
    ];
    const rows = [
      { day: '2026-03-12', sum: 1234.5, share: 0.25 },
      { day: 'soon', sum: -0.5, share: null },
    ];
    const { pages, result } = await draw(
      documentOf([{ type: 'table', columns, rows, totals: { sum: 'sum' } }], { locale: 'nb-NO' }),
    );
    expect(words(pages[0])).toBe(
      'Title day Sum share constructor 12. mars 2026 1 234,50 kr 25 % soon −0,50 kr Sum 1 234,00 kr Side 1 av 1',
    );
    const message =
      'Column "day": 1 of 2 values is no date ("soon"; the first in row 2). What is none is printed as it is.';
    expect(result.warnings).toEqual([{ code: 'format_mismatch', message, page: 1 }]);
  });

  it('a report beyond REPORTS_MAX_PAGES: fails as report_failed', async () => {
    const short = createProcessor({ ...deps, config: { ...deps.config, REPORTS_MAX_PAGES: 5 } });
    const bench = await prepare(documentOf([{ type: 'table', columns: [{ key: 'number' }], rows: rowsOf(1000) }]));
    const error = await failureOf(bench, short.process(bench.job, bench.context));
    expect(error).toMatchObject({ code: 'report_failed', message: expect.stringMatching(/longer than 5 pages/) });
    await short.close?.();
  });
});

describe('a monthly report', () => {
  it('the example of the documentation: head, sums, summary, a chart and rows', async () => {
    const { pages } = await draw(reports.example);
    expect(words(pages[0])).toBe(
      'MONTHLY REPORT October 2026 Name Kari Nordmann User u-1042 Period 1 – 31 October 2026 Created 1 November 2026 ' +
        'Entries Amount 3 NOK 1,207.50 October had three orders, one more than September. ' +
        'Thank you for shopping with us. ' +
        'NOK 1,000 NOK 899.00 NOK 500 NOK 249.00 NOK 59.50 NOK 0 2 Oct 14 Oct 28 Oct ' +
        'Details Date Order Item Amount 2 Oct 2026 A-1001 Coffee beans, 1 kg NOK 249.00 ' +
        '14 Oct 2026 A-1017 Paper filters ' +
        'NOK 59.50 28 Oct 2026 A-1039 Hand grinder NOK 899.00 Total NOK 1,207.50 Page 1 of 1',
    );
  });

  it("rows without columns: columns are found, and words are in the report's language", async () => {
    const rows = [
      { unitPrice: 2.5, when: '2026-10-01' },
      { unitPrice: 3, when: '2026-10-02', note: 'ny' },
    ];
    const data = { userId: 'u1', month: '2026-10', title: 'Kari i oktober', rows };
    const { pages, pdf } = await draw({ template: 'monthly', locale: 'nb-NO', data });
    expect(words(pages[0])).toContain(
      'Detaljer Unit price When Note 2,50 1. okt. 2026 3,00 2. okt. 2026 ny Side 1 av 1',
    );
    expect(await readInfo(pdf)).toMatchObject({ Title: 'Kari i oktober' });
  });
});

describe('ending early', () => {
  it('a signal that aborts while drawing: rejects with its reason, writes nothing; the next report is drawn', async () => {
    const bench = await prepare(LONG);
    const run = processor.process(bench.job, bench.context);
    await bench.begun;
    const reason = new AppError('timed_out', 'Too long.');
    bench.abort.abort(reason);
    expect(await failureOf(bench, run)).toBe(reason);
    expect((await draw(documentOf([]))).result.pages).toBe(1);
    expect(bench.progress.at(-1)?.percent).toBeLessThan(99);
  });

  it('a signal that aborted before: rejects with its reason at once', async () => {
    const bench = await prepare(LONG);
    const reason = new AppError('interrupted', 'Stopping.');
    bench.abort.abort(reason);
    expect(await failureOf(bench)).toBe(reason);
    expect(bench.progress).toEqual([]);
  });

  it('a report that waits for a thread and is aborted: rejects, and the one being drawn goes on', async () => {
    const [drawn, waiting] = [await prepare(LONG), await prepare(documentOf([]))];
    const first = processor.process(drawn.job, drawn.context);
    await drawn.begun;
    const second = processor.process(waiting.job, waiting.context);
    waiting.abort.abort(new AppError('cancelled', 'Cancelled.'));
    expect(await failureOf(waiting, second)).toMatchObject({ code: 'cancelled' });
    expect((await first).result.pages).toBeGreaterThan(200);
  });

  it('close: ends a report that is being drawn, and takes no other', async () => {
    const own = createProcessor(deps);
    const bench = await prepare(LONG);
    const failed = failureOf(bench, own.process(bench.job, bench.context));
    await bench.begun;
    await own.close?.();
    expect(await failed).toMatchObject({ code: 'interrupted' });
    expect(await failureOf(bench, own.process(bench.job, bench.context))).toMatchObject({ code: 'interrupted' });
  });

  it('a thread out of memory: report_failed, which is not retried, and the next report is drawn', async () => {
    // An empty report needs 24 MB at most, the other 200: no load of the machine brings them near the limit between.
    const pool = createRenderPool(1, 96);
    const options = { signal: new AbortController().signal, onProgress: () => {} };
    const cells = Object.fromEntries(Array.from({ length: 50 }, (_, index) => [`c${index}`, 'x'.repeat(8000)]));
    const rows = Array.from({ length: 500 }, () => ({ ...cells }));
    const columns = Object.keys(cells).map((key) => ({ key }));
    const hungry = documentOf([{ type: 'table', columns, rows }]);
    const bench = await prepare(documentOf([]));
    const task = { input: bench.job.input, createdAt: new Date(), pdf: bench.path('a.pdf'), maxRows: 1, maxPages: 9 };
    const run = pool.render({ ...task, input: reports.input.parse(hungry) }, options);
    const error = await run.catch((reason) => reason);
    expect(error).toMatchObject({ code: 'report_failed', retryable: false });
    expect((await pool.render(task, options)).pages).toBe(1);
    await pool.close();
  });

  it('a thread that draws one report after the other, without a rest: keeps nothing of them', async () => {
    const threads: Worker[] = [];
    const note = (message: unknown) => threads.push((message as { worker: Worker }).worker);
    subscribe('worker_threads', note);
    const pool = createRenderPool(1);
    const options = { signal: new AbortController().signal, onProgress: () => {} };
    const bench = await prepare(documentOf([]));
    const task = { input: bench.job.input, createdAt: new Date(), pdf: bench.path('a.pdf'), maxRows: 1, maxPages: 9 };
    const draw = async (times: number) => {
      for (let report = 0; report < times; report += 1) await pool.render(task, options);
      return (await threads[0]?.getHeapStatistics())?.external_memory ?? 0;
    };
    const before = await draw(5);
    // Each fills a buffer of 1 MB.
    expect((await draw(60)) - before).toBeLessThan(40_000_000);
    unsubscribe('worker_threads', note);
    await pool.close();
  });

  it('a thread that had nothing to draw for a while: ends, and another one draws the next report', async () => {
    const countThreads = () => readdirSync('/proc/self/task').length;
    const before = countThreads();
    const pool = createRenderPool(1, 256, 100);
    const options = { signal: new AbortController().signal, onProgress: () => {} };
    const bench = await prepare(documentOf([]));
    const task = {
      input: bench.job.input,
      createdAt: new Date(),
      pdf: bench.path('idle.pdf'),
      maxRows: 1,
      maxPages: 9,
    };
    for (let report = 0; report < 2; report += 1) {
      expect((await pool.render(task, options)).pages).toBe(1);
      await until('the thread has ended', () => countThreads() <= before);
    }
    await pool.close();
  });
});
