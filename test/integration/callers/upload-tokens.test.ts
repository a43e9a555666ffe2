import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Redis } from 'ioredis';
import request, { type Test } from 'supertest';
import { randomKey, sha256 } from '../../../src/keys/keyring.ts';
import { createKeyStore } from '../../../src/keys/store.ts';
import { bearer, openTestApp, type TestApp } from '../../support/app.ts';
import { drawNoise } from '../../support/documented-api.ts';
import { until } from '../../support/until.ts';

/** Upload tokens as their applications make them and their holders use them; what browsers do is in `test/long/browser`. */
const SHOP = 'https://shop.example';

let test: TestApp;
let observer: Redis;
let photo: Buffer;
beforeAll(async () => {
  test = await openTestApp({ IMAGES_MAX_BYTES: 200_000 });
  observer = test.redis.client();
  photo = await drawNoise(60, 40);
});
afterAll(() => test.close());

const make = (body: object, authorization = bearer('kari')) =>
  request(test.app).post('/v1/upload-tokens').set('Authorization', authorization).send(body);

/** Makes a token of kari's for images. */
async function token(more: object = {}): Promise<string> {
  const { status, body } = await make({ kind: 'images', maxFiles: 5, origins: [SHOP], ...more });
  if (status !== 201) throw new Error(JSON.stringify(body));
  return body.token;
}

const as = (text: string, asked: Test) => asked.set('Authorization', `Bearer ${text}`);
const upload = (text: string, name = 'a.png') =>
  as(text, request(test.app).post(`/v1/uploads?name=${name}`))
    .set('Content-Type', 'image/png')
    .send(photo);
const post = (text: string, body: object, path = '/v1/images') => as(text, request(test.app).post(path)).send(body);
const get = (text: string, path: string) => as(text, request(test.app).get(path));
const current = async (text: string) => (await get(text, '/v1/upload-tokens/current')).body;
const used = async (text: string) => (await current(text)).used;

/** Uploads a photo and makes a job of it; their ids. */
async function send(text: string): Promise<{ source: string; job: string }> {
  const source = (await upload(text)).body.id;
  const { body } = await post(text, { source: { upload: source } });
  return { source, job: body.id };
}

