import { once } from 'node:events';
import { createServer, request as httpRequest, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createKeyring, sha256 } from '../../src/keys/keyring.ts';
import { createKeyStore } from '../../src/keys/store.ts';
import { openTestApp, TEST_KEYS, type TestApp } from '../support/app.ts';
import { runCli } from '../support/cli.ts';
import { makeTempDir } from '../support/temp-dir.ts';
import { until } from '../support/until.ts';

let test: TestApp;
let server: Server;
let url: string;
beforeAll(async () => {
  test = await openTestApp();
  server = createServer(test.app).listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await test.close();
});

type Headers = Record<string, string>;
const post = (path: string, headers: Headers, body: object) =>
  fetch(`${url}${path}`, {
    method: 'POST',
    redirect: 'manual',
    headers: { 'Content-Type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
/** One grey point, and bytes behind it that no decoder reads. */
const PNG = Buffer.concat([
  Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNoAAAAggCBd81ytgAAAABJRU5ErkJggg==', 'base64'),
  Buffer.alloc(1000),
]);
const REPORT = { data: { title: 'Hei', blocks: [{ type: 'text', text: 'Hei' }] } };

/** Makes a key in Redis, as `keys create` does. */
async function addKey(name: string, scopes = ['reports']): Promise<Headers> {
  const createdAt = new Date().toISOString();
  const store = createKeyStore(test.redis.client());
  const key = `key-of-${name}`;
  await store.add({ name, digest: sha256(key), scopes, rate: null, createdAt, lastUsedAt: null });
  return { Authorization: `Bearer ${key}` };
}

/** Signs in by the form; answers the cookie. */
async function signIn(key: string): Promise<Headers> {
  const answer = await fetch(`${url}/login`, {
    method: 'POST',
    redirect: 'manual',
    body: new URLSearchParams({ key }),
  });
  return { Cookie: answer.headers.get('set-cookie')?.split(';')[0] ?? '' };
}

const signOut = (session: Headers) => fetch(`${url}/logout`, { method: 'POST', redirect: 'manual', headers: session });

/** Opens a job's event stream; `text` is what has come, `ended` whether the server has closed it. */
async function follow(id: string, headers: Headers) {
  const stream = { status: 0, text: '', ended: false };
  const answer = await fetch(`${url}/v1/jobs/${id}/events`, { headers });
  stream.status = answer.status;
  const read = async () => {
    for await (const chunk of answer.body ?? []) stream.text += Buffer.from(chunk).toString();
    stream.ended = true;
  };
  void read().catch(() => {});
  await until('the first event', () => stream.text.includes('event: state'));
  return stream;
}

const postReport = async (headers: Headers): Promise<string> => {
  const answer = await post('/v1/reports', headers, REPORT);
  return ((await answer.json()) as { id: string }).id;
};

const cancel = (id: string) => post(`/v1/jobs/${id}/cancel`, { Authorization: `Bearer ${TEST_KEYS.operator.key}` }, {});

describe('a key that is revoked', () => {
  it('its open event stream ends, and does not tell of the job’s end; another key’s goes on', async () => {
    const [leaver, stayer] = [await addKey('leaver'), await addKey('stayer')];
    const ids = [await postReport(leaver), await postReport(stayer)] as const;
    const [left, kept] = [await follow(ids[0], leaver), await follow(ids[1], stayer)];
    await createKeyStore(test.redis.client()).remove('leaver');
    await until('the stream ends', () => left.ended);
    for (const id of ids) await cancel(id);
    await until('the other one tells', () => kept.text.includes('event: cancelled'));
    expect(left.text).not.toContain('cancelled');
    expect((await fetch(`${url}/v1/jobs/${ids[0]}/events`, { headers: leaver })).status).toBe(401);
  });

  it('a request of it that waits for a job’s end is not told of it', async () => {
    const leaver = await addKey('waiter');
    const id = await postReport(leaver);
    const waiting = fetch(`${url}/v1/jobs/${id}`, { headers: { ...leaver, Prefer: 'wait=30' } });
    await createKeyStore(test.redis.client()).remove('waiter');
    await until('it is refused', async () => (await fetch(`${url}/v1/jobs/${id}`, { headers: leaver })).status === 401);
    await cancel(id);
    expect((await (await waiting).json()) as object).toMatchObject({ id, state: 'waiting' });
  });
});

it('an upload whose key is revoked before it is whole: 401, and nothing of it is kept', async () => {
  const leaver = await addKey('uploader', ['images']);
  const upload = httpRequest(`${url}/v1/images`, {
    method: 'POST',
    headers: { ...leaver, 'Content-Type': 'image/png' },
  });
  const answered = once(upload, 'response') as Promise<[IncomingMessage]>;
  upload.write(PNG.subarray(0, 60));
  await until('it is being stored', async () => (await test.storedFiles()).length > 0);
  await createKeyStore(test.redis.client()).remove('uploader');
  await until('it is refused', async () => (await fetch(`${url}/v1/jobs`, { headers: leaver })).status === 401);
  upload.end(PNG.subarray(60));
  const [answer] = await answered;
  answer.resume();
  expect(answer.statusCode).toBe(401);
  await until('nothing of it is kept', async () => (await test.storedFiles()).length === 0);
});

describe('signing out', () => {
  it('a copy of the cookie opens nothing any more, a stream that it opened ends; other browsers go on', async () => {
    const [session, other] = [await signIn(TEST_KEYS.kari.key), await signIn(TEST_KEYS.kari.key)];
    const id = await postReport(session);
    const stream = await follow(id, session);
    expect((await signOut(session)).status).toBe(303);
    expect((await fetch(`${url}/v1/jobs/${id}`, { headers: session })).status).toBe(401);
    await until('the stream ends', () => stream.ended);
    expect((await fetch(`${url}/v1/jobs/${id}`, { headers: other })).status).toBe(200);
  });

  it('asked for by another site: refused, and the session goes on', async () => {
    const session = await signIn(TEST_KEYS.kari.key);
    const headers = { ...session, Origin: 'https://evil.example' };
    const answer = await fetch(`${url}/logout`, { method: 'POST', redirect: 'manual', headers });
    expect([answer.status, (await fetch(`${url}/v1/jobs`, { headers: session })).status]).toEqual([403, 200]);
  });

  it('nothing is kept of whoever was never signed in, whatever cookie is sent', async () => {
    const client = test.redis.client();
    const before = (await client.keys('*{keys}*')).toSorted();
    for (const value of ['x.y.z', 'a'.repeat(4000), '']) {
      const headers = { Cookie: `heavylift_session=${value}` };
      expect((await fetch(`${url}/v1/jobs`, { headers })).status).toBe(401);
      await signOut(headers);
    }
    expect((await client.keys('*{keys}*')).toSorted()).toEqual(before);
  });
});

describe('a sign-in link', () => {
  const open = async (link: string, init: RequestInit = {}) => {
    const answer = await fetch(link, {
      redirect: 'manual',
      ...init,
      headers: { Accept: 'text/html', ...init.headers },
    });
    const cookie = answer.headers.get('set-cookie')?.split(';')[0] ?? '';
    return { status: answer.status, cookie, text: await answer.text() };
  };
  const makeLink = () => createKeyring(Object.values(TEST_KEYS), test.secrets, url).signInLink();

  it('signs in once; then it says so and how to get another, but in the browser that it signed in', async () => {
    const link = await makeLink();
    expect((await open(link, { method: 'HEAD' })).cookie).toBe('');
    const first = await open(link);
    expect([first.status, (await open(`${url}/admin`, { headers: { Cookie: first.cookie } })).status]).toEqual([
      303, 200,
    ]);
    const second = await open(link);
    expect([second.status, second.cookie]).toEqual([401, '']);
    expect(second.text).toMatch(/used already: it signs in once.*bin\/heavylift sign-in/);
    expect((await open(link, { headers: { Cookie: first.cookie } })).status).toBe(303);
  });

  it('asked for by the command: another one, which serves too', async () => {
    const dir = makeTempDir();
    const settings = {
      DATA_DIR: dir.path,
      PUBLIC_URL: url,
      DEPLOYMENT_SECRET: test.secrets[0],
      API_KEYS: Object.values(TEST_KEYS)
        .map(({ name, key, scopes }) => `${name}:${key}:${scopes.join('+')}`)
        .join(),
    };
    const { code, stdout } = await runCli(settings, 'sign-in');
    expect([code, (await open(stdout.trim())).status]).toEqual([0, 303]);
    const { API_KEYS: _none, ...withoutKeys } = settings;
    expect(await runCli(withoutKeys, 'sign-in')).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/no api-key/),
    });
    dir.remove();
  });
});

