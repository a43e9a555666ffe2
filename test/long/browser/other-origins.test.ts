import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { BrowserContext, Page } from 'playwright-core';
import { drawPhoto, openProfile, signIn } from '../../support/browser/browser.ts';
import { useDeployment } from '../../support/browser/use-browser.ts';
import { KEYS, type Product, postPhoto } from '../../support/product.ts';

/**
 * What a page of another origin can't do, tried in a browser that is signed in here with every scope. One such page is of the
 * same host by another port, so that the browser sends the session's cookie along; the other is of another host.
 */
let product: Product;
let context: BrowserContext;
/** The pages: the shop is what tokens name, the others are not. */
const pages: Record<string, Page> = {};
const servers: Server[] = [];
let token: string;
/** What stands here of the operator's own, and what came with the token. */
let own: { job: string };
let sent: { job: string; upload: string };

/** A host of empty pages, of any path, which also leads elsewhere. */
async function openHost(host: string): Promise<string> {
  const server = createServer((req, res) => {
    const to = new URL(req.url ?? '/', 'http://a').searchParams.get('to');
    res.setHeader('Access-Control-Allow-Origin', '*');
    res.setHeader('Access-Control-Allow-Headers', 'authorization');
    if (to !== null && req.method !== 'OPTIONS') res.writeHead(307, { Location: to });
    else res.setHeader('Content-Type', 'text/html');
    res.end('<!doctype html><title>elsewhere</title>');
  });
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://${host}:${(server.address() as AddressInfo).port}`;
}

useDeployment(
  () => ({ kinds: ['images'] }),
  (opened) => {
    ({ product } = opened);
    browserOf = opened.browser;
  },
);
let browserOf: Parameters<typeof openProfile>[0];
const origins: Record<string, string> = {};

beforeAll(async () => {
  Object.assign(origins, {
    shop: await openHost('127.0.0.1'),
    port: await openHost('127.0.0.1'),
    host: await openHost('localhost'),
  });
  const opened = await openProfile(browserOf, product.url);
  context = opened.context;
  await signIn(opened.page, KEYS.operator);
  for (const [name, origin] of Object.entries(origins)) {
    const page = await context.newPage();
    await page.goto(`${origin}/page`);
    pages[name] = page;
  }
  own = { job: await postPhoto(product) };
  const made = await product.request('/v1/upload-tokens', {
    method: 'POST',
    key: KEYS.operator,
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ kind: 'images', maxFiles: 50, origins: [origins['shop']] }),
  });
  ({ token } = (await made.json()) as { token: string });
});
afterAll(async () => {
  await context?.close();
  for (const server of servers) server.close();
});

/** What a page's script came to know: a status that it could read, or that it could not (`hidden`). */
type Outcome = number | 'hidden' | 'opaque';

interface Try {
  path: string;
  init: {
    method?: string;
    headers?: Record<string, string>;
    body?: string;
    credentials?: 'include';
    mode?: 'no-cors';
  };
}

/** Has the script of a page send all of these, each by itself. */
const tryAll = (page: string, tries: Try[]): Promise<Outcome[]> =>
  (pages[page] as Page).evaluate(
    async ({ base, tries: all }) => {
      const ask = async ({ path, init }: (typeof all)[number]): Promise<number | 'hidden' | 'opaque'> => {
        const stop = new AbortController();
        const outcome = await fetch(`${base}${path}`, { ...init, signal: stop.signal, cache: 'no-store' }).then(
          (answer) => (answer.type === 'opaque' ? 'opaque' : answer.status),
          () => 'hidden' as const,
        );
        stop.abort();
        return outcome;
      };
      return Promise.all(all.map(ask));
    },
    { base: product.url, tries },
  );

interface Route {
  path: string;
  method: string;
  servesTokens: boolean;
}

/** What the shop had better not ask for: the token is needed on. */
const ENDS = 'DELETE /v1/upload-tokens/current';
const nameOf = ({ path, method }: Route): string => `${method} ${path}`;