describe('is asked for', () => {
  it.each<[object, string, unknown]>([
    [{}, '/kind', 'must be images, reports, emails or calls'],
    [{ kind: 'webhooks' }, '/kind', 'must be images, reports, emails or calls'],
    [{ kind: 'images', options: { width: 'wide' } }, '/options/width', 'must be a whole number from 1 to 16384'],
    [{ kind: 'images', options: { widht: 800 } }, '/options/widht', 'is not a known field (did you mean width?)'],
    [{ kind: 'reports', options: { template: 'document' } }, '/options/data', 'must be an object, or be named in open'],
    [{ kind: 'images', open: ['widht'] }, '/open/0', expect.stringContaining('did you mean width?')],
    [{ kind: 'images', open: ['subject'], subject: 'a' }, '/open/0', 'must not name subject, which the token fixes'],
    [{ kind: 'images', maxFiles: 1001 }, '/maxFiles', 'must be a whole number from 1 to 1000'],
    [{ kind: 'images', maxFiles: 0 }, '/maxFiles', 'must be a whole number from 1 to 1000'],
    [{ kind: 'images', maxBytes: '20 MB' }, '/maxBytes', expect.stringMatching(/^must be a size like/)],
    [{ kind: 'images', maxTotalBytes: 0 }, '/maxTotalBytes', expect.stringMatching(/^must be a size like/)],
    [{ kind: 'images', types: ['image'] }, '/types/0', expect.stringMatching(/^must be a media type like/)],
    [{ kind: 'images', types: [] }, '/types', 'must be a list of 1 to 50 entries'],
    [{ kind: 'images', expiresIn: '25h' }, '/expiresIn', 'must be a time from 1s to 24h, like 90s, 15m or 2h'],
    [{ kind: 'images', expiresIn: 900 }, '/expiresIn', 'must be a time from 1s to 24h, like 90s, 15m or 2h'],
    ...['http://shop.example', 'https://shop.example/', 'https://SHOP.example', 'null', '*', 'https://*.example'].map(
      (origin): [object, string, unknown] => [
        { kind: 'images', origins: [origin] },
        '/origins/0',
        expect.stringMatching(/^must be an origin/),
      ],
    ),
    [{ kind: 'images', callbackUrl: 'http://10.0.0.1/' }, '/callbackUrl', expect.stringMatching(/^must/)],
    [
      { kind: 'images', options: { deliverTo: { url: 'https://b.example/a?sig=1' } } },
      '/options/deliverTo/url',
      expect.stringContaining('DELIVER_ALLOW=b.example'),
    ],
    [{ kind: 'images', maxfiles: 3 }, '/maxfiles', 'is not a known field (did you mean maxFiles?)'],
  ])('%j: 400 at %s', async (asked, pointer, detail) => {
    const { status, body } = await make(asked);
    expect([status, body.errors]).toEqual([400, expect.arrayContaining([{ pointer, detail }])]);
  });

  it('by a key of its kind alone, neither by nobody, nor by another token', async () => {
    expect((await make({ kind: 'emails' }, bearer('printer'))).status).toBe(403);
    expect((await make({ kind: 'images' }, bearer('operator'))).status).toBe(403);
    expect((await make({ kind: 'images' }, `Bearer ${await token()}`)).status).toBe(403);
    expect((await request(test.app).post('/v1/upload-tokens').send({ kind: 'images' })).status).toBe(401);
  });

  it('its text is in the answer alone; what it fixes is told to nobody, and a password lies sealed', async () => {
    const fixed = { options: { template: 'document', data: { title: 'T' }, password: 'open sesame 71' } };
    const { status, headers, body } = await make({ kind: 'reports', ...fixed, expiresIn: '2h', subject: 'kari' });
    expect([status, headers['location'], headers['cache-control']]).toEqual([
      201,
      '/v1/upload-tokens/current',
      'no-store',
    ]);
    expect(body).toEqual({
      token: expect.stringMatching(/^tok_[\w-]{40}$/),
      id: expect.stringMatching(/^[0-9a-f]{26}$/),
      ...{ kind: 'reports', open: [], maxFiles: 1, maxBytes: null, maxTotalBytes: null, types: null },
      expiresAt: expect.any(String),
      used: { files: 0, jobs: 0, bytes: 0 },
    });
    expect(Date.parse(body.expiresAt) - Date.now()).toBeGreaterThan(7_100_000);
    const { token: text, ...shown } = body;
    expect(await current(text)).toEqual(shown);
    const stored = await observer.get(`heavylift:{tokens}:token:${body.id}`);
    expect(stored).toContain('"template":"document"');
    expect(stored).not.toMatch(/sesame|tok_/);
    expect(await observer.pttl(`heavylift:{tokens}:token:${body.id}`)).toBeLessThanOrEqual(7_200_000);
    const { body: job } = await post(text, {}, '/v1/reports');
    expect(job).toMatchObject({ state: 'waiting', subject: null });
    const mail = { to: 'board@shop.example', subject: 'Takeover', text: 'Hello' };
    const mailing = (await make({ kind: 'emails', options: mail })).body.token;
    const mailed = await post(mailing, {}, '/v1/emails');
    expect([mailed.status, mailed.text]).toEqual([202, expect.not.stringMatching(/board@|Takeover/)]);
    expect(await test.producer.find(job.id)).toMatchObject({ envelope: { options: { subject: 'kari' } } });
  });
});

