import { readFile, writeFile } from 'node:fs/promises';
import { describe, expect, it } from '@jest/globals';
import sharp from 'sharp';
import type { StoredFile } from '../../../../src/jobs/files/stored-file.ts';
import type { FinishedJob } from '../../../../src/jobs/processor.ts';
import { checkFileCharts } from '../../../../workers/reports/data/charts/count-charts.ts';
import { reports } from '../../../../workers/reports/job.ts';
import { composeReport } from '../../../../workers/reports/render/compose.ts';
import { svgOf } from '../../../support/reports/drawings.ts';
import { INVOICE_BASE } from '../../../support/reports/invoices.ts';
import { countDots, drawPage } from '../bench.ts';
import { draw, drawIn, prepare, processor } from './draw.ts';

const failureOf = (run: Promise<unknown>): Promise<unknown> =>
  run.then(
    () => 'no failure',
    (error: unknown) => error,
  );

/** The darkest dot of a rectangle in points, 0 to 255. */
async function darkestDot(pdf: string, box: { x: number; y: number; width: number; height: number }): Promise<number> {
  const { width, dots } = await drawPage(pdf, 1);
  let darkest = 255;
  for (let y = Math.round(box.y); y < box.y + box.height; y += 1) {
    const row = dots.subarray(y * width + Math.round(box.x), y * width + Math.round(box.x + box.width));
    for (const dot of row) darkest = Math.min(darkest, dot);
  }
  return darkest;
}

describe('charts in a report', () => {
  const documentOf = (...blocks: object[]) => ({ locale: 'en-GB', data: { title: 'T', blocks } });
  const series = [
    { name: 'North', values: [3, 5, null] },
    { name: 'South', values: [2, 1, 4] },
  ];
  const chartOf = (fields: object) => ({ type: 'chart', categories: ['Jan', 'Feb', 'Mar'], series, ...fields });

  it('every sort of chart: its title, names and numbers are text on the page', async () => {
    const charts = ['bar', 'stackedBar', 'line', 'area'].map((chart) => chartOf({ chart, title: `A ${chart}` }));
    const pie = { chart: 'pie', title: 'A pie', series: [{ values: [6, 3, 1] }], donut: true, format: 'currency:EUR' };
    const { pages, result } = await draw(documentOf(...charts, chartOf(pie)));
    const text = pages.join(' ');
    for (const title of ['A bar', 'A stackedBar', 'A line', 'A area']) expect(text).toContain(`${title} North South`);
    expect(text).toContain('A pie');
    expect(text).toContain('Jan €6.00 60%');
    expect(text).toContain('€10.00');
    expect(result.warnings).toEqual([]);
  });

  it('bars: stand on the axis as high as their values, the lower beside the higher', async () => {
    const bars = chartOf({ chart: 'bar', categories: ['a', 'b'], series: [{ values: [10, 5] }], height: '100mm' });
    const { pdf } = await draw({ ...documentOf(bars), page: { size: 'A5', margin: '20mm' } });
    // The body is 306 points wide from 57 on: the bars stand around a quarter and three quarters of it.
    const upper = { y: 130, height: 60, width: 6 };
    expect(await darkestDot(pdf, { x: 57 + 0.28 * 306, ...upper })).toBeLessThan(100);
    expect(await darkestDot(pdf, { x: 57 + 0.77 * 306, ...upper, y: 150, height: 20 })).toBeGreaterThan(180);
    expect(await darkestDot(pdf, { x: 57 + 0.77 * 306, ...upper, y: 290, height: 20 })).toBeLessThan(100);
  });

  it('a chart without a number: says so', async () => {
    const { pages } = await draw(documentOf(chartOf({ chart: 'line', series: [{ values: [null, null, null] }] })));
    expect(pages[0]).toContain('No data');
  });

  it('a chart that has no room below a heading: goes to the next page together with it', async () => {
    const fill = { type: 'list', items: Array.from({ length: 30 }, (_, index) => `item ${index}`) };
    const heading = { type: 'heading', text: 'About the chart' };
    const { pages } = await draw(
      documentOf(fill, heading, chartOf({ chart: 'bar', title: 'The chart', height: '90mm' })),
    );
    expect(pages).toHaveLength(2);
    expect(pages[0]).not.toContain('About the chart');
    expect(pages[1]).toMatch(/^About the chart The chart North South/);
  });

  it('rows: are counted into its numbers', async () => {
    const rows = [
      { day: '2026-10-02', amount: 4.25 },
      { day: '2026-10-20', amount: 3 },
      { day: '2026-11-05', amount: 5.5 },
    ];
    const counted = { type: 'chart', chart: 'bar', rows, category: 'day', value: 'amount', by: 'month' };
    const { pages } = await draw(documentOf(counted));
    expect(pages[0]).toContain('7.25');
    expect(pages[0]).toContain('5.5');
    expect(pages[0]).toContain('Oct 2026 Nov 2026');
  });

  it('rows without the column: the job fails and names the chart and the column', async () => {
    const counted = { type: 'chart', chart: 'bar', title: 'Sales', rows: [{ a: 1 }], category: 'month' };
    const bench = await prepare(documentOf(counted));
    expect(await failureOf(processor.process(bench.job, bench.context))).toMatchObject({
      code: 'report_failed',
      message: 'The chart "Sales" asks for "month", which no row has.',
    });
  });
});