/** Every route of the description, and those of pages that change something. */
async function listRoutes(): Promise<Route[]> {
  const { paths } = (await (await fetch(`${product.url}/openapi.json`)).json()) as {
    paths: Record<string, Record<string, { security: object[] }>>;
  };
  const described = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { security }]) => ({
      path: path.replace('/jobs/{id}', `/jobs/${own.job}`).replaceAll(/\{\w+\}/g, 'x'),
      method: method.toUpperCase(),
      servesTokens: security.some((one) => 'uploadToken' in one),
    })),
  );
  const ofPages = [
    'POST /images',
    'POST /reports',
    'POST /emails',
    `POST /jobs/${own.job}/erase`,
    'POST /jobs/actions',
  ];
  const more = [
    'POST /logout',
    'POST /login',
    'GET /',
    'GET /jobs',
    `GET /jobs/${own.job}`,
    'GET /admin',
    'GET /inbox',
    'GET /metrics',
    'GET /session',
  ];
  const named = [...ofPages, ...more].map((one) => ({
    method: one.split(' ')[0] as string,
    path: one.split(' ')[1] as string,
    servesTokens: false,
  }));
  // Open to everybody, by what is signed into their addresses.
  return [...described, ...named].filter(({ path }) => !/^\/(?:r|u|mail-events)\//.test(path));
}

/** All that could have been changed here: jobs, uploads, what is used, and what the audit log says was done. */
async function stateOf(): Promise<unknown> {
  const read = async (path: string) => (await product.request(path, { key: KEYS.operator })).json();
  const { jobs } = (await read('/v1/jobs?limit=100')) as { jobs: { id: string; state: string }[] };
  const { entries } = (await read('/v1/audit')) as { entries: { action: string }[] };
  const usage = (await read('/v1/usage')) as Record<string, { used: number } | null>;
  const { used } = (await (await product.request('/v1/upload-tokens/current', { key: token })).json()) as {
    used: unknown;
  };
  return {
    jobs: jobs.map(({ id, state }) => `${id} ${state}`),
    done: entries.map(({ action }) => action).filter((action) => action !== 'session.refuse'),
    // What may be used changes with the machine; requests are counted that are refused.
    stored: [usage['storedBytes']?.used, usage['waiting']?.used, usage['waitingBytes']?.used],
    used,
  };
}

const bearer = () => ({ Authorization: `Bearer ${token}` });

describe('a page of the shop, which the token names', () => {
  it('uploads, makes a job, follows it and shows what came of it', async () => {
    const { buffer } = await drawPhoto(300, 200);
    const done = await (pages['shop'] as Page).evaluate(
      async ({ base, text, bytes }) => {
        const headers = { Authorization: `Bearer ${text}`, 'Content-Type': 'image/jpeg' };
        const body = Uint8Array.from(atob(bytes), (letter) => letter.charCodeAt(0));
        const uploaded = await fetch(`${base}/v1/uploads?name=a.jpg`, { method: 'POST', headers, body });
        const upload = ((await uploaded.json()) as { id: string }).id;
        const posted = await fetch(`${base}/v1/images`, {
          method: 'POST',
          headers: { ...headers, 'Content-Type': 'application/json', 'Idempotency-Key': 'a' },
          body: JSON.stringify({ source: { upload } }),
        });
        const job = ((await posted.json()) as { id: string }).id;
        const events = new EventSource(`${base}/v1/jobs/${job}/events?token=${text}`);
        const url = await new Promise<string>((resolve, reject) => {
          events.addEventListener('completed', ({ data }) => resolve(JSON.parse(data).result.files[0].url));
          events.addEventListener('failed', ({ data }) => reject(new Error(data)));
        });
        events.close();
        const image = new Image();
        image.src = `${base}${url}?token=${text}`;
        await image.decode();
        return { job, upload, location: posted.headers.get('Location'), width: image.naturalWidth };
      },
      { base: product.url, text: token, bytes: buffer.toString('base64') },
    );
    sent = done;
    expect(done).toMatchObject({ location: `/v1/jobs/${done.job}`, width: 300 });
  });

  it('reads why it is refused: another route’s job, what is used up, an old token', async () => {
    const headers = bearer();
    const outcomes = await tryAll('shop', [
      { path: `/v1/jobs/${own.job}`, init: { headers } },
      {
        path: '/v1/images',
        init: { method: 'POST', headers: { ...headers, 'Content-Type': 'application/json' }, body: '{"width":5}' },
      },
      { path: `/v1/jobs/${sent.job}`, init: { headers: { Authorization: `Bearer tok_${'A'.repeat(40)}` } } },
    ]);
    expect(outcomes).toEqual([404, 400, 401]);
  });
});

