import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import request from 'supertest';
import { z } from 'zod';
import { AppError } from '../../../src/errors.ts';
import { defineJob, type JobContract, type UploadRules } from '../../../src/jobs/contract.ts';
import { bearer, openTestApp, type TestApp } from '../../support/app.ts';
import { until } from '../../support/until.ts';

const MAX_BYTES = 5000;

function refuseBinary(head: Uint8Array, _config: unknown, field: string) {
  if (!head.includes(0)) return { type: 'text/plain' };
  throw new AppError('unsupported_media_type', `${field} is no text.`);
}

const shared = {
  result: z.object({}),
  attempts: 1,
  backoff: { firstMs: 1, factor: 1, maxMs: 1 },
  timeoutMs: () => 1000,
  example: {},
  summary: 'Takes files.',
};
const rules = { maxBytes: () => MAX_BYTES, rawTypes: [], headBytes: 100, inspect: refuseBinary };
const input = z.strictObject({
  title: z.string().optional(),
  files: z.array(z.string()).default([]),
  text: z.string().optional(),
});
type Input = z.infer<typeof input>;
const files: UploadRules<Input>['files'] = (given) => given.files;

/** A kind with a JSON body and data files. */
const reports = defineJob<Input, object>({
  ...shared,
  kind: 'reports',
  idPrefix: 'rep',
  title: ({ title }) => title,
  input,
  accepts: 'json',
  upload: { ...rules, jsonField: 'report', files },
});
/** A kind that is about one file, and may take others. */
const images = defineJob<Input, object>({
  ...shared,
  kind: 'images',
  idPrefix: 'img',
  input,
  accepts: 'upload',
  upload: { ...rules, field: 'file', rawTypes: ['text/plain'], files },
});

let test: TestApp;
beforeAll(async () => {
  test = await openTestApp({ JSON_MAX_BYTES: 200_000 }, [reports, images] as unknown as JobContract[]);
});
afterEach(() => test.clear());
afterAll(() => test.close());

const post = (path: string) => request(test.app).post(path).set('Authorization', bearer('kari'));
const envelopeOf = async (id: string) => (await test.producer.find(id))?.envelope;
const nothingKept = async () => {
  expect(await test.storedFiles()).toEqual([]);
  expect(await test.waiting()).toBe(0);
};

describe('a JSON body with data files', () => {
  const report = JSON.stringify({ title: 'Sales', files: ['sales', 'costs'] });

  it.each([
    ['as a text field', (form: request.Test) => form.field('report', report)],
    ['as a file', (form: request.Test) => form.attach('report', Buffer.from(report), 'report.json')],
  ])('sent %s: the job holds the input and each file by its field', async (_how, addReport) => {
    const form = addReport(post('/v1/reports').attach('sales', Buffer.from('a;b'), 'sales 2026.csv'));
    const { status, body } = await form.attach('costs', Buffer.from('c;d'), 'costs.csv');
    expect(status).toBe(202);
    expect(await envelopeOf(body.id)).toMatchObject({
      input: { title: 'Sales' },
      uploads: { sales: { name: 'sales 2026.csv', bytes: 3 }, costs: { name: 'costs.csv', type: 'text/plain' } },
    });
    expect(await test.storedFiles()).toHaveLength(2);
  });

  it('a plain JSON body still works', async () => {
    expect((await post('/v1/reports').send({ title: 'No files' })).status).toBe(202);
  });

  it.each<[string, (form: request.Test) => request.Test, string, string]>([
    ['a file that is named but missing', (form) => form.attach('sales', Buffer.from('a'), 'a'), '/costs', 'is missing'],
    [
      'a file that nothing refers to',
      (form) => ['sales', 'costs', 'more'].reduce((all, name) => all.attach(name, Buffer.from('a'), name), form),
      '/more',
      'nothing refers to',
    ],
    ['a field beside the JSON', (form) => form.field('title', 'x'), '/title', 'put it into "report"'],
    [
      'a field name that could be a path',
      (form) => form.attach('../sales', Buffer.from('a'), 'a'),
      '/..~1sales',
      'letters, digits or underscores',
    ],
    [
      'a file twice',
      (form) => form.attach('sales', Buffer.from('a'), 'a').attach('sales', Buffer.from('a'), 'a'),
      '/sales',
      'must be one file',
    ],
    ['an empty file', (form) => form.attach('sales', Buffer.alloc(0), 'a'), '/sales', 'is empty'],
  ])('%s: 400 that names it, and nothing is kept', async (_what, add, pointer, detail) => {
    const { status, body } = await add(post('/v1/reports').field('report', report));
    expect({ status, errors: body.errors }).toEqual({
      status: 400,
      errors: expect.arrayContaining([
        {
          pointer,
          detail: expect.stringContaining(detail),
        },
      ]),
    });
    await nothingKept();
  });

  it('JSON that is none, or missing: 400 at its field', async () => {
    const broken = await post('/v1/reports').field('report', '{').attach('sales', Buffer.from('a'), 'a');
    expect(broken.body.errors).toEqual([{ pointer: '/report', detail: 'must be valid JSON' }]);
    const missing = await post('/v1/reports').attach('sales', Buffer.from('a'), 'a');
    expect(missing.body.errors).toEqual([
      { pointer: '/report', detail: expect.stringContaining('must be given once') },
    ]);
    await nothingKept();
  });

  it('named files with a plain JSON body: 400 that says how to send them', async () => {
    const { status, body } = await post('/v1/reports').send(JSON.parse(report));
    expect(status).toBe(400);
    expect(body.errors).toContainEqual({
      pointer: '/sales',
      detail: expect.stringContaining('as a field of the form'),
    });
  });

  it('an eleventh file: 400; one over the limit: 413; one of a wrong type: 415; nothing is kept', async () => {
    const many = Array.from({ length: 12 }, (_, index) => `f${index}`);
    const tooMany = many.reduce((form, name) => form.attach(name, Buffer.from('a'), name), post('/v1/reports'));
    expect((await tooMany).status).toBe(400);
    const large = await post('/v1/reports')
      .field('report', report)
      .attach('sales', Buffer.alloc(MAX_BYTES + 1, 'a'), 'a');
    expect(large.status).toBe(413);
    expect(large.body.detail).toContain('sales');
    const binary = await post('/v1/reports').field('report', report).attach('sales', Buffer.from('a\0b'), 'a');
    expect(binary.status).toBe(415);
    await nothingKept();
  });

  it('the same Idempotency-Key again keeps one set of files, and another file is a mismatch', async () => {
    const send = (content: string) =>
      post('/v1/reports')
        .set('Idempotency-Key', 'k1')
        .field('report', JSON.stringify({ files: ['sales'] }))
        .attach('sales', Buffer.from(content), 'a.csv');
    const [first, replay, other] = [await send('a'), await send('a'), await send('b')];
    expect(replay.body.id).toBe(first.body.id);
    expect(replay.headers['idempotency-replayed']).toBe('true');
    expect(other.status).toBe(422);
    await until('the second one is gone', async () => (await test.storedFiles()).length === 1);
  });
});

