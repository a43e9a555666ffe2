import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import sharp from 'sharp';
import request from 'supertest';
import { bearer, openTestApp, type TestApp } from '../../support/app.ts';

let test: TestApp;
let jpeg: Buffer;
beforeAll(async () => {
  test = await openTestApp();
  jpeg = await sharp({ create: { width: 40, height: 30, channels: 3, background: '#3a7' } })
    .jpeg()
    .toBuffer();
});
afterEach(() => test.clear());
afterAll(() => test.close());

type Part = [disposition: string, content: Buffer | string, type?: string];

/** A multipart body as it stands on the wire: no library adds a file name. */
function send(path: string, parts: Part[]) {
  const body = Buffer.concat([
    ...parts.flatMap(([disposition, content, type]) => [
      Buffer.from(`--b\r\nContent-Disposition: form-data; ${disposition}\r\n`),
      Buffer.from(`${type ? `Content-Type: ${type}\r\n` : ''}\r\n`),
      Buffer.from(content),
      Buffer.from('\r\n'),
    ]),
    Buffer.from('--b--\r\n'),
  ]);
  return request(test.app)
    .post(path)
    .set('Authorization', bearer('kari'))
    .set('Content-Type', 'multipart/form-data; boundary=b')
    .send(body);
}

const envelopeOf = async (id: string) => (await test.producer.find(id))?.envelope;

describe('a part is a file by the name of its field', () => {
  it.each<[string, string, string]>([
    ['without a file name', 'name="file"', ''],
    ['with a type alone', 'name="file"', 'image/jpeg'],
    ['with an empty file name', 'name="file"; filename=""', ''],
    ['as PHP and Rails write a list', 'name="file[]"; filename="a.jpg"', 'image/jpeg'],
  ])('an image %s: 202', async (_how, disposition, type) => {
    const parts: Part[] = [
      [disposition, jpeg, type],
      ['name="width"', '20'],
    ];
    const { status, body } = await send('/v1/images', parts);
    expect(status).toBe(202);
    expect(await envelopeOf(body.id)).toMatchObject({
      uploads: { file: { bytes: jpeg.length, type: 'image/jpeg' } },
      input: { renditions: [{ width: 20 }] },
    });
  });

  it('a report and its data, neither with a file name, in either order: 202', async () => {
    const report = JSON.stringify({
      data: { title: 'T', blocks: [{ type: 'table', columns: [{ key: 'a' }], rows: { file: 'sales' } }] },
    });
    const parts: Part[] = [
      ['name="report"', report, 'application/json'],
      ['name="sales"', 'a\n1\n'],
    ];
    for (const sent of [parts, parts.toReversed()]) {
      const { status, body } = await send('/v1/reports', sent);
      expect(status).toBe(202);
      expect(await envelopeOf(body.id)).toMatchObject({ uploads: { sales: { bytes: 4 } } });
    }
  });

  it.each(['name="file"', 'name="file"; filename=""'])(
    '%s and no content: left alone, so it is missing',
    async (part) => {
      const { status, body } = await send('/v1/images', [
        [part, ''],
        ['name="width"', '20'],
      ]);
      expect([status, body.errors]).toEqual([
        400,
        [{ pointer: '/file', detail: 'is missing: choose a file to upload' }],
      ]);
      expect(await test.storedFiles()).toEqual([]);
    },
  );
});

it('a form as PHP and Rails write it: lists and objects in brackets', async () => {
  const { status, body } = await send('/v1/images', [
    ['name="tags[]"', 'a'],
    ['name="tags[]"', 'b'],
    ['name="metadata[user]"', '1'],
    ['name="crop[left]"', '1'],
    ['name="crop[top]"', '2'],
    ['name="crop[width]"', '10'],
    ['name="crop[height]"', '10'],
    ['name="enlarge"', 'True'],
    ['name="file"; filename="a.jpg"', jpeg],
  ]);
  expect([status, body.errors]).toEqual([202, undefined]);
  expect(body).toMatchObject({ tags: ['a', 'b'], metadata: { user: '1' } });
  expect(await envelopeOf(body.id)).toMatchObject({
    input: { renditions: [{ crop: { left: 1, top: 2, width: 10, height: 10 }, enlarge: true }] },
  });
});

describe('JSON', () => {
  const post = (path: string, body: string | Buffer) =>
    request(test.app)
      .post(path)
      .set('Authorization', bearer('kari'))
      .set('Content-Type', 'application/json')
      .serialize((text) => text as string)
      .send(body);

  const mail = (subject: string, more: object = {}) =>
    JSON.stringify({ to: 'kari@example.no', subject, text: 'y', ...more });

  it.each(['/v1/emails', '/v1/emails/batch'])(
    '%s, in Latin-1: 400 that says so, and nothing is queued',
    async (path) => {
      const { status, body } = await post(path, Buffer.from(mail('bl\u00e5b\u00e6r'), 'latin1'));
      expect([status, body.detail]).toEqual([400, 'The body must be in UTF-8 (RFC 8259).']);
      expect(await test.waiting()).toBe(0);
    },
  );

  it('in UTF-8: as it was meant', async () => {
    const { body } = await post('/v1/emails', Buffer.from(mail('bl\u00e5b\u00e6r \ufffd')));
    expect(await envelopeOf(body.id)).toMatchObject({ input: { subject: 'bl\u00e5b\u00e6r \ufffd' } });
  });

  it('as a part of a form, in Latin-1: 400 at its field', async () => {
    const report = Buffer.from(JSON.stringify({ data: { title: 'bl\u00e5b\u00e6r' } }), 'latin1');
    const { status, body } = await send('/v1/reports', [['name="report"', report]]);
    expect([status, body.errors]).toEqual([400, [{ pointer: '/report', detail: 'must be JSON in UTF-8 (RFC 8259)' }]]);
  });

  it('null: not given; the empty list of PHP: an empty object', async () => {
    const more = { cc: null, html: null, replyTo: null, attachments: null, tags: null, metadata: [], runAt: null };
    const { status, body } = await post('/v1/emails', mail('x', more));
    expect([status, body.detail]).toEqual([202, undefined]);
    expect((await envelopeOf(body.id))?.input).toEqual(
      (await envelopeOf((await post('/v1/emails', mail('x'))).body.id))?.input,
    );
    expect(body).toMatchObject({ tags: [], metadata: {} });
  });

  it('null deep in a report; where null is a value it stays', async () => {
    const data = {
      title: 'T',
      subtitle: null,
      blocks: [{ type: 'table', caption: null, columns: [{ key: 'a', title: null }], rows: [{ a: null }] }],
    };
    const { status, body } = await post('/v1/reports', JSON.stringify({ data, locale: null, page: { size: null } }));
    expect([status, body.detail]).toEqual([202, undefined]);
    expect(await envelopeOf(body.id)).toMatchObject({ input: { data: { blocks: [{ rows: [{ a: null }] }] } } });
  });

  it('null where something must be: refused as if it were missing', async () => {
    const { body } = await post('/v1/emails', JSON.stringify({ to: null, subject: 'x', text: 'y' }));
    expect(body.errors).toEqual([{ pointer: '/to', detail: expect.stringContaining('at least one recipient') }]);
  });

  it.each(['reply_to', 'replyto', 'repylTo'])('%s: did you mean replyTo?', async (name) => {
    const { body } = await post('/v1/emails', mail('x', { [name]: 'a@example.no' }));
    expect(body.detail).toBe(`${name} is not a known field (did you mean replyTo?).`);
  });
});
