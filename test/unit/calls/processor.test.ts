import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Webhook } from 'standardwebhooks';
import { createWebhookSecrets } from '../../../src/delivery/secrets.ts';
import { AppError } from '../../../src/errors.ts';
import { jobKey } from '../../../src/redis/keys.ts';
import { openSecrets } from '../../../src/signing/secret.ts';
import { openDiskStorage } from '../../../src/storage/disk.ts';
import { defaultConfig } from '../../../workers/config.ts';
import { answer, createSinks, flood, hang, hangUp, type Script, stall } from '../../support/http/http-sink.ts';
import { findFreePort } from '../../support/product.ts';
import { startRedis, type TestRedis } from '../../support/redis/redis.ts';
import { makeTempDir } from '../../support/temp-dir.ts';
import { until } from '../../support/until.ts';
import { errorOf, ID, openCalls, type Parts } from './open-calls.ts';

const dir = makeTempDir();
let server: TestRedis;
let parts: Parts;
beforeAll(async () => {
  server = await startRedis(dir.path);
  parts = { redis: server.client(), storage: await openDiskStorage(dir.path), dataDir: dir.path };
});
afterAll(async () => {
  await server.stop();
  dir.remove();
});

const sinks = createSinks();
afterEach(async () => {
  await sinks.close();
  await parts.redis.flushall();
});

describe('a call that is answered', () => {
  it('json: one POST with its key and number; status, headers and body are kept', async () => {
    const sink = await sinks.open(
      answer(201, { 'content-type': 'application/json', 'set-cookie': 'a=1', 'x-id': '7' }, '{"ok":1}'),
    );
    const { run, records } = openCalls(parts);
    const result = await run({ url: `${sink.url}/orders?x=1`, json: { name: 'Kåre' }, headers: { 'X-Shop': 'oslo' } });
    expect(result).toMatchObject({ status: 201, attempts: 1, text: '{"ok":1}', headers: { 'x-id': '7' } });
    expect(result.file).toMatchObject({ name: 'response', type: 'application/json', bytes: 8 });
    expect(result.headers).not.toHaveProperty('set-cookie');
    expect(sink.requests).toMatchObject([{ method: 'POST', path: '/orders?x=1', body: '{"name":"Kåre"}' }]);
    expect(sink.requests[0]?.headers).toMatchObject({
      'content-type': 'application/json',
      'content-length': '16',
      'idempotency-key': ID,
      'x-attempt': '1',
      'x-shop': 'oslo',
      'user-agent': 'Heavylift-Calls',
    });
    expect(records).toEqual([
      { at: expect.any(String), attempt: 1, status: 201, ms: expect.any(Number), text: '{"ok":1}', isInner: false },
    ]);
  });

  it('only a url: GET; 204 has no file', async () => {
    const sink = await sinks.open(answer(204));
    expect(await openCalls(parts).run({ url: sink.url })).toMatchObject({ status: 204, text: null });
    expect(sink.requests[0]).toMatchObject({ method: 'GET', body: '' });
  });

  it('success names other statuses: 404 completes, 200 is refused', async () => {
    const sink = await sinks.open(answer(404, { 'content-type': 'text/plain' }, 'none'));
    const { run } = openCalls(parts);
    expect(await run({ url: sink.url, success: ['404'] })).toMatchObject({ status: 404, text: 'none' });
    sink.script = answer(200);
    expect((await errorOf(run({ url: sink.url, success: ['404'] }))).code).toBe('call_refused');
  });

  it('larger than the limit: cut there, with a warning; the rest is not read', async () => {
    const sink = await sinks.open(flood(50_000_000));
    const result = await openCalls(parts, { CALLS_MAX_RESPONSE_BYTES: 100_000 }).run({ url: sink.url });
    expect(result.file?.bytes).toBe(100_000);
    expect(result.warnings).toMatchObject([{ code: 'response_cut', message: expect.stringContaining('100000 bytes') }]);
  });

  it('compressed though not asked for: kept as it came, with a warning', async () => {
    const sink = await sinks.open(answer(200, { 'content-encoding': 'gzip' }, 'zipped'));
    const result = await openCalls(parts).run({ url: sink.url });
    expect(result).toMatchObject({ text: 'zipped', warnings: [{ code: 'response_encoded' }] });
    expect(sink.requests[0]?.headers['accept-encoding']).toBe('identity');
  });

  it('source: the file of another job is the body, with its length and type; one that has not ended is waited for', async () => {
    const key = `results/rep_1/r.pdf`;
    await parts.storage.put(key, [Buffer.from('%PDF-1.7 report')] as never);
    const file = { key, name: 'r.pdf', type: 'application/pdf', bytes: 15, sha256: '' };
    const sink = await sinks.open();
    const { run } = openCalls(parts);
    const body = { url: sink.url, method: 'PUT', source: { job: 'rep_1' } };
    const find = async (id: string) => ({ id, state: 'completed' as const, files: [file] });
    await run(body, { jobs: { find } });
    expect(sink.requests[0]).toMatchObject({ method: 'PUT', body: '%PDF-1.7 report' });
    expect(sink.requests[0]?.headers).toMatchObject({ 'content-type': 'application/pdf', 'content-length': '15' });
    const pending = { find: async (id: string) => ({ id, state: 'pending' as const, files: [] }) };
    expect((await errorOf(run(body, { jobs: pending }))).code).toBe('waiting_for_job');
  });

  it('sign: the reference library verifies it with the secret of the caller', async () => {
    const sink = await sinks.open();
    await openCalls(parts).run({ url: sink.url, sign: true, json: { month: '2026-10' } });
    const kept = createWebhookSecrets(parts.redis, openSecrets({ ...defaultConfig(), DATA_DIR: dir.path }));
    const [secret = ''] = (await kept.find('kari')) ?? [];
    const { body = '', headers = {} } = sink.requests[0] ?? {};
    expect(new Webhook(secret).verify(body, headers as Record<string, string>)).toEqual({ month: '2026-10' });
    expect(headers['webhook-id']).toBe(ID);
  });
});

