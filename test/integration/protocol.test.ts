import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import sharp from 'sharp';
import request, { type Response } from 'supertest';
import { indexKey } from '../../src/redis/keys.ts';
import { bearer, openTestApp, type TestApp } from '../support/app.ts';
import { keysWith } from '../support/redis/redis-content.ts';
import { until } from '../support/until.ts';

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

type Who = Parameters<typeof bearer>[0];
const send = (method: 'get' | 'post' | 'delete', path: string, who: Who = 'kari') =>
  request(test.app)[method](path).set('Authorization', bearer(who));
const postReport = (body: object = REPORT, who: Who = 'kari') => send('post', '/v1/reports', who).send(body);

describe('Idempotency-Key', () => {
  const post = (key: string, body: object = REPORT, who: Who = 'kari') =>
    postReport(body, who).set('Idempotency-Key', key);

  it('the same payload: the same job, said to be a replay, queued once', async () => {
    const first = await post('"order-7"');
    const again = await post('"order-7"', { data: { blocks: [], title: 'T' }, template: 'document' });
    expect([first.status, again.status]).toEqual([202, 202]);
    expect(again.body.id).toBe(first.body.id);
    expect(first.headers['idempotency-replayed']).toBeUndefined();
    expect(again.headers['idempotency-replayed']).toBe('true');
    expect(await test.waiting()).toBe(1);
  });

  it('bare or as a structured-field string, with parameters too: one key', async () => {
    const { id } = (await post('order-8')).body;
    for (const key of ['"order-8"', '"order-8";foo=1', '"order-8"; a; b="c"'])
      expect((await post(key)).body.id).toBe(id);
  });

  it('another payload: 422, and the first job stays as it was', async () => {
    const first = await post('"k"');
    const other = await post('"k"', { ...REPORT, tags: ['x'] });
    expect(other.body).toMatchObject({ status: 422, code: 'idempotency_mismatch' });
    expect((await send('get', `/v1/jobs/${first.body.id}`)).body.tags).toEqual([]);
  });

  it('another caller or route: another job', async () => {
    const mail = { to: 'kari@example.no', subject: 'x', text: 'y' };
    const ids = [
      (await post('"k"')).body.id,
      (await post('"k"', REPORT, 'ola')).body.id,
      (await send('post', '/v1/emails').set('Idempotency-Key', '"k"').send(mail)).body.id,
    ];
    expect(new Set(ids.map((id) => id.slice(4))).size).toBe(3);
  });

  it('20 at once, half of them with another payload: one job is queued, its like are replays, the others mismatches', async () => {
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, index) => post('"race"', { ...REPORT, tags: [index % 2 ? 'odd' : 'even'] })),
    );
    const accepted = answers.filter(({ status }) => status === 202);
    expect(accepted.filter(({ headers }) => !headers['idempotency-replayed'])).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 422)).toHaveLength(10);
    expect(new Set(accepted.map(({ body }) => body.id)).size).toBe(1);
    expect(await test.waiting()).toBe(1);
  });

  it('an upload repeated, also at once: one file is kept; another content is a mismatch and leaves nothing', async () => {
    const upload = (file: Buffer) =>
      send('post', '/v1/images').set('Idempotency-Key', '"pic"').attach('file', file, 'a.jpg').field('width', '10');
    const answers = await Promise.all([upload(jpeg), upload(jpeg), upload(jpeg)]);
    expect(answers.map(({ status }) => status)).toEqual([202, 202, 202]);
    const other = await upload(await sharp(jpeg).negate().jpeg().toBuffer());
    expect(other.status).toBe(422);
    expect(await test.storedFiles()).toHaveLength(1);
    const job = await test.producer.find(answers[0]?.body.id);
    expect(await test.storedFiles()).toEqual([job?.envelope.uploads.file?.key]);
  });

  it.each([
    ['an empty one', '""'],
    ['256 characters', 'x'.repeat(256)],
    ['one beyond ASCII', Buffer.from('æ').toString('latin1')],
  ])('a key of another shape (%s) is refused', async (_name, key) => {
    expect((await post(key)).body).toMatchObject({ status: 400, code: 'invalid_request' });
  });
});

