import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import sharp from 'sharp';
import request, { type Response } from 'supertest';
import { bearer, openTestApp, type TestApp } from '../support/app.ts';
import { pngHeader } from '../support/images/png-header.ts';

let test: TestApp;
let jpeg: Buffer;

beforeAll(async () => {
  test = await openTestApp();
  jpeg = await sharp({ create: { width: 40, height: 30, channels: 3, background: '#3a7' } })
    .jpeg()
    .toBuffer();
});
afterAll(() => test.close());

/** Whatever was wrong with the request: no job and no file stays behind. */
afterEach(async () => {
  const left = await test.storedFiles();
  const waiting = await test.waiting();
  await test.clear();
  expect({ left, waiting }).toEqual({ left: [], waiting: 0 });
});

const post = (path: string) => request(test.app).post(path).set('Authorization', bearer('kari'));
const upload = (file: Buffer, name = 'photo.jpg') => post('/v1/images').attach('file', file, name);

function expectProblem(response: Response, status: number, code: string, sentence: RegExp | string, pointer?: string) {
  expect(response.headers['content-type']).toMatch(/^application\/problem\+json/);
  expect(response.body).toMatchObject({
    status,
    code,
    title: expect.any(String),
    type: `http://127.0.0.1:3000/docs/errors#${code}`,
    requestId: response.headers['x-request-id'],
  });
  expect(response.status).toBe(status);
  expect(response.body.detail).toMatch(sentence);
  if (pointer !== undefined) {
    expect(response.body.errors.map((fault: { pointer: string }) => fault.pointer)).toContain(pointer);
  }
  expect(JSON.stringify(response.body)).not.toMatch(/node_modules|\.ts:\d|at .*\(/);
}

describe('an image', () => {
  it('no file: the field is named', async () => {
    expectProblem(await post('/v1/images').field('width', '100'), 400, 'invalid_request', /file is missing/, '/file');
  });

  it('a file field left empty by the browser: the same', async () => {
    expectProblem(await upload(Buffer.alloc(0), ''), 400, 'invalid_request', /file is missing/, '/file');
  });

  it('an empty file', async () => {
    expectProblem(await upload(Buffer.alloc(0)), 400, 'invalid_request', /empty/, '/file');
  });

  it('a text named .jpg: judged by its content', async () => {
    const text = Buffer.from('this is not a picture, whatever its name says');
    expectProblem(await upload(text), 415, 'unsupported_media_type', /JPEG.*PNG/);
  });

  it('30000x30000 pixels in a small PNG: refused by its header, with the figures', async () => {
    expectProblem(await upload(pngHeader(30_000, 30_000), 'bomb.png'), 413, 'payload_too_large', /30\D?000.*30\D?000/);
  });

  it('60 MB: cut off at the limit', async () => {
    const large = Buffer.concat([jpeg, Buffer.alloc(60_000_000)]);
    expectProblem(await upload(large), 413, 'payload_too_large', /limit of 50 MB/, '/file');
  });

  it('over the limit without a Content-Length: cut off while it streams', async () => {
    const small = await openTestApp({ IMAGES_MAX_BYTES: 2000 });
    try {
      const response = await request(small.app)
        .post('/v1/images')
        .set('Authorization', bearer('kari'))
        .attach('file', Buffer.concat([jpeg, Buffer.alloc(100_000)]), 'photo.jpg');
      expectProblem(response, 413, 'payload_too_large', /limit of 0\.002 MB/);
      expect(await small.storedFiles()).toEqual([]);
    } finally {
      await small.close();
    }
  });

  it.each([
    ['0', /1/],
    ['1000000000', /16384/],
    ['abc', /number/],
    ['-5', /1/],
    ['10.5', /whole/],
  ])('width %s: the field and its limit are named', async (width, sentence) => {
    const response = await upload(jpeg).field('width', width);
    expectProblem(response, 400, 'invalid_request', sentence, '/width');
    expect(response.body.detail).toMatch(/^width /);
  });

  it('an unknown field', async () => {
    expectProblem(
      await upload(jpeg).field('wdith', '10'),
      400,
      'invalid_request',
      /^wdith is not a known field/,
      '/wdith',
    );
  });

  it('renditions that are not JSON', async () => {
    expectProblem(await upload(jpeg).field('renditions', '[{'), 400, 'invalid_request', /JSON/, '/renditions');
  });

  it('a fault deep in the renditions: the pointer leads to it', async () => {
    const renditions = JSON.stringify([
      { name: 'a', width: 10 },
      { name: 'b', width: 0 },
    ]);
    expectProblem(
      await upload(jpeg).field('renditions', renditions),
      400,
      'invalid_request',
      /renditions\.1\.width/,
      '/renditions/1/width',
    );
  });

  it('two files', async () => {
    expectProblem(await upload(jpeg).attach('file', jpeg, 'b.jpg'), 400, 'invalid_request', /one file/, '/file');
  });

  it('a file under another name', async () => {
    expectProblem(
      await post('/v1/images').attach('photo', jpeg, 'a.jpg'),
      400,
      'invalid_request',
      /^file is missing/,
      '/photo',
    );
  });

  it('a body of another type, and JSON that does not say where the file is', async () => {
    const text = await post('/v1/images').set('Content-Type', 'text/plain').send('hello');
    expectProblem(text, 415, 'unsupported_media_type', /multipart\/form-data/);
    expectProblem(await post('/v1/images').send({ width: 1 }), 400, 'invalid_request', /where the file is/, '/source');
  });

  it('a multipart body without a boundary, and one that ends in the middle', async () => {
    const broken = await post('/v1/images').set('Content-Type', 'multipart/form-data').send('x');
    expectProblem(broken, 400, 'invalid_request', /malformed/);
    const cut = await post('/v1/images')
      .set('Content-Type', 'multipart/form-data; boundary=b')
      .send('--b\r\nContent-Disposition: form-data; name="file"; filename="a.jpg"\r\n\r\nabc');
    expectProblem(cut, 400, 'invalid_request', /malformed|broken|ended/i);
  });
});

describe('a JSON kind', () => {
  it('malformed JSON', async () => {
    const response = await post('/v1/reports').set('Content-Type', 'application/json').send('{"a":');
    expectProblem(response, 400, 'invalid_request', /not valid JSON/);
  });

  it('a wrong content type', async () => {
    const response = await post('/v1/reports').set('Content-Type', 'text/plain').send('hello');
    expectProblem(response, 415, 'unsupported_media_type', /application\/json/);
  });

  it('a list instead of an object', async () => {
    expectProblem(await post('/v1/reports').send([]), 400, 'invalid_request', /object/);
  });

  it('an unknown field, with every other fault in the same answer', async () => {
    const response = await post('/v1/emails').send({
      to: 'kari',
      subject: 'x',
      text: 'y',
      colour: 'red',
      tags: ['a', 7],
    });
    expectProblem(response, 400, 'invalid_request', /and \d more/, '/colour');
    expect(response.body.errors.map((fault: { pointer: string }) => fault.pointer)).toEqual(
      expect.arrayContaining(['/colour', '/tags/1']),
    );
  });

  it('a recipient with a line break: refused before it could be a header', async () => {
    const mail = { to: ['kari@example.no\r\nBcc: all@example.no'], subject: 'x', text: 'y' };
    expectProblem(await post('/v1/emails').send(mail), 400, 'invalid_request', /line break|control|address/, '/to/0');
  });

  it("an attachment of a job that is not there, or is another caller's", async () => {
    const { body } = await request(test.app)
      .post('/v1/reports')
      .set('Authorization', bearer('ola'))
      .send({
        template: 'document',
        data: { title: 'Ola only', blocks: [] },
      });
    const mail = { to: 'kari@example.no', subject: 'x', text: 'y', attachments: [{ filename: 'r.pdf', job: body.id }] };
    const response = await post('/v1/emails').send(mail);
    expectProblem(response, 400, 'invalid_request', /no job/);
    await test.clear();
  });

  it('a body over the limit', async () => {
    const response = await post('/v1/reports').send({ data: 'x'.repeat(11_000_000) });
    expectProblem(response, 413, 'payload_too_large', /10000000 bytes/);
  });

  it.each([
    ['metadata', { m: 'x'.repeat(3000) }, '/metadata'],
    ['tags', Array(11).fill('a'), '/tags'],
    ['runAt', 'tomorrow', '/runAt'],
    ['runAt', '2199-01-01T00:00:00Z', '/runAt'],
    ['expiresAt', '2001-01-01T00:00:00Z', '/expiresAt'],
    ['priority', 'urgent', '/priority'],
    ['subject', 'a\nb', '/subject'],
  ])('%s that is not right: %j', async (name, value, pointer) => {
    const body = { template: 'document', data: { title: 'T', blocks: [] }, [name]: value };
    expectProblem(await post('/v1/reports').send(body), 400, 'invalid_request', new RegExp(`^${name}`), pointer);
  });
});

describe('credentials and ids', () => {
  it('no key, a wrong key: 401', async () => {
    const none = await request(test.app).post('/v1/images');
    expectProblem(none, 401, 'unauthorized', /API key is needed/);
    expect(none.headers['www-authenticate']).toBe('Bearer realm="heavylift"');
    const wrong = await request(test.app).get('/v1/jobs/x').set('Authorization', 'Bearer nope');
    expectProblem(wrong, 401, 'unauthorized', /not known/);
    expect(wrong.headers['www-authenticate']).toBe('Bearer realm="heavylift", error="invalid_token"');
  });

  it('a key without the scope: 403', async () => {
    const response = await request(test.app).post('/v1/emails').set('Authorization', bearer('printer')).send({});
    expectProblem(response, 403, 'forbidden', /"emails"/);
    expectProblem(
      await request(test.app).get('/admin/queues').set('Authorization', bearer('kari')),
      403,
      'forbidden',
      /admin/,
    );
  });

  it.each(['img_short', 'x', 'img_0000000000000000000000000i', 'rep_00000000000000000000000000', '..%2f..'])(
    'a job id that names nothing (%s): 404',
    async (id) => {
      for (const path of [`/v1/jobs/${id}`, `/v1/jobs/${id}/result`, `/v1/jobs/${id}/files/a`]) {
        expectProblem(
          await request(test.app).get(path).set('Authorization', bearer('kari')),
          404,
          'not_found',
          /no job/,
        );
      }
    },
  );

  it('a path that is not there: 404', async () => {
    expectProblem(
      await request(test.app).get('/v1/nothing').set('Authorization', bearer('kari')),
      404,
      'not_found',
      /nothing at/,
    );
  });
});