describe('a call that is not', () => {
  it.each([
    [500, 'call_failed', true],
    [429, 'call_failed', true],
    [408, 'call_failed', true],
    [404, 'call_refused', false],
    [401, 'call_refused', false],
    [302, 'call_refused', false],
  ])('%i: %s; what it said is kept', async (status, code, retryable) => {
    const sink = await sinks.open(answer(status, { 'content-type': 'text/plain' }, 'no such thing'));
    const { run, records } = openCalls(parts);
    const error = await errorOf(run({ url: sink.url }));
    expect(error).toMatchObject({ code, retryable, answer: { status, type: 'text/plain', text: 'no such thing' } });
    expect(error.message).toContain(`127.0.0.1:${sink.port} answered ${status}`);
    expect(records).toMatchObject([{ attempt: 1, status, text: 'no such thing' }]);
  });

  it('retry.on decides which are tried again', async () => {
    const sink = await sinks.open(answer(404));
    const { run } = openCalls(parts);
    expect((await errorOf(run({ url: sink.url, retry: { on: ['404'] } }))).code).toBe('call_failed');
    sink.script = answer(503);
    expect((await errorOf(run({ url: sink.url, retry: { on: ['404'] } }))).code).toBe('call_refused');
  });

  it('Retry-After: as long, but not beyond its life', async () => {
    const sink = await sinks.open(answer(429, { 'retry-after': '7200' }));
    const { run } = openCalls(parts);
    expect((await errorOf(run({ url: sink.url }))).retryAfterSeconds).toBe(7200);
    const expiresAt = new Date(Date.now() + 60_000);
    const { retryAfterSeconds } = await errorOf(run({ url: sink.url }, { expiresAt }));
    expect(retryAfterSeconds).toBeLessThan(60);
    expect(retryAfterSeconds).toBeGreaterThan(40);
  });

  it('nobody listens: it was not sent; tried again, unless retry.on leaves network out', async () => {
    const url = `http://127.0.0.1:${await findFreePort()}/`;
    const { run } = openCalls(parts);
    expect(await errorOf(run({ url }))).toMatchObject({ code: 'call_failed', isFinal: false });
    expect(await errorOf(run({ url, retry: { on: ['5xx'] } }))).toMatchObject({ code: 'call_failed', isFinal: true });
    expect(await parts.redis.hget(jobKey('calls', ID), 'own:flight')).toBeNull();
  });

  it('useless by now: not sent', async () => {
    const sink = await sinks.open();
    const late = { expiresAt: new Date(Date.now() - 1000) };
    expect((await errorOf(openCalls(parts).run({ url: sink.url }, late))).code).toBe('expired');
    expect(sink.requests).toEqual([]);
  });
});

