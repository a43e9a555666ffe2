import { describe, expect, it } from '@jest/globals';
import { answer, flood, hang, stall } from '../../support/http/http-sink.ts';
import { until } from '../../support/until.ts';
import { faultOf, openFetch, openSink } from './open-fetch.ts';

describe('post', () => {
  it('the text arrives byte for byte, with the headers given', async () => {
    const sink = await openSink(answer(202, { 'x-seen': 'yes' }, 'thanks'));
    const headers = { 'content-type': 'application/json', 'x-mine': 'ja' };
    const body = '{"name":"Kåre Ødegård 🎈"}';
    const { status, text, headers: answered } = await openFetch().post(`${sink.url}/hook?a=b`, { headers, body });
    expect([status, text, answered['x-seen']]).toEqual([202, 'thanks', 'yes']);
    const length = String(Buffer.byteLength(body));
    expect(sink.requests).toMatchObject([
      { method: 'POST', path: '/hook?a=b', body, headers: { ...headers, 'content-length': length } },
    ]);
    await until('the connection is closed', () => sink.open === 0);
  });

  it.each([204, 301, 302, 307, 410, 500])('%i: an answer like any other, followed nowhere', async (status) => {
    const sink = await openSink(answer(status, { location: '/elsewhere' }));
    expect((await openFetch().post(sink.url)).status).toBe(status);
    expect(sink.requests).toHaveLength(1);
  });

  it('an answer without end: its first 2 KB, and the connection is closed', async () => {
    const sink = await openSink(flood(1e9));
    const { status, text } = await openFetch().post(sink.url);
    expect([status, text.length]).toEqual([200, 2048]);
    await until('the connection is closed', () => sink.open === 0);
  });

  it('an answer whose body stalls: the status counts, with the text that came', async () => {
    const sink = await openSink(stall);
    expect(await openFetch().post(sink.url)).toMatchObject({ status: 200, text: 'first' });
  });

  it('no answer within the time limit: source_unreachable', async () => {
    const sink = await openSink(hang);
    expect((await faultOf(openFetch().post(sink.url, { timeoutMs: 200 }))).code).toBe('source_unreachable');
  });

  it('a private address: refused, and not connected to', async () => {
    const sink = await openSink();
    const fault = await faultOf(openFetch(['127.0.0.2']).post(sink.url));
    expect([fault.code, sink.connections]).toEqual(['source_unavailable', 0]);
  });

  it('a run that is stopped: its reason', async () => {
    const sink = await openSink(hang);
    const abort = new AbortController();
    const posted = openFetch().post(sink.url, { signal: abort.signal });
    await until('the request has come', () => sink.requests.length === 1);
    abort.abort(new Error('stopped'));
    await expect(posted).rejects.toThrow('stopped');
  });
});