describe('a PDF’s password', () => {
  it('is nowhere in Redis and in storage as it was written, however large the report', async () => {
    const password = 'korrekt-hest-batteri-stift';
    const headers = { Authorization: `Bearer ${TEST_KEYS.kari.key}`, 'Idempotency-Key': 'with a password' };
    const small = { ...REPORT, password };
    const large = {
      data: { ...REPORT.data, subtitle: 'Hei', blocks: Array(9).fill({ type: 'text', text: 'x'.repeat(5000) }) },
    };
    expect((await post('/v1/reports', headers, small)).status).toBe(202);
    expect((await post('/v1/reports', { ...headers, 'Idempotency-Key': 'large' }, { ...large, password })).status).toBe(
      202,
    );
    const client = test.redis.client();
    const dumps = await Promise.all((await client.keys('*')).map((key) => client.dumpBuffer(key)));
    expect(dumps.some((dump) => dump?.includes(password))).toBe(false);
    for (const file of await test.storedFiles()) {
      expect((await test.storage.read(file)).includes(password)).toBe(false);
    }
    // What is asked for again is compared with it all the same.
    expect((await post('/v1/reports', headers, small)).headers.get('idempotency-replayed')).toBe('true');
    const other = await post('/v1/reports', headers, { ...small, password: 'another-password' });
    expect(((await other.json()) as { code: string }).code).toBe('idempotency_mismatch');
  });
});