describe('charts that count rows of files', () => {
  it('more than fifty: the job fails before a file is read', () => {
    const chart = { type: 'chart', chart: 'bar', rows: { file: 'sales' }, category: 'c' };
    const blocks = [...Array(49).fill(chart), { type: 'columns', columns: [[chart, chart]] }];
    const report = composeReport(reports.input.parse({ data: { title: 'T', blocks } }), new Date(0));
    expect(() => checkFileCharts(report.blocks)).toThrow('51 charts that count rows of files, at most 50 may');
  });
});

describe('a monthly report', () => {
  it('with charts: they count its own rows', async () => {
    const { pages } = await draw({
      template: 'monthly',
      locale: 'en-GB',
      data: {
        userId: 'u-1',
        month: '2026-10',
        rows: [
          { item: 'Coffee', amount: 10 },
          { item: 'Tea', amount: 4 },
          { item: 'Coffee', amount: 5 },
        ],
        charts: [{ chart: 'pie', title: 'By item', category: 'item', value: 'amount' }],
      },
    });
    expect(pages[0]).toContain('By item');
    expect(pages[0]).toContain('Coffee 15 78.9%');
  });

  it('the sums on its cards: are those below its table', async () => {
    const columns = [{ key: 'n' }, { key: 'a', format: 'number:2' }, { key: 'b', format: 'number:2' }, { key: 'p' }];
    const rows = [
      { n: 'x', a: '1.234', b: '950,50', p: '25 %' },
      { n: 'y', a: '2.500', b: '1,5', p: '30 %' },
    ];
    const data = { userId: 'u', month: '2026-10', columns, rows, totals: { a: 'sum', p: 'sum' } };
    const { pages } = await draw({ template: 'monthly', locale: 'en-GB', data });
    expect(pages[0]).toContain('Entries a p 2 3,734.00 55%');
    expect(pages[0]).toContain('Total 3,734.00 55%');
  });
});

describe('a monthly report with a filter and an order', () => {
  const rows = [
    { n: 'b', a: 2, s: 'paid' },
    { n: 'c', a: 40, s: 'open' },
    { n: 'a', a: 1, s: 'open' },
  ];
  const charts = [{ chart: 'bar', title: 'Each', category: 'n', value: 'a' }];
  const base = { userId: 'u', month: '2026-10', rows, totals: { a: 'sum' } };

  it('has them in its table, its cards, its groups and its charts', async () => {
    const data = {
      ...base,
      charts,
      filter: [{ key: 's', is: 'open' }],
      sort: [{ key: 'n' }],
      groupBy: 's',
      zebra: true,
    };
    const { pages } = await draw({ template: 'monthly', locale: 'en-GB', data });
    expect(pages[0]).toContain('Entries A 2 41');
    expect(pages[0]).toMatch(/Details N A S a 1 open c 40 open Total open 41/);
    expect(pages[0]?.split('Details')[0]).not.toMatch(/\bb\b/);
  });

  it('names what of them can not be', () => {
    const columns = [{ key: 'n' }, { key: 'a' }, { key: 'twice', value: 'a * 2' }];
    const faultsOf = (more: object) =>
      (reports.input.safeParse({ template: 'monthly', data: { ...base, ...more } }).error?.issues ?? []).map(
        ({ path, message }) => `${path.join('/')} ${message}`,
      );
    expect(faultsOf({ filter: [{ key: 'none', is: 1 }], sort: [{ key: 'not' }] })).toEqual([
      'data/filter/0/key must be a column of the rows: none has "none"',
      'data/sort/0/key must be a column of the rows: none has "not"',
    ]);
    expect(faultsOf({ columns, filter: [{ key: 'twice', above: 2 }] })).toEqual([]);
    expect(faultsOf({ columns, charts, filter: [{ key: 'twice', above: 2 }] })).toEqual([
      expect.stringContaining('data/filter/0/key must not be the key of a computed column beside charts'),
    ]);
  });
});

