import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import request from 'supertest';
import { readColumns } from '../../../workers/reports/form/report-body.ts';
import { bearer, openTestApp, type TestApp } from '../../support/app.ts';

let test: TestApp;
beforeAll(async () => {
  test = await openTestApp();
});
afterEach(() => test.clear());
afterAll(() => test.close());

const post = (key: Parameters<typeof bearer>[0] = 'kari') =>
  request(test.app).post('/reports/new').set('Authorization', bearer(key)).field('title', 'Sales <2026>');
const sales = (form: request.Test) =>
  form.attach('file', Buffer.from('month,amount\n2026-10,5\n'), { filename: 'sales.csv', contentType: 'text/csv' });
const envelopeOf = async ({ body }: request.Response) => (await test.producer.find(body.id))?.envelope;

/** The page that shows the form again: what is wrong with which field. */
async function faultsOf(form: request.Test) {
  const { status, text } = await form.set('Accept', 'text/html');
  const faults = [...text.matchAll(/data-fault="report-(\w+)">([^<]+)</g)].map(
    ([, field, fault]) => `${field}: ${fault}`,
  );
  expect(text).toContain('value="Sales &lt;2026&gt;"');
  expect(await test.storedFiles()).toEqual([]);
  expect(await test.waiting()).toBe(0);
  return { status, faults };
}

describe('the form for a report from data', () => {
  it('a file, columns and a chart: become the same job as over the API', async () => {
    const form = sales(
      post()
        .field('locale', 'nb-NO')
        .field('columns', 'month\namount = currency:NOK')
        .field('sums', '1')
        .field('fileName', '1'),
    );
    const answer = await form.field('chart', 'bar').field('category', 'month').field('value', 'amount').field('by', '');
    expect(answer.status).toBe(202);
    const envelope = await envelopeOf(answer);
    const rows = { file: 'file' };
    expect(envelope?.input).toMatchObject({
      template: 'document',
      locale: 'nb-NO',
      fileName: 'Sales -2026-.pdf',
      data: {
        title: 'Sales <2026>',
        blocks: [
          {
            type: 'chart',
            chart: 'bar',
            rows,
            category: 'month',
            value: 'amount',
            title: 'amount',
            format: 'currency:NOK',
          },
          {
            type: 'table',
            rows,
            columns: [
              { key: 'month', format: 'auto' },
              { key: 'amount', format: 'currency:NOK' },
            ],
            sums: true,
          },
        ],
      },
    });
    expect(envelope?.uploads).toMatchObject({ file: { name: 'sales.csv', type: 'text/csv', bytes: 23 } });
  });

  it('pasted rows: are kept as a file; without columns the worker judges all', async () => {
    const envelope = await envelopeOf(await post().field('pasted', 'a;b\n1;2\n'));
    expect(envelope?.uploads).toMatchObject({ file: { name: 'pasted.csv', type: 'text/csv' } });
    expect(envelope?.input).toMatchObject({
      data: { blocks: [{ rows: { file: 'file' }, columns: [{ key: '*', format: 'auto' }] }] },
    });
    expect(await test.storedFiles()).toHaveLength(1);
  });

  it('a preview, without a title and with what the file is read by: asks for a preview over the same rows', async () => {
    const form = sales(request(test.app).post('/reports/new').set('Authorization', bearer('kari')));
    const asked = form.field('preview', '1').field('decimal', ',').field('delimiter', '\t').field('skipRows', '2');
    const rows = { file: 'file', decimal: ',', delimiter: '\t', skipRows: 2 };
    expect((await envelopeOf(await asked.field('chart', 'bar').field('category', '')))?.input).toMatchObject({
      preview: true,
      data: { title: 'Preview', blocks: [{ type: 'table', rows, columns: [{ key: '*', format: 'auto' }] }] },
    });
  });

  it.each<[string, (form: request.Test) => request.Test, number, string]>([
    ['no rows at all', (form) => form, 400, 'file: File is missing: choose a file, or paste rows.'],
    [
      'rows twice',
      (form) => sales(form.field('pasted', 'a\n1')),
      400,
      'pasted: Pasted must be left empty where a file is chosen.',
    ],
    [
      'an unknown format',
      (form) => sales(form.field('columns', 'month\namount = money')),
      400,
      'columns: Columns must be auto, text, number, number:&lt;0-10 decimals&gt;, currency:&lt;ISO 4217 code&gt;, percent, date, datetime or bytes.',
    ],
    [
      'a chart of nothing',
      (form) => sales(form.field('chart', 'pie')),
      400,
      'category: Category must name a column, such as one of dates or of names.',
    ],
    [
      'a workbook',
      (form) => form.attach('file', Buffer.from('PK\u0003\u0004rest'), 'sales.xlsx'),
      415,
      'file: The file &quot;file&quot; is a ZIP archive: send a workbook (.xlsx, .ods), CSV or NDJSON.',
    ],
  ])('%s: the message at its field, what was typed is there, nothing is kept', async (_, fill, status, fault) => {
    const answer = await faultsOf(fill(post()));
    expect(answer).toEqual({ status, faults: [fault] });
  });

  it('a key without the scope: neither sees the form nor posts it', async () => {
    const page = await request(test.app).get('/reports/new').set('Authorization', bearer('printer'));
    expect([page.status, (await post('printer')).status]).toEqual([403, 403]);
  });

  it('columns as they are typed: a name, and behind the last = a format', () => {
    expect(readColumns(' a \r\n\nb = number:2\nc=d = percent\ne = \n')).toEqual([
      { key: 'a' },
      { key: 'b', format: 'number:2' },
      { key: 'c=d', format: 'percent' },
      { key: 'e =' },
    ]);
  });
});
