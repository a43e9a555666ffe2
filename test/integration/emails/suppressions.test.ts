import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import request from 'supertest';
import { now } from '../../../src/clock.ts';
import { createBounces } from '../../../src/suppressions/bounces.ts';
import { isPast } from '../../../src/suppressions/record.ts';
import { createSuppressions, type Suppressions } from '../../../src/suppressions/store.ts';
import { bearer, openTestApp, type TestApp } from '../../support/app.ts';
import { until } from '../../support/until.ts';

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
    expect(entry).toEqual({
      address: 'kari@example.no',
      messageStream: null,
      reason: 'manual',
      note,
      at: entry.at,
      until: null,
      caller: 'kari',
    });
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

  it('a bounce: no other reason takes its place; who entered it lifts it', async () => {
    await put('b@example.no', { reason: 'bounce', note: '550 5.1.1 no such user' });
    expect((await put('b@example.no', { reason: 'manual' })).body).toMatchObject({ reason: 'bounce' });
    expect((await put('b@example.no', { reason: 'complaint' })).body).toMatchObject({
      reason: 'complaint',
      note: null,
    });
    expect((await ask('delete', '/v1/suppressions/b@example.no')).status).toBe(204);
    expect((await ask('get', '/v1/suppressions/b@example.no')).status).toBe(404);
  });

  it('what one caller enters is its own: another neither sees nor lifts it, and its mails are not stopped', async () => {
    await put('c@example.no', { reason: 'complaint', note: 'of kari’s customers' });
    expect((await ask('get', '/v1/suppressions/c@example.no', 'ola')).status).toBe(404);
    expect((await ask('delete', '/v1/suppressions/c@example.no', 'ola')).status).toBe(404);
    const find = async (caller: string) => [...(await test.suppressions.find(['c@example.no'], 'news', caller)).keys()];
    expect([await find('kari'), await find('ola')]).toEqual([['c@example.no'], []]);
    await put('c@example.no', { reason: 'unsubscribe' }, 'ola');
    expect((await ask('delete', '/v1/suppressions/c@example.no', 'ola')).status).toBe(204);
    expect((await ask('get', '/v1/suppressions/c@example.no')).body).toMatchObject({ reason: 'complaint' });
  });

  it('what bounced or an operator entered stops everybody’s mails; an operator alone lifts it, and everybody’s', async () => {
    const [bounced, entered] = ['d@example.no', 'e@example.no'];
    const bounce = {
      address: bounced,
      messageStream: null,
      reason: 'bounce',
      note: '550 5.1.1',
      caller: null,
    } as const;
    await test.suppressions.add([bounce]);
    await put(entered, { note: 'the operator’s words' }, 'operator');
    await put(entered, { reason: 'unsubscribe', messageStream: 'news' });
    for (const who of ['kari', 'ola'] as const) {
      const seen = [bounced, entered].map((address) => ask('get', `/v1/suppressions/${address}`, who));
      const bodies = (await Promise.all(seen)).map(({ body: { reason, note, caller } }) => [reason, note, caller]);
      expect(bodies).toEqual([
        ['bounce', '550 5.1.1', null],
        ['manual', null, null],
      ]);
      const refused = await ask('delete', `/v1/suppressions/${bounced}`, who);
      expect([refused.status, refused.body.code]).toEqual([403, 'forbidden']);
      expect(refused.body.detail).toMatch(/holds for every caller.*"admin"\. Nothing was lifted\.$/);
    }
    expect((await ask('delete', `/v1/suppressions/${bounced}`, 'operator')).status).toBe(204);
    expect((await ask('delete', `/v1/suppressions/${entered}`, 'operator')).status).toBe(204);
    expect(await test.suppressions.get(entered, undefined)).toEqual([]);
  });

  it('a caller’s share of the list is half of what the others leave: then it is told, and others go on', async () => {
    const counts = 'heavylift:{emails}:own:suppressions:counts';
    const half = 500_000;
    await put('f@example.no');
    await test.redis.client().hset(counts, 'kari', half);
    const full = await put('g@example.no');
    expect([full.status, full.body.code]).toEqual([503, 'queue_full']);
    expect(full.body.detail).toMatch(/^This key's share of the suppression list is full/);
    expect((await put('g@example.no', {}, 'ola')).status).toBe(200);
    expect((await put('g@example.no', {}, 'operator')).status).toBe(200);
  });

  it('the list is full: who is on it may leave more, and who leaves or complains is taken all the same', async () => {
    await put('h@example.no', { messageStream: 'news' });
    const fill = "for i = 1, 100000 do redis.call('HSET', KEYS[1], ARGV[1] .. i .. '@example.no', '{}') end";
    for (let part = 0; part < 10; part += 1) {
      await test.redis.client().eval(fill, 1, 'heavylift:{emails}:own:suppressions', part);
    }
    const answers = [];
    for (const [address, body] of [
      ['i@example.no', { reason: 'manual' }],
      ['h@example.no', { reason: 'manual', messageStream: 'tips' }],
      ['i@example.no', { reason: 'unsubscribe' }],
      ['j@example.no', { reason: 'complaint' }],
    ] as const) {
      answers.push((await put(address, body, 'operator')).status);
    }
    const left = {
      address: 'h@example.no',
      messageStream: 'tips',
      reason: 'unsubscribe',
      note: null,
      caller: 'kari',
    } as const;
    // A Redis that hands a million entries on to its replica may take longer than half a second to answer.
    await until('it is taken', async () => {
      await test.suppressions.add([left], { isByLink: true });
      return true;
    });
    expect(answers).toEqual([503, 503, 200, 200]);
    expect(await test.suppressions.get('h@example.no', ['kari'])).toHaveLength(2);
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

describe('what bounced by itself', () => {
  const secrets = ['a secret of the tests'];
  const day = 86_400_000;
  const open = () => {
    const redis = test.redis.client();
    const list = createSuppressions(redis, secrets);
    return { redis, list, bounces: createBounces(redis, secrets, list) };
  };
  const stops = async (list: Suppressions, address: string) => {
    const entry = (await list.find([address], 'news', 'kari')).get(address);
    return entry !== undefined && !isPast(entry.until);
  };

  it('beyond doubt: at once, for every caller, for 30 days', async () => {
    const { list, bounces } = open();
    await bounces.add([{ address: 'gone@example.no', note: '550 5.1.1 no', isCertain: true }]);
    const [entry] = await list.get('gone@example.no', undefined);
    expect(entry).toMatchObject({ reason: 'bounce', caller: null, note: '550 5.1.1 no' });
    expect(Date.parse(String(entry?.until)) - Date.parse(String(entry?.at))).toBe(30 * day);
    expect(await stops(list, 'gone@example.no')).toBe(true);
  });

  it('in doubt: when it is said again on another day, and not when it is said twice on one', async () => {
    const { redis, list, bounces } = open();
    const bounce = { address: 'Odd@example.no', note: '550 Unrouteable address', isCertain: false };
    for (let time = 0; time < 2; time += 1) await bounces.add([bounce]);
    expect(await stops(list, 'odd@example.no')).toBe(false);
    const [key = ''] = await redis.keys('*:own:bounced:*');
    expect(key).not.toContain('odd');
    await redis.set(key, now() - day, 'KEEPTTL');
    await bounces.add([bounce]);
    expect([await stops(list, 'odd@example.no'), await redis.keys('*:own:bounced:*')]).toEqual([true, []]);
  });

  it('in doubt, and then it took a mail: forgotten, but for what came back of a mail that was taken; of a caller: its own', async () => {
    const { redis, list, bounces } = open();
    const bounce = { address: 'odd@example.no', note: '550 Unrouteable address', isCertain: false };
    const later = { ...bounce, address: 'late@example.no', isLater: true };
    const own = { ...later, address: 'own@example.no', caller: 'kari' };
    await bounces.add([bounce, later, own]);
    await bounces.forget(['ODD@example.no', 'late@example.no', 'own@example.no']);
    const keys = [...(await redis.keys('*:own:bounced:*')), ...(await redis.keys('*:own:returned:*'))];
    expect(keys).toHaveLength(2);
    for (const key of keys) await redis.set(key, now() - day, 'KEEPTTL');
    await bounces.add([bounce, later, own]);
    expect(await stops(list, 'odd@example.no')).toBe(false);
    expect(await stops(list, 'late@example.no')).toBe(true);
    expect((await list.get('own@example.no', undefined)).map(({ caller }) => caller)).toEqual(['kari']);
    await redis.del(...(await redis.keys('*:own:bounced:*')));
  });

  it('after 30 days one mail tries: it is taken off where that is taken, and held anew where it bounces', async () => {
    const { list, bounces } = open();
    const at = new Date(now() - 31 * day).toISOString();
    const old = { messageStream: null, reason: 'bounce', note: '550', at } as const;
    for (const address of ['back@example.no', 'still@example.no']) {
      await list.add([{ ...old, address, caller: null }]);
      expect(await stops(list, address)).toBe(false);
      const trials = [];
      for (const job of ['first', 'second', 'first']) trials.push(await bounces.startTrial(address, job));
      expect(trials).toEqual([true, false, true]);
    }
    await list.add([
      { address: 'back@example.no', messageStream: 'news', reason: 'unsubscribe', note: null, caller: 'ola' },
    ]);
    await bounces.lift(['back@example.no']);
    expect((await list.get('back@example.no', undefined)).map(({ reason }) => reason)).toEqual(['unsubscribe']);
    await bounces.add([{ address: 'still@example.no', note: '550 Unrouteable address', isCertain: false }]);
    expect(await stops(list, 'still@example.no')).toBe(true);
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
    const erased = await ask('delete', '/v1/subjects/Kari@example.no');
    expect([erased.status, erased.body]).toEqual([200, { erased: 0, stopping: 0, suppressions: 1 }]);
    const { body } = await ask('get', '/v1/suppressions', 'operator');
    expect(body.suppressions).toMatchObject([
      { address: null, messageStream: null, reason: 'bounce' },
      { address: null, messageStream: 'news', reason: 'unsubscribe', note: null },
    ]);
    const client = test.redis.client();
    const records = await client.hgetall('heavylift:{emails}:own:suppressions');
    const order = await client.zrange('heavylift:{emails}:own:suppressions:by-time', 0, -1);
    expect([order.length, JSON.stringify([records, order]).includes('kari@')]).toEqual([1, false]);
    expect([...(await test.suppressions.find(['kari@example.no'], 'offers', 'kari')).keys()]).toEqual([
      'kari@example.no',
    ]);
    expect((await ask('get', '/v1/suppressions/kari@example.no')).body).toMatchObject({ reason: 'bounce' });
    expect((await ask('delete', '/v1/suppressions/kari@example.no', 'operator')).status).toBe(204);
    expect((await test.suppressions.find(['kari@example.no'], 'news', 'kari')).size).toBe(0);
  });

  it('is found however the address is written: its domain’s letters, upper case, spaces, a name', async () => {
    const written = ['per@blåbær.no', 'PER@xn--blbr-roah.no', ' per@BLÅBÆR.no ', 'Per <per@blåbær.no>'];
    for (const one of written) {
      await put('per@blåbær.no', { reason: 'unsubscribe', note: 'Per asked' });
      const erased = await ask('delete', `/v1/subjects/${encodeURIComponent(one)}`);
      expect([one, erased.status, erased.body.suppressions]).toEqual([one, 200, 1]);
    }
  });

  it('by a caller: its own entries alone; without the scope for mail none; by an operator: all', async () => {
    const [first] = (await ask('get', '/v1/suppressions', 'operator')).body.suppressions;
    expect(first).toBeUndefined();
    await put('victim@example.no', { note: 'asked by phone' });
    await put('victim@example.no', { note: 'the operator’s' }, 'operator');
    const listed = async () =>
      (await ask('get', '/v1/suppressions', 'operator')).body.suppressions
        .map(({ address, caller, note }: Record<string, unknown>) => [address, caller, note])
        .toSorted();
    const before = await listed();
    for (const who of ['printer', 'ola'] as const) {
      const answer = await ask('delete', '/v1/subjects/victim@example.no', who);
      expect([answer.status, answer.body.detail]).toEqual([
        404,
        'There is nothing of the subject "victim@example.no" that this key may erase.',
      ]);
    }
    expect(await listed()).toEqual(before);
    expect((await ask('delete', '/v1/subjects/victim@example.no')).body.suppressions).toBe(1);
    expect(await listed()).toEqual([
      [null, 'kari', null],
      ['victim@example.no', null, 'the operator’s'],
    ]);
    expect((await ask('delete', '/v1/subjects/victim@example.no', 'operator')).body.suppressions).toBe(1);
    expect(await listed()).toEqual([
      [null, null, null],
      [null, 'kari', null],
    ]);
  });

  it('erased under a former secret: still gets no mail, and can be lifted', async () => {
    const client = test.redis.client();
    const [former, newest] = ['the former secret', 'the newest secret'];
    const entry = { messageStream: null, reason: 'complaint', note: null, caller: 'kari' } as const;
    await createSuppressions(client, [former]).add([{ ...entry, address: 'kari@example.no' }]);
    await createSuppressions(client, [former]).forget('kari@example.no', ['kari']);
    const rotated = createSuppressions(client, [newest, former]);
    expect((await rotated.find(['kari@example.no'], 'news', 'kari')).size).toBe(1);
    expect((await createSuppressions(client, [newest]).find(['kari@example.no'], 'news', 'kari')).size).toBe(0);
    expect(await rotated.remove('kari@example.no', undefined, ['kari'])).toBe(true);
    expect(await client.hgetall('heavylift:{emails}:own:suppressions')).toEqual({});
    expect(await client.hgetall('heavylift:{emails}:own:suppressions:counts')).toEqual({});
  });
});
