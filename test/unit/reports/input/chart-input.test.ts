import { describe, expect, it } from '@jest/globals';
import { fieldErrors } from '../../../../src/fields/invalid-request.ts';
import { reports } from '../../../../workers/reports/job.ts';

const CHART = '/data/blocks/0';
const chartOf = (fields: object) => ({
  data: {
    title: 'T',
    blocks: [{ type: 'chart', chart: 'bar', categories: ['a', 'b'], series: [{ values: [1, 2] }], ...fields }],
  },
});
const countOf = (fields: object) =>
  chartOf({ categories: undefined, series: undefined, rows: [], category: 'c', ...fields });
const faultsOf = (request: unknown): string[] =>
  fieldErrors(reports.input.safeParse(JSON.parse(JSON.stringify(request))).error).map(
    ({ pointer, detail }) => `${pointer.replace(CHART, '')} ${detail}`,
  );
const many = (count: number) => Array.from({ length: count }, (_, index) => index);
const NUMBER = 'must be a number from -1e15 to 1e15, or null where there is none';

describe('fields of a chart', () => {
  it('numbers as categories: become texts', () => {
    const report = reports.input.parse(chartOf({ categories: [2025, 2026] }));
    expect(report.data).toMatchObject({ blocks: [{ categories: ['2025', '2026'], donut: false, scale: 'linear' }] });
  });

  it.each<[object, string]>([
    [{ chart: 'radar' }, '/chart must be bar, stackedBar, line, area or pie'],
    [{ categories: many(201) }, '/categories must be a list of 1 to 200 entries'],
    [{ series: many(13).map(() => ({ name: 'a', values: [1, 2] })) }, '/series must be a list of 1 to 12 entries'],
    [{ series: [{ values: [1, '2'] }] }, `/series/0/values/1 ${NUMBER}`],
    [{ series: [{ values: [1, 1e16] }] }, `/series/0/values/1 ${NUMBER}`],
    [
      { series: [{ values: [1] }] },
      '/series/0/values must have a value for each of the 2 categories (null where there is none), not 1',
    ],
    [
      { series: [{ name: 'x', values: [1, 2] }, { values: [1, 2] }] },
      '/series/1/name must be given where there are several series',
    ],
    [{ format: 'date' }, '/format must be number, number:<0-10 decimals>, currency:<ISO 4217 code>, percent or bytes'],
    [{ height: '2mm' }, '/height must be a length from 30mm to 250mm, such as "70mm"'],
    [{ donut: true }, '/donut must be left out: only a pie can be a donut'],
    [
      { chart: 'pie', series: [{ values: [1, -2] }] },
      '/series/0/values/1 must not be negative in a pie: draw bars instead',
    ],
    [
      { chart: 'pie', categories: many(13), series: [{ values: many(13) }] },
      '/categories must be at most 12 entries for a pie, not 13: count the small ones together, or draw bars',
    ],
    [
      {
        chart: 'area',
        series: [
          { name: 'x', values: [1, 2] },
          { name: 'y', values: [1, -2] },
        ],
      },
      '/series/1/values/1 must not be negative where areas are stacked: draw lines instead',
    ],
    [{ chart: 'line', horizontal: true }, '/horizontal must be left out: only bars can lie on their side'],
    [{ stack: 'all' }, '/stack must be none, stacked or percent'],
    [{ chart: 'line', stack: 'percent' }, '/stack must be left out: only bars and areas can be stacked'],
    [{ chart: 'area', stack: 'none' }, '/stack must be stacked or percent with area'],
    [
      { stack: 'percent', series: [{ values: [1, -2] }] },
      '/series/0/values/1 must not be negative in parts of a whole: draw bars instead',
    ],
    [
      { chart: 'stackedBar', scale: 'log' },
      '/scale must be linear for areas, pies and what is stacked: only lengths from zero can be added',
    ],
    [{ scale: 'log', lines: [{ value: 0 }] }, '/lines/0/value must be above 0 on a logarithmic scale'],
    [{ lines: many(7).map((value) => ({ value })) }, '/lines must be a list of at most 6 entries'],
    [{ lines: [{ label: 'Budget' }] }, '/lines/0/value must be a number from -1e15 to 1e15'],
    [{ chart: 'pie', lines: [{ value: 1 }] }, '/lines must be left out: a pie has no axis'],
    [{ series: [{ values: [1, 2], chart: 'pie' }] }, '/series/0/chart must be bar or line'],
    [
      { chart: 'area', series: [{ values: [1, 2], chart: 'line' }] },
      '/series/0/chart must be left out: bars and lines alone can be combined',
    ],
    [
      { horizontal: true, series: [{ values: [1, 2], chart: 'line' }] },
      '/series/0/chart must be left out with horizontal',
    ],
    [
      {
        series: [
          { name: 'a', values: [1, 2] },
          { name: 'b', values: [1, 2], axis: 'right' },
        ],
      },
      '/series/1/axis must be left, unless the series is drawn as a line ("chart": "line")',
    ],
    [
      { chart: 'line', series: [{ values: [1, 2], axis: 'right' }] },
      '/series/0/axis must be left for one series at least',
    ],
    [
      {
        chart: 'line',
        scale: 'log',
        series: [
          { name: 'a', values: [1, 2] },
          { name: 'b', values: [1, 2], axis: 'right' },
        ],
      },
      '/series/1/axis must be left on a logarithmic scale',
    ],
    [
      {
        chart: 'area',
        series: [
          { name: 'a', values: [1, 2] },
          { name: 'b', values: [1, 2], axis: 'right' },
        ],
      },
      '/series/1/axis must be left: bars and lines alone have a second axis',
    ],
    [{ rightFormat: 'percent' }, '/rightFormat must be left out where no series has the axis right'],
    [{ series: undefined }, '/series must be a list of series; or give rows to count'],
    [{ limit: 5 }, '/limit must be left out where there are no rows'],
    [{ rows: [], category: 'c', series: undefined }, '/categories must be left out where rows are counted'],
  ])('a chart that is not right: one fault that names the field (%#)', (fields, fault) => {
    expect(faultsOf(chartOf(fields))).toEqual([fault]);
  });

  it.each<[object, string]>([
    [{ category: undefined }, '/category must be the key of the column that names the categories'],
    [{ chart: 'pie', value: ['a', 'b'] }, '/value must be one key: a pie shows the parts of one whole'],
    [{ chart: 'pie', limit: 13 }, '/limit must be at most 12 for a pie'],
    [{ limit: 1 }, '/limit must be a whole number from 2 to 200'],
    [
      { horizontal: true, value: ['a', { key: 'b', chart: 'line' }] },
      '/value/1/chart must be left out with horizontal',
    ],
    [{ by: 'minute' }, '/by must be hour, day, week, month, quarter or year'],
    [
      { rows: 3 },
      '/rows must be a list of rows, {"file": "<form field>"}, {"upload": "upd_..."}, {"job": "rep_..."} or {"url": "https://..."}',
    ],
  ])('rows that can not be counted: one fault that names the field (%#)', (fields, fault) => {
    expect(faultsOf(countOf(fields))).toEqual([fault]);
  });

  it('a file of rows: is one of the files that the form has to bring, once', () => {
    const block = { type: 'chart', chart: 'bar', rows: { file: 'sales' }, category: 'c' };
    const report = reports.input.parse({
      data: { title: 'T', blocks: [block, { type: 'columns', columns: [[block]] }] },
    });
    expect(reports.upload?.files?.(report)).toEqual(['sales']);
    const monthly = { template: 'monthly', data: { userId: 'u', month: '2026-10', rows: { file: 'orders' } } };
    expect(reports.upload?.files?.(reports.input.parse(monthly))).toEqual(['orders']);
  });
});

