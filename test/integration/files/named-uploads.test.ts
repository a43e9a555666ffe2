import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import request from 'supertest';
import { bearer, openTestApp, type TEST_KEYS, type TestApp } from '../../support/app.ts';
import { drawNoise } from '../../support/documented-api.ts';

/** Jobs that name uploads, as they are posted: what is refused, and where it is said. */
const NOWHERE = `upd_${'0'.repeat(26)}`;

type Name = keyof typeof TEST_KEYS;

let test: TestApp;
const ids: Record<string, string> = {};
beforeAll(async () => {
  test = await openTestApp({ IMAGES_MAX_BYTES: 200_000 });
  const send = async (name: string, body: Buffer | string, caller: Name = 'kari') => {
    const asked = request(test.app).post(`/v1/uploads?name=${name}`).set('Authorization', bearer(caller));
    ids[name] = (await asked.serialize((given) => given as string).send(body as string)).body.id;
  };
  await send('photo.jpg', await drawNoise(60, 40));
  await send('large.jpg', Buffer.concat([await drawNoise(60, 40), Buffer.alloc(250_000)]));
  await send('broken.png', Buffer.from('\x89PNG\r\n\x1a\n and then nothing', 'latin1'));
  await send('rows.csv', 'a;b\n1;2\n');
  await send('rows.zip', 'PK\u0003\u0004 and so on');
  await send('terms.pdf', '%PDF-1.7\n');
  await send('11mb', Buffer.alloc(11_000_000, 'a'));
  await send('of-ola.csv', 'a;b\n', 'ola');
});
afterAll(() => test.close());

const post = (kind: string, body: object, name: Name = 'kari') =>
  request(test.app).post(`/v1/${kind}`).set('Authorization', bearer(name)).send(body);
const id = (name: string) => ids[name] ?? NOWHERE;

type Asked = [kind: string, body: object];

const source = (upload: string): Asked => ['images', { source: { upload } }];
const watermark = (upload: string): Asked => ['images', { source: { upload: id('photo.jpg') }, watermark: { upload } }];
const watermarks = (upload: string): Asked => {
  const renditions = [{ name: 'a' }, { name: 'b', watermark: { upload } }];
  return ['images', { source: { upload: id('photo.jpg') }, renditions }];
};
const document = (...blocks: object[]): Asked => ['reports', { data: { title: 'T', blocks } }];
const rows = (upload: string) => document({ type: 'table', rows: { upload } });
const picture = (upload: string) => document({ type: 'columns', columns: [[{ type: 'image', source: { upload } }]] });
const attached = (upload: string): Asked => ['reports', { data: { title: 'T' }, attachments: [{ upload }] }];
const appended = (upload: string): Asked => ['reports', { data: { title: 'T' }, append: [{ upload }] }];
const mail = (...uploads: string[]): Asked => {
  const attachments = uploads.map((upload, index) => ({ filename: `${index}`, upload }));
  return ['emails', { to: 'kari@example.no', subject: 'S', text: 'T', attachments }];
};

const PLACES = [
  ['the source of an image', source, '/source/upload'],
  ['a watermark', watermark, '/watermark/upload'],
  ['the watermark of one of several renditions', watermarks, '/renditions/1/watermark/upload'],
  ['the rows of a table', rows, '/data/blocks/0/rows/upload'],
  ['a picture of a report', picture, '/data/blocks/0/columns/0/0/source/upload'],
  ['an attachment of a report', attached, '/attachments/0/upload'],
  ['a PDF behind a report', appended, '/append/0/upload'],
  ['an attachment of a mail', mail, '/attachments/0/upload'],
] as const;

describe.each(PLACES)('as %s', (_what, make, pointer) => {
  it('an upload that is not there, or another caller has: 400 that names the field', async () => {
    for (const upload of [NOWHERE, id('of-ola.csv')]) {
      const { status, body } = await post(...make(upload));
      expect([status, body.errors]).toEqual([400, [{ pointer, detail: `names no upload of yours: ${upload}` }]]);
    }
  });

  it('what is no id: 400 at the field', async () => {
    const { status, body } = await post(...make('upd_1'));
    expect([status, JSON.stringify(body.errors)]).toEqual([
      400,
      expect.stringContaining(pointer.replace(/\/upload$/, '')),
    ]);
  });
});

