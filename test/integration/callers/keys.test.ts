import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Redis } from 'ioredis';
import { type Ran, runCli } from '../../support/cli.ts';
import { startProcess, type TestProcess } from '../../support/processes.ts';
import { findFreePort, KEYS, type Product, startProduct } from '../../support/product.ts';
import { until } from '../../support/until.ts';

const REPORT = JSON.stringify({ template: 'document', data: { title: 'T', blocks: [] } });
const ALL_SCOPES = 'images,reports,emails,admin';

let product: Product;
let observer: Redis;
/** A second web process of the same deployment. */
let second: { url: string; process: TestProcess };

beforeAll(async () => {
  product = await startProduct();
  observer = product.redis.client();
  const port = await findFreePort();
  const settings = { REDIS_URL: product.redis.url, DATA_DIR: product.dir, API_KEYS: `kari:${KEYS.kari}` };
  second = {
    url: `http://127.0.0.1:${port}`,
    process: startProcess(process.execPath, ['src/server.ts'], { ...settings, PORT: String(port) }),
  };
  await until('the second web process is ready', async () => (await fetch(`${second.url}/readyz`)).ok);
});
afterAll(async () => {
  await second.process.stop('SIGKILL');
  await product.close();
});

/** Runs `heavylift keys` with the deployment's settings. */
const keys = (...args: string[]): Promise<Ran> =>
  runCli({ REDIS_URL: product.redis.url, DATA_DIR: product.dir, API_KEYS: `kari:${KEYS.kari}` }, 'keys', ...args);

/** Makes a key and returns its text. */
async function createKey(name: string, scopes: string, ...more: string[]): Promise<string> {
  const { code, stdout, stderr } = await keys('create', name, '--scopes', scopes, ...more);
  if (code !== 0) throw new Error(stderr);
  return stdout.trim();
}

const ask = (key: string, path = '/v1/jobs/img_00000000000000000000000000', base = product.url) =>
  answered(() => fetch(`${base}${path}`, { headers: { Authorization: `Bearer ${key}` } }));
