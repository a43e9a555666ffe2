import { connect } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import sharp from 'sharp';
import request from 'supertest';
import { now, setTime } from '../../../src/clock.ts';
import { AppError } from '../../../src/errors.ts';
import type { JobView } from '../../../src/jobs/job-view.ts';
import { bearer, openTestApp, TEST_KEYS, type TestApp } from '../../support/app.ts';
import { until } from '../../support/until.ts';

let test: TestApp;
let jpeg: Buffer;
let png: Buffer;
beforeAll(async () => {
  test = await openTestApp({ MAX_BATCH_BYTES: 200_000, IMAGES_MAX_BYTES: 50_000 });
  const picture = sharp({ create: { width: 40, height: 30, channels: 3, background: '#3a7' } });
  jpeg = await picture.clone().jpeg().toBuffer();
  png = await picture.png().toBuffer();
});
afterEach(() => test.clear());
afterAll(() => test.close());

interface Item {
  status: number;
  job: JobView;
  replayed?: true;
  problem: { code: string; detail: string; errors: { pointer: string; detail: string }[] };
}
const itemsOf = ({ body }: { body: { items: Item[] } }): Item[] => body.items;
const post = (files: [Buffer, string][], fields: Record<string, string> = {}, { app } = test) => {
  const sending = request(app).post('/v1/images/batch').set('Authorization', bearer('kari'));
  for (const [name, value] of Object.entries(fields)) sending.field(name, value);
  for (const [content, name] of files) sending.attach('file', content, name);
  return sending;
};
const envelopeOf = async (id: string | undefined) => (await test.producer.find(id ?? ''))?.envelope;
const statuses = (items: Item[]) => items.map(({ status }) => status);
const get = (path: string, who: keyof typeof TEST_KEYS = 'kari') =>
  request(test.app).get(path).set('Authorization', bearer(who));