describe('a call of which nobody knows what became', () => {
  it.each([
    ['the connection is cut before the answer', hangUp, '20s'],
    ['no answer within the timeout', hang, '1s'],
    ['a success whose body does not end', stall, '1s'],
  ])(
    '%s: sent again under the same key with the next number; with hold, left at that',
    async (_what, script, timeout) => {
      const sink = await sinks.open(script);
      const { run } = openCalls(parts);
      const body = { url: sink.url, timeout };
      expect(await errorOf(run(body))).toMatchObject({ code: 'call_unknown', isFinal: false });
      sink.script = answer(200);
      expect(await run(body, { attempt: 2 })).toMatchObject({ attempts: 2 });
      expect(sink.requests.map(({ headers }) => [headers['idempotency-key'], headers['x-attempt']])).toEqual([
        [ID, '1'],
        [ID, '2'],
      ]);
      sink.script = script;
      const held = { id: `cal_${'8'.repeat(26)}` };
      expect(await errorOf(run({ ...body, onUnknown: 'hold' }, held))).toMatchObject({
        code: 'call_unknown',
        isFinal: true,
      });
    },
  );

  it('its worker was killed while it was sent: hold leaves it at that, until a person runs it again', async () => {
    const sink = await sinks.open(hang);
    const { run } = openCalls(parts);
    const body = { url: sink.url, onUnknown: 'hold' };
    const killed = new AbortController();
    const first = run(body, { signal: killed.signal });
    await until('the request is there', () => sink.requests.length === 1);
    killed.abort(new AppError('interrupted', 'The worker stops.'));
    await expect(first).rejects.toThrow();
    sink.script = answer(200);
    expect(await parts.redis.hget(jobKey('calls', ID), 'own:flight')).toContain('"sending":1');
    expect(await errorOf(run(body))).toMatchObject({ code: 'call_unknown', isFinal: true, retryable: true });
    expect(sink.requests).toHaveLength(1);
    expect(await run(body, { retries: 1 })).toMatchObject({ status: 200, attempts: 2 });
  });

  it('the same with resend: sent again with the next number; its page tells of both', async () => {
    const sink = await sinks.open(hang);
    const { run, records } = openCalls(parts);
    const killed = new AbortController();
    const first = run({ url: sink.url }, { signal: killed.signal });
    await until('the request is there', () => sink.requests.length === 1);
    killed.abort(new AppError('interrupted', 'The worker stops.'));
    await expect(first).rejects.toThrow();
    sink.script = answer(200);
    expect(await run({ url: sink.url })).toMatchObject({ status: 200, attempts: 2 });
    expect(records).toMatchObject([
      { attempt: 1, error: 'Its worker ended before the answer was there.' },
      { attempt: 2, status: 200 },
    ]);
  });
});

