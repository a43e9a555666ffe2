import { text } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import { answer, flood, hang, hangUp, stall } from '../../support/http/http-sink.ts';
import { until } from '../../support/until.ts';
import { faultOf, openFetch, openSink, scriptedLookup } from './open-fetch.ts';

describe('a file that is there', () => {
  it('stream, media type and address; asked for as it is, without compression', async () => {
    const sink = await openSink(answer(200, { 'content-type': 'Image/JPEG; charset=x' }, 'the file'));
    const file = await openFetch().get(`${sink.url}/a%20b?c=d#e`);
    expect([await text(file.stream), file.type, file.finalUrl]).toEqual([
      'the file',
      'image/jpeg',
      `${sink.url}/a%20b?c=d#e`,
    ]);
    expect(sink.requests).toMatchObject([
      {
        method: 'GET',
        path: '/a%20b?c=d',
        headers: { host: `127.0.0.1:${sink.port}`, 'accept-encoding': 'identity', 'user-agent': 'Heavylift' },
      },
    ]);
  });

  it('no Content-Type: plain bytes', async () => {
    const sink = await openSink();
    expect((await openFetch().get(sink.url)).type).toBe('application/octet-stream');
  });

  it('read to its end: the connection is closed', async () => {
    const sink = await openSink(answer(200, {}, 'the file'));
    await text((await openFetch().get(sink.url)).stream);
    await until('the connection is closed', () => sink.open === 0);
  });

  it('given up by its reader halfway: the connection is closed', async () => {
    const sink = await openSink(stall);
    const { stream } = await openFetch().get(sink.url);
    stream.destroy();
    await until('the connection is closed', () => sink.open === 0);
  });
});

describe('redirects', () => {
  it('up to three, relative ones too: followed', async () => {
    const sink = await openSink((res, { path }) => {
      const next = { '/1': '/2', '/2': '3?x', '/3?x': `//127.0.0.1:${sink.port}/4` }[path];
      answer(next ? 302 : 200, next ? { location: next } : {}, path)(res, {} as never);
    });
    const file = await openFetch().get(`${sink.url}/1`);
    expect([await text(file.stream), file.finalUrl]).toEqual(['/4', `${sink.url}/4`]);
    await until('the connections are closed', () => sink.open === 0);
  });

  it('a fourth: source_unavailable', async () => {
    const sink = await openSink(answer(301, { location: '/again' }));
    const fault = await faultOf(openFetch().get(sink.url));
    expect([fault.code, fault.message]).toEqual(['source_unavailable', '127.0.0.1 redirects once too often.']);
    expect(sink.requests).toHaveLength(4);
  });

  it('from an allowed host to one that is not: refused, and it is not connected to', async () => {
    const inner = await openSink(answer(200, {}, 'secret'), { address: '127.0.0.2' });
    const sink = await openSink(answer(302, { location: `${inner.url}/secret` }));
    const fault = await faultOf(openFetch().get(sink.url));
    expect(fault.message).toBe('127.0.0.2 has no public address, and this installation does not allow it.');
    expect(inner.connections).toBe(0);
  });

  it.each(['ftp://example.com/', 'file:///etc/passwd', 'http://user@127.0.0.1/', 'http://['])(
    'to %s: refused',
    async (location) => {
      const sink = await openSink(answer(302, { location }));
      expect((await faultOf(openFetch().get(sink.url))).code).toBe('source_unavailable');
    },
  );

  it('304 and 300 are no redirects to follow: source_unavailable', async () => {
    const sink = await openSink(answer(304));
    expect((await faultOf(openFetch().get(sink.url))).message).toBe('127.0.0.1 answered 304.');
  });
});