describe('a form with many files', () => {
  it('each is a job of its own, the fields hold for all, and a file that is refused is so by itself', async () => {
    const answer = await post(
      [
        [jpeg, 'a photo.jpg'],
        [Buffer.from('no picture'), 'notes.txt'],
        [Buffer.concat([jpeg, Buffer.alloc(60_000)]), 'large.jpg'],
        [Buffer.alloc(0), 'empty.jpg'],
        [png, 'ø.png'],
      ],
      { width: '20', 'tags[]': 'album' },
    );
    const items = itemsOf(answer);
    expect(statuses(items)).toEqual([202, 415, 413, 400, 202]);
    expect(items[1]?.problem).toMatchObject({ code: 'unsupported_media_type' });
    expect(items[2]?.problem.errors).toEqual([{ pointer: '/items/2/file', detail: 'must be at most 50000 bytes' }]);
    expect(items[3]?.problem.errors[0]?.pointer).toBe('/items/3/file');
    expect(await test.storedFiles()).toHaveLength(2);
    const { id } = answer.body;
    expect(answer.headers['location']).toBe(`/v1/batches/${id}`);
    expect(await envelopeOf(items[4]?.job.id)).toMatchObject({
      batch: id,
      options: { tags: ['album'] },
      uploads: { file: { bytes: png.length, type: 'image/png', name: 'ø.png' } },
      input: { renditions: [{ width: 20 }] },
    });

    const listed = (await get(`/v1/jobs?batch=${id}`)).body.jobs as JobView[];
    expect(listed.map((job) => [job.batch, job.facts?.['file']]).toSorted()).toEqual([
      [id, 'a photo.jpg'],
      [id, 'ø.png'],
    ]);
    const batch = (await get(`/v1/batches/${id}`)).body;
    expect(batch).toMatchObject({ id, kind: 'images', total: 2, counts: { waiting: 2, failed: 0 }, finishedAt: null });
    expect((await get(`/v1/batches/${id}`, 'operator')).body.total).toBe(2);
    expect((await get(`/v1/batches/${id}`, 'ola')).status).toBe(404);
    expect((await get(`/v1/jobs?batch=${id}`, 'ola')).body.jobs).toEqual([]);
    expect((await get(`/v1/jobs?batch=${id}&tag=album`)).body.jobs).toHaveLength(2);
    expect((await get(`/v1/jobs?batch=${id}&tag=other`)).body.jobs).toEqual([]);
    const refused = [`batch=img_${'0'.repeat(26)}`, `batch=${id}&subject=x`];
    for (const query of refused) expect((await get(`/v1/jobs?${query}`)).status).toBe(400);
  });

  it('`items` says in what they differ; files that come along belong to each that names them', async () => {
    const watermark = JSON.stringify({ file: 'logo' });
    const items = JSON.stringify([{ width: 10 }, [], { watermark: JSON.parse(watermark) }, { width: 'wide' }]);
    const sent = post(
      [
        [jpeg, 'a.jpg'],
        [jpeg, 'b.jpg'],
        [png, 'c.png'],
        [png, 'd.png'],
      ],
      { items, height: '5' },
    );
    const answered = itemsOf(await sent.attach('logo', png, 'logo.png'));
    expect(statuses(answered)).toEqual([202, 202, 202, 400]);
    expect(answered[3]?.problem.errors[0]?.pointer).toBe('/items/3/width');
    const envelopes = await Promise.all(answered.slice(0, 3).map(({ job }) => envelopeOf(job.id)));
    expect(envelopes.map((envelope) => envelope?.input)).toMatchObject([
      { renditions: [{ width: 10, height: 5 }] },
      { renditions: [{ height: 5 }] },
      { renditions: [{ watermark: { file: 'logo' } }] },
    ]);
    expect(envelopes.map((envelope) => Object.keys(envelope?.uploads ?? {}))).toEqual([
      ['file'],
      ['file'],
      ['file', 'logo'],
    ]);
    const keys = envelopes.flatMap((envelope) => Object.values(envelope?.uploads ?? {}).map(({ key }) => key));
    expect((await test.storedFiles()).toSorted()).toEqual(keys.toSorted());
  });

  it('sent again with its Idempotency-Key: the same jobs, and no second copy; another file is told at its place', async () => {
    const once = { 'Idempotency-Key': 'album' };
    const files: [Buffer, string][] = [
      [jpeg, 'a.jpg'],
      [png, 'b.png'],
    ];
    const first = await post(files).set(once);
    const again = await post(files).set(once);
    expect(again.headers['idempotency-replayed']).toBe('true');
    expect(again.body.id).toBe(first.body.id);
    expect(itemsOf(again)).toEqual(itemsOf(first).map((item) => ({ ...item, replayed: true })));
    const changed = await post([
      [jpeg, 'a.jpg'],
      [jpeg, 'b.jpg'],
      [png, 'c.png'],
    ]).set(once);
    expect(itemsOf(changed).map(({ status, replayed = false }) => [status, replayed])).toEqual([
      [202, true],
      [422, false],
      [202, false],
    ]);
    expect(await test.storedFiles()).toHaveLength(3);
  });

  it.each<[string, [Buffer, string][], Record<string, string>, string]>([
    ['no file', [], { width: '20' }, '/file'],
    ['a field that is wrong of all', [[Buffer.from(''), 'a.jpg']], { width: 'wide' }, '/width'],
    ['an unknown field', [[Buffer.from(''), 'a.jpg']], { wdith: '2' }, '/wdith'],
    ['items that are no JSON', [[Buffer.from(''), 'a.jpg']], { items: '[{]' }, '/items'],
    ['items for more files than came', [[Buffer.from(''), 'a.jpg']], { items: '[{},{}]' }, '/items'],
    ['an item that is no object', [[Buffer.from(''), 'a.jpg']], { items: '[3]' }, '/items/0'],
    [
      'a callbackUrl that is refused',
      [[Buffer.from(''), 'a.jpg']],
      { callbackUrl: 'http://localhost/x' },
      '/callbackUrl',
    ],
    ['a callbackUrl that is none', [[Buffer.from(''), 'a.jpg']], { callbackUrl: 'nowhere' }, '/callbackUrl'],
    [
      'a source beside the files',
      [[Buffer.from(''), 'a.jpg']],
      { source: '{"url":"https://a.example/b"}' },
      '/items/0/source',
    ],
  ])('%s: refused, and nothing stays', async (_what, files, fields, pointer) => {
    const { status, body } = await post(
      files.map(([, name]) => [jpeg, name]),
      fields,
    );
    const { errors } = status === 202 ? body.items[0].problem : body;
    expect(errors[0].pointer).toBe(pointer);
    expect([await test.waiting(), await test.storedFiles()]).toEqual([0, []]);
  });

  it('a file that nothing names, too many bytes, a text: 400, 413, 415, and nothing stays', async () => {
    const unused = await post([[jpeg, 'a.jpg']]).attach('logo', png, 'logo.png');
    expect([unused.status, unused.body.errors[0].pointer]).toEqual([400, '/logo']);
    const large = await post(Array.from({ length: 5 }, () => [Buffer.alloc(49_000, jpeg), 'a.jpg']));
    expect([large.status, large.body.detail]).toEqual([413, 'The form is larger than the limit of 0.2 MB.']);
    const text = request(test.app).post('/v1/images/batch').set('Authorization', bearer('kari')).type('text');
    expect((await text.send('x')).body.detail).toBe(
      'The Content-Type must be application/json or multipart/form-data.',
    );
    expect([await test.waiting(), await test.storedFiles()]).toEqual([0, []]);
  });

  it('a file that does not fit on the disk is refused by itself', async () => {
    const { put } = test.storage;
    test.storage.put = async () => {
      test.storage.put = put;
      throw new AppError('storage_full', 'The storage is full.');
    };
    const answer = await post([
      [jpeg, 'a.jpg'],
      [jpeg, 'b.jpg'],
      [png, 'c.png'],
    ]);
    expect(statuses(itemsOf(answer)).toSorted()).toEqual([202, 202, 507]);
    expect(await test.storedFiles()).toHaveLength(2);
  });

  it('cut in the middle: nothing is accepted, and nothing stays', async () => {
    const server = test.app.listen(0);
    try {
      const { port } = server.address() as { port: number };
      const part = (name: string) =>
        Buffer.concat([
          Buffer.from(`--b\r\nContent-Disposition: form-data; name="file"; filename="${name}"\r\n\r\n`),
          jpeg,
        ]);
      const socket = connect(port, '127.0.0.1');
      socket.write(
        `POST /v1/images/batch HTTP/1.1\r\nHost: a\r\nAuthorization: ${bearer('kari')}\r\n` +
          'Content-Type: multipart/form-data; boundary=b\r\nContent-Length: 90000\r\n\r\n',
      );
      socket.write(Buffer.concat([part('a.jpg'), Buffer.from('\r\n'), part('b.jpg')]));
      await until('the first file is stored', async () =>
        (await test.storedFiles()).some((name) => name.startsWith('uploads/')),
      );
      socket.destroy();
      await until('nothing is left of it', async () => (await test.storedFiles()).length === 0);
      expect(await test.waiting()).toBe(0);
    } finally {
      server.close();
    }
  });

  it('no room for all of it: 503 as a whole, and nothing stays', async () => {
    const small = await openTestApp({ MAX_QUEUE_DEPTH: 2 });
    try {
      const { status, body } = await post(
        [
          [jpeg, 'a'],
          [jpeg, 'b'],
          [jpeg, 'c'],
        ],
        {},
        small,
      );
      expect([status, body.code, await small.storedFiles()]).toEqual([503, 'queue_full', []]);
    } finally {
      await small.close();
    }
  });
});