describe('pictures of other jobs', () => {
  const id = `img_${'0'.repeat(26)}`;
  const fields = {
    data: { title: 'T', blocks: [{ type: 'image', source: { job: id, file: 'large' }, width: '50%' }] },
  };
  const fileOf = (name: string, type: string, bytes = 100): StoredFile => ({
    key: `results/${name}`,
    name,
    type,
    bytes,
    sha256: '',
  });

  it('a picture: is drawn as if it had come along', async () => {
    const job: FinishedJob = { id, state: 'completed', files: [fileOf('large.png', 'image/png')] };
    const bench = await prepare(fields, [job]);
    const picture = sharp({ create: { width: 20, height: 10, channels: 3, background: '#000' } });
    await writeFile(bench.path('large.png'), await picture.png().toBuffer());
    const { pdf } = await drawIn(bench);
    expect(await darkestDot(pdf, { x: 100, y: 140, width: 50, height: 30 })).toBe(0);
  });

  it('the logo of an invoice: stands above it, read as the seller', async () => {
    const job: FinishedJob = { id, state: 'completed', files: [fileOf('large.svg', 'image/svg+xml')] };
    const fields = {
      template: 'invoice',
      data: { ...INVOICE_BASE, lines: [{ description: 'a', unitPrice: 1 }], logo: { job: id } },
      profile: 'PDF/UA-1',
    };
    const bench = await prepare(fields, [job]);
    await writeFile(bench.path('large.svg'), svgOf('<rect width="100" height="100" fill="#2020c0"/>'));
    const { pdf } = await drawIn(bench);
    // 48 points at 36 dots an inch.
    expect((await countDots(pdf, 1, ['#2020c0'])).map((dots) => Math.round(dots / 24 ** 2))).toEqual([1]);
    expect(reports.references?.(bench.job.input)).toEqual([{ id, pointer: '/data/logo/job' }]);
  });

  it('in the cells of a table, of jobs and data URLs: each is printed once for each cell, and the files have its text', async () => {
    const job: FinishedJob = { id, state: 'completed', files: [fileOf('large.png', 'image/png')] };
    const solid = (background: string) =>
      sharp({ create: { width: 48, height: 48, channels: 3, background } })
        .png()
        .toBuffer();
    const red = `data:image/png;base64,${(await solid('#c02020')).toString('base64')}`;
    const columns = [
      { key: 'photo', title: 'Photo', type: 'image' },
      { key: 'state', pictures: { ok: { job: id, file: 'large' } } },
    ];
    const photos = [{ job: id, file: 'large', alt: 'Chair' }, { content: red, alt: 'Chair' }, red, red, null];
    const rows = photos.map((photo, index) => ({ photo, state: index === 4 ? 'ok' : 'late' }));
    const bench = await prepare(
      { data: { title: 'T', blocks: [{ type: 'table', columns, rows }] }, formats: ['pdf', 'csv'], footer: '' },
      [job],
    );
    await writeFile(bench.path('large.png'), await solid('#2020c0'));
    const { pdf } = await drawIn(bench);
    const [blue = 0, reds = 0] = await countDots(pdf, 1, ['#2020c0', '#c02020']);
    expect(Math.round(blue / 18 ** 2)).toBe(2);
    expect(Math.round(reds / 18 ** 2)).toBe(3);
    expect(await readFile(bench.path('report.csv'), 'utf8')).toBe(
      '\ufeffPhoto,state\r\nChair,late\r\nChair (2),late\r\nPhoto 3,late\r\nPhoto 3,late\r\n,ok\r\n',
    );
    expect(reports.references?.(bench.job.input).map(({ pointer }) => pointer)).toEqual([
      '/data/blocks/0/columns/1/pictures/ok/job',
      '/data/blocks/0/rows/0/photo/job',
    ]);
  });

  it.each<[string, FinishedJob[], object]>([
    [
      'still running: the report waits',
      [{ id, state: 'pending', files: [] }],
      { code: 'waiting_for_job', retryable: true },
    ],
    [
      'an AVIF: the job fails and says what to ask for',
      [{ id, state: 'completed', files: [fileOf('large.avif', 'image/avif')] }],
      {
        code: 'report_failed',
        message:
          `The image at /data/blocks/0 is large.avif of the job ${id}, of the type image/avif. ` +
          'A report takes PNG, JPEG, WebP, GIF and SVG: ask that job for a rendition of format png, jpeg or webp.',
      },
    ],
    [
      'more than 100 MB: the job fails',
      [{ id, state: 'completed', files: [fileOf('large.png', 'image/png', 100_000_001)] }],
      { code: 'report_failed' },
    ],
    ['a job that is gone: the job fails', [], { code: 'source_unavailable' }],
  ])('%s', async (_, jobs, failure) => {
    const bench = await prepare(fields, jobs);
    expect(await failureOf(processor.process(bench.job, bench.context))).toMatchObject(failure);
    expect(await bench.written()).toEqual([]);
  });
});