describe('a name whose addresses change', () => {
  it('between the check and the connection: only the address that was checked is connected to', async () => {
    const checked = await openSink(answer(200, {}, 'checked'), { address: '127.0.0.2' });
    const other = await openSink(answer(200, {}, 'other'), { port: checked.port });
    const { lookup, asked } = scriptedLookup(['127.0.0.2'], ['127.0.0.1']);
    const file = await openFetch(['127.0.0.2'], lookup).get(`http://files.example:${checked.port}/`);
    expect(await text(file.stream)).toBe('checked');
    expect(checked.requests).toMatchObject([{ headers: { host: `files.example:${checked.port}` } }]);
    expect([asked, other.connections]).toEqual([['files.example'], 0]);
  });

  it('to a private one before a redirect to itself: refused there', async () => {
    const first = await openSink(answer(302, { location: '/again' }), { address: '127.0.0.2' });
    const other = await openSink(answer(200, {}, 'other'), { port: first.port });
    const { lookup, asked } = scriptedLookup(['127.0.0.2'], ['127.0.0.1']);
    const fault = await faultOf(openFetch(['127.0.0.2'], lookup).get(`http://files.example:${first.port}/`));
    expect(fault.message).toBe('files.example has no public address, and this installation does not allow it.');
    expect([asked.length, first.requests.length, other.connections]).toEqual([2, 1, 0]);
  });

  it('from a public one to a private one, asked twice: the second request is refused', async () => {
    const inner = await openSink();
    const { lookup } = scriptedLookup(['127.0.0.2'], ['127.0.0.1']);
    const { get } = openFetch(['127.0.0.2'], lookup);
    const url = `http://files.example:${inner.port}/`;
    expect((await faultOf(get(url))).message).toBe('The connection to files.example failed or was cut.');
    expect((await faultOf(get(url))).code).toBe('source_unavailable');
    expect(inner.connections).toBe(0);
  });

  it('several checked addresses, and the first is dead: the next is tried', async () => {
    const sink = await openSink(answer(200, {}, 'alive'));
    const { lookup } = scriptedLookup(['127.0.0.3', '127.0.0.1']);
    const file = await openFetch(['127.0.0.0/8'], lookup).get(`http://files.example:${sink.port}/`);
    expect(await text(file.stream)).toBe('alive');
  });
});

describe('limits', () => {
  it('a body that is said to be too large: payload_too_large before it is read', async () => {
    const sink = await openSink(answer(200, {}, 'x'.repeat(101)));
    const fault = await faultOf(openFetch().get(sink.url, { maxBytes: 100 }));
    expect([fault.code, fault.message]).toEqual([
      'payload_too_large',
      'The file at 127.0.0.1 is larger than the limit of 100 bytes.',
    ]);
  });

  it('a body of exactly the limit: taken', async () => {
    const sink = await openSink(answer(200, {}, 'x'.repeat(100)));
    expect(await text((await openFetch().get(sink.url, { maxBytes: 100 })).stream)).toHaveLength(100);
  });

  it('a gigabyte that does not say how long it is: broken off at the limit, and the connection closed', async () => {
    const sink = await openSink(flood(1e9));
    const { stream } = await openFetch().get(sink.url, { maxBytes: 100_000 });
    let bytes = 0;
    stream.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
    });
    const fault = await new Promise((resolve) => stream.once('error', resolve));
    expect(fault).toMatchObject({ code: 'payload_too_large' });
    expect(bytes).toBeLessThanOrEqual(100_000);
    await until('the connection is closed', () => sink.open === 0);
  });

  it('compressed although not asked for: source_unavailable, nothing is unpacked', async () => {
    const packed = gzipSync(Buffer.alloc(1e6));
    const sink = await openSink((res) => res.writeHead(200, { 'content-encoding': 'gzip' }).end(packed));
    const fault = await faultOf(openFetch().get(sink.url));
    expect(fault.message).toBe('127.0.0.1 sent the file compressed, which was not asked for.');
  });

  it('headers without end: source_unavailable', async () => {
    const sink = await openSink(answer(200, { 'x-long': 'x'.repeat(20_000) }));
    const fault = await faultOf(openFetch().get(sink.url));
    expect([fault.code, fault.message]).toEqual(['source_unavailable', '127.0.0.1 sent more header than is read.']);
  });

  it('no answer within the time limit: source_unreachable, tried again', async () => {
    const sink = await openSink(hang);
    const fault = await faultOf(openFetch().get(sink.url, { timeoutMs: 200 }));
    expect([fault.code, fault.retryable, fault.message]).toEqual([
      'source_unreachable',
      true,
      '127.0.0.1 took longer than the limit of 0.2 seconds.',
    ]);
  });

  it('a body that never ends: broken off at the time limit', async () => {
    const sink = await openSink(stall);
    const { stream } = await openFetch().get(sink.url, { timeoutMs: 300 });
    await expect(text(stream)).rejects.toMatchObject({ code: 'source_unreachable' });
    await until('the connection is closed', () => sink.open === 0);
  });

  it('broken off before anybody reads it: the reader is told, and the process lives', async () => {
    const sink = await openSink(stall);
    const { stream } = await openFetch().get(sink.url, { timeoutMs: 200 });
    await until('it is broken off', () => stream.destroyed);
    await expect(text(stream)).rejects.toMatchObject({ code: 'source_unreachable' });
  });
});