describe('of a key', () => {
  it('there are 10,000, a large one counts as several, and one that is ended makes room', async () => {
    const key = randomKey();
    const facts = { name: 'many', digest: sha256(key), scopes: ['reports'], rate: null, lastUsedAt: null };
    await createKeyStore(observer).add({ ...facts, createdAt: new Date().toISOString() });
    const list = 'heavylift:{tokens}:of:many';
    const own = (body: object) => make({ kind: 'reports', open: ['template', 'data'], ...body }, `Bearer ${key}`);
    const much = {
      options: { template: 'document', data: { title: 'T', blocks: [{ type: 'text', text: 'x'.repeat(7000) }] } },
    };
    const counts = () => observer.zcard(list);
    const large = await own(much);
    expect([large.status, await counts()]).toEqual([201, 2]);
    const others = Array.from({ length: 9997 }, (_, index) => [Date.now() + 600_000 + index, `other ${index}`]);
    await observer.zadd(list, ...others.flat());
    expect((await own(much)).body.code).toBe('rate_limited');
    expect([(await own({})).status, (await own({})).status, await counts()]).toEqual([201, 429, 10_000]);
    expect((await as(large.body.token, request(test.app).delete('/v1/upload-tokens/current'))).status).toBe(204);
    expect([(await own({})).status, (await own({})).status, (await own({})).status]).toEqual([201, 201, 429]);
  });
});

