import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from '@jest/globals';
import { PROBED, probe } from '../../support/clients/probe.ts';
import { answer, createSinks, type HttpSink, hangUp, type Script } from '../../support/http/http-sink.ts';
import { makeTempDir } from '../../support/temp-dir.ts';

// What the packages in `clients` make of answers, whoever gave them: proxies answer too.

const { path: dir, remove } = makeTempDir();
afterAll(remove);
const sinks = createSinks();
afterEach(() => sinks.close());

const json = (status: number, value: unknown, headers: Record<string, string> = {}): Script =>
  answer(status, { 'Content-Type': 'application/json', ...headers }, JSON.stringify(value));
const problem = (status: number, facts: Record<string, unknown>, headers: Record<string, string> = {}): Script =>
  json(
    status,
    { status, title: 'A problem', detail: 'Something is wrong.', ...facts },
    {
      'Content-Type': 'application/problem+json',
      ...headers,
    },
  );
/** A server that gives one answer after the other; then it has no more. */
const openScript = (...scripts: Script[]): Promise<HttpSink> =>
  sinks.open((res, request) => (scripts.shift() ?? answer(418))(res, request));
const JOB = { id: 'rep_1', kind: 'reports', state: 'completed', result: { files: [] } };

describe.each(PROBED)('clients/%s', (language) => {
  it('what may pass is asked again, as the server says when, and is one job by its Idempotency-Key', async () => {
    const times: number[] = [];
    const noting =
      (script: Script): Script =>
      (res, request) => {
        times.push(performance.now());
        script(res, request);
      };
    const server = await openScript(
      ...[
        hangUp,
        answer(502, { 'Content-Type': 'text/html' }, '<h1>Bad gateway</h1>'),
        problem(429, { code: 'rate_limited', retryable: true }, { 'Retry-After': '1' }),
        problem(503, { code: 'queue_unavailable', retryable: true }, { 'Retry-After': '1' }),
        json(202, { ...JOB, state: 'waiting' }),
      ].map(noting),
    );
    const { value } = await probe(server.url, [language, 'reports', { data: { title: 'Ø' } }]);
    expect(value).toMatchObject({ id: 'rep_1', state: 'waiting' });
    const keys = server.requests.map(({ headers }) => headers['idempotency-key']);
    expect([keys.length, new Set(keys).size, keys[0]]).toEqual([5, 1, expect.stringMatching(/^"[\w-]{32,36}"$/)]);
    expect(new Set(server.requests.map(({ body }) => JSON.parse(body).data.title))).toEqual(new Set(['Ø']));
    // What was asked for is a least time: no machine is too slow for it.
    const [third = 0, fourth = 0, fifth = 0] = times.slice(2);
    expect([fourth - third >= 990, fifth - fourth >= 990]).toEqual([true, true]);
  });

  it('what can not pass soon is told at once, as an error of its kind', async () => {
    const cases: [Script, Record<string, unknown>][] = [
      [
        problem(429, { code: 'quota_exceeded', retryable: true }, { 'Retry-After': '120' }),
        { error: 'RateLimited', code: 'quota_exceeded', retryAfter: 120 },
      ],
      [problem(500, { code: 'worker_lost', retryable: false }), { error: 'Unavailable', code: 'worker_lost' }],
      [problem(507, { code: 'storage_full', retryable: true }), { error: 'Unavailable', code: 'storage_full' }],
      [problem(401, { code: 'unauthorized' }), { error: 'Unauthorized', status: 401 }],
      [problem(403, { code: 'forbidden' }), { error: 'Unauthorized', status: 403 }],
      [problem(410, { code: 'result_expired' }), { error: 'NotFound', detail: 'Something is wrong.' }],
      [problem(412, { code: 'precondition_failed' }), { error: 'Conflict' }],
      [problem(422, { code: 'idempotency_mismatch' }), { error: 'InvalidRequest', code: 'idempotency_mismatch' }],
      [answer(413, {}, '<h1>Too large</h1>'), { error: 'InvalidRequest', code: 'http_413' }],
      [answer(301, { Location: 'https://elsewhere.example/' }), { code: 'redirected', status: 301 }],
      [answer(200, {}, '<h1>Welcome</h1>'), { code: 'not_json' }],
    ];
    const server = await openScript(...cases.map(([script]) => script));
    for (const [, expected] of cases) expect(await probe(server.url, [language, 'job', 'x/y'])).toMatchObject(expected);
    expect(server.requests.map(({ path }) => path)).toEqual(cases.map(() => '/v1/jobs/x%2Fy'));
  });

  it('a POST without a key is asked again where it was refused, and not where its answer was lost', async () => {
    const refusing = await openScript(problem(503, { code: 'queue_unavailable', retryable: true }), json(202, JOB));
    expect(await probe(refusing.url, [language, 'retry', 'rep_1'])).toEqual({ value: JOB });
    const losing = await openScript(hangUp, json(202, JOB));
    expect(await probe(losing.url, [language, 'retry', JOB])).toMatchObject({
      error: 'Unavailable',
      code: 'no_answer',
    });
    expect([refusing.requests.length, losing.requests.length]).toEqual([2, 1]);
    const keyed = await openScript(hangUp, json(200, { ok: true }));
    const asked = await probe(keyed.url, [language, 'request', 'POST', '/v1/x', { a: 1 }], { idempotencyKey: 'a"b\\' });
    expect(asked).toEqual({ value: { ok: true } });
    expect(keyed.requests.map(({ headers }) => headers['idempotency-key'])).toEqual(['"a\\"b\\\\"', '"a\\"b\\\\"']);
    const silent = await openScript(answer(204));
    expect(await probe(silent.url, [language, 'request', 'DELETE', '/v1/x'])).toEqual({ value: null });
  });

  it('download: from elsewhere without the key; what broke off is taken up; what is not whole is no file', async () => {
    const content = Buffer.from('0123456789'.repeat(100));
    const sha256 = createHash('sha256').update(content).digest('hex');
    const cut: Script = (res) => {
      res.writeHead(200, { ETag: '"v1"', 'Content-Length': '1000' });
      res.write(content.subarray(0, 400), () => setTimeout(() => res.destroy(), 20));
    };
    const rest = answer(206, { ETag: '"v1"' }, content.subarray(400).toString());
    const whole = answer(200, {}, content.toString());
    const bucket = await openScript(cut, rest, whole);
    const toBucket = answer(307, { Location: `${bucket.url}/bucket/photo?X-Amz-Signature=1` });
    const server = await openScript(toBucket, toBucket, toBucket, answer(202, {}, '{}'));
    const path = join(dir, `${language}.bin`);
    const file = { name: 'photo', bytes: 1000, url: '/v1/jobs/img_1/files/photo', sha256 };
    expect(await probe(server.url, [language, 'download', file, path])).not.toHaveProperty('error');
    expect(readFileSync(path)).toEqual(content);
    expect(bucket.requests.map(({ headers }) => [headers.authorization, headers.range, headers['if-range']])).toEqual([
      [undefined, undefined, undefined],
      [undefined, 'bytes=400-', '"v1"'],
    ]);
    expect(server.requests[0]?.headers.authorization).toMatch(/^Bearer /);
    const other = join(dir, `${language}-other.bin`);
    for (const asked of [{ ...file, sha256: 'f'.repeat(64) }, file]) {
      expect(await probe(server.url, [language, 'download', asked, other])).toMatchObject({ code: 'download_broken' });
    }
    expect([existsSync(other), readdirSync(dir).filter((name) => name.endsWith('.part'))]).toEqual([false, []]);
  });

  it('follow and wait: a stream that ends is taken up after the last event; one that has not ended in time', async () => {
    const event = (id: string, state: string) =>
      `event: state\nid: ${id}\ndata: ${JSON.stringify({ ...JOB, state })}\n\n`;
    const stream = (text: string) => answer(200, { 'Content-Type': 'text/event-stream' }, text);
    const server = await openScript(
      stream(`: still here\n\n${event('a', 'waiting')}${event('b', 'active').slice(0, -20)}`),
      stream(event('b', 'active').replaceAll('\n', '\r\n')),
      answer(503),
      answer(204),
    );
    const { value } = await probe(server.url, [language, 'follow', 'rep_1']);
    expect((value as { state: string }[]).map(({ state }) => state)).toEqual(['waiting', 'active']);
    expect(server.requests.map(({ headers }) => headers['last-event-id'])).toEqual([undefined, 'a', 'b', 'b']);
    const going = await sinks.open(json(200, { ...JOB, state: 'active' }));
    const timeout = language === 'node' ? 100 : 0.1;
    expect(await probe(going.url, [language, 'wait', JOB], { timeout })).toMatchObject({ error: 'TimedOut' });
  });

  it('an answer that is held is no dead connection; a key or name that no header can have is refused, and not shown', async () => {
    let asked = 0;
    const holding = await sinks.open((res, { headers: { prefer = '' } }) => {
      asked += 1;
      const state = asked === 1 ? 'active' : 'completed';
      const [, seconds = '0'] = /wait=(\d+)/.exec(String(prefer)) ?? [];
      setTimeout(() => json(200, { ...JOB, state })(res, {} as never), Math.min(Number(seconds), 3) * 1000);
    });
    const client = { timeout: language === 'node' ? 2000 : 2, [language === 'node' ? 'attempts' : 'retries']: 1 };
    expect(await probe(holding.url, [language, 'wait', 'rep_1'], { client })).toMatchObject({ value: JOB });
    expect(asked).toBe(2);
    const shown = await probe(holding.url, [language, 'job', 'x'], { client: { key: 'hl_secret\nx' } }).catch(String);
    expect(shown).toMatch(/key must be printable ASCII/);
    expect(shown).not.toMatch(/hl_secret/);
    const named = await probe(holding.url, [language, 'reports', {}], { idempotencyKey: 'a\r\nX: y' }).catch(String);
    expect(named).toMatch(/must be printable ASCII characters/);
    expect(asked).toBe(2);
  });

  it('upload: what another request took over goes on; what a proxy hides and what has become shorter is told at once', async () => {
    const bytes = 1_500_000;
    const path = join(dir, `${language}.csv`);
    writeFileSync(path, Buffer.alloc(bytes, 'a,b\n'));
    const begun = json(201, { id: 'upd_1', state: 'receiving' }, { 'Upload-Offset': '0' });
    const at = (offset: number) => answer(204, { 'Upload-Offset': String(offset) });
    const taken = problem(409, { code: 'upload_taken_over', retryable: false });
    const server = await openScript(begun, taken, answer(409), at(500_000), at(500_000), at(bytes), json(200, JOB));
    const options = { name: '0', subject: '0' };
    expect(await probe(server.url, [language, 'upload', path], options)).toMatchObject({ value: JOB });
    const asked = server.requests.map(({ method, headers }) => [method, headers['upload-offset']].join(' ').trim());
    expect(asked).toEqual(['POST', 'PATCH 0', 'HEAD', 'HEAD', 'PATCH 500000', 'HEAD', 'GET']);
    expect(server.requests[0]?.headers['upload-metadata']).toBe('filename MA==,subject MA==');
    const hiding = await openScript(begun, answer(204));
    expect(await probe(hiding.url, [language, 'upload', path])).toMatchObject({
      code: 'no_answer',
      detail: expect.stringMatching(/no Upload-Offset/),
    });
    expect(hiding.requests.length).toBe(2);
    let requests = 0;
    // A sink would wait for the rest.
    const cutting = createServer((req, res) => {
      requests += 1;
      truncateSync(path, 10);
      req.on('error', () => {}).resume();
      if (req.method === 'POST') res.writeHead(201, { 'Upload-Offset': '0' }).end('{"id":"upd_1"}');
    }).listen(0, '127.0.0.1');
    await once(cutting, 'listening');
    const address = `http://127.0.0.1:${(cutting.address() as AddressInfo).port}`;
    const cut = await probe(address, [language, 'upload', path]).catch((error) => ({ detail: String(error) }));
    expect(cut.detail).toMatch(/has become shorter while it was sent/);
    expect(requests).toBe(2);
    cutting.closeAllConnections();
    cutting.close();
  });
});