it('a time zone: has a name that is known', () => {
  expect(reports.input.parse({ ...chartOf({}), timeZone: 'Europe/Oslo' }).timeZone).toBe('Europe/Oslo');
  for (const timeZone of ['Europe/Lillehammer', '', 'Local']) {
    expect(faultsOf({ ...chartOf({}), timeZone })).toEqual([
      '/timeZone must be the name of a time zone, such as "Europe/Oslo" or "UTC"',
    ]);
  }
});

describe('pictures and rows that lie elsewhere', () => {
  const upload = `upd_${'0'.repeat(26)}`;
  const job = `img_${'0'.repeat(26)}`;
  const imageOf = (source: object) => ({ data: { title: 'T', blocks: [{ type: 'image', source }] } });

  it('are those that a report refers to, each where it names it, in columns too', () => {
    const image = { type: 'image', source: { job, file: 'large' } };
    const blocks = [
      image,
      { type: 'columns', columns: [[image], [{ type: 'image', source: { upload } }]] },
      { type: 'table', rows: { upload } },
      { type: 'table', rows: { job, file: 'table.csv', decimal: ',' } },
    ];
    expect(reports.references?.(reports.input.parse({ data: { title: 'T', blocks } }))).toEqual([
      { id: upload, pointer: '/data/blocks/2/rows/upload', field: 'rows' },
      { id: job, pointer: '/data/blocks/3/rows/job' },
      { id: job, pointer: '/data/blocks/0/source/job' },
      { id: job, pointer: '/data/blocks/1/columns/0/0/source/job' },
      {
        id: upload,
        pointer: '/data/blocks/1/columns/1/0/source/upload',
        types: ['image/png', 'image/jpeg', 'image/webp', 'image/gif', 'image/svg+xml'],
        limit: { what: 'pictures', bytes: 100_000_000 },
      },
    ]);
    const monthly = { template: 'monthly', data: { userId: 'u', month: '2026-10', rows: { upload } } };
    expect(reports.references?.(reports.input.parse(monthly))).toEqual([
      { id: upload, pointer: '/data/rows/upload', field: 'rows' },
    ]);
  });

  it("a job's file is none of the form's", () => {
    const blocks = [
      { type: 'table', rows: { job, file: 'table.csv' } },
      { type: 'table', rows: { file: 'sales' } },
    ];
    expect(reports.upload?.files?.(reports.input.parse({ data: { title: 'T', blocks } }))).toEqual(['sales']);
  });

  it.each<[object, string]>([
    [{ job: '../x' }, '/source/job must be a job id, such as img_ and 26 characters'],
    [
      { job, content: 'iVBORw0KGg' },
      '/source must be {"content": "<base64>"}, {"upload": "<id>"} or {"job": "<id>", "file": "<name>"}',
    ],
    [{}, '/source must be {"content": "<base64>"}, {"upload": "<id>"} or {"job": "<id>", "file": "<name>"}'],
  ])('a source that is none: one fault (%#)', (source, fault) => {
    expect(faultsOf(imageOf(source))).toEqual([fault]);
  });
});

