import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { fieldErrors } from '../../../src/fields/invalid-request.ts';
import { reports } from '../../../workers/reports/job.ts';

/** The faults of a request, as "/pointer sentence". */
const faultsOf = (request: unknown): string[] =>
  fieldErrors(reports.input.safeParse(request).error).map(({ pointer, detail }) => `${pointer} ${detail}`);

/** A document with that one block. */
const blockOf = (block: unknown) => ({ data: { title: 'T', blocks: [{ type: 'text', text: 'a' }, block] } });
const tableOf = (fields: object) => blockOf({ type: 'table', columns: [{ key: 'a' }], rows: [], ...fields });
const monthOf = (fields: object) => ({ template: 'monthly', data: { userId: 'u', month: '2026-10', ...fields } });
const BLOCK = '/data/blocks/1';
const KEYS = 'must have keys of 1 to 100 characters, unless columns are given that leave the others out';
const NO_VALUE = 'must have a value in one of the rows at least, unless columns are given';
const CELL = 'must be a text, a number, true, false or null';

describe('rows of a monthly report without columns', () => {
  it.each([
    ['a key over 100 characters', [{ a: 1 }, { ['k'.repeat(101)]: 1 }], [`/data/rows ${KEYS}`]],
    ['an empty key', [{ '': 1 }], [`/data/rows ${KEYS}`]],
    ['rows without any value', [{}, { a: null }], [`/data/rows ${NO_VALUE}`]],
    ['a key of 100 characters', [{ ['k'.repeat(100)]: 1 }], []],
    ['no rows', [], []],
  ])('%s', (_what, rows, faults) => {
    expect(faultsOf(monthOf({ rows }))).toEqual(faults);
    expect(faultsOf(monthOf({ rows, columns: [{ key: 'a' }] }))).toEqual([]);
  });

  it('more than 1,000 values in a row: refused', () => {
    const row = Object.fromEntries(Array.from({ length: 1001 }, (_, index) => [`k${index}`, 1]));
    expect(faultsOf(monthOf({ rows: [row] }))).toEqual(['/data/rows/0 must have at most 1,000 values']);
  });
});