describe('a file with others beside it', () => {
  it('the main file and the named one come with their fields', async () => {
    const form = post('/v1/images').field('files', '["logo"]').attach('logo', Buffer.from('l'), 'logo.png');
    const { body } = await form.attach('file', Buffer.from('f'), 'photo.jpg');
    expect(Object.keys((await envelopeOf(body.id))?.uploads ?? {}).sort()).toEqual(['file', 'logo']);
  });

  it('without the main file: 400', async () => {
    const { status, body } = await post('/v1/images').field('files', '["logo"]').attach('logo', Buffer.from('l'), 'l');
    expect(status).toBe(400);
    expect(body.errors).toEqual([{ pointer: '/file', detail: 'is missing: choose a file to upload' }]);
    await nothingKept();
  });
});

it('a raw body that says it is larger than one file may be: 413 before any of it has come', async () => {
  const server = test.app.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  // More than one file and its fields, less than the ten further files of a form would make it.
  const headers = { Authorization: bearer('kari'), 'Content-Type': 'text/plain', 'Content-Length': 1_120_000 };
  const claim = httpRequest({ port, path: '/v1/images', method: 'POST', headers });
  claim.flushHeaders();
  const [answer] = (await once(claim, 'response')) as [IncomingMessage];
  expect(answer.statusCode).toBe(413);
  claim.on('error', () => {}).destroy();
  server.closeAllConnections();
  server.close();
});

describe('a large input', () => {
  const text = 'a'.repeat(40_000);

  it('lies in storage, and Redis keeps only what names the job', async () => {
    const { body } = await post('/v1/reports').send({ title: 'Long', text });
    const envelope = await envelopeOf(body.id);
    expect(envelope).toMatchObject({ title: 'Long', input: null });
    expect(envelope?.inputFile).toEqual({ key: expect.stringMatching(/input\.json$/), bytes: expect.any(Number) });
    const chunks: Buffer[] = [];
    for await (const chunk of await test.storage.open(envelope?.inputFile?.key ?? '')) chunks.push(chunk as Buffer);
    expect(JSON.parse(Buffer.concat(chunks).toString())).toEqual({ title: 'Long', files: [], text });
  });

  it('goes with its job', async () => {
    const { body } = await post('/v1/reports').send({ text });
    await request(test.app).delete(`/v1/jobs/${body.id}`).set('Authorization', bearer('kari')).expect(204);
    expect(await test.storedFiles()).toEqual([]);
  });

  it('sent again with its Idempotency-Key: one file stays', async () => {
    const send = () => post('/v1/reports').set('Idempotency-Key', 'k2').send({ text });
    const first = await send();
    expect((await send()).body.id).toBe(first.body.id);
    await until('the second one is gone', async () => (await test.storedFiles()).length === 1);
  });
});
