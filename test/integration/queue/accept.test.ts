import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import sharp from 'sharp';
import request from 'supertest';
import { bearer, openTestApp, type TestApp } from '../../support/app.ts';
import { until } from '../../support/until.ts';

let test: TestApp;
let jpeg: Buffer;
const REPORT = { template: 'document', data: { title: 'T', blocks: [] } };

beforeAll(async () => {
  test = await openTestApp();
  jpeg = await sharp({ create: { width: 40, height: 30, channels: 3, background: '#3a7' } })
    .jpeg()
    .toBuffer();
});
afterEach(() => test.clear());
afterAll(() => test.close());

const post = (path: string) => request(test.app).post(path).set('Authorization', bearer('kari'));
const get = (path: string, who: Parameters<typeof bearer>[0] = 'kari') =>
  request(test.app).get(path).set('Authorization', bearer(who));
const envelopeOf = async (id: string) => (await test.producer.find(id))?.envelope;

describe('POST of a JSON kind', () => {
  it('202 with the job, where it is and when to ask again', async () => {
    const response = await post('/v1/reports').send(REPORT);
    expect(response.status).toBe(202);
    expect(response.headers).toMatchObject({ location: `/v1/jobs/${response.body.id}`, 'retry-after': '1' });
    expect(response.body).toMatchObject({
      id: expect.stringMatching(/^rep_[0-9a-hjkmnp-tv-z]{26}$/),
      kind: 'reports',
      state: 'waiting',
      position: 1,
      progress: { percent: 0 },
      attempts: { made: 0 },
      subject: null,
      tags: [],
      metadata: {},
      startedAt: null,
      finishedAt: null,
      result: null,
      error: null,
      links: { self: `/v1/jobs/${response.body.id}` },
    });
    expect((await get(`/v1/jobs/${response.body.id}`)).body).toEqual(response.body);
  });

  it('what every kind takes: subject, tags, metadata and priority are kept and given back', async () => {
    const options = { subject: 'customer-7', tags: ['a', 'b'], metadata: { order: 12, nested: { deep: [true] } } };
    const { body } = await post('/v1/reports').send({ ...REPORT, ...options, priority: 'high' });
    expect(body).toMatchObject({ ...options, priority: 'high', expiresAt: null });
  });

  it("a mail's subject is the mail's own", async () => {
    const mail = { to: 'kari@example.no', subject: 'Hei', text: 'x', tags: ['t'] };
    const { body } = await post('/v1/emails').send(mail);
    expect(body).toMatchObject({ subject: null, tags: ['t'] });
    expect((await envelopeOf(body.id))?.input).toMatchObject({ subject: 'Hei' });
  });

  it('what it is about: a mail by its subject and first recipients, a report by its title, an image by its file', async () => {
    const factsOf = async (asked: request.Test) => (await asked).body.facts;
    const to = ['kari@example.no', 'Ola <ola@example.no>', 'Per <per@example.no>', 'anne@example.no'];
    expect(await factsOf(post('/v1/emails').send({ to, subject: 'Hei', text: 'x' }))).toEqual({
      subject: 'Hei',
      recipients: ['kari@example.no', 'ola@example.no', 'per@example.no'],
      recipientCount: 4,
    });
    expect(await factsOf(post('/v1/reports').send(REPORT))).toEqual({ title: REPORT.data.title });
    expect(await factsOf(post('/v1/images').attach('file', jpeg, 'photo.jpg'))).toEqual({ file: 'photo.jpg' });
  });

  it("a mail without an expiry has the kind's: two days after it was accepted, or due", async () => {
    const mail = { to: 'kari@example.no', subject: 'Hei', text: 'x' };
    const { body } = await post('/v1/emails').send(mail);
    expect(Date.parse(body.expiresAt) - Date.parse(body.createdAt)).toBe(48 * 3_600_000);
    const runAt = new Date(Date.now() + 3_600_000).toISOString();
    const later = (await post('/v1/emails').send({ ...mail, runAt })).body;
    expect(Date.parse(later.expiresAt) - Date.parse(runAt)).toBe(48 * 3_600_000);
    const expiresAt = '2126-11-28T08:00:00+01:00';
    expect((await post('/v1/emails').send({ ...mail, expiresAt })).body).toMatchObject({ expiresAt });
  });

  it('runAt: the job is delayed', async () => {
    const runAt = new Date(Date.now() + 60_000).toISOString();
    const { body } = await post('/v1/reports').send({ ...REPORT, runAt });
    expect(body).toMatchObject({ state: 'delayed', position: null });
  });

  it('a +json content type is JSON', async () => {
    const response = await post('/v1/reports')
      .set('Content-Type', 'application/vnd.acme+json')
      .send(JSON.stringify(REPORT));
    expect(response.status).toBe(202);
  });
});