it.each([
  [
    'an image that is larger than its kind takes',
    () => source(id('large.jpg')),
    413,
    '/source/upload',
    'at most 200000 bytes',
  ],
  ['an image that is none', () => source(id('rows.csv')), 415, '/source/upload', ''],
  ['an image that is broken', () => source(id('broken.png')), 422, '/source/upload', ''],
  ['a watermark that is none', () => watermark(id('rows.csv')), 415, '/watermark/upload', ''],
  [
    'rows that are an archive',
    () => rows(id('rows.zip')),
    415,
    '/data/blocks/0/rows/upload',
    'is a ZIP archive: send a',
  ],
  [
    'a picture that no PDF holds',
    () => picture(id('rows.csv')),
    415,
    '/data/blocks/0/columns/0/0/source/upload',
    'image/png or image/jpeg',
  ],
  ['pages that are of no PDF', () => appended(id('rows.csv')), 415, '/append/0/upload', 'application/pdf'],
  ['a report attachment that is too large', () => attached(id('11mb')), 413, '/attachments/0/upload', '10 MB together'],
  [
    'mail attachments that are too large together',
    () => mail(id('11mb'), id('11mb')),
    413,
    '/attachments/1/upload',
    '20 MB together',
  ],
] as const)('%s: refused as it would be in a form, at its field', async (_what, make, status, pointer, sentence) => {
  const waiting = await test.waiting();
  const { body } = await post(...make());
  expect(body).toMatchObject({ status, errors: [{ pointer, detail: expect.stringContaining(sentence) }] });
  expect(await test.waiting()).toBe(waiting);
});

it('what fits: accepted, of each kind; the bytes are not copied', async () => {
  const stored = (await test.storedFiles()).length;
  const some = [source(id('photo.jpg')), watermarks(id('photo.jpg')), rows(id('rows.csv'))];
  for (const asked of [
    ...some,
    appended(id('terms.pdf')),
    picture(id('photo.jpg')),
    attached(id('rows.zip')),
    mail(id('11mb')),
  ]) {
    expect((await post(...asked)).status).toBe(202);
  }
  expect(await test.storedFiles()).toHaveLength(stored);
});

it('is what people know the job by, as a file that came along', async () => {
  const { body } = await post(...source(id('photo.jpg')));
  expect(body.facts).toEqual({ file: 'photo.jpg' });
  expect((await test.producer.find(body.id))?.envelope.title).toBe('photo.jpg');
});

it('in a batch: the entry that names what is not there is refused, the others are not', async () => {
  const messages = [mail(id('rows.csv'))[1], mail(NOWHERE)[1]];
  const { body } = await post('emails/batch', { messages });
  expect(body.items).toMatchObject([
    { status: 202 },
    { status: 400, problem: { errors: [{ pointer: '/messages/1/attachments/0/upload' }] } },
  ]);
});

it('beside another source: 400', async () => {
  const both = { source: { upload: id('photo.jpg'), url: 'https://example.com/a.jpg' } };
  expect((await post('images', both)).body.errors).toEqual([
    { pointer: '/source', detail: 'must have either url, upload or job' },
  ]);
  const mark = { source: { upload: id('photo.jpg') }, watermark: { upload: id('photo.jpg'), file: 'logo' } };
  expect((await post('images', mark)).body.errors).toMatchObject([{ pointer: '/watermark/upload' }]);
  const [kind, body] = mail();
  const twice = { ...body, attachments: [{ filename: 'a', upload: id('rows.csv'), content: 'YQ==' }] };
  expect((await post(kind, twice)).body.errors).toMatchObject([{ pointer: '/attachments/0/upload' }]);
});

it('a key that may post mails alone uploads as much as a mail takes', async () => {
  const send = (bytes: number) =>
    request(test.app)
      .post('/v1/uploads')
      .set('Authorization', bearer('mailer'))
      .serialize((given) => given as string)
      .send(Buffer.alloc(bytes, 'a') as unknown as string);
  expect((await send(20_000_001)).body.errors).toEqual([
    { pointer: '/file', detail: 'must be at most 20000000 bytes' },
  ]);
  expect((await send(1_000_000)).status).toBe(201);
});