describe('JSON of many', () => {
  const send = (kind: string, body: object) =>
    request(test.app).post(`/v1/${kind}/batch`).set('Authorization', bearer('kari')).send(body);

  it('pictures that lie elsewhere, and reports; what has no source, or names a file of a form, is refused at its place', async () => {
    const images = await send('images', {
      images: [{ source: { url: 'https://a.example/b.jpg' }, width: 20 }, { width: 20 }],
    });
    expect(statuses(itemsOf(images))).toEqual([202, 400]);
    expect(itemsOf(images)[1]?.problem.errors[0]?.pointer).toBe('/images/1/source');
    const table = (rows: unknown) => ({
      data: { title: 'T', blocks: [{ type: 'table', columns: [{ key: 'a' }], rows }] },
    });
    const long = Array.from({ length: 300 }, (_, index) => ({ a: `row ${index} of many` }));
    const reports = await send('reports', { reports: [table([{ a: 1 }]), table({ file: 'sales' }), table(long)] });
    expect(statuses(itemsOf(reports))).toEqual([202, 400, 202]);
    expect(itemsOf(reports)[1]?.problem.errors[0]?.pointer).toBe('/reports/1/sales');
    expect((await get(`/v1/batches/${reports.body.id}`)).body).toMatchObject({ kind: 'reports', total: 2 });
    expect((await send('images', { images: [{}] })).body).toMatchObject({ id: null });
  });

  it('an action on the jobs of a batch leaves others alone', async () => {
    const { body } = await send('images', { images: [{ source: { url: 'https://a.example/b.jpg' } }] });
    await send('images', { images: [{ source: { url: 'https://a.example/b.jpg' } }] });
    const act = (expected: number) =>
      request(test.app)
        .post('/v1/jobs/actions')
        .set('Authorization', bearer('kari'))
        .send({ action: 'cancel', filter: { batch: body.id }, expect: expected });
    // As it is where a slow answer has told this process the time: it takes what was made just now for made later.
    setTime(now() - 1000, performance.now());
    try {
      expect((await act(0)).body.count).toBe(1);
      expect((await act(1)).status).toBe(202);
    } finally {
      setTime(Date.now(), performance.now());
    }
  });
});

