import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import request from 'supertest';
import { bearer, openTestApp, type TestApp } from '../support/app.ts';

let test: TestApp;
beforeAll(async () => {
  test = await openTestApp();
});
afterEach(() => test.clear());
afterAll(() => test.close());

type Who = Parameters<typeof bearer>[0];
const ask = (method: 'get' | 'put' | 'delete' | 'post', path: string, who: Who = 'kari') =>
  request(test.app)[method](path).set('Authorization', bearer(who));
const put = (address: string, body: object = {}, who: Who = 'kari') =>
  ask('put', `/v1/suppressions/${encodeURIComponent(address)}`, who).send(body);

describe('one address', () => {
  it('entered, asked for, lifted', async () => {
    const note = 'Asked by phone – æøå';
    const entry = (await put('Kari@Example.NO', { reason: 'manual', note })).body;
    expect(entry).toEqual({ address: 'kari@example.no', messageStream: null, reason: 'manual', note, at: entry.at });
    expect(Math.abs(Date.now() - Date.parse(entry.at))).toBeLessThan(60_000);
    expect((await ask('get', '/v1/suppressions/KARI@example.no')).body).toEqual(entry);
    expect((await ask('delete', '/v1/suppressions/kari@example.no')).status).toBe(204);
    const gone = await ask('get', '/v1/suppressions/kari@example.no');
    expect([gone.status, gone.body.detail]).toEqual([404, 'kari@example.no is not suppressed.']);
    expect((await ask('delete', '/v1/suppressions/kari@example.no')).status).toBe(404);
  });

  it('no body: a manual entry; a domain of any letters: one entry, however it is written', async () => {
    const response = await ask('put', '/v1/suppressions/ola%40blåbær.no'.replace('å', '%C3%A5').replace('æ', '%C3%A6'));
    expect([response.status, response.body.reason, response.body.address]).toEqual([
      200,
      'manual',
      'ola@xn--blbr-roah.no',
    ]);
    expect((await ask('get', '/v1/suppressions/ola@xn--blbr-roah.no')).status).toBe(200);
  });

  it('entries of several streams stand side by side, and are lifted one by one or all at once', async () => {
    await put('a@example.no', { reason: 'unsubscribe', messageStream: 'news' });
    await put('a@example.no', { reason: 'unsubscribe', messageStream: 'offers' });
    const ofStream = (stream: string) => ask('get', `/v1/suppressions/a@example.no?messageStream=${stream}`);
    expect((await ofStream('offers')).body).toMatchObject({ messageStream: 'offers', reason: 'unsubscribe' });
    expect((await ofStream('other')).status).toBe(404);
    expect((await ask('delete', '/v1/suppressions/a@example.no?messageStream=news')).status).toBe(204);
    expect([(await ofStream('news')).status, (await ofStream('offers')).status]).toEqual([404, 200]);
    await put('a@example.no', { messageStream: 'news' });
    expect((await ask('delete', '/v1/suppressions/a@example.no')).status).toBe(204);
    expect([(await ofStream('news')).status, (await ofStream('offers')).status]).toEqual([404, 404]);
  });

  it('a bounce: no other reason takes its place, and only an operator lifts it', async () => {
    await put('b@example.no', { reason: 'bounce', note: '550 5.1.1 no such user' });
    expect((await put('b@example.no', { reason: 'manual' })).body).toMatchObject({ reason: 'bounce' });
    expect((await put('b@example.no', { reason: 'complaint' })).body).toMatchObject({
      reason: 'complaint',
      note: null,
    });
    const refused = await ask('delete', '/v1/suppressions/b@example.no');
    expect([refused.status, refused.body.code]).toEqual([403, 'forbidden']);
    expect((await ask('get', '/v1/suppressions/b@example.no')).body).toMatchObject({ reason: 'complaint' });
    expect((await ask('delete', '/v1/suppressions/b@example.no', 'operator')).status).toBe(204);
  });

  it.each([
    ['not an address', {}, '/address'],
    ['a@example.no%0d%0aBcc:x@example.no', {}, '/address'],
    ['a@example.no', { reason: 'whim' }, '/reason'],
    ['a@example.no', { note: 'a\r\nb' }, '/note'],
    ['a@example.no', { messageStream: 'News!' }, '/messageStream'],
    ['a@example.no', { at: '2999-01-01T00:00:00Z' }, '/at'],
    ['a@example.no', { why: 'x' }, '/why'],
  ])('%s with %j: 400 at %s', async (address, body, pointer) => {
    const response = await ask('put', `/v1/suppressions/${address.replaceAll(' ', '%20')}`).send(body);
    expect([response.status, response.body.errors[0].pointer]).toEqual([400, pointer]);
  });

  it('a key that may not post mail: 403; none: 401', async () => {
    for (const method of ['get', 'put', 'delete'] as const) {
      expect((await ask(method, '/v1/suppressions/a@example.no', 'printer')).status).toBe(403);
      expect((await request(test.app)[method]('/v1/suppressions/a@example.no')).status).toBe(401);
    }
  });
});

