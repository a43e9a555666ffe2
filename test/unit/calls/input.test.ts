import { describe, expect, it } from '@jest/globals';
import { calls } from '../../../workers/calls/job.ts';
import { defaultConfig } from '../../../workers/config.ts';

const contractWith = (CALLS_ALLOW: string[] = []) => {
  const config = { ...defaultConfig(), CALLS_ALLOW, OWN_ADDRESSES: [] };
  return calls.configure?.(config) ?? calls;
};
const url = 'https://api.example/v2/orders';

/** The first fault of a body as `field sentence`; null for none. */
function faultOf(body: Record<string, unknown>, allow: string[] = []): string | null {
  const { error } = contractWith(allow).input.safeParse(body);
  const [issue] = error?.issues ?? [];
  return issue ? `${issue.path.join('.')} ${issue.message}` : null;
}

describe('POST /v1/calls', () => {
  it('only a url: the rest has defaults', () =>
    expect(contractWith().input.parse({ url })).toEqual({
      url,
      timeout: 20_000,
      success: ['2xx'],
      retry: { on: ['network', '408', '429', '5xx'], max: 10 },
      onUnknown: 'resend',
      sign: false,
      redirects: 0,
    }));

  it.each<[string, Record<string, unknown>]>([
    [
      'url must begin with https:// and name no port but 443, unless the setting CALLS_ALLOW names it: CALLS_ALLOW=api.example',
      { url: 'http://api.example/' },
    ],
    [
      'url must begin with https:// and name no port but 443, unless the setting CALLS_ALLOW names it: CALLS_ALLOW=api.example:8443',
      { url: 'https://api.example:8443/' },
    ],
    [
      'url must lead to a public address, and 127.0.0.1 is none, unless the setting CALLS_ALLOW names it: CALLS_ALLOW=127.0.0.1',
      { url: 'https://127.0.0.1/' },
    ],
    [
      'url must lead to a public address, and localhost is none, unless the setting CALLS_ALLOW names it: CALLS_ALLOW=localhost:3000',
      { url: 'http://localhost:3000/' },
    ],
    ['url must not have a user name or a password in it', { url: 'https://a:b@api.example/' }],
    [
      'url must not name a secret: {{secret.name}} stands in the values of headers alone',
      { url: `${url}?key={{secret.shop}}` },
    ],
    [
      'url must not name a secret: {{secret.name}} stands in the values of headers alone',
      { url: `${url}?key=%7B%7Bsecret.shop%7D%7D` },
    ],
    [
      'json must not name a secret: {{secret.name}} stands in the values of headers alone',
      { json: { a: ['{{secret.shop}}'] } },
    ],
    [
      'body must not name a secret: {{secret.name}} stands in the values of headers alone',
      { body: 'a={{ secret.shop }}' },
    ],
    ['body must be left out where json is given: a request has one body', { json: {}, body: 'a' }],
    ['source must be left out where body is given: a request has one body', { body: 'a', source: { job: 'img_1' } }],
    ['json must be left out: a GET request has no body', { method: 'GET', json: {} }],
    ['sign must be left out with source: json and body can be signed', { sign: true, source: { job: 'img_1' } }],
    ['method must be GET, HEAD, POST, PUT, PATCH or DELETE', { method: 'TRACE' }],
    ['headers.Host must be left out: Heavylift sets it', { headers: { Host: 'x' } }],
    ['headers.webhook-id must be left out: Heavylift sets it', { headers: { 'webhook-id': 'x' } }],
    ['headers.a b must have a header name: 1 to 100 letters, digits and -', { headers: { 'a b': 'x' } }],
    ['headers.x must have characters of ASCII alone, and no line breaks', { headers: { x: 'a\r\nb: c' } }],
    ['headers.X must be given once', { headers: { x: '1', X: '2' } }],
    [
      'headers.x names the secret "a b", whose name must be 1 to 64 letters, digits, - or _, and begin with a letter or digit',
      { headers: { x: '{{secret.}}{{secret.a}}' } },
    ],
    ['timeout must be at most 600s', { timeout: '11m' }],
    ['timeout must be a time like 90s, 30m, 24h or 7d', { timeout: '1.5' }],
    ['success.0 must be a status like 404, or a class of them like 2xx', { success: ['ok'] }],
    ['success must be a list of 1 to 20 entries', { success: [] }],
    ['retry.on.0 must be network, a status like 429, or a class of them like 5xx', { retry: { on: ['always'] } }],
    ['retry.max must be a whole number from 1 to 10', { retry: { max: 11 } }],
    ['redirects must be a whole number from 0 to 5', { redirects: 6 }],
    ['rate must have limit or concurrency', { rate: { key: 'a' } }],
    ['rate.concurrency must be a whole number from 1 to 100', { rate: { key: 'a', concurrency: 0 } }],
    [
      'rate.limit must be so many in a time, like 10/1s, 100/m or 1000/1h: at most 10000 in at most a day',
      { rate: { key: 'a', limit: '0/1s' } },
    ],
    [
      'rate.limit must be so many in a time, like 10/1s, 100/m or 1000/1h: at most 10000 in at most a day',
      { rate: { key: 'a', limit: '10/2d' } },
    ],
  ])('%s', (fault, changes) => {
    const expected = fault.replace('"a b"', '""');
    expect(faultOf({ url, ...changes })).toBe(expected);
  });

  it.each<[string, string[]]>([
    ['http://localhost:3000/hook', ['localhost:3000']],
    ['http://10.1.2.3:8080/', ['10.0.0.0/8']],
    ['http://app.internal/', ['*.internal']],
    ['http://app.internal:9000/', ['10.0.0.0/8']],
  ])('%s, where CALLS_ALLOW has %j: taken', (allowed, allow) => expect(faultOf({ url: allowed }, allow)).toBeNull());

  it('a name for http, where only some port of an address is allowed: refused at once', () =>
    expect(faultOf({ url: 'http://app.internal/' }, ['10.0.0.1:8080'])).toContain('must begin with https://'));

  it('attempts by retry.max, title without its query, the secrets that it names', () => {
    const { attemptsOf, title, secretUses } = contractWith();
    const read = (body: object) => contractWith().input.parse({ url: `${url}?token=1`, ...body });
    expect([attemptsOf?.(read({ retry: { max: 3 } })), attemptsOf?.(read({}))]).toEqual([3, undefined]);
    expect(title?.(read({ body: 'a' }), {})).toBe('POST api.example/v2/orders');
    expect(secretUses?.(read({ headers: { a: '{{secret.x}} {{secret.y}}', b: '{{secret.x}}' } }))).toEqual([
      { pointer: '/headers/a', name: 'x' },
      { pointer: '/headers/a', name: 'y' },
      { pointer: '/headers/b', name: 'x' },
    ]);
  });
});