describe('POST of an image', () => {
  it('multipart, the file before or after the fields: texts become what the schema wants', async () => {
    const fileFirst = await post('/v1/images')
      .attach('file', jpeg, 'my photo.jpg')
      .field({ width: '8', format: 'webp' });
    const fileLast = await post('/v1/images')
      .field({ width: '8', format: 'webp' })
      .attach('file', jpeg, 'my photo.jpg');
    for (const { status, body } of [fileFirst, fileLast]) {
      expect(status).toBe(202);
      expect(await envelopeOf(body.id)).toMatchObject({
        caller: 'kari',
        input: { renditions: [expect.objectContaining({ width: 8, format: 'webp' })] },
        uploads: {
          file: {
            key: expect.stringMatching(`^uploads/${body.id}-\\w{8}/file$`),
            name: 'my photo.jpg',
            type: 'image/jpeg',
            bytes: jpeg.length,
          },
        },
      });
    }
  });

  it('the upload lies in storage, byte for byte', async () => {
    const { body } = await post('/v1/images').attach('file', jpeg, 'a.jpg');
    const chunks: Buffer[] = [];
    for await (const chunk of await test.storage.open((await envelopeOf(body.id))?.uploads.file?.key ?? ''))
      chunks.push(chunk as Buffer);
    expect(Buffer.concat(chunks).equals(jpeg)).toBe(true);
  });

  it('a raw body with a query string', async () => {
    const response = await post('/v1/images?width=8&format=png&tags=a&tags=b')
      .set('Content-Type', 'image/jpeg')
      .send(jpeg);
    expect(response.status).toBe(202);
    expect(response.body.tags).toEqual(['a', 'b']);
    expect((await envelopeOf(response.body.id))?.input).toMatchObject({ renditions: [{ width: 8, format: 'png' }] });
  });

  it('renditions as JSON, tags repeated, fields left empty by a form', async () => {
    const renditions = [
      { name: 'thumb', width: 20, height: 20, fit: 'cover' },
      { name: 'large', width: 30, format: 'avif' },
    ];
    const response = await post('/v1/images')
      .attach('file', jpeg, 'a.jpg')
      .field('renditions', JSON.stringify(renditions))
      .field('tags', 'one')
      .field('tags', 'two')
      .field('width', '')
      .field('metadata', '{"a":1}');
    expect(response.status).toBe(202);
    expect(response.body).toMatchObject({ tags: ['one', 'two'], metadata: { a: 1 } });
    expect((await envelopeOf(response.body.id))?.input).toMatchObject({ renditions });
  });

  it('a file name with folders and control characters: only its last part is kept', async () => {
    const { body } = await post('/v1/images').attach('file', jpeg, '../../etc/pass\u0007wd.jpg');
    expect((await envelopeOf(body.id))?.uploads['file']?.name).toBe('passwd.jpg');
  });

  it('Redis is away: 503 and the upload is removed', async () => {
    await test.redis.kill();
    const response = await post('/v1/images').attach('file', jpeg, 'a.jpg');
    expect(response.status).toBe(503);
    expect(await test.storedFiles()).toEqual([]);
    await test.redis.start();
    await until('jobs are accepted again', async () => (await post('/v1/reports').send(REPORT)).status === 202);
  });
});

describe('who may see a job', () => {
  it('its caller and an operator; for another caller it is not there', async () => {
    const { body } = await post('/v1/reports').send(REPORT);
    expect((await get(`/v1/jobs/${body.id}`)).status).toBe(200);
    expect((await get(`/v1/jobs/${body.id}`, 'operator')).status).toBe(200);
    for (const path of ['', '/result', '/files/report.pdf']) {
      expect((await get(`/v1/jobs/${body.id}${path}`, 'ola')).status).toBe(404);
    }
    const retry = await request(test.app).post(`/v1/jobs/${body.id}/retry`).set('Authorization', bearer('ola'));
    expect(retry.status).toBe(404);
  });

  it('the result of a pending job: 202, with the job and when to ask again', async () => {
    const { body } = await post('/v1/reports').send(REPORT);
    const response = await get(`/v1/jobs/${body.id}/result`);
    expect(response.status).toBe(202);
    expect(response.headers['retry-after']).toBe('1');
    expect(response.body.id).toBe(body.id);
  });

  it('a pending job is not run again: 409', async () => {
    const { body } = await post('/v1/reports').send(REPORT);
    expect((await post(`/v1/jobs/${body.id}/retry`)).body).toMatchObject({ status: 409, code: 'conflict' });
  });
});

describe('readiness and headers', () => {
  it('livez and readyz are open', async () => {
    expect((await request(test.app).get('/livez')).status).toBe(200);
    expect((await request(test.app).get('/readyz')).status).toBe(200);
  });

  it('a Redis that may evict or forget jobs: not ready, jobs are refused, the log names the line', async () => {
    const redis = test.redis.client();
    await redis.config('SET', 'maxmemory-policy', 'volatile-lru');
    const unsafe = await openTestAppOver(test);
    expect((await request(unsafe.app).get('/readyz')).status).toBe(503);
    const response = await request(unsafe.app).post('/v1/reports').set('Authorization', bearer('kari')).send(REPORT);
    expect(response.body).toMatchObject({ status: 503, code: 'queue_unavailable' });
    await unsafe.close();
    await redis.config('SET', 'maxmemory-policy', 'noeviction');
  });

  it('every answer carries a strict policy and no hint of the software', async () => {
    const { headers } = await request(test.app).get('/livez');
    expect(headers['content-security-policy']).toMatch(/default-src 'none'.*script-src 'self'/);
    expect(headers['content-security-policy']).not.toMatch(/unsafe|\*/);
    expect(headers).toMatchObject({ 'x-content-type-options': 'nosniff', 'x-frame-options': 'DENY' });
    expect(headers['x-powered-by']).toBeUndefined();
  });
});

/** A second app over the same Redis, as if it were started now. */
const openTestAppOver = (other: TestApp) => openTestApp({ REDIS_URL: other.redis.url });