describe('a run that is stopped', () => {
  const reason = new Error('stopped');

  it('before: nothing is connected to', async () => {
    const sink = await openSink();
    await expect(openFetch().get(sink.url, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    expect(sink.connections).toBe(0);
  });

  it('while it waits for the answer: its own reason, and the connection is closed', async () => {
    const sink = await openSink(hang);
    const abort = new AbortController();
    const file = openFetch().get(sink.url, { signal: abort.signal });
    await until('the request has come', () => sink.requests.length === 1);
    abort.abort(reason);
    await expect(file).rejects.toBe(reason);
    await until('the connection is closed', () => sink.open === 0);
  });

  it('while it reads: the stream ends with its reason', async () => {
    const sink = await openSink(stall);
    const abort = new AbortController();
    const { stream } = await openFetch().get(sink.url, { signal: abort.signal });
    abort.abort(reason);
    await expect(text(stream)).rejects.toBe(reason);
  });
});

describe('a file that is not there', () => {
  it.each([400, 401, 403, 404, 410])('%i: source_unavailable, for good', async (status) => {
    const sink = await openSink(answer(status, {}, 'inner details'));
    const fault = await faultOf(openFetch().get(sink.url));
    expect([fault.code, fault.retryable, fault.message]).toEqual([
      'source_unavailable',
      false,
      `127.0.0.1 answered ${status}.`,
    ]);
  });

  it.each([408, 429, 500, 503])('%i: source_unreachable, tried again', async (status) => {
    const sink = await openSink(answer(status, { 'retry-after': '7' }));
    const fault = await faultOf(openFetch().get(sink.url));
    expect([fault.code, fault.retryable, fault.retryAfterSeconds]).toEqual(['source_unreachable', true, 7]);
    await until('the connection is closed', () => sink.open === 0);
  });

  it('nobody listens, or hangs up: source_unreachable, the cause is for the log', async () => {
    const sink = await openSink(hangUp);
    const cut = await faultOf(openFetch().get(sink.url));
    await sink.close();
    const dead = await faultOf(openFetch().get(sink.url));
    for (const fault of [cut, dead]) {
      expect([fault.code, fault.message]).toEqual([
        'source_unreachable',
        'The connection to 127.0.0.1 failed or was cut.',
      ]);
    }
    expect(dead.cause).toMatchObject({ code: 'ECONNREFUSED' });
  });

  it('something that is no HTTP at all: source_unreachable', async () => {
    const sink = await openSink((res) => void res.socket?.end('220 mail.example ESMTP\r\n'));
    expect((await faultOf(openFetch().get(sink.url))).code).toBe('source_unreachable');
  });

  it('a URL of the wrong shape: invalid_request', async () => {
    const fault = await faultOf(openFetch().get('ftp://example.com/a'));
    expect([fault.code, fault.message]).toEqual(['invalid_request', 'The URL must begin with http:// or https://.']);
  });
});