describe('a subject', () => {
  const operator = { Authorization: `Bearer ${TEST_KEYS.operator.key}` };
  const kari = { Authorization: `Bearer ${TEST_KEYS.kari.key}` };
  const erase = async (subject: string, headers: Headers = kari) => {
    const answer = await fetch(`${url}/v1/subjects/${encodeURIComponent(subject)}`, { method: 'DELETE', headers });
    return [answer.status, ((await answer.json()) as { erased?: number }).erased];
  };
  const listed = async (subject: string) => {
    const answer = await fetch(`${url}/v1/jobs?${new URLSearchParams({ subject })}`, { headers: kari });
    return ((await answer.json()) as { jobs: unknown[] }).jobs.length;
  };

  it.each([
    [
      'a mail’s recipient',
      { to: ['per@blåbær.no'], subject: 'Hei', text: 'Hei' },
      ['per@blåbær.no', 'PER@xn--blbr-roah.no'],
    ],
    ['its name beside it', { to: ['Per <Per@BLÅBÆR.no>'], subject: 'Hei', text: 'Hei' }, ['Per <per@blåbær.no>']],
  ])('%s: found and erased however it is written', async (_what, mail, spellings) => {
    for (const spelling of [...spellings, ` ${spellings[0]} `]) {
      expect((await post('/v1/emails', kari, mail)).status).toBe(202);
      expect([spelling, await listed(spelling)]).toEqual([spelling, 1]);
      expect([spelling, ...(await erase(spelling))]).toEqual([spelling, 200, 1]);
    }
  });

  it.each([
    ['é in one character', 'Andr\u00e9', 'Andre\u0301'],
    ['é in two', 'Andre\u0301', 'Andr\u00e9'],
    ['å in two', 'A\u030ase', '\u00c5se'],
    ['an address', 'Kari@Example.NO', 'kari@example.no'],
  ])('a label with %s: one subject, however it is written', async (_what, posted, asked) => {
    expect((await post('/v1/reports', kari, { ...REPORT, subject: posted, tags: [posted] })).status).toBe(202);
    const byTag = await fetch(`${url}/v1/jobs?${new URLSearchParams({ tag: posted })}`, { headers: kari });
    expect(((await byTag.json()) as { jobs: unknown[] }).jobs).toHaveLength(1);
    expect(await listed(asked)).toBe(1);
    expect(await erase(asked)).toEqual([200, 1]);
  });

  it('of whom nothing is there, or only what others have: 404, for an operator too', async () => {
    await post('/v1/reports', kari, { ...REPORT, subject: 'only-of-kari' });
    const ola = { Authorization: `Bearer ${TEST_KEYS.ola.key}` };
    expect([await erase('only-of-kari', ola), await erase('nobody', operator)]).toEqual([
      [404, undefined],
      [404, undefined],
    ]);
    expect([await erase('only-of-kari'), await erase('only-of-kari')]).toEqual([
      [200, 1],
      [404, undefined],
    ]);
  });
});
