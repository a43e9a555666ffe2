import { beforeAll, describe, expect, it } from '@jest/globals';
import express, { type Request } from 'express';
import request from 'supertest';
import { toAppError } from '../../../src/errors.ts';
import { createCookies } from '../../../src/http/auth/cookies.ts';
import {
  callerOf,
  callerOrNull,
  endSession,
  identifyCaller,
  isBrowserSession,
  requireScope,
  setSession,
} from '../../../src/http/auth/identify.ts';
import { servePublicPath } from '../../../src/http/public-path.ts';
import { type Caller, createKeyring } from '../../../src/keys/keyring.ts';
import { defaultConfig } from '../../../workers/config.ts';
import { createSessionShelf } from '../../support/browser/sessions.ts';

const KARI = { name: 'kari', key: 'key-of-kari-0001', scopes: ['images'] };
const OLA = { name: 'ola', key: 'key-of-ola-00002', scopes: ['reports'] };
const keyring = createKeyring([KARI, OLA], ['a secret of the tests'], 'http://127.0.0.1', {
  sessions: createSessionShelf(),
});
const cookies = createCookies('http://127.0.0.1');
const kari = keyring.authenticate(KARI.key) as Caller;
let cookie: string;
beforeAll(async () => {
  cookie = `heavylift_session=${(await keyring.createSession(kari)).value}`;
});

/** A small app whose answers tell whom it took the caller for. */
const app = express();
servePublicPath(app, { ...defaultConfig(), PUBLIC_URL: 'http://public.example:8443/tools' });
app.use(identifyCaller(keyring, cookies));
const tell = (req: Request) => ({ caller: callerOrNull(req)?.name ?? null, browser: isBrowserSession(req) });
app.all('/who', (req, res) => void res.json(tell(req)));
app.all('/mine', (req, res) => void res.json({ caller: callerOf(req).name }));
app.all('/images', requireScope('images'), (_req, res) => void res.json({ passed: true }));
app.post('/in', async (_req, res) => {
  await setSession(res, keyring, cookies, kari);
  res.end();
});
app.post('/out', async (req, res) => {
  await endSession(req, res, keyring, cookies);
  res.end();
});
app.use(((error, _req, res, _next) => {
  const { status, message } = toAppError(error);
  res.status(status).json({ message });
}) as express.ErrorRequestHandler);

const ask = (path: string, headers: Record<string, string> = {}, method: 'get' | 'post' | 'delete' | 'head' = 'get') =>
  request(app)[method](path).set(headers);

describe('a key', () => {
  it.each(['Bearer key-of-kari-0001', 'bearer key-of-kari-0001', 'BEARER   key-of-kari-0001'])(
    'Authorization: %s: its caller, who is no browser',
    async (authorization) => {
      expect((await ask('/who', { authorization })).body).toEqual({ caller: 'kari', browser: false });
    },
  );

  it.each([
    ['Bearer nope', /^The API key is not known/],
    ['Bearer', /as a Bearer token: send it as/],
    ['Bearer key-of-kari-0001 and more', /as a Bearer token/],
    ['key-of-kari-0001', /as a Bearer token/],
    ['Basic a2FyaTprZXk=', /as a Bearer token/],
  ])('Authorization: %s: nobody, and told why', async (authorization, sentence) => {
    expect((await ask('/who', { authorization })).body).toEqual({ caller: null, browser: false });
    const response = await ask('/mine', { authorization });
    expect([response.status, response.body.message]).toEqual([401, expect.stringMatching(sentence)]);
  });

  it('none: nobody, and told how to send one', async () => {
    const response = await ask('/mine');
    expect(response.status).toBe(401);
    expect(response.body.message).toMatch(/API key is needed.*Authorization: Bearer/);
  });

  it('an action asked for by a page of another site: its own doing, since it knows the key', async () => {
    const headers = {
      authorization: `Bearer ${KARI.key}`,
      'sec-fetch-site': 'cross-site',
      origin: 'https://evil.example',
    };
    expect((await ask('/mine', headers, 'post')).body).toEqual({ caller: 'kari' });
  });

  it("the key of one and the cookie of another: the key's, and not as a browser", async () => {
    const headers = { authorization: `Bearer ${OLA.key}`, cookie };
    expect((await ask('/who', headers)).body).toEqual({ caller: 'ola', browser: false });
  });

  it('a wrong key and a good cookie: nobody, rather than somebody else than was meant', async () => {
    expect((await ask('/mine', { authorization: 'Bearer nope', cookie })).status).toBe(401);
  });
});