describe('serves', () => {
  it('files and jobs of its kind: its fields hold, those that are open are the holder’s', async () => {
    const said = {
      subject: 'customer-17',
      tags: ['shop'],
      metadata: { order: 7 },
      callbackUrl: 'https://shop.example/done',
    };
    const text = await token({ options: { width: 300, format: 'webp' }, open: ['height', 'format'], ...said });
    const sent = await upload(text, 'me.png');
    expect([sent.status, sent.body.subject, sent.body.name]).toEqual([201, null, 'me.png']);
    const { status, headers, body } = await post(text, {
      source: { upload: sent.body.id },
      height: 200,
      format: 'jpeg',
    });
    expect([status, headers['location']]).toEqual([202, `/v1/jobs/${body.id}`]);
    expect(body).toMatchObject({ subject: null, tags: [], metadata: {}, webhook: null });
    const stored = await test.producer.find(body.id);
    expect(stored?.envelope).toMatchObject({ caller: 'kari', options: said });
    expect(JSON.stringify(stored?.envelope.input)).toMatch(/"width":300.*"height":200|"height":200.*"width":300/);
    expect(JSON.stringify(stored?.envelope.input)).toContain('jpeg');
    const form = await as(text, request(test.app).post('/v1/images'))
      .field('height', '90')
      .attach('file', photo, 'b.png');
    expect(form.status).toBe(202);
    const raw = await as(text, request(test.app).post('/v1/images?height=80'))
      .set('Content-Type', 'image/png')
      .send(photo);
    expect(raw.status).toBe(202);
    expect(await used(text)).toEqual({ files: 3, jobs: 3, bytes: 3 * photo.length });
    const cancelled = await post(text, {}, `/v1/jobs/${raw.body.id}/cancel`);
    expect([cancelled.status, cancelled.body.state]).toEqual([200, 'cancelled']);
    expect((await get(text, `/v1/uploads/${sent.body.id}/file`)).body).toEqual(photo);
  });

  it('what it fixes or does not open is refused at the field, and so is what is no file of its own', async () => {
    const text = await token({ options: { width: 300 }, open: ['height'], subject: 'a' });
    const source = { upload: (await upload(text)).body.id };
    const foreign = (await upload(await token())).body.id;
    const refused: [object, string, string][] = [
      [{ width: 300 }, '/width', 'must not be given: the upload token fixes it'],
      [{ subject: 'b' }, '/subject', 'must not be given: the upload token fixes it'],
      [{ callbackUrl: 'https://a.example/' }, '/callbackUrl', 'must not be given: the upload token does not open it'],
      [{ priority: 'high' }, '/priority', 'must not be given: the upload token does not open it'],
      [{ source: { url: 'https://a.example/' } }, '/source', 'must not be given: the upload token does not open it'],
      [{ source: { ...source, url: 'x' } }, '/source', 'must not be given: the upload token does not open it'],
      [{ height: 'x' }, '/height', 'must be a whole number from 1 to 16384'],
      [{ source: { upload: foreign } }, '/source/upload', `names no upload of yours: ${foreign}`],
    ];
    for (const [body, pointer, detail] of refused) {
      const answer = await post(text, { source, ...body });
      expect([body, answer.status, answer.body.errors]).toEqual([body, 400, [{ pointer, detail }]]);
    }
    const form = as(text, request(test.app).post('/v1/images')).field('width', '5').attach('file', photo, 'b.png');
    expect((await form).body.errors).toEqual([{ pointer: '/width', detail: refused[0]?.[2] }]);
    const query = await upload(text, 'a&subject=b');
    expect([query.status, query.body.errors?.[0].pointer]).toEqual([400, '/subject']);
    const { status, body } = await post(text, { to: 'a@b.example' }, '/v1/emails');
    expect([status, body.code]).toEqual([403, 'forbidden']);
    expect(await used(text)).toEqual({ files: 1, jobs: 0, bytes: photo.length });
  });

  it('a file that is too large or of another type: 413, 415, however it comes, and its place is given back', async () => {
    const small = await token({ maxBytes: 100 });
    const pdfs = await token({ types: ['application/pdf', 'image/png'] });
    for (const [text, status] of [
      [small, 413],
      [pdfs, 415],
    ] as const) {
      const form = as(text, request(test.app).post('/v1/images')).attach('file', photo, 'b.png');
      const raw = as(text, request(test.app).post('/v1/images')).set('Content-Type', 'image/png').send(photo);
      for (const { status: answered, body } of await Promise.all([upload(text), form, raw])) {
        expect([answered, body.errors?.[0].pointer]).toEqual([status, '/file']);
      }
      expect(await used(text)).toEqual({ files: 0, jobs: 0, bytes: 0 });
    }
    const total = await token({ maxTotalBytes: 2 * photo.length });
    expect((await Promise.all([1, 2, 3].map(() => upload(total)))).map(({ status }) => status).toSorted()).toEqual([
      201, 201, 403,
    ]);
    expect(await used(total)).toEqual({ files: 2, jobs: 0, bytes: 2 * photo.length });
    const over = await as(total, request(test.app).post('/v1/images')).attach('file', photo, 'b.png');
    expect([over.status, over.body.code, over.body.detail]).toEqual([
      403,
      'token_used_up',
      `The upload token is good for ${2 * photo.length} bytes in all.`,
    ]);
  });

  it('twenty at once: exactly as many as it is good for, and one asked for again counts once', async () => {
    const text = await token({ maxFiles: 5 });
    const sent = await Promise.all(Array.from({ length: 20 }, () => upload(text)));
    const made = sent.filter(({ status }) => status === 201);
    expect([made.length, await used(text)]).toEqual([5, { files: 5, jobs: 0, bytes: 5 * photo.length }]);
    const source = { upload: made[0]?.body.id };
    const again = () => post(text, { source }).set('Idempotency-Key', 'the same');
    const repeated = await Promise.all(Array.from({ length: 8 }, again));
    expect(new Set(repeated.map(({ status, body }) => `${status} ${body.id}`)).size).toBe(1);
    expect((await used(text)).jobs).toBe(1);
    const more = await Promise.all(Array.from({ length: 12 }, () => post(text, { source })));
    expect(more.filter(({ status }) => status === 202)).toHaveLength(4);
    expect((await again()).headers['idempotency-replayed']).toBe('true');
    const { body } = await post(text, { source });
    expect(body).toMatchObject({ code: 'token_used_up', detail: 'The upload token is good for 5 jobs in all.' });
    // Another caller of that key, or its own key, means another job by the same Idempotency-Key.
    const own = await as('key-of-kari', request(test.app).post('/v1/images'))
      .set('Idempotency-Key', 'the same')
      .send({ source });
    expect([own.status, own.body.id === repeated[0]?.body.id]).toEqual([202, false]);
  });

  it('one that is asked for again with another size, or once it was erased, is good for no more', async () => {
    const begin = (text: string, bytes: number, key: string) =>
      as(text, request(test.app).post('/v1/uploads')).set({
        'Tus-Resumable': '1.0.0',
        'Upload-Length': String(bytes),
        'Idempotency-Key': key,
      });
    const total = await token({ maxTotalBytes: 100_000 });
    expect((await begin(total, 90_000, 'a')).status).toBe(201);
    expect((await begin(total, 1, 'a')).body.code).toBe('idempotency_mismatch');
    expect(await used(total)).toEqual({ files: 1, jobs: 0, bytes: 90_000 });
    expect((await begin(total, 90_000, 'b')).body.code).toBe('token_used_up');
    const text = await token({ maxFiles: 2 });
    const whole = () => upload(text).set('Idempotency-Key', 'k');
    const erase = (id: string) => as(text, request(test.app).delete(`/v1/uploads/${id}`));
    for (const files of [1, 2]) {
      const { status, body } = await whole();
      expect([status, (await whole()).body.id, await used(text)]).toMatchObject([201, body.id, { files }]);
      expect((await erase(body.id)).status).toBe(204);
    }
    for (const again of [whole(), begin(text, 9, 'k')]) expect((await again).body.code).toBe('token_used_up');
    expect((await used(text)).files).toBe(2);
  });

  it('what a process held that died counts where it came to be, and is free where it did not', async () => {
    const text = await token({ maxFiles: 2 });
    const { id } = await current(text);
    const { source } = await send(text);
    const fields = { [`${source} dead`]: '1 0 9 1', 'upd_00000000000000000000000000 dead': '1 0 9 1' };
    await observer.hset(`heavylift:{tokens}:use:${id}`, fields);
    await observer.hdel(`heavylift:{tokens}:use:${id}`, source);
    expect((await used(text)).files).toBe(2);
    expect((await upload(text)).status).toBe(201);
    expect((await upload(text)).status).toBe(403);
    expect((await used(text)).files).toBe(2);
  });
});