describe('waiting for the end', () => {
  it('GET with Prefer: wait answers as soon as the job has ended', async () => {
    const { body } = await postReport();
    const waiting = send('get', `/v1/jobs/${body.id}`)
      .set('Prefer', 'wait=20')
      .then((response) => response);
    await until('the request waits', async () => Number((await test.redis.client().pubsub('NUMPAT')) as unknown) > 0);
    await send('post', `/v1/jobs/${body.id}/cancel`);
    const response = await waiting;
    expect(response.status).toBe(200);
    expect(response.headers['preference-applied']).toBe('wait=20');
    expect(response.body.state).toBe('cancelled');
  });

  it('POST with Prefer: wait and nobody to do the job: 202 when the time is over', async () => {
    const response = await postReport().set('Prefer', 'respond-async, wait=1');
    expect(response.status).toBe(202);
    expect(response.headers['preference-applied']).toBeUndefined();
    expect(response.headers.vary).toBe('Prefer');
  });

  it('a state that has not changed: 304', async () => {
    const { body } = await postReport();
    const first = await send('get', `/v1/jobs/${body.id}`);
    const again = await send('get', `/v1/jobs/${body.id}`).set('If-None-Match', first.headers.etag ?? '');
    expect(again.status).toBe(304);
    await send('post', `/v1/jobs/${body.id}/cancel`);
    const changed = await send('get', `/v1/jobs/${body.id}`).set('If-None-Match', first.headers.etag ?? '');
    expect(changed.status).toBe(200);
  });

  it('events: the present state first, then the end, and the stream ends; seen to the end: 204', async () => {
    const { body } = await postReport();
    const streaming = send('get', `/v1/jobs/${body.id}/events`)
      .buffer(true)
      .parse(readText)
      .then((response) => response);
    await until('the stream is open', async () => Number((await test.redis.client().pubsub('NUMPAT')) as unknown) > 0);
    await send('post', `/v1/jobs/${body.id}/cancel`);
    const stream = await streaming;
    expect(stream.headers['content-type']).toMatch(/^text\/event-stream/);
    const frames = String(stream.body)
      .split('\n\n')
      .filter((frame) => frame.startsWith('event:'));
    expect(frames.map((frame) => /^event: (\w+)/.exec(frame)?.[1])).toEqual(['state', 'cancelled']);
    const data = JSON.parse(/^data: (.*)$/m.exec(frames[1] ?? '')?.[1] ?? 'null');
    expect(data).toMatchObject({ id: body.id, state: 'cancelled' });
    const lastId = /^id: (.*)$/m.exec(frames[1] ?? '')?.[1] ?? '';
    const seen = await send('get', `/v1/jobs/${body.id}/events`).set('Last-Event-ID', lastId);
    expect(seen.status).toBe(204);
    expect((await send('get', `/v1/jobs/${body.id}/events`, 'ola')).status).toBe(404);
  });
});

describe('cancel, retry, erase', () => {
  it('a waiting and a delayed job are cancelled at once; twice is no mistake; it can be run again', async () => {
    for (const more of [{}, { runAt: new Date(Date.now() + 60_000).toISOString() }]) {
      const { body } = await postReport({ ...REPORT, ...more });
      const cancelled = await send('post', `/v1/jobs/${body.id}/cancel`);
      expect(cancelled.status).toBe(200);
      expect(cancelled.body).toMatchObject({ state: 'cancelled', error: { code: 'cancelled' } });
      expect((await send('post', `/v1/jobs/${body.id}/cancel`)).status).toBe(200);
      expect((await send('get', `/v1/jobs/${body.id}/result`)).status).toBe(409);
      const retried = await send('post', `/v1/jobs/${body.id}/retry`);
      expect(retried.status).toBe(202);
      expect(retried.body.state).toMatch(/delayed|waiting/);
    }
  });

  it('another caller can neither cancel nor erase: 404', async () => {
    const { body } = await postReport();
    expect((await send('post', `/v1/jobs/${body.id}/cancel`, 'ola')).status).toBe(404);
    expect((await send('delete', `/v1/jobs/${body.id}`, 'ola')).status).toBe(404);
    expect((await send('get', `/v1/jobs/${body.id}`)).body.state).toBe('waiting');
  });

  it('erased: 204, then 404, and nothing with that id is left in Redis or storage', async () => {
    const { body } = await send('post', '/v1/images').attach('file', jpeg, 'a.jpg').field('subject', 'customer-9');
    expect((await send('delete', `/v1/jobs/${body.id}`)).status).toBe(204);
    expect((await send('get', `/v1/jobs/${body.id}`)).status).toBe(404);
    expect((await send('delete', `/v1/jobs/${body.id}`)).status).toBe(404);
    expect(await test.storedFiles()).toEqual([]);
    expect(await keysWith(test.redis.client(), body.id)).toEqual([]);
  });

  it('all of a subject: every job of it, and of nobody else', async () => {
    for (const subject of ['kari', 'kari', 'per']) await postReport({ ...REPORT, subject });
    await postReport({ ...REPORT, subject: 'kari' }, 'ola');
    const response = await send('delete', '/v1/subjects/kari');
    expect(response.status).toBe(200);
    expect(response.body).toEqual({ erased: 2, stopping: 0, suppressions: 0 });
    expect((await send('get', '/v1/jobs')).body.jobs.map((job: { subject: string }) => job.subject)).toEqual(['per']);
    expect((await send('get', '/v1/jobs', 'ola')).body.jobs).toHaveLength(1);
    expect((await send('delete', '/v1/subjects/kari')).body).toMatchObject({ status: 404, code: 'not_found' });
  });
});