describe('redirects', () => {
  const to = (location: string, status = 302) => answer(status, { location });

  it('followed as often as asked: 302 makes a POST a GET, 307 keeps it with its body', async () => {
    const target = await sinks.open(answer(200, {}, 'there'));
    const sink = await sinks.open(to(`${target.url}/x`));
    const { run } = openCalls(parts);
    const body = { url: sink.url, json: { a: 1 }, redirects: 1 };
    expect(await run(body)).toMatchObject({ text: 'there' });
    sink.script = to(`${target.url}/y`, 307);
    await run(body);
    expect(target.requests).toMatchObject([
      { method: 'GET', path: '/x', body: '' },
      { method: 'POST', path: '/y', body: '{"a":1}' },
    ]);
  });

  it('to another origin: no header goes along that may be a credential; to the same one all do', async () => {
    const target = await sinks.open();
    const sink = await sinks.open((res, { path }) => {
      const location = path === '/' ? '/same' : target.url;
      return answer(307, { location })(res, {} as never);
    });
    const headers = { authorization: 'Bearer a', 'x-api-key': 'b', accept: 'text/csv' };
    await openCalls(parts).run({ url: sink.url, headers, redirects: 2 });
    expect(sink.requests[1]?.headers).toMatchObject({ authorization: 'Bearer a', 'x-api-key': 'b' });
    expect(target.requests[0]?.headers).toMatchObject({ accept: 'text/csv', 'idempotency-key': ID });
    expect(target.requests[0]?.headers).not.toHaveProperty('authorization');
    expect(target.requests[0]?.headers).not.toHaveProperty('x-api-key');
  });

  it.each(['http://10.0.0.1/', 'http://[::1]:9/', 'https://192.168.1.1/', 'ftp://example.com/'])(
    'to %s: refused, whatever had been answered',
    async (location) => {
      const sink = await sinks.open(to(location));
      const error = await errorOf(openCalls(parts).run({ url: sink.url, redirects: 5 }));
      expect(error.code).toBe('call_refused');
    },
  );

  it('once too often, or not at all: the redirect is the answer', async () => {
    const sink = await sinks.open(to('/'));
    const { run } = openCalls(parts);
    expect((await errorOf(run({ url: sink.url }))).message).toContain('Redirects are not followed');
    expect((await errorOf(run({ url: sink.url, redirects: 2 }))).message).toContain('more than 2 times');
    expect(sink.requests).toHaveLength(4);
  });
});

describe('secrets', () => {
  const SECRET = 'sk_live_51H8xYz';
  const headers = { authorization: 'Bearer {{secret.shop}}', 'x-both': '{{secret.shop}}/{{ secret.other }}' };

  it('stand in the headers that are sent, and in nothing that is kept: not where the host echoes them', async () => {
    const echo: Script = (res, request) => {
      res.setHeader('x-echo', String(request.headers['authorization']));
      res.setHeader('content-type', 'text/plain');
      res.write(`you sent ${SECRET.slice(0, 5)}`);
      setImmediate(() => res.end(`${SECRET.slice(5)} and ${SECRET}`));
    };
    const sink = await sinks.open(echo);
    const { run, records, secrets } = openCalls(parts);
    await secrets.put('kari', 'shop', SECRET);
    await secrets.put('kari', 'other', 'abcd1234');
    const result = await run({ url: sink.url, headers });
    expect(sink.requests[0]?.headers).toMatchObject({
      authorization: `Bearer ${SECRET}`,
      'x-both': `${SECRET}/abcd1234`,
    });
    expect(result.text).toBe('you sent [secret.shop] and [secret.shop]');
    expect(result.headers['x-echo']).toBe('Bearer [secret.shop]');
    expect(JSON.stringify([result, records])).not.toContain(SECRET);
    sink.script = answer(400, { 'content-type': 'application/json' }, `{"bad":"${SECRET}"}`);
    const error = await errorOf(run({ url: sink.url, headers }));
    expect(error.answer?.text).toBe('{"bad":"[secret.shop]"}');
  });

  it('of another caller, or removed since: the call fails and says which', async () => {
    const sink = await sinks.open();
    const { run, secrets } = openCalls(parts);
    await secrets.put('ola', 'shop', SECRET);
    const error = await errorOf(run({ url: sink.url, headers: { authorization: '{{secret.shop}}' } }));
    expect(error).toMatchObject({ code: 'call_refused', retryable: false });
    expect(error.message).toContain('secret "shop"');
    expect(sink.requests).toEqual([]);
  });
});