describe('shows', () => {
  it('nothing but what was made with it, or by the same visitor', async () => {
    const [mine, other] = [await token(), await token()];
    const [one, two] = [await token({ visitor: 'kari' }), await token({ visitor: 'kari' })];
    const ofKey = await as('key-of-kari', request(test.app).post('/v1/images')).attach('file', photo, 'b.png');
    const [sent, seen] = [await send(mine), await send(one)];
    const paths = ({ source, job }: { source: string; job: string }) => [
      ...[`/v1/jobs/${job}`, `/v1/jobs/${job}/result`, `/v1/jobs/${job}/files/a.webp`, `/v1/jobs/${job}/events`],
      ...[`/v1/uploads/${source}`, `/v1/uploads/${source}/file`],
    ];
    for (const path of [...paths(sent), ...paths(seen), `/v1/jobs/${ofKey.body.id}`]) {
      expect([path, (await get(other, path)).status]).toEqual([path, 404]);
    }
    expect((await post(other, {}, `/v1/jobs/${sent.job}/cancel`)).status).toBe(404);
    expect((await as(other, request(test.app).delete(`/v1/uploads/${sent.source}`))).status).toBe(404);
    expect((await get(two, `/v1/jobs/${seen.job}`)).status).toBe(200);
    expect((await post(two, { source: { upload: seen.source } })).status).toBe(202);
    expect((await get(bearer('kari').slice(7), `/v1/jobs/${sent.job}`)).body).toMatchObject({ id: sent.job });
  });

  it('no other route, however it is asked for', async () => {
    const text = await token();
    const { job, source } = await send(text);
    const others = [
      ...['GET /', 'GET /jobs', `GET /jobs/${job}`, 'GET /v1/jobs', 'GET /v1/usage', 'GET /metrics', 'GET /admin'],
      ...['GET /v1/brands', 'GET /v1/templates/reports', 'GET /v1/webhook-endpoints', 'GET /v1/audit', 'GET /inbox'],
      ...[
        'POST /v1/emails',
        'POST /v1/reports',
        'POST /v1/emails/batch',
        'POST /v1/jobs/actions',
        'POST /v1/upload-tokens',
      ],
      ...[`POST /v1/jobs/${job}/retry`, `DELETE /v1/jobs/${job}`, `PUT /v1/uploads/${source}`, 'DELETE /v1/subjects/a'],
      ...[
        'PUT /v1/secrets/a',
        'GET /openapi.json',
        `POST /V1/images`,
        `POST /v1/images/`,
        'POST /logout',
        'POST /images',
      ],
    ];
    for (const route of others) {
      const [method = '', path = ''] = route.split(' ');
      const { status, body } = await as(text, request(test.app)[method.toLowerCase() as 'get'](path));
      expect([route, status, body.code]).toEqual([route, 403, 'forbidden']);
    }
    expect((await get(text, `/v1/jobs/${job}`)).status).toBe(200);
  });
});