it('a job with a callback: cancelled, run again and cancelled again, each end has its own; erased, none is left', async () => {
  const { body } = await postReport({ ...REPORT, callbackUrl: 'https://example.com/hook' });
  for (const end of [1, 2]) {
    await send('post', `/v1/jobs/${body.id}/cancel`);
    expect((await test.producer.counts()).webhooks).toMatchObject({ waiting: end });
    await send('post', `/v1/jobs/${body.id}/retry`);
  }
  expect((await send('delete', `/v1/jobs/${body.id}`)).status).toBe(204);
  expect((await test.producer.counts()).webhooks).toMatchObject({ waiting: 0 });
  expect(await keysWith(test.redis.client(), body.id)).toEqual([]);
});

it('a mail is theirs whom it names, as recipients, sender, who is answered, or in a header: erased by each address', async () => {
  const mail = { to: 'shop@example.no', subject: 'x', text: 'y' };
  const person = 'Kari Nordmann <Kari@example.no>';
  await send('post', '/v1/emails').send({ ...mail, replyTo: person });
  await send('post', '/v1/emails').send({ ...mail, from: person });
  await send('post', '/v1/emails').send({ ...mail, headers: { 'X-Asked-By': `${person}, other@example.no` } });
  await send('post', '/v1/emails').send({ ...mail, headers: { References: '<kari@example.no>' } });
  expect((await send('delete', '/v1/subjects/kari@example.no')).body).toMatchObject({ erased: 3 });
  expect((await send('delete', '/v1/subjects/shop@example.no')).body).toMatchObject({ erased: 1 });
});

it("a mail is its recipients': found and erased by each address", async () => {
  const mail = { to: 'Kari <Kari@example.no>', bcc: ['per@example.no'], subject: 'x', text: 'y' };
  await send('post', '/v1/emails').send(mail);
  expect((await send('get', '/v1/jobs?subject=per@example.no')).body.jobs).toHaveLength(1);
  expect((await send('delete', '/v1/subjects/kari@example.no')).body).toEqual({
    erased: 1,
    stopping: 0,
    suppressions: 0,
  });
  expect((await send('get', '/v1/jobs')).body.jobs).toEqual([]);
  expect(await keysWith(test.redis.client(), 'per@example.no')).toEqual([]);
});

