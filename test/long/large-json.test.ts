import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import request, { type Response } from 'supertest';
import { emails } from '../../workers/emails/job.ts';
import { reports } from '../../workers/reports/job.ts';
import { bearer, openTestApp, type TestApp } from '../support/app.ts';

let test: TestApp;
beforeAll(async () => {
  test = await openTestApp();
});
afterAll(() => test.close());
afterEach(() => test.clear());

const post = (path: string, caller: 'kari' | 'ola' = 'kari') =>
  request(test.app).post(path).set('Authorization', bearer(caller));
const postJson = (path: string, body: string, caller?: 'kari' | 'ola') =>
  post(path, caller).set('Content-Type', 'application/json').send(body);

/** A report whose rows are of so many bytes together. */
function reportOf(bytes: number, fields: object = {}) {
  const row = { order: 'A-1001', item: 'x'.repeat(280), amount: 12.5 };
  const rows = Array.from({ length: Math.ceil(bytes / JSON.stringify(row).length) }, (_, index) => ({ ...row, index }));
  const columns = ['order', 'item', 'amount'].map((key) => ({ key }));
  const table = { type: 'table', columns, rows };
  return { data: { title: 'Orders', blocks: [table] }, tags: ['large'], metadata: { a: 1 }, ...fields };
}

const LARGE = reportOf(3_000_000);
const mailOf = (fields: object = {}) => ({
  to: 'kari@example.no',
  subject: 'Hei',
  text: 'x'.repeat(200_000),
  ...fields,
});
const batchOf = (...more: object[]) =>
  JSON.stringify({ messages: [...Array.from({ length: 10 }, () => mailOf()), ...more] });

async function storedInput(id: string): Promise<unknown> {
  const job = await test.producer.find(id);
  const { inputFile, input } = job?.envelope ?? { input: undefined };
  return inputFile ? JSON.parse((await test.storage.read(inputFile.key)).toString()) : input;
}

const errorsOf = (response: Response): string[] =>
  (response.body.errors ?? []).map(({ pointer, detail }: Record<string, string>) => `${pointer} ${detail}`);

describe('JSON of more than 1 MB', () => {
  it('is accepted as a small one is: the same input, title, facts and options', async () => {
    const response = await postJson('/v1/reports', JSON.stringify(LARGE));
    expect([response.status, response.body.tags, response.body.metadata]).toEqual([202, ['large'], { a: 1 }]);
    expect(response.body.facts).toEqual({ title: 'Orders' });
    const { tags: _tags, metadata: _metadata, ...own } = LARGE;
    expect(await storedInput(response.body.id)).toEqual(reports.input.parse(own));
  });

  it('compressed, and of a length that its head does not tell: the same', async () => {
    const body = gzipSync(JSON.stringify(LARGE));
    const zipped = post('/v1/reports').set({ 'Content-Type': 'application/json', 'Content-Encoding': 'gzip' });
    zipped.write(body);
    expect((await zipped).status).toBe(202);
    const chunked = post('/v1/reports').set({ 'Content-Type': 'application/json', 'Transfer-Encoding': 'chunked' });
    const whole = JSON.stringify(LARGE);
    for (let start = 0; start < whole.length; start += 500_000) chunked.write(whole.slice(start, start + 500_000));
    expect((await chunked).status).toBe(202);
  });

  it('that inflates to more than the limit, or is not what its encoding says: refused', async () => {
    const send = async (encoding: string, bytes: Buffer) => {
      const sent = post('/v1/reports').set({ 'Content-Type': 'application/json', 'Content-Encoding': encoding });
      sent.write(bytes);
      return sent;
    };
    const bomb = await send('gzip', gzipSync(Buffer.alloc(50_000_000, ' ')));
    expect([bomb.status, bomb.body.detail]).toEqual([413, 'The body is larger than the limit of 10000000 bytes.']);
    expect((await send('gzip', Buffer.from('no gzip'))).body).toMatchObject({ code: 'invalid_request', status: 400 });
    expect((await send('lzma', Buffer.from('{}'))).body).toMatchObject({ code: 'unsupported_media_type' });
  });

  it('what is wrong with it: told with its pointers, and nothing is stored', async () => {
    const wrong = { ...LARGE, locale: 'xx-invalid-', data: { ...LARGE.data, titel: 'T' } };
    const response = await postJson('/v1/reports', JSON.stringify(wrong));
    expect(response.status).toBe(400);
    expect(errorsOf(response)).toEqual([
      '/locale must be a language tag that numbers can be written in, such as en-US or nb-NO',
      '/data/titel is not a known field (did you mean title?)',
    ]);
    const broken = await postJson('/v1/reports', JSON.stringify(LARGE).slice(0, -1));
    expect([broken.status, broken.body.detail]).toEqual([400, 'The body is not valid JSON.']);
    const notUtf8 = Buffer.concat([Buffer.from(JSON.stringify(LARGE)), Buffer.from([0xff])]);
    const bytes = post('/v1/reports').set('Content-Type', 'application/json');
    bytes.write(notUtf8);
    expect((await bytes).body.detail).toBe('The body must be in UTF-8 (RFC 8259).');
    expect(await test.storedFiles()).toEqual([]);
  });

  it('the same Idempotency-Key: one job; another payload under it: refused', async () => {
    const send = (body: object) => postJson('/v1/reports', JSON.stringify(body)).set('Idempotency-Key', 'large');
    const first = await send(LARGE);
    const second = await send(Object.fromEntries(Object.entries(LARGE).reverse()));
    expect([second.status, second.body.id, second.headers['idempotency-replayed']]).toEqual([
      202,
      first.body.id,
      'true',
    ]);
    expect((await send(reportOf(3_000_000, { tags: ['other'] }))).body.code).toBe('idempotency_mismatch');
  });

  it('a job that it refers to must be one that the caller sees', async () => {
    const report = reportOf(2_000_000);
    const picture = { type: 'image', source: { job: `img_${'0'.repeat(26)}` } };
    const body = { ...report, data: { ...report.data, blocks: [...report.data.blocks, picture] } };
    const response = await postJson('/v1/reports', JSON.stringify(body));
    expect(response.body.errors).toEqual([
      {
        pointer: expect.stringMatching(/^\/data\/blocks\/\d+\/source\/job$/),
        detail: expect.stringContaining('no job of yours'),
      },
    ]);
  });

  it('as a field of a form, beside a data file: accepted; without the file: refused', async () => {
    const report = reportOf(2_000_000);
    const table = { type: 'table', rows: { file: 'sales' } };
    const json = JSON.stringify({ ...report, data: { ...report.data, blocks: [...report.data.blocks, table] } });
    const form = () => post('/v1/reports').field('report', json);
    const sent = await form().attach('sales', Buffer.from('a,b\n1,2\n'), 'sales.csv');
    expect([sent.status, sent.body.facts]).toEqual([202, { title: 'Orders' }]);
    expect(errorsOf(await form())).toEqual(['/sales is missing: send that file as a field of the form']);
  });
});