describe("a browser's cookie", () => {
  it('alone or among others: its caller, as a browser', async () => {
    for (const sent of [cookie, `a=1; ${cookie}; b=2`]) {
      expect((await ask('/who', { cookie: sent })).body).toEqual({ caller: 'kari', browser: true });
    }
  });

  it.each<[string, () => string | Promise<string>]>([
    ['forged', () => 'heavylift_session=WyJzZXNzaW9uIl0.AAAA'],
    ['empty', () => 'heavylift_session='],
    ['with a broken escape', () => 'heavylift_session=%E0%A4%A'],
    ['under another name', () => cookie.replace('heavylift_session', 'session')],
    [
      'a sign-in link used as a session',
      async () => `heavylift_session=${(await keyring.signInLink()).split('token=')[1]}`,
    ],
  ])('%s: nobody', async (_name, makeCookie) => {
    expect((await ask('/who', { cookie: await makeCookie() })).body).toEqual({ caller: null, browser: false });
  });

  it('one request with it and one without, on the same app: the second is nobody', async () => {
    await ask('/who', { cookie });
    expect((await ask('/who')).body.caller).toBeNull();
  });

  it('reading is allowed from anywhere: a link on another site may lead to a page', async () => {
    const headers = { cookie, 'sec-fetch-site': 'cross-site' };
    expect((await ask('/mine', headers)).status).toBe(200);
    expect((await ask('/mine', headers, 'head')).status).toBe(200);
  });

  it.each<[string, Record<string, string>]>([
    ['Fetch Metadata says same-origin', { 'sec-fetch-site': 'same-origin' }],
    ['the Origin is our host', { origin: 'http://jobs.example:3000' }],
    ['a TLS proxy stands before us', { origin: 'https://jobs.example:3000' }],
    ['a proxy that hides its port stands before us', { origin: 'http://public.example:8443' }],
    ['no browser: neither header', {}],
  ])('an action, %s: done', async (_name, headers) => {
    const sent = { cookie, host: 'jobs.example:3000', ...headers };
    expect((await ask('/mine', sent, 'post')).body).toEqual({ caller: 'kari' });
  });

  it.each<[string, Record<string, string>]>([
    ['another site', { 'sec-fetch-site': 'cross-site' }],
    ['another host of the same site', { 'sec-fetch-site': 'same-site' }],
    ['the address bar', { 'sec-fetch-site': 'none' }],
    ['another Origin', { origin: 'https://evil.example' }],
    ['another port', { origin: 'http://jobs.example:4000' }],
    ['another port of PUBLIC_URL', { origin: 'http://public.example:8444' }],
    ['PUBLIC_URL without TLS', { origin: 'https://public.example:8443' }],
    ['an Origin that hides itself', { origin: 'null' }],
    ['a host that only begins alike', { host: 'jobs.example', origin: 'http://jobs.example.evil.example' }],
    ['another site that sends our Origin', { 'sec-fetch-site': 'cross-site', origin: 'http://jobs.example:3000' }],
  ])('an action, %s: 403, and it is not done', async (_name, headers) => {
    for (const method of ['post', 'delete'] as const) {
      const response = await ask('/mine', { cookie, host: 'jobs.example:3000', ...headers }, method);
      expect([response.status, response.body.message]).toEqual([
        403,
        'The request came from another site and was refused.',
      ]);
    }
  });
});

describe('requireScope', () => {
  it('a caller with the scope passes; one without is told which it lacks; nobody is asked for a key', async () => {
    expect((await ask('/images', { authorization: `Bearer ${KARI.key}` })).body).toEqual({ passed: true });
    const lacking = await ask('/images', { authorization: `Bearer ${OLA.key}` });
    expect([lacking.status, lacking.body.message]).toEqual([403, 'The API key lacks the scope "images".']);
    expect((await ask('/images')).status).toBe(401);
  });
});

describe('signing in and out', () => {
  const attributesOf = async (path: string) =>
    String((await ask(path, {}, 'post')).headers['set-cookie'])
      .split('; ')
      .slice(1)
      .toSorted();

  it('the cookie is for this host alone, out of reach of scripts and of forms of other sites, for a week', async () => {
    expect(await attributesOf('/in')).toEqual(['HttpOnly', 'Max-Age=604800', 'Path=/', 'SameSite=Lax']);
  });

  it('the cookie that was set signs in', async () => {
    const set = String((await ask('/in', {}, 'post')).headers['set-cookie']).split(';')[0] as string;
    expect((await ask('/who', { cookie: set })).body).toEqual({ caller: 'kari', browser: true });
  });

  it('signed out: the cookie is emptied and gone at once', async () => {
    const header = String((await ask('/out', {}, 'post')).headers['set-cookie']);
    expect(header).toMatch(/^heavylift_session=;/);
    expect(header).toContain('Max-Age=0');
    expect(header).toContain('Path=/');
  });

  it('signed out: a copy of the cookie signs nobody in any more, other sessions of the key go on', async () => {
    const signIn = async () => String((await ask('/in', {}, 'post')).headers['set-cookie']).split(';')[0] as string;
    const [copied, other] = [await signIn(), await signIn()];
    await ask('/out', { cookie: copied }, 'post');
    expect((await ask('/who', { cookie: copied })).body.caller).toBeNull();
    expect((await ask('/who', { cookie: other })).body.caller).toBe('kari');
  });
});