describe('listing', () => {
  it('newest first, page by page, without gaps or repeats', async () => {
    const ids: string[] = [];
    for (let index = 0; index < 7; index += 1) ids.unshift((await postReport()).body.id);
    const seen: string[] = [];
    let cursor: string | null = null;
    do {
      const page = await send('get', `/v1/jobs?limit=3${cursor ? `&cursor=${cursor}` : ''}`);
      expect(page.status).toBe(200);
      seen.push(...page.body.jobs.map((job: { id: string }) => job.id));
      cursor = page.body.cursor;
    } while (cursor);
    expect(seen).toHaveLength(7);
    expect(new Set(seen)).toEqual(new Set(ids));
  });

  it('no entry leads nowhere: a job that is erased takes its entries along, and the last its caller', async () => {
    const redis = test.redis.client();
    const indexes = () => redis.keys('heavylift:{reports}:reports:index:*');
    const { body } = await postReport({ ...REPORT, subject: 's', tags: ['a', 'b', 'a'] });
    expect(await indexes()).toHaveLength(5);
    expect(await redis.smembers('heavylift:{reports}:reports:callers')).toEqual(['kari']);
    await send('delete', `/v1/jobs/${body.id}`);
    expect(await indexes()).toEqual([]);
    expect(await redis.exists('heavylift:{reports}:reports:callers')).toBe(0);
  });

  it('filters by kind, state and subject; another caller sees its own, an operator all', async () => {
    const { body } = await postReport({ ...REPORT, subject: 's' });
    await send('post', `/v1/jobs/${body.id}/cancel`);
    await postReport();
    await send('post', '/v1/emails').send({ to: 'kari@example.no', subject: 'x', text: 'y' });
    await postReport(REPORT, 'ola');
    const count = async (query: string, who: Who = 'kari') =>
      (await send('get', `/v1/jobs${query}`, who)).body.jobs.length;
    expect(await count('')).toBe(3);
    expect(await count('?kind=emails')).toBe(1);
    expect(await count('?state=cancelled')).toBe(1);
    expect(await count('?subject=s')).toBe(1);
    expect(await count('?kind=emails&state=cancelled')).toBe(0);
    expect(await count('', 'ola')).toBe(1);
    expect(await count('', 'operator')).toBe(4);
  });

  it('filters by tag, error code and time of acceptance', async () => {
    const first = (await postReport({ ...REPORT, tags: ['a', 'b'] })).body;
    await send('post', `/v1/jobs/${first.id}/cancel`);
    const second = await until('a later moment', async () => {
      const { body } = await postReport({ ...REPORT, tags: ['b'] });
      return body.createdAt > first.createdAt ? body : send('delete', `/v1/jobs/${body.id}`).then(() => null);
    });
    const idsOf = async (query: string) =>
      (await send('get', `/v1/jobs?${query}`)).body.jobs.map(({ id }: { id: string }) => id);
    expect(await idsOf('tag=b')).toEqual([second.id, first.id]);
    expect(await idsOf('tag=a')).toEqual([first.id]);
    // By its index, however many other jobs there are.
    const indexed = await test.producer.list({ caller: 'kari', tag: 'a', after: null, limit: 1 });
    expect(indexed.jobs.map(({ id }) => id)).toEqual([first.id]);
    expect(await idsOf('tag=c')).toEqual([]);
    expect(await idsOf('error=cancelled')).toEqual([first.id]);
    expect(await idsOf('error=timed_out')).toEqual([]);
    expect(await idsOf(`createdAfter=${first.createdAt}`)).toEqual([second.id]);
    expect(await idsOf(`createdBefore=${second.createdAt}`)).toEqual([first.id]);
    expect(await idsOf(`createdBefore=${first.createdAt}`)).toEqual([]);
    expect(await idsOf(`createdAfter=${second.createdAt}`)).toEqual([]);
    expect(await idsOf(`createdAfter=${first.createdAt}&createdBefore=${second.createdAt}`)).toEqual([]);
  });

  it('finds words in id, title, facts, tags, subject, caller and error, whatever their case', async () => {
    const about = (title: string, more: object = {}) => postReport({ ...REPORT, data: { title }, ...more });
    const april = (await about('Übersicht April', { tags: ['Finance'], subject: 'Kari Ærø' })).body.id;
    const may = (await about('Übersicht May', { tags: ['finance', 'late'] })).body.id;
    const other = (await postReport({ ...REPORT, data: { title: 'Übersicht June' } }, 'ola')).body.id;
    await send('post', `/v1/jobs/${may}/cancel`);
    const find = async (q: string, more = '', who: Who = 'kari') => {
      const { body } = await send('get', `/v1/jobs?${new URLSearchParams({ q })}${more}`, who);
      return [...body.jobs.map(({ id }: { id: string }) => id), body.cursor];
    };
    expect(await find('übersicht')).toEqual([may, april, null]);
    expect(await find('ÜBERSICHT', '', 'operator')).toEqual([other, may, april, null]);
    expect(await find('  April   finance ')).toEqual([april, null]);
    expect(await find('kari ærø')).toEqual([april, null]);
    expect(await find('ola', '', 'operator')).toEqual([other, null]);
    expect(await find('cancelled')).toEqual([may, null]);
    expect(await find('finance', '&state=waiting')).toEqual([april, null]);
    expect(await find('finance', '&tag=late')).toEqual([may, null]);
    expect(await find('finance', '&caller=ola', 'operator')).toEqual([null]);
    expect(await find(april)).toEqual([april, null]);
    expect(await find(april.slice(5, 20))).toEqual([april, null]);
    expect(await find(other)).toEqual([null]);
    expect(await find('title')).toEqual([null]);
    expect((await send('get', '/v1/jobs?caller=ola')).body.code).toBe('forbidden');
  });

  it.each([[''], ['&q=r'], ['&state=waiting'], ['&state=waiting&q=r&kind=reports']])(
    'page by page with a filter (%s), also of one millisecond: each once, newest first',
    async (filter) => {
      const posted = await Promise.all(Array.from({ length: 7 }, async () => (await postReport()).body));
      await send('post', `/v1/jobs/${(await postReport()).body.id}/cancel`);
      const one = Number(Date.parse(posted[0].createdAt));
      const client = test.redis.client();
      for (const name of ['all', 'caller:kari']) {
        for (const { id } of posted.slice(0, 5)) await client.zadd(indexKey('reports', name), one, id);
      }
      const seen: string[] = [];
      let cursor: string | null = '';
      do {
        const path: string = `/v1/jobs?limit=3${filter}${cursor ? `&cursor=${cursor}` : ''}`;
        const { body } = await send('get', path);
        seen.push(...body.jobs.map(({ id }: { id: string }) => id));
        cursor = body.cursor;
      } while (cursor);
      expect(seen).toHaveLength(filter.includes('waiting') ? 7 : 8);
      expect(new Set(seen).size).toBe(seen.length);
    },
  );

  it('older than asked for: not looked through', async () => {
    const { body } = await postReport();
    const later = new Date(Date.parse(body.createdAt) + 1).toISOString();
    expect((await send('get', `/v1/jobs?createdAfter=${later}&limit=1`)).body).toEqual({ jobs: [], cursor: null });
  });

  it('by ids: those that the caller may see, newest first, each once, narrowed by the other filters', async () => {
    const mine = [(await postReport()).body.id, (await postReport({ ...REPORT, subject: 's' })).body.id];
    const other = (await postReport(REPORT, 'ola')).body.id;
    const gone = 'rep_00000000000000000000000000';
    const ids = [mine[0], gone, other, mine[1], mine[0]].join(',');
    const read = async (query: string, who: Who = 'kari') => {
      const { body } = await send('get', `/v1/jobs?ids=${ids}${query}`, who);
      expect(body.cursor).toBeNull();
      return body.jobs.map(({ id }: { id: string }) => id);
    };
    expect(new Set(await read(''))).toEqual(new Set(mine));
    expect(await read('')).toHaveLength(2);
    expect(await read('&limit=1')).toHaveLength(2);
    expect(await read('&subject=s')).toEqual([mine[1]]);
    expect(await read('&state=failed')).toEqual([]);
    expect(await read('', 'operator')).toHaveLength(3);
  });

  it('as many ids as are allowed, and one more', async () => {
    const ids = Array.from({ length: 101 }, (_, index) => `rep_${String(index).padStart(26, '0')}`);
    expect((await send('get', `/v1/jobs?ids=${ids.slice(1)}`)).status).toBe(200);
    expect((await send('get', `/v1/jobs?ids=${ids}`)).body.errors).toEqual([
      { pointer: '/ids', detail: 'must be 1 to 100 ids of jobs, with commas between them' },
    ]);
  });

  it.each([
    'limit=0',
    'limit=101',
    'state=done',
    'kind=jobs',
    'cursor=x',
    'colour=red',
    'tag=',
    'error=unknown',
    'createdAfter=yesterday',
    'createdBefore=2026-13-01T00:00:00Z',
    'ids=',
    'ids=7',
    'q=',
    'q=a&ids=rep_00000000000000000000000000',
    'cursor=x&ids=rep_00000000000000000000000000',
  ])('%s is refused', async (query) => {
    const response = await send('get', `/v1/jobs?${query}`);
    expect(response.body).toMatchObject({ status: 400, code: 'invalid_request' });
    expect(response.body.errors[0].pointer).toBe(`/${query.split('=')[0]}`);
  });

  it.each([
    ['kind=image', 'kind must be images, reports, emails, webhooks, calls or flows.'],
    ['limit=1000', 'limit must be a whole number from 1 to 100.'],
    ['stat=waiting', 'stat is not a known field (did you mean state?).'],
  ])('%s: the values that there are', async (query, sentence) => {
    expect((await send('get', `/v1/jobs?${query}`)).body.detail).toBe(sentence);
  });
});

function readText(response: Response, done: (error: Error | null, text: string) => void): void {
  let text = '';
  response.on('data', (chunk: Buffer) => {
    text += chunk;
  });
  response.on('end', () => done(null, text));
}