describe('the form of the page, without JavaScript', () => {
  const open = async () => {
    const agent = request.agent(test.app).set('Accept', 'text/html');
    await agent.post('/login').type('form').send({ key: TEST_KEYS.kari.key }).expect(303);
    return (path: string, files: [Buffer, string][], fields: Record<string, string> = {}) => {
      const sending = agent.post(path).redirects(0).field('formToken', 'token-1').field('height', '');
      for (const [name, value] of Object.entries(fields)) sending.field(name, value);
      for (const [content, name] of files) sending.attach('file', content, name);
      return { sending, agent };
    };
  };

  it.each(['/v1/images', '/v1/images/batch'])('%s: several files lead to the list of their jobs', async (path) => {
    const send = await open();
    const files: [Buffer, string][] = [
      [jpeg, 'a.jpg'],
      [Buffer.from('words'), 'notes.txt'],
      [jpeg, 'c.jpg'],
    ];
    const first = await send(path, files, { width: '20' }).sending;
    expect([first.status, first.headers['location']]).toEqual([
      303,
      expect.stringMatching(/^\/jobs\?batch=bat_\w{26}$/),
    ]);
    const { sending, agent } = send(path, files, { width: '20' });
    const again = await sending;
    expect(again.headers['location']).toBe(first.headers['location']);
    expect(await test.waiting()).toBe(2);
    expect(await test.storedFiles()).toHaveLength(2);
    const page = await agent.get(String(first.headers['location']));
    expect(page.text).toContain('2 of 3 files were accepted. notes.txt: ');
    expect(page.text.match(/a\.jpg|c\.jpg/g)?.length).toBeGreaterThanOrEqual(2);
    expect(page.text).not.toContain('None of');
    const other = await send(path, files, { width: '30' }).sending;
    expect(other.headers['location']).not.toBe(first.headers['location']);
  });

  it('one file leads to its job; one that is refused, and fields that are wrong of all, show the form again', async () => {
    const send = await open();
    const one = await send('/v1/images', [[jpeg, 'a.jpg']]).sending;
    expect([one.status, one.headers['location']]).toEqual([303, expect.stringMatching(/^\/jobs\/img_\w{26}$/)]);
    const refused = await send('/v1/images', [[Buffer.from('words'), 'notes.txt']]).sending;
    expect([refused.status, refused.text.includes('<form')]).toEqual([415, true]);
    const wide = await send(
      '/v1/images',
      [
        [jpeg, 'a.jpg'],
        [jpeg, 'b.jpg'],
      ],
      { width: 'wide' },
    ).sending;
    expect([wide.status, wide.text.includes('<form')]).toEqual([400, true]);
    const nothing = await send('/v1/images', [
      [Buffer.from('a'), 'a.txt'],
      [Buffer.from('b'), 'b.txt'],
    ]).sending;
    expect(nothing.status).toBe(415);
    expect(await test.waiting()).toBe(1);
    expect(await test.storedFiles()).toHaveLength(1);
  });
});