describe('fields of an invoice', () => {
  const valid = {
    number: '1',
    issued: '2026-10-31',
    currency: 'NOK',
    seller: { name: 'S' },
    buyer: { name: 'B' },
    lines: [{ description: 'd', unitPrice: 1 }],
  };
  const invoiceOf = (fields: object) => ({ template: 'invoice', data: { ...valid, ...fields } });
  const lineOf = (fields: object) => invoiceOf({ lines: [{ description: 'd', unitPrice: 1, ...fields }] });
  const AMOUNT = 'must be a number of at most 12 digits before and 6 after the point';

  it('a line without a quantity: is one', () => {
    expect(reports.input.parse(invoiceOf({})).data).toMatchObject({ lines: [{ quantity: 1, unitPrice: 1 }] });
  });

  it.each<[object, string]>([
    [invoiceOf({ issued: '2026-02-30' }), '/data/issued must be a date, such as "2026-10-05"'],
    [invoiceOf({ due: '2026-10-30' }), '/data/due must not be before the date it was issued'],
    [invoiceOf({ currency: 'XYZ' }), '/data/currency must be an ISO 4217 code, such as NOK'],
    [invoiceOf({ lines: [] }), '/data/lines must be a list of 1 to 5,000 entries'],
    [lineOf({ unitPrice: 0.1234567 }), `/data/lines/0/unitPrice ${AMOUNT}`],
    [lineOf({ unitPrice: '1,50' }), `/data/lines/0/unitPrice ${AMOUNT}`],
    [lineOf({ quantity: 1e13 }), `/data/lines/0/quantity ${AMOUNT}`],
    [lineOf({ vat: 101 }), '/data/lines/0/vat must be a percentage from 0 to 100, such as 25'],
    [lineOf({ vat: -1 }), '/data/lines/0/vat must be a percentage from 0 to 100, such as 25'],
    [lineOf({ price: 1 }), '/data/lines/0/price is not a known field'],
  ])('a field that is not right: one fault (%#)', (request, fault) => {
    expect(faultsOf(request)).toEqual([fault]);
  });
});