describe('many addresses', () => {
  it('bounces as a provider tells of them: normalised, and all there', async () => {
    const suppressions = [
      { address: 'Kari <Kari@Example.no>', reason: 'bounce', note: '550 5.1.1', at: '2026-10-01T08:00:00+02:00' },
      { address: 'ola@example.no', reason: 'complaint', messageStream: 'news' },
    ];
    const response = await ask('post', '/v1/suppressions').send({ suppressions });
    expect(response.status).toBe(200);
    expect(response.body.suppressions).toMatchObject([
      { address: 'kari@example.no', messageStream: null, reason: 'bounce', at: '2026-10-01T06:00:00.000Z' },
      { address: 'ola@example.no', messageStream: 'news', reason: 'complaint', note: null },
    ]);
  });

  it('one bad entry: its place is named, and nothing is entered', async () => {
    const suppressions = [
      { address: 'a@example.no', reason: 'bounce' },
      { address: 'a@', reason: 'bounce' },
    ];
    const response = await ask('post', '/v1/suppressions').send({ suppressions });
    expect([response.status, response.body.errors[0].pointer]).toEqual([400, '/suppressions/1/address']);
    expect((await ask('get', '/v1/suppressions/a@example.no')).status).toBe(404);
    expect((await ask('post', '/v1/suppressions').send({ suppressions: [] })).status).toBe(400);
    expect((await ask('post', '/v1/suppressions').type('text').send('x')).status).toBe(415);
  });

  it('the list: the newest first, page by page, for operators alone', async () => {
    const suppressions = Array.from({ length: 5 }, (_, index) => ({
      address: `p${index}@example.no`,
      reason: 'bounce',
      at: new Date(Date.UTC(2026, 9, 1 + Math.floor(index / 2))).toISOString(),
    }));
    await ask('post', '/v1/suppressions').send({ suppressions });
    const seen: string[] = [];
    for (let query = '?limit=2'; query; ) {
      const { body } = await ask('get', `/v1/suppressions${query}`, 'operator');
      seen.push(...body.suppressions.map(({ address }: { address: string }) => address[1]));
      query = body.cursor ? `?limit=2&cursor=${body.cursor}` : '';
    }
    expect(seen).toEqual(['4', '3', '2', '1', '0']);
    expect((await ask('get', '/v1/suppressions')).status).toBe(403);
    expect((await ask('get', '/v1/suppressions?cursor=x', 'operator')).status).toBe(400);
    expect((await ask('get', '/v1/suppressions?limit=0', 'operator')).status).toBe(400);
  });
});

describe('an erased person', () => {
  it('is not named any more, and still gets no mail', async () => {
    await put('kari@example.no', { reason: 'unsubscribe', messageStream: 'news', note: 'kari@example.no asked' });
    await put('kari@example.no', { reason: 'bounce' });
    expect((await ask('delete', '/v1/subjects/Kari@example.no')).status).toBe(200);
    const { body } = await ask('get', '/v1/suppressions', 'operator');
    expect(body.suppressions).toMatchObject([
      { address: null, messageStream: null, reason: 'bounce' },
      { address: null, messageStream: 'news', reason: 'unsubscribe', note: null },
    ]);
    const client = test.redis.client();
    const records = await client.hgetall('heavylift:{emails}:own:suppressions');
    const order = await client.zrange('heavylift:{emails}:own:suppressions:by-time', 0, -1);
    expect([order.length, JSON.stringify([records, order]).includes('kari')]).toEqual([1, false]);
    expect([...(await test.suppressions.find(['kari@example.no'], 'offers')).keys()]).toEqual(['kari@example.no']);
    expect((await ask('get', '/v1/suppressions/kari@example.no')).body).toMatchObject({ reason: 'bounce' });
    expect((await ask('delete', '/v1/suppressions/kari@example.no', 'operator')).status).toBe(204);
    expect((await test.suppressions.find(['kari@example.no'], 'news')).size).toBe(0);
  });
});