describe('a batch of more than 1 MB', () => {
  it('a verdict for each entry, in order; recipients are subjects, small inputs are as they were', async () => {
    const response = await postJson('/v1/emails/batch', batchOf({ to: 1 }, mailOf({ text: 'short' })));
    const { items } = response.body as { items: { status: number; job?: { id: string }; problem?: object }[] };
    expect(items.map(({ status }) => status)).toEqual([...Array.from({ length: 10 }, () => 202), 400, 202]);
    expect(items[10]?.problem).toMatchObject({
      errors: expect.arrayContaining([{ pointer: '/messages/10/to', detail: expect.any(String) }]),
    });
    const id = String(items[11]?.job?.id);
    expect(await storedInput(id)).toEqual(emails.input.parse(mailOf({ text: 'short' })));
    expect((await test.producer.find(id))?.envelope.subjects).toEqual(['kari@example.no']);
  });

  it('with an Idempotency-Key sent twice: no second job', async () => {
    const send = () => postJson('/v1/emails/batch', batchOf()).set('Idempotency-Key', 'batch');
    await send();
    expect((await send()).headers['idempotency-replayed']).toBe('true');
    expect(await test.waiting()).toBe(10);
  });

  it('that is wrong as a whole: refused', async () => {
    const response = await postJson('/v1/emails/batch', JSON.stringify({ messages: [], more: 'x'.repeat(2_000_000) }));
    expect(errorsOf(response)).toEqual(['/more is not a known field']);
  });
});

describe('JSON that would take more than it brings', () => {
  const filled = (entry: string, bytes = 9_900_000) =>
    Array(Math.floor(bytes / (entry.length + 1)))
      .fill(entry)
      .join(',');
  it.each([
    ['empty objects', `{"data":[${filled('{}')}]}`, 'The body must have at most 250,000 lists and objects'],
    ['empty lists', `{"data":[${filled('[]')}]}`, 'The body must have at most 250,000 lists and objects'],
    ['numbers', `{"to":[${filled('1')}]}`, 'The body must have at most 2,000,000 values'],
    ['depth', `{"to":${'['.repeat(4_900_000)}${']'.repeat(4_900_000)}}`, 'The body must be nested at most 100 deep'],
    ['depth that is never closed', '['.repeat(9_900_000), 'The body must be nested at most 100 deep'],
    ['fields', `{${filled('"n":1')}}`, 'The body must have at most 5,000 fields in an object'],
    [
      'fields in less than 1 MB',
      `{"a":{${filled('"n":1', 500_000)}}}`,
      'The body must have at most 5,000 fields in an object',
    ],
    ['depth in less than 1 MB', '['.repeat(500_000), 'The body must be nested at most 100 deep'],
  ])('%s: refused before it is parsed', async (_what, body, sentence) => {
    const response = await postJson('/v1/emails', body);
    expect([response.status, response.body.detail]).toEqual([400, `${sentence}.`]);
  });

  it('a text in which the same signs stand: taken', async () => {
    const html = `<p>${'[{,"\\'.repeat(150_000)}</p>`;
    expect((await postJson('/v1/emails', JSON.stringify(mailOf({ html })))).status).toBe(202);
  });

  it('a large one is checked while others are answered, and waits for no place of another caller', async () => {
    const ended: string[] = [];
    const send = async (name: string, caller: 'kari' | 'ola', path: string, body: string) => {
      const { status } = await postJson(path, body, caller);
      ended.push(name);
      return status;
    };
    const many = JSON.stringify(reportOf(5_000_000));
    const large = Array.from({ length: 8 }, (_, index) => send(`large ${index}`, 'kari', '/v1/reports', many));
    const small = send('small', 'ola', '/v1/emails', JSON.stringify(mailOf({ text: 'x' })));
    const other = send('other', 'ola', '/v1/reports', JSON.stringify(LARGE));
    expect(await Promise.all([...large, small, other])).toEqual(Array.from({ length: 10 }, () => 202));
    expect(ended.indexOf('small')).toBeLessThan(ended.findIndex((name) => name.startsWith('large')));
    expect(ended.indexOf('other')).toBeLessThan(5);
  });
});