describe('ends', () => {
  it('when it expires, when its holder ends it, and with its key or the key’s scope: at once', async () => {
    const key = randomKey();
    const store = createKeyStore(observer);
    const add = (scopes: string[]) =>
      store.add({
        name: 'brief',
        digest: sha256(key),
        scopes,
        rate: null,
        createdAt: new Date().toISOString(),
        lastUsedAt: null,
      });
    await add(['images']);
    const tokenOf = async (more = {}) =>
      (await make({ kind: 'images', ...more }, `Bearer ${key}`)).body.token as string;
    const gone = async (text: string) => {
      const { status, headers, body } = await get(text, '/v1/upload-tokens/current');
      expect([status, body.code, headers['www-authenticate']]).toEqual([
        401,
        'token_expired',
        'Bearer realm="heavylift", error="invalid_token"',
      ]);
    };
    const [ended, scoped] = [await tokenOf(), await tokenOf()];
    expect((await as(ended, request(test.app).delete('/v1/upload-tokens/current'))).status).toBe(204);
    await gone(ended);
    const brief = await tokenOf({ expiresIn: '1s' });
    await new Promise((resolve) => setTimeout(resolve, 1100));
    await gone(brief);
    expect((await get(scoped, '/v1/upload-tokens/current')).status).toBe(200);
    await store.remove('brief');
    await add(['reports']);
    await gone(scoped);
    await store.remove('brief');
    await add(['images']);
    const last = await tokenOf();
    const { body } = await upload(last);
    await store.remove('brief');
    await gone(last);
    expect((await post(last, { source: { upload: body.id } })).status).toBe(401);
    await gone(`tok_${'A'.repeat(40)}`);
    await gone(`${scoped.slice(0, -1)}${scoped.endsWith('A') ? 'B' : 'A'}`);
  });

  it('in the middle of a request: what came with it is refused, and nothing of it stays', async () => {
    const text = await token();
    const server = test.app.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const before = (await test.storedFiles()).length;
    const { port } = server.address() as AddressInfo;
    const headers = { Authorization: `Bearer ${text}`, 'Content-Type': 'image/png', 'Content-Length': photo.length };
    const sending = http.request({ port, host: '127.0.0.1', path: '/v1/uploads', method: 'POST', headers });
    const answered = once(sending, 'response');
    sending.write(photo.subarray(0, 100));
    await until('it has its place', async () => (await used(text)).files === 1);
    expect((await as(text, request(test.app).delete('/v1/upload-tokens/current'))).status).toBe(204);
    sending.end(photo.subarray(100));
    const [answer] = await answered;
    expect([answer.statusCode, JSON.parse(Buffer.concat(await answer.toArray()).toString()).code]).toEqual([
      401,
      'token_expired',
    ]);
    expect((await test.storedFiles()).length).toBe(before);
    server.close();
  });

  it('its requests have a rate of their own; its key’s is taken for what is accepted, once', async () => {
    const key = randomKey();
    const rate = { requests: 5, seconds: 60 };
    const facts = { name: 'rated', digest: sha256(key), scopes: ['images'], rate, lastUsedAt: null };
    await createKeyStore(observer).add({ ...facts, createdAt: new Date().toISOString() });
    const text = (await make({ kind: 'images', maxFiles: 9 }, `Bearer ${key}`)).body.token;
    const requests = async () =>
      (await request(test.app).get('/v1/usage').set('Authorization', `Bearer ${key}`)).body.requests.used;
    expect(await requests()).toBe(1);
    for (let sent = 0; sent < 5; sent += 1) await post(text, { width: 1 });
    expect(await requests()).toBe(1);
    const { headers, body } = await upload(text);
    expect(headers['ratelimit-policy']).toBe('"default";q=600;w=60');
    const source = { upload: body.id };
    for (let sent = 0; sent < 3; sent += 1) await post(text, { source }).set('Idempotency-Key', 'k');
    expect(await requests()).toBe(3);
    for (const bytes of [9, 9, 9, 8, 7]) {
      const begin = as(text, request(test.app).post('/v1/uploads')).set('Tus-Resumable', '1.0.0');
      const { status } = await begin.set({ 'Upload-Length': String(bytes), 'Idempotency-Key': 'parts' });
      expect([status, await requests()]).toEqual([bytes === 9 ? 201 : 422, 4]);
    }
    expect((await post(text, { source })).status).toBe(202);
    const refused = await post(text, { source });
    expect([refused.status, refused.body.code]).toEqual([429, 'rate_limited']);
    expect((await used(text)).jobs).toBe(2);
  });
});