describe('every route', () => {
  it.each(['port', 'host'])(
    'from another origin (%s), with the session, with the token or with a form’s means: hidden, and nothing is done',
    async (page) => {
      const routes = await listRoutes();
      expect(routes.length).toBeGreaterThan(60);
      const before = await stateOf();
      const triesOf = ({ path, method }: Route): Try[] => {
        const body = method === 'GET' ? {} : { body: '{"kind":"images"}' };
        const withSession = { method, ...body, credentials: 'include' } as const;
        return [
          { path, init: withSession },
          { path, init: { method, ...body, headers: bearer() } },
          { path, init: { ...withSession, headers: bearer() } },
          { path: `${path}?token=${token}`, init: withSession },
          // What is not for other origins is not even given to the page unread.
          ...(['GET', 'POST'].includes(method) ? [{ path, init: { ...withSession, mode: 'no-cors' as const } }] : []),
        ];
      };
      const tries = routes.flatMap(triesOf);
      const outcomes = await tryAll(page, tries);
      const known = tries.filter((_, index) => outcomes[index] !== 'hidden');
      expect(known.map(({ path, init }) => `${init.method} ${path} ${JSON.stringify(init)}`)).toEqual([]);
      expect(await stateOf()).toEqual(before);
    },
  );

  it('from the shop with its token: what tokens serve is read, all else is hidden, cookies or not, and nothing of others is done', async () => {
    const before = await stateOf();
    const routes = (await listRoutes()).filter(({ path, method }) => `${method} ${path}` !== ENDS);
    const initOf = ({ method }: Route) => (method === 'POST' ? { method, body: '' } : { method });
    const byToken = routes.map((one) => ({ path: one.path, init: { ...initOf(one), headers: bearer() } }));
    const byCookie = routes.map((one) => ({
      path: one.path,
      init: { ...initOf(one), credentials: 'include' as const },
    }));
    const read = (outcomes: Outcome[]) => routes.filter((_, index) => typeof outcomes[index] === 'number').map(nameOf);
    // Those of other kinds are told apart by who has the token: their refusal is read too.
    // "actions" could be a job's id: what may be asked of a job is asked, and its refusal (403) is read.
    const isServed = (route: Route) => route.servesTokens || nameOf(route) === 'POST /v1/jobs/actions';
    expect(read(await tryAll('shop', byToken))).toEqual(routes.filter(isServed).map(nameOf));
    expect(read(await tryAll('shop', byCookie))).toEqual([]);
    expect(await stateOf()).toEqual(before);
  });
});

/** Tricks of pages, each a script that is run in one: what it gives is what the page came to know. */
interface Given {
  base: string;
  text: string;
  job: string;
  upload: string;
  shop: string;
}
type Trick = (given: Given) => Promise<unknown>;