describe('fields of a report', () => {
  it('a title alone: a document, every default filled in', () => {
    expect(reports.input.parse({ data: { title: 'T' } })).toEqual({
      attachments: [],
      formats: ['pdf'],
      template: 'document',
      preview: false,
      locale: 'en-US',
      page: { size: 'A4', orientation: 'portrait', margin: '20mm' },
      header: '',
      outline: false,
      strict: false,
      data: { title: 'T', blocks: [] },
    });
  });

  it('what a job stores: validates again to the same, as a worker of a later version may do', () => {
    for (const request of [reports.example, tableOf({}), blockOf({ type: 'heading', text: 'x' })]) {
      const stored = reports.input.parse(request);
      expect(reports.input.parse(JSON.parse(JSON.stringify(stored)))).toEqual(stored);
    }
  });

  it('the requests in the documentation: are valid', () => {
    const page = readFileSync(join(import.meta.dirname, '../../../docs/reports.md'), 'utf8');
    const bodies = [...page.matchAll(/-d '([^']+)'/g)].map(([, body = '']) => JSON.parse(body));
    expect(bodies.map(faultsOf)).toEqual([[], [], []]);
  });

  it.each([
    [{}, '/data must be an object'],
    [{ template: 'letter', data: {} }, '/template must be document, monthly or invoice'],
    [{ data: {} }, '/data/title must be a text of 1 to 300 characters'],
    [{ data: { title: 'x'.repeat(301) } }, '/data/title must be a text of 1 to 300 characters'],
    [{ data: { title: 'T' }, colour: 'red' }, '/colour is not a known field'],
    [{ data: { title: 'T', 'a/b~': 1 } }, '/data/a~1b~0 is not a known field'],
    [
      { data: { title: 'T' }, locale: 'xx' },
      '/locale must be a language tag that numbers can be written in, such as en-US or nb-NO',
    ],
    [{ data: { title: 'T' }, lang: 'no_NO!' }, '/lang must be a language tag, such as en or nb'],
    [{ data: { title: 'T' }, page: { size: 'A6' } }, '/page/size must be A3, A4, A5, Letter or Legal'],
    [
      { data: { title: 'T' }, page: { margin: '2mm' } },
      '/page/margin must be a length from 5mm to 50mm, such as "20mm"',
    ],
    [{ data: { title: 'T' }, footer: 'x'.repeat(501) }, '/footer must be a text of at most 500 characters'],
    [{ data: { title: 'T', blocks: Array(2001).fill(0) } }, '/data/blocks must be a list of at most 2,000 entries'],
    [monthOf({ month: '2026-13' }), '/data/month must be a year and a month, such as "2026-10"'],
    [monthOf({ rows: [{ a: 1 }], totals: { b: 'sum' } }), '/data/totals/b must be the key of a column of this table'],
    [monthOf({ rows: [{ a: {} }] }), `/data/rows/0/a ${CELL}`],
  ])('a request that is not right: one fault that names the field and its limits (%#)', (request, fault) => {
    expect(faultsOf(request)).toEqual([fault]);
  });

  it.each([
    [blockOf(3), `${BLOCK} must be an object with a type`],
    [
      blockOf({ type: 'diagram' }),
      `${BLOCK}/type must be heading, text, list, keyValues, table, chart, image, code, columns, toc or pageBreak`,
    ],
    [blockOf({ type: 'text', text: 'a', size: 9 }), `${BLOCK}/size is not a known field`],
    [blockOf({ type: 'text' }), `${BLOCK}/text must be a text of 1 to 20,000 characters`],
    [blockOf({ type: 'heading', text: 'a', level: 4 }), `${BLOCK}/level must be 1, 2 or 3`],
    [blockOf({ type: 'list', items: [] }), `${BLOCK}/items must be a list of 1 to 5,000 entries`],
    [
      blockOf({ type: 'keyValues', items: [{ key: 'k', value: [] }] }),
      `${BLOCK}/items/0/value must be a text of at most 20,000 characters, a number, true, false or null`,
    ],
    [
      blockOf({ type: 'image', source: { content: 'Qk1GAAAA' } }),
      `${BLOCK}/source/content must be a PNG, JPEG, WebP, GIF or SVG file as base64 or as a data URL, without line breaks`,
    ],
    [
      blockOf({ type: 'columns', columns: [[], [{ type: 'pageBreak' }]] }),
      `${BLOCK}/columns/1/0/type must be heading, text, list, keyValues, table, chart, image or code`,
    ],
    [tableOf({ columns: [] }), `${BLOCK}/columns must be a list of 1 to 50 entries`],
    [
      tableOf({ columns: [{ key: 'a' }, { key: 'a' }] }),
      `${BLOCK}/columns/1/key must differ from the keys of the columns before it`,
    ],
    [
      tableOf({ columns: [{ key: 'a', format: 'money' }] }),
      `${BLOCK}/columns/0/format must be auto, text, number, number:<0-10 decimals>, currency:<ISO 4217 code>, ` +
        'percent, date, datetime or bytes',
    ],
    [
      tableOf({ columns: [{ key: 'a', width: '-3%' }] }),
      `${BLOCK}/columns/0/width must be a part of the page or a length, such as "20%" or "30mm"`,
    ],
    [tableOf({ rows: Array(20_001).fill({}) }), `${BLOCK}/rows must be a list of at most 20,000 entries`],
    [tableOf({ rows: [{}, 3] }), `${BLOCK}/rows/1 must be an object with a value for each column`],
    [tableOf({ rows: [{ 'x/y': [] }] }), `${BLOCK}/rows/0/x~1y ${CELL}`],
    [tableOf({ rows: [{ a: 'x'.repeat(20_001) }] }), `${BLOCK}/rows/0/a must have at most 20,000 characters`],
    [tableOf({ totals: { a: 'mean' } }), `${BLOCK}/totals/a must be sum, avg, min, max or count`],
    [tableOf({ groupBy: 'b' }), `${BLOCK}/groupBy must be the key of a column of this table`],
    [tableOf({ carry: 'a' }), `${BLOCK}/carry must be a column with the total "sum"`],
    [tableOf({ totals: { a: 'avg' }, carry: 'a' }), `${BLOCK}/carry must be a column with the total "sum"`],
    [tableOf({ columns: undefined }), `${BLOCK}/columns must be a list of 1 to 50 entries`],
    [
      tableOf({ rows: { path: 'x' } }),
      `${BLOCK}/rows must be a list of rows, {"file": "<form field>"}, {"upload": "upd_..."}, {"job": "rep_..."} or {"url": "https://..."}`,
    ],
    [
      tableOf({ rows: { file: '../x' } }),
      `${BLOCK}/rows/file must be the name of a file field of the form: ` +
        'a letter, then at most 63 letters, digits, - or _',
    ],
    [tableOf({ rows: { url: 'file:///etc/passwd' } }), `${BLOCK}/rows/url must begin with http:// or https://`],
    [
      tableOf({ rows: [{ a: Number.POSITIVE_INFINITY }] }),
      `${BLOCK}/rows/0/a must be a number between -1e301 and 1e301`,
    ],
    [
      blockOf({ type: 'columns', columns: [[{ type: 'table', rows: { file: 'sales' } }]] }),
      '/data/blocks must not have a table inside columns whose rows come from a file or a URL',
    ],
    [
      tableOf({ columns: [{ key: 'a', format: 'date' }], totals: { a: 'max' } }),
      `${BLOCK}/totals/a must be count, since the column has dates`,
    ],
    [tableOf({ totals: { b: 'sum' } }), `${BLOCK}/totals/b must be the key of a column of this table`],
  ])('a block that is not right: one fault that names the field and its limits (%#)', (request, fault) => {
    expect(faultsOf(request)).toEqual([fault]);
  });

  it('many bad rows: the first twenty are named', () => {
    expect(faultsOf(tableOf({ rows: Array(20_000).fill(0) }))).toHaveLength(20);
  });

  it('many tables: their rows count together, those in columns too', () => {
    const table = { type: 'table', columns: [{ key: 'a' }], rows: Array(7000).fill({}) };
    const blocks = [table, { type: 'columns', columns: [[table], [table]] }];
    expect(faultsOf({ data: { title: 'T', blocks } })).toEqual([
      '/data/blocks must have tables of at most 20,000 rows together, not 21,000',
    ]);
  });

  it('many blocks: those in columns count', () => {
    const column = Array(1000).fill({ type: 'text', text: 'a' });
    expect(faultsOf(blockOf({ type: 'columns', columns: [column, column] }))).toEqual([
      '/data/blocks must have at most 2,000 entries, those in columns included',
    ]);
  });

  it('the contract: loads no library that draws', async () => {
    const root = join(import.meta.dirname, '../../..');
    const script = ['--import', './test/support/operations/log-loads.ts', './workers/reports/job.ts'];
    const { stdout } = await promisify(execFile)(process.execPath, script, { cwd: root });
    const packages = new Set([...stdout.matchAll(/node_modules\/((?:@[^/]+\/)?[^/]+)/g)].map(([, name]) => name));
    expect([...packages]).toEqual(['zod']);
  });
});