const postReport = (key: string, base = product.url) => answered(() => sendReport(key, base));
const sendReport = (key: string, base = product.url) =>
  fetch(`${base}/v1/reports`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${key}`, 'Content-Type': 'application/json' },
    body: REPORT,
  });

/** On a busy machine Redis may be slow; the answer then is 503, which says to ask again. */
const answered = (send: () => Promise<Response>) =>
  until('Redis answers in time', async () => {
    const response = await send();
    return response.status === 503 ? null : response;
  });
const rowOf = async (name: string) =>
  (await keys('list')).stdout.split('\n').find((line) => line.startsWith(`${name} `)) ?? '';

describe('an upload token', () => {
  const send = (token: string, base: string) =>
    fetch(`${base}/v1/uploads?name=a.csv`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'text/csv' },
      body: 'a;b',
    });

  it('of two web processes: counted as one, ended by one in both, and gone with its key at once', async () => {
    const key = await createKey('lender', 'reports');
    const makeToken = async (): Promise<string> => {
      const made = await answered(() =>
        fetch(`${product.url}/v1/upload-tokens`, {
          method: 'POST',
          headers: { Authorization: `Bearer ${key}`, 'Content-Type': 'application/json' },
          body: JSON.stringify({ kind: 'reports', open: ['data'], maxFiles: 7 }),
        }),
      );
      const body = (await made.json()) as { token: string };
      expect([made.status, body]).toEqual([201, expect.objectContaining({ kind: 'reports' })]);
      return body.token;
    };
    const [counted, ended] = [await makeToken(), await makeToken()];
    const bases = Array.from({ length: 20 }, (_, index) => (index % 2 ? product.url : second.url));
    const answers = await Promise.all(bases.map((base) => answered(() => send(counted, base))));
    expect(answers.map(({ status }) => status).toSorted()).toEqual([...Array(7).fill(201), ...Array(13).fill(403)]);
    const current = '/v1/upload-tokens/current';
    const remove = { method: 'DELETE', headers: { Authorization: `Bearer ${ended}` } };
    expect((await ask(ended, current, second.url)).status).toBe(200);
    expect((await fetch(`${product.url}${current}`, remove)).status).toBe(204);
    expect((await ask(ended, current, second.url)).status).toBe(401);
    await keys('revoke', 'lender');
    for (const base of [product.url, second.url]) expect((await ask(counted, current, base)).status).toBe(401);
  });
});

describe('keys create', () => {
  it('the key alone on standard output; it works at once, in two web processes that never saw it', async () => {
    const { code, stdout, stderr } = await keys('create', 'shop', '--scopes', 'images,reports');
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringMatching(/^hl_[\w-]{32}\n$/) });
    expect(stderr).toMatch(/"shop" \(images, reports; no limit\).*never again/);
    const answers = await Promise.all([postReport(stdout.trim()), postReport(stdout.trim(), second.url)]);
    const bodies = await Promise.all(answers.map((answer) => answer.json()));
    expect(bodies).toEqual([
      expect.objectContaining({ kind: 'reports' }),
      expect.objectContaining({ kind: 'reports' }),
    ]);
  });

  it('as an operator types it: the same from `npm run keys`, in a process of its own', async () => {
    const settings = { REDIS_URL: product.redis.url, DATA_DIR: product.dir };
    const typed = startProcess('npm', ['run', '-s', 'keys', '--', 'create', 'typed', '--scopes', 'images'], settings);
    expect(await typed.exited).toBe(0);
    const key = /^hl_[\w-]{32}$/m.exec(typed.output())?.[0] ?? '';
    expect((await ask(key)).status).toBe(404);
  });

  it('only a hash is stored: no value in Redis and no file holds the key', async () => {
    const key = await createKey('secretive', 'images');
    expect((await ask(key)).status).toBe(404);
    const values: string[] = [];
    for (const name of await observer.keys('*')) {
      const dump = await observer.dumpBuffer(name);
      // One that lives for a moment may be gone.
      values.push(name, dump?.toString('latin1') ?? '');
      if ((await observer.type(name)) === 'hash') values.push(JSON.stringify(await observer.hgetall(name)));
    }
    expect(values.join('\n')).toContain('secretive');
    expect(values.join('\n')).not.toContain(key);
    expect(values.join('\n')).not.toContain(key.slice(3));
  });

  it('a key does what its scopes say and no more', async () => {
    const images = await createKey('camera', 'images');
    expect((await postReport(images)).status).toBe(403);
    expect((await ask(images, '/admin/queues')).status).toBe(403);
    const operator = await createKey('night-shift', 'admin');
    expect((await ask(operator, '/admin/queues')).status).toBe(200);
    expect((await postReport(operator)).status).toBe(403);
  });

  it('a key that may send mail from some addresses only: others are refused, and so is a mail that names none', async () => {
    const key = await createKey('shop-mail', 'emails', '--from', 'Example.no,post@blåbær.no');
    expect(await rowOf('shop-mail')).toMatch(
      /^shop-mail +emails \(from example\.no, post@xn--blbr-roah\.no\) +no limit/,
    );
    const send = (path: string, body: object) =>
      answered(() =>
        fetch(`${product.url}${path}`, {
          method: 'POST',
          headers: { Authorization: `Bearer ${key}`, 'Content-Type': 'application/json' },
          body: JSON.stringify(body),
        }),
      );
    const mail = (from?: string) => ({ to: 'kari@example.no', subject: 'Hei', text: 'Hei', ...(from ? { from } : {}) });
    const statusFrom = async (from?: string) => (await send('/v1/emails', mail(from))).status;
    expect(await statusFrom('Butikken <hei@EXAMPLE.no>')).toBe(202);
    expect(await statusFrom('post@blåbær.no')).toBe(202);
    expect(await statusFrom('other@blåbær.no')).toBe(403);
    expect(await statusFrom('hei@sub.example.no')).toBe(403);
    expect(await statusFrom('hei@notexample.no')).toBe(403);
    const refused = (await (await send('/v1/emails', mail())).json()) as { detail: string; errors: object[] };
    const detail = 'must be given, and be one of what this API key may send from: example.no, post@xn--blbr-roah.no';
    expect(refused).toMatchObject({ detail: `from ${detail}.`, errors: [{ pointer: '/from', detail }] });
    const batch = await send('/v1/emails/batch', { messages: [mail('a@example.no'), mail('a@firma.no')] });
    const { items } = (await batch.json()) as { items: { status: number }[] };
    expect(items.map(({ status }) => status)).toEqual([202, 403]);
  });

  it('a caller sees its own jobs, an operator everybody’s', async () => {
    const owner = await createKey('owner', 'reports');
    const other = await createKey('other', 'reports');
    const operator = await createKey('operator-2', ALL_SCOPES);
    const job = (await (await postReport(owner)).json()) as { id: string };
    const path = `/v1/jobs/${job.id}`;
    const statuses = await Promise.all([owner, other, operator].map(async (key) => (await ask(key, path)).status));
    expect(statuses).toEqual([200, 404, 200]);
  });

  it.each([
    ['a name that is taken', 1, ['create', 'taken', '--scopes', 'images'], /"taken" already.*revoke taken/],
    ['a name of the settings', 1, ['create', 'kari', '--scopes', 'images'], /"kari" already, in API_KEYS/],
    ['a bad name', 2, ['create', 'a:b', '--scopes', 'images'], /"a:b" must be 1-64/],
    ['no name', 2, ['create', '--scopes', 'images'], /missing required argument 'name'/],
    ['an unknown scope', 2, ['create', 'new', '--scopes', 'images,root'], /no scope "root".*images, reports/],
    ['no scopes', 2, ['create', 'new'], /--scopes images,reports/],
    ['a rate that is none', 2, ['create', 'new', '--scopes', 'images', '--rate', '5'], /"5" must be requests\/seconds/],
    ['a rate of nothing', 2, ['create', 'new', '--scopes', 'images', '--rate', '0/60'], /1 to 1000000 requests/],
    ['a window too long', 2, ['create', 'new', '--scopes', 'images', '--rate', '1/86401'], /1 to 86400 seconds/],
    ['senders without mail', 2, ['create', 'new', '--scopes', 'images', '--from', 'a.no'], /with the scope emails/],
    ['a sender that is none', 2, ['create', 'new', '--scopes', 'emails', '--from', 'x!'], /"x!" must be a domain like/],
    ['no sender', 2, ['create', 'new', '--scopes', 'emails', '--from', ','], /must name 1 to 50/],
    ['a word too many', 2, ['create', 'new', 'images', '--scopes', 'images'], /too many arguments/],
    ['an unknown option', 2, ['list', '--all'], /unknown option '--all'/],
    ['an unknown command', 2, ['delete', 'taken'], /unknown command 'delete'/],
  ])('%s: exit status %i, one line, nothing is stored', async (_, status, args, sentence) => {
    await keys('create', 'taken', '--scopes', 'reports');
    const before = await observer.hgetall('heavylift:{keys}:all');
    const { code, stdout, stderr } = await keys(...args);
    expect({ code, stdout }).toEqual({ code: status, stdout: '' });
    expect(stderr).toMatch(sentence);
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
    const facts = (all: Record<string, string>) =>
      Object.fromEntries(Object.entries(all).filter(([name]) => !name.endsWith(':used')));
    expect(facts(await observer.hgetall('heavylift:{keys}:all'))).toEqual(facts(before));
  });
});

describe('keys create with limits', () => {
  it.each([
    ['--weight', '0'],
    ['--weight', 'much'],
    ['--max-waiting', '-1'],
    ['--max-waiting-bytes', '50 apples'],
    ['--max-stored', '5GiB'],
    ['--max-running', '0'],
  ])('%s %s: exit status 2 and what it must be; no key is made', async (option, text) => {
    const { code, stderr } = await keys('create', 'limits', '--scopes', 'images', `${option}=${text}`);
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringMatching(`${option} must be .*"${text}"`) });
    expect(await rowOf('limits')).toBe('');
  });
});

describe('the brand of a key', () => {
  it('is given and taken, shown in the list, and refused where it can not be', async () => {
    await createKey('branded', 'reports', '--brand', 'acme', '--max-stored', '5GB');
    expect(await rowOf('branded')).toMatch(/5 GB stored +acme /);
    expect(await keys('set', 'branded', '--brand', 'other')).toMatchObject({
      code: 0,
      stderr: expect.stringContaining('the brand other now'),
    });
    expect(await rowOf('branded')).toMatch(/5 GB stored +other /);
    expect((await keys('set', 'branded', '--no-brand')).code).toBe(0);
    expect(await rowOf('branded')).toMatch(/5 GB stored +- /);
    const said = async (...args: string[]) => {
      const { code, stderr } = await keys('set', ...args);
      return `${code} ${stderr.trim()}`;
    };
    expect(
      await Promise.all([
        said('branded'),
        said('branded', '--brand', 'A b'),
        said('nobody', '--brand', 'a'),
        said('kari', '--brand', 'a'),
      ]),
    ).toEqual([
      expect.stringContaining('2 say --brand NAME, or --no-brand'),
      expect.stringContaining('2 the brand "A b" must be 1 to 64 of a-z'),
      expect.stringContaining('1 there is no key named "nobody"'),
      expect.stringContaining('1 the key "kari" is in API_KEYS'),
    ]);
  });
});

describe('keys list', () => {
  it('name, scopes, rate and time of each; the keys of the settings too; never a key', async () => {
    const limits = ['--weight', '2', '--max-waiting', '500', '--max-waiting-bytes', '50MB', '--max-stored', '1.5GB'];
    const key = await createKey('listed', 'emails,images', '--rate', '100/60', '--max-running', '3', ...limits);
    const { stdout } = await keys('list');
    expect(stdout.split('\n')[0]).toMatch(/^NAME +SCOPES +RATE +LIMITS +BRAND +CREATED +LAST USED$/);
    expect(await rowOf('listed')).toMatch(/500 waiting, 50 MB waiting, 1\.5 GB stored, 3 running, weight 2/);
    expect(await rowOf('listed')).toMatch(/^listed +images,emails +100\/60 +.* \d{4}-\d\d-\d\d \d\d:\d\dZ +never$/);
    expect(await rowOf('kari')).toMatch(/^kari +images,reports,emails,calls,flows +no limit +- +- +in API_KEYS +-$/);
    expect(stdout).not.toContain(key);
    expect(stdout).not.toContain(KEYS.kari);
  });

  it('--json: the same facts, and where each key is kept; never a key', async () => {
    const key = await createKey(
      ...['machine-read', 'emails', '--from', 'example.no', '--rate', '5/1'],
      ...['--weight', '0.5', '--max-waiting', '0', '--max-waiting-bytes', '2000', '--max-stored', '5GB'],
    );
    const { code, stdout } = await keys('list', '--json');
    const listed = JSON.parse(stdout) as { name: string }[];
    expect(code).toBe(0);
    expect(listed.find(({ name }) => name === 'machine-read')).toEqual({
      name: 'machine-read',
      source: 'Redis',
      scopes: ['emails'],
      rate: { requests: 5, seconds: 1 },
      senders: ['example.no'],
      brand: null,
      weight: 0.5,
      maxWaiting: 0,
      maxWaitingBytes: 2000,
      maxStored: 5_000_000_000,
      createdAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
      lastUsedAt: null,
      hiddenBy: null,
    });
    expect(listed[0]).toMatchObject({ name: 'kari', source: 'API_KEYS', createdAt: null });
    expect(stdout).not.toContain(key);
  });

  it('the last use shows within seconds', async () => {
    const key = await createKey('busy', 'images');
    expect((await ask(key)).status).toBe(404);
    await until('the use is listed', async () => /\d\d:\d\dZ +\d{4}-\d\d-\d\d \d\d:\d\dZ$/.test(await rowOf('busy')));
  });
});

describe('keys revoke', () => {
  it('the key is refused within 5 s by every web process; others go on', async () => {
    const key = await createKey('leaver', 'reports');
    const stayer = await createKey('stayer', 'reports');
    for (const base of [product.url, second.url]) expect((await postReport(key, base)).status).toBe(202);
    expect(await keys('revoke', 'leaver')).toMatchObject({
      code: 0,
      stderr: expect.stringMatching(/within 5 seconds/),
    });
    const refused = async (base: string) => (await postReport(key, base)).status === 401;
    await Promise.all(
      [product.url, second.url].map((base) => until('it is refused', () => refused(base), { timeoutMs: 5000 })),
    );
    for (const base of [product.url, second.url]) expect((await postReport(stayer, base)).status).toBe(202);
    expect(await rowOf('leaver')).toBe('');
  });

  it('a session that was signed in with the key ends too', async () => {
    const key = await createKey('guest', 'images');
    const signIn = await fetch(`${product.url}/login`, {
      method: 'POST',
      redirect: 'manual',
      body: new URLSearchParams({ key }),
    });
    expect(signIn.status).toBe(303);
    const cookie = signIn.headers.get('set-cookie')?.split(';')[0] ?? '';
    const home = async (base: string) =>
      (await fetch(base, { redirect: 'manual', headers: { Cookie: cookie, Accept: 'text/html' } })).status;
    expect([await home(product.url), await home(second.url)]).toEqual([200, 200]);
    await keys('revoke', 'guest');
    await until('it is signed out', async () => (await home(product.url)) === 303, { timeoutMs: 5000 });
  });

  it('the name is free again; the old key stays refused', async () => {
    const old = await createKey('rotated', 'images');
    await keys('revoke', 'rotated');
    const renewed = await createKey('rotated', 'images');
    expect(renewed).not.toBe(old);
    expect((await ask(renewed)).status).toBe(404);
    expect((await ask(old)).status).toBe(401);
    expect(await rowOf('rotated')).toMatch(/images +no limit/);
  });

  it('no such key, or one of the settings: exit status 1, and where to look', async () => {
    expect(await keys('revoke', 'nobody')).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/no key named "nobody"/),
    });
    expect(await keys('revoke', 'kari')).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/in API_KEYS: change it or take it out/),
    });
  });
});

describe('Redis away', () => {
  it('known keys are known still, unknown ones get 503, the command says so; all is well when it is back', async () => {
    const key = await createKey('patient', 'reports');
    expect((await postReport(key)).status).toBe(202);
    await product.redis.kill();
    try {
      const home = await ask(key, '/');
      expect(home.status).toBe(200);
      expect((await sendReport(key)).status).toBe(503);
      const unknown = await sendReport('hl_guessed');
      expect([unknown.status, unknown.headers.get('retry-after')]).toEqual([503, '1']);
      expect((await ask('hl_guessed', '/livez')).status).toBe(200);
      const { code, stderr } = await keys('list');
      expect(code).toBe(1);
      expect(stderr).toMatch(/^Redis can not be reached \(.*\); is Heavylift running\?\n$/);
    } finally {
      await product.redis.start();
    }
    expect((await postReport(key)).status).toBe(202);
    expect((await ask('hl_guessed')).status).toBe(401);
  });
});

describe('callers', () => {
  it('who ever posted, and what each has in use', async () => {
    const key = await createKey('poster', 'reports', '--max-waiting', '1');
    const later = JSON.stringify({ ...JSON.parse(REPORT), runAt: new Date(Date.now() + 3_600_000).toISOString() });
    const send = (base: string) =>
      fetch(`${base}/v1/reports`, {
        method: 'POST',
        headers: { Authorization: `Bearer ${key}`, 'Content-Type': 'application/json' },
        body: later,
      });
    expect((await answered(() => send(product.url))).status).toBe(202);
    // Another web process counts with the same sums.
    expect((await answered(() => send(second.url))).status).toBe(429);
    const settings = { REDIS_URL: product.redis.url, DATA_DIR: product.dir, API_KEYS: `kari:${KEYS.kari}` };
    const { code, stdout } = await runCli(settings, 'callers');
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringMatching(/^NAME +WAITING +WAITING BYTES/) });
    expect(stdout).toMatch(/^poster +1 +\d(\.\d)? KB +0 B +0$/m);
    const listed = JSON.parse((await runCli(settings, 'callers', '--json')).stdout) as { name: string }[];
    expect(listed.find(({ name }) => name === 'poster')).toEqual({
      name: 'poster',
      waiting: 1,
      waitingBytes: expect.any(Number),
      storedBytes: 0,
      running: 0,
    });
  });
});