const TRICKS: [name: string, page: 'port' | 'shop', trick: Trick, known: unknown][] = [
  [
    'JSON as text/plain, with the session',
    'port',
    ({ base }) =>
      fetch(`${base}/v1/reports`, {
        method: 'POST',
        mode: 'no-cors',
        credentials: 'include',
        headers: { 'Content-Type': 'text/plain' },
        body: '{"data":{"title":"T"}}',
      }).then(
        ({ type }) => type,
        () => 'hidden',
      ),
    'hidden',
  ],
  [
    'a file as multipart, with the session',
    'port',
    ({ base }) => {
      const body = new FormData();
      body.set('file', new Blob(['x'], { type: 'image/png' }), 'a.png');
      return fetch(`${base}/v1/images`, { method: 'POST', mode: 'no-cors', credentials: 'include', body }).then(
        ({ type }) => type,
        () => 'hidden',
      );
    },
    'hidden',
  ],
  [
    'a beacon',
    'port',
    async ({ base }) => navigator.sendBeacon(`${base}/v1/jobs/actions`, '{"action":"erase","filter":{}}'),
    true,
  ],
  [
    'a form that is posted into a frame, with the session',
    'port',
    async ({ base, job }) => {
      const frame = document.createElement('iframe');
      frame.name = 'into';
      document.body.append(frame);
      const form = document.createElement('form');
      Object.assign(form, { method: 'post', action: `${base}/jobs/${job}/erase`, target: 'into' });
      document.body.append(form);
      const loaded = new Promise((resolve) => frame.addEventListener('load', resolve));
      form.submit();
      await loaded;
      try {
        return frame.contentWindow?.document.body.textContent ?? 'hidden';
      } catch {
        return 'hidden';
      }
    },
    'hidden',
  ],
  [
    'a method that no token has, asked for before it is sent',
    'shop',
    ({ base, job, text }) =>
      fetch(`${base}/v1/jobs/${job}`, { method: 'DELETE', headers: { Authorization: `Bearer ${text}` } }).then(
        ({ status }) => status,
        () => 'hidden',
      ),
    'hidden',
  ],
  [
    'a header that no token has',
    'shop',
    ({ base, job, text }) =>
      fetch(`${base}/v1/jobs/${job}`, { headers: { Authorization: `Bearer ${text}`, 'X-HTTP-Evil': 'a' } }).then(
        ({ status }) => status,
        () => 'hidden',
      ),
    'hidden',
  ],
  [
    'its token with the session’s cookie',
    'shop',
    ({ base, job, text }) =>
      fetch(`${base}/v1/jobs/${job}`, { credentials: 'include', headers: { Authorization: `Bearer ${text}` } }).then(
        ({ status }) => status,
        () => 'hidden',
      ),
    'hidden',
  ],
  [
    'a frame without an origin (sandbox), with the token',
    'shop',
    async ({ base, job, text }) => {
      const frame = document.createElement('iframe');
      frame.setAttribute('sandbox', 'allow-scripts');
      const said = new Promise((resolve) => addEventListener('message', ({ data }) => resolve(data), { once: true }));
      const script = `fetch('${base}/v1/jobs/${job}', { headers: { Authorization: 'Bearer ${text}' } })
        .then(({ status }) => status, () => 'hidden').then((outcome) => parent.postMessage(outcome, '*'))`;
      frame.srcdoc = `<script>${script}</script>`;
      document.body.append(frame);
      return said;
    },
    'hidden',
  ],
  [
    'led here by another host, with the token in the address',
    'port',
    ({ base, job, text, shop }) => {
      const to = encodeURIComponent(`${base}/v1/jobs/${job}/result?token=${text}`);
      return fetch(`${shop}/?to=${to}`).then(
        ({ status }) => status,
        () => 'hidden',
      );
    },
    'hidden',
  ],
  [
    'an event stream with the token in the address',
    'port',
    ({ base, job, text }) =>
      new Promise((resolve) => {
        const events = new EventSource(`${base}/v1/jobs/${job}/events?token=${text}`);
        events.onopen = () => resolve('open');
        events.onerror = () => resolve('hidden');
      }),
    'hidden',
  ],
  [
    'an event stream with the session',
    'port',
    ({ base, job }) =>
      new Promise((resolve) => {
        const events = new EventSource(`${base}/v1/jobs/${job}/events`, { withCredentials: true });
        events.onopen = () => resolve('open');
        events.onerror = () => resolve('hidden');
      }),
    'hidden',
  ],
  [
    'a picture with the token in the address',
    'port',
    ({ base, job, text }) => {
      const image = new Image();
      image.src = `${base}/v1/jobs/${job}/result?token=${text}&a`;
      return image.decode().then(
        () => 'shown',
        () => 'hidden',
      );
    },
    'hidden',
  ],
  [
    'a picture with the session',
    'port',
    ({ base, job }) => {
      const image = new Image();
      image.src = `${base}/v1/jobs/${job}/result?b`;
      return image.decode().then(
        () => 'shown',
        () => 'hidden',
      );
    },
    'hidden',
  ],
  [
    'a page of ours in a frame',
    'port',
    async ({ base }) => {
      const frame = document.createElement('iframe');
      const loaded = new Promise((resolve) => frame.addEventListener('load', resolve));
      frame.src = `${base}/jobs`;
      document.body.append(frame);
      await loaded;
      try {
        return frame.contentWindow?.document.title ?? 'hidden';
      } catch {
        return 'hidden';
      }
    },
    'hidden',
  ],
  [
    'a page of ours as a window: nothing of it can be reached',
    'port',
    async ({ base }) => {
      const opened = window.open(`${base}/jobs`);
      await new Promise((resolve) => setTimeout(resolve, 1000));
      try {
        return opened?.document?.title ?? 'hidden';
      } catch {
        return 'hidden';
      }
    },
    'hidden',
  ],
  [
    'the token as another header, as a password and in the body',
    'shop',
    ({ base, upload, text }) =>
      Promise.all(
        [
          { headers: { 'X-Api-Key': text } },
          { headers: { Authorization: `Basic ${btoa(`a:${text}`)}` } },
          { method: 'POST', body: new URLSearchParams({ token: text }) },
        ].map((init) =>
          fetch(`${base}/v1/uploads/${upload}`, init as object).then(
            ({ status }) => status,
            () => 'hidden',
          ),
        ),
      ),
    ['hidden', 'hidden', 'hidden'],
  ],
];

describe('tricks', () => {
  it.each(TRICKS)('%s (%s)', async (_name, page, trick, known) => {
    const before = await stateOf();
    const given = {
      base: product.url,
      text: token,
      job: sent.job,
      upload: sent.upload,
      shop: origins['shop'] as string,
    };
    expect(await (pages[page] as Page).evaluate(trick, given)).toEqual(known);
    expect(await stateOf()).toEqual(before);
    await (pages[page] as Page).goto(`${origins[page]}/page`);
  });
});
