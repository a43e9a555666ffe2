import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import sharp from 'sharp';
import request from 'supertest';
import { bearer, openTestApp, type TestApp } from '../support/app.ts';
import { startProcess } from '../support/processes.ts';
import { makeTempDir } from '../support/temp-dir.ts';

let test: TestApp;
let dir: ReturnType<typeof makeTempDir>;
let photo: Buffer;

beforeAll(async () => {
  dir = makeTempDir();
  const presets = join(dir.path, 'presets.json');
  writeFileSync(presets, '{"thumb": {"width": 200, "height": 200, "fit": "cover"}, "wide": {"width": 3000}}');
  test = await openTestApp({ IMAGES_PRESETS: presets });
  photo = await sharp({ create: { width: 40, height: 30, channels: 3, background: '#3a7' } })
    .jpeg()
    .toBuffer();
});
afterEach(() => test.clear());
afterAll(async () => {
  await test.close();
  dir.remove();
});

const post = (who: Parameters<typeof bearer>[0] = 'kari') =>
  request(test.app).post('/v1/images').set('Authorization', bearer(who));
const envelopeOf = async ({ body }: { body: { id: string } }) => (await test.producer.find(body.id))?.envelope;
const renditionsOf = async (response: { body: { id: string } }) => {
  const { input = {} } = (await envelopeOf(response)) ?? {};
  return (input as { renditions?: Record<string, unknown>[] }).renditions ?? [];
};

describe('presets', () => {
  it('in a form, a query and a list: the job holds the options they stand for', async () => {
    const form = await post().attach('file', photo, 'a.jpg').field('preset', 'thumb').field('height', '100');
    const query = await post().query({ preset: 'thumb', height: 100 }).type('image/jpeg').send(photo);
    const list = await post()
      .attach('file', photo, 'a.jpg')
      .field('renditions', '[{"preset": "thumb", "height": 100}]');
    for (const response of [form, query, list]) {
      expect(response.status).toBe(202);
      expect(await renditionsOf(response)).toMatchObject([{ name: 'image', width: 200, height: 100, fit: 'cover' }]);
      expect((await renditionsOf(response))[0]).not.toHaveProperty('preset');
    }
  });

  it('an unknown one: 400 at its field, with those there are; nothing is stored', async () => {
    const { status, body } = await post().attach('file', photo, 'a.jpg').field('preset', 'huge');
    expect([status, body.errors]).toEqual([400, [{ pointer: '/preset', detail: 'must be thumb or wide' }]]);
    expect(await test.storedFiles()).toEqual([]);
  });

  it('the description of the API and the upload form: both list them', async () => {
    const { body } = await request(test.app).get('/openapi.json');
    expect(body.components.schemas.ImagesForm.properties.preset.enum).toEqual(['thumb', 'wide']);
    const page = await request(test.app).get('/').set('Authorization', bearer('kari')).set('Accept', 'text/html');
    expect(page.text).toMatch(/<select id="images-preset"[\s\S]*?<option value="wide"\s*>wide<\/option>/);
  });

  it.each([
    ['src/server.ts', []],
    ['workers/main.ts', ['images']],
    ['bin/heavylift.ts', ['start']],
  ])('a file that is not right: %s says file, preset and field in one line, and exits 1', async (entry, args) => {
    const file = join(dir.path, 'wrong.json');
    writeFileSync(file, '{"thumb": {"width": "wide"}}');
    const settings = { IMAGES_PRESETS: file, DATA_DIR: join(dir.path, 'data') };
    const started = startProcess(process.execPath, [entry, ...args], settings);
    expect(await started.exited).toBe(1);
    expect(started.output()).toBe(
      `The settings are not usable:\n  IMAGES_PRESETS: ${file}: preset "thumb", width: must be a whole number from 1 to 16384\n`,
    );
  });
});

describe('watermarks', () => {
  const watermark = JSON.stringify({ file: 'logo', width: '20%' });

  it('a form with the file it names: both are kept for the worker', async () => {
    const response = await post()
      .attach('file', photo, 'a.jpg')
      .attach('logo', photo, 'b.jpg')
      .field('watermark', watermark);
    expect(response.status).toBe(202);
    expect(Object.keys((await envelopeOf(response))?.uploads ?? {}).sort()).toEqual(['file', 'logo']);
    expect(await renditionsOf(response)).toMatchObject([{ watermark: { file: 'logo', width: '20%', opacity: 1 } }]);
  });

  it('without that file, with another one, or with one that is no image: refused, nothing is stored', async () => {
    const missing = await post().attach('file', photo, 'a.jpg').field('watermark', watermark);
    expect([missing.status, missing.body.errors?.[0]?.pointer]).toEqual([400, '/logo']);
    const other = await post()
      .attach('file', photo, 'a.jpg')
      .attach('stamp', photo, 'b.jpg')
      .field('watermark', watermark);
    expect(other.status).toBe(400);
    const text = await post()
      .attach('file', photo, 'a.jpg')
      .attach('logo', Buffer.from('this is no image at all'), 'b.jpg')
      .field('watermark', watermark);
    expect([text.status, text.body.code]).toEqual([415, 'unsupported_media_type']);
    expect(await test.storedFiles()).toEqual([]);
  });

  it("another caller's job: refused like one that does not exist", async () => {
    const { body } = await post('ola').attach('file', photo, 'a.jpg');
    const own = await post('ola')
      .attach('file', photo, 'a.jpg')
      .field('watermark', JSON.stringify({ job: body.id }));
    const foreign = await post()
      .attach('file', photo, 'a.jpg')
      .field('watermark', JSON.stringify({ job: body.id }));
    expect([own.status, foreign.status]).toEqual([202, 400]);
  });
});

describe('the field metadata', () => {
  it("a word is the rendition's, an object the job's own, given back as it came", async () => {
    const word = await post().attach('file', photo, 'a.jpg').field('metadata', 'copyright');
    expect(word.body.metadata).toEqual({});
    expect(await renditionsOf(word)).toMatchObject([{ metadata: 'copyright' }]);
    const object = await post().attach('file', photo, 'a.jpg').field('metadata', '{"order": 7}');
    expect(object.body.metadata).toEqual({ order: 7 });
    expect(await renditionsOf(object)).toMatchObject([{ metadata: 'none' }]);
  });

  it('another word: 400 with those there are', async () => {
    const { status, body } = await post().attach('file', photo, 'a.jpg').field('metadata', 'some');
    expect([status, body.errors]).toEqual([400, [{ pointer: '/metadata', detail: 'must be none, copyright or all' }]]);
  });
});
