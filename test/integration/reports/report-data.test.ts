import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import request from 'supertest';
import { bearer, openTestApp, type TestApp } from '../../support/app.ts';

let test: TestApp;
beforeAll(async () => {
  test = await openTestApp();
});
afterEach(() => test.clear());
afterAll(() => test.close());

const report = { data: { title: 'Sales', blocks: [{ type: 'table', rows: { file: 'sales' } }] } };

/** Posts a report as a form, with data files of these contents. */
function post(files: Record<string, string | Buffer>) {
  const form = request(test.app).post('/v1/reports').set('Authorization', bearer('kari'));
  form.field('report', JSON.stringify(report));
  for (const [name, content] of Object.entries(files)) form.attach(name, Buffer.from(content), `${name}.csv`);
  return form;
}

async function refusalOf(form: request.Test) {
  const { status, body } = await form;
  expect(await test.storedFiles()).toEqual([]);
  expect(await test.waiting()).toBe(0);
  return { status, code: body.code, detail: body.errors?.[0]?.detail ?? body.detail };
}

describe('a report with a data file', () => {
  it.each([
    ['a,b\n1,2\n', 'text/csv'],
    [' {"a":1}\n', 'application/x-ndjson'],
    [Buffer.from('\ufeffa;b\n', 'utf16le'), 'text/csv'],
  ])('CSV and NDJSON: are accepted and stored, with what they are (%#)', async (sales, type) => {
    const { status, body } = await post({ sales });
    expect(status).toBe(202);
    const job = await test.producer.find(body.id);
    expect(job?.envelope.uploads['sales']).toMatchObject({ name: 'sales.csv', type, bytes: sales.length });
  });

  it.each([
    [
      { sales: 'PK\u0003\u0004rest' },
      415,
      'unsupported_media_type',
      'The file "sales" is a ZIP archive: send a workbook (.xlsx, .ods), CSV or NDJSON.',
    ],
    [
      { sales: Buffer.from([1, 2, 3, 0, 255]) },
      415,
      'unsupported_media_type',
      'The file "sales" is not text: send CSV, NDJSON or a workbook (.xlsx, .ods).',
    ],
    [{ sales: '' }, 400, 'invalid_request', expect.stringMatching(/empty/)],
    [{}, 400, 'invalid_request', expect.any(String)],
    [{ sales: 'a\n', costs: 'a\n' }, 400, 'invalid_request', expect.any(String)],
  ])(
    'files that are no data, or not those that the tables name: refused, and nothing is kept (%#)',
    async (files, status, code, detail) => {
      expect(await refusalOf(post(files as Record<string, string | Buffer>))).toEqual({ status, code, detail });
    },
  );
});