describe('a page of another origin', () => {
  const EXPOSED = ['location', 'retry-after', 'upload-offset', 'etag', 'x-request-id', 'idempotency-replayed'];
  const from = (origin: string, asked: Test) => asked.set('Origin', origin);
  const allowed = ({ headers }: { headers: Record<string, string> }) => headers['access-control-allow-origin'];

  it('of its list reads answers, errors too, and never with cookies; another one is refused and reads nothing', async () => {
    const text = await token({ maxFiles: 1 });
    const answers = [
      await from(SHOP, upload(text)),
      await from(SHOP, post(text, { width: 1 })),
      await from(SHOP, upload(text)),
      await from(SHOP, upload(text)).set('Tus-Resumable', '0.2.2'),
    ];
    expect(answers.map(({ status }) => status)).toEqual([201, 400, 403, 412]);
    for (const answer of [...answers, await from(SHOP, get(`tok_${'A'.repeat(40)}`, '/v1/jobs/a'))]) {
      expect(allowed(answer)).toBe(SHOP);
      expect(answer.headers['vary']).toMatch(/\bOrigin\b/);
      expect(answer.headers['access-control-allow-credentials']).toBeUndefined();
      expect(answer.headers['access-control-expose-headers']?.toLowerCase().split(', ')).toEqual(
        expect.arrayContaining(EXPOSED),
      );
      expect([answer.headers['cache-control'], answer.headers['referrer-policy']]).toEqual(['no-store', 'no-referrer']);
    }
    const before = await test.waiting();
    const files = (await test.storedFiles()).length;
    const fresh = await token();
    for (const origin of [
      'https://evil.example',
      'https://shop.example.evil.example',
      'http://shop.example',
      'null',
      'https://shop.example:444',
    ]) {
      for (const asked of [
        upload(fresh),
        post(fresh, { source: { url: 'https://a.example/a.png' } }),
        get(fresh, '/v1/upload-tokens/current'),
      ]) {
        const answer = await from(origin, asked);
        expect([origin, answer.status, answer.body.code, allowed(answer)]).toEqual([
          origin,
          403,
          'origin_refused',
          undefined,
        ]);
      }
    }
    expect([await test.waiting(), (await test.storedFiles()).length, await used(fresh)]).toEqual([
      before,
      files,
      { files: 0, jobs: 0, bytes: 0 },
    ]);
  });

  it('asks before it sends: told what every origin is, of the routes of tokens alone', async () => {
    const preflight = (path: string, origin = 'https://any.example', method = 'POST') =>
      from(origin, request(test.app).options(path))
        .set('Access-Control-Request-Method', method)
        .set('Access-Control-Request-Headers', 'authorization, x-evil');
    const routes = {
      '/v1/images': 'POST',
      '/v1/uploads': 'POST',
      [`/v1/uploads/upd_${'0'.repeat(26)}`]: 'GET, HEAD, PATCH, DELETE',
      '/v1/uploads/nothing/file': 'GET, HEAD',
      '/v1/jobs/nothing': 'GET, HEAD',
      '/v1/jobs/nothing/events?token=tok_a': 'GET, HEAD',
      '/v1/jobs/nothing/files/a.webp': 'GET, HEAD',
      '/v1/jobs/nothing/cancel': 'POST',
      '/v1/upload-tokens/current': 'GET, HEAD, DELETE',
    };
    for (const [path, methods] of Object.entries(routes)) {
      const { status, headers } = await preflight(path);
      expect([
        path,
        status,
        headers['access-control-allow-origin'],
        headers['access-control-allow-methods'],
        headers['vary'],
      ]).toEqual([path, 204, 'https://any.example', methods, expect.stringMatching(/Origin/)]);
      expect(headers['access-control-allow-headers']).not.toMatch(/evil|\*/);
      expect(headers['access-control-allow-credentials']).toBeUndefined();
      expect(allowed(await preflight(path, 'null'))).toBeUndefined();
    }
    expect((await preflight('/v1/uploads')).headers['access-control-allow-headers']).toContain(
      'X-HTTP-Method-Override',
    );
    for (const path of [
      '/v1/jobs',
      '/v1/usage',
      '/v1/jobs/a/retry',
      '/v1/jobs/actions/a',
      '/v1/upload-tokens',
      '/v1/emails/batch',
      '/',
      '/login',
      '/v1/webhooks',
      '/metrics',
    ]) {
      expect([path, allowed(await preflight(path))]).toEqual([path, undefined]);
    }
  });

  it('the token in the address serves streams and files alone, for pages that it names', async () => {
    const text = await token();
    const { source, job } = await send(text);
    const asked = (path: string, method: 'get' | 'post' | 'delete' = 'get') =>
      request(test.app)[method](`${path}?token=${text}`);
    expect((await asked(`/v1/uploads/${source}/file`)).headers).toMatchObject({
      'cross-origin-resource-policy': 'cross-origin',
      'cache-control': 'no-store, no-transform',
    });
    expect((await asked(`/v1/jobs/${job}/result`)).status).toBe(202);
    for (const [method, path] of [
      ['get', `/v1/jobs/${job}`],
      ['get', `/v1/uploads/${source}`],
      ['post', `/v1/jobs/${job}/cancel`],
      ['post', '/v1/images'],
      ['delete', `/v1/uploads/${source}`],
      ['get', '/v1/upload-tokens/current'],
      ['post', '/v1/uploads'],
    ] as const) {
      expect([path, (await asked(path, method)).status]).toEqual([path, 401]);
    }
    const opened = await asked(`/v1/jobs/${job}`).query({ signed: '1h' }).set('Accept', 'text/html');
    const way = encodeURIComponent(`/v1/jobs/${job}?signed=1h`);
    expect([opened.status, opened.headers['location']]).toEqual([303, `/login?next=${way}`]);
    const shown = asked(`/v1/uploads/${source}/file`).set('Sec-Fetch-Mode', 'no-cors');
    expect((await shown.set('Referer', 'https://evil.example/page')).body.code).toBe('origin_refused');
  });
});
