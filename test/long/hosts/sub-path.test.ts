import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Browser } from 'playwright-core';
import { createLinks } from '../../../src/signing/links.ts';
import { drawPhoto, openBrowser } from '../../support/browser/browser.ts';
import { visitBelowPath } from '../../support/browser/visit-below-path.ts';
import { isBelow, walkPages } from '../../support/browser/walk-pages.ts';
import { answer, type HttpSink, openHttpSink } from '../../support/http/http-sink.ts';
import { type PathProxy, startPathProxy } from '../../support/http/path-proxy.ts';
import { KEYS, type Product, postPhoto, startProduct } from '../../support/product.ts';
import { until } from '../../support/until.ts';

/** PUBLIC_URL has a path: the rest of the host is another application's. */
const PATH = '/apps/heavylift.v1';
const SECRET = 'a secret of this test that is long enough';

let proxy: PathProxy;
let product: Product;
let browser: Browser;
let receiver: HttpSink;
beforeAll(async () => {
  proxy = await startPathProxy(PATH);
  receiver = await openHttpSink(answer(204));
  product = await startProduct({
    env: { PUBLIC_URL: `${proxy.url}/`, DEPLOYMENT_SECRET: SECRET, WEBHOOKS_ALLOW: '127.0.0.1' },
  });
  proxy.target = product.url;
  for (const kind of ['images', 'webhooks']) product.startWorker(kind);
  browser = await openBrowser();
});
afterAll(async () => {
  await browser.close();
  await product.close();
  await receiver.close();
  await proxy.close();
});

const MODES = [
  ['passes the path on', false],
  ['takes the path off', true],
] as const;

/** Signs in as the form would; answers the cookie. */
async function openSession(): Promise<string> {
  const signedIn = await fetch(`${proxy.url}/login`, {
    method: 'POST',
    body: new URLSearchParams({ key: KEYS.operator }),
    redirect: 'manual',
  });
  expect(signedIn.headers.get('location')).toBe(`${PATH}/`);
  expect(signedIn.headers.get('set-cookie')).toContain(`Path=${PATH};`);
  return String(signedIn.headers.get('set-cookie')).split(';')[0] as string;
}

/** Posts a picture whose second half is missing; answers the job's id. */
async function postHalf(): Promise<string> {
  const { buffer } = await drawPhoto(300, 200);
  const asked = await product.request('/v1/images', {
    method: 'POST',
    body: new Uint8Array(buffer.subarray(0, buffer.length / 2)),
    headers: { 'Content-Type': 'image/jpeg' },
  });
  return ((await asked.json()) as { id: string }).id;
}

/** The texts of a JSON value that are addresses of ours, or paths on this host. */
function addressesOf(value: unknown): string[] {
  if (typeof value === 'string') return /^(?:\/|https?:)/.test(value) ? [value] : [];
  return Object.entries(value ?? {}).flatMap(([name, part]) => (name === 'callback' ? [] : addressesOf(part)));
}

describe.each(MODES)('a proxy that %s', (_name, takesOff) => {
  beforeAll(() => {
    proxy.takesOff = takesOff;
  });

  it('no page, asset, redirect or form leads out of it, and every one of them is answered', async () => {
    const [done, failed] = [await postPhoto(product), await postHalf()];
    await product.jobReaches(done, 'completed');
    await product.jobReaches(failed, 'failed');
    const links = createLinks([SECRET], '');
    const soon = Date.now() + 600_000;
    const starts = [
      ...[
        '/',
        '/login',
        '/login?next=%2F%2Fevil.example',
        '/admin/queues',
        '/nothing-here',
        `/jobs/${done}?sent=again`,
      ],
      `/jobs/${failed}`,
      links.resultUrl({ job: done, file: null }, soon),
      links.unsubscribeUrl({ address: 'kari@example.no', messageStream: 'news', caller: 'kari' }),
    ];
    const { visited, actions, outside } = await walkPages(proxy.url, starts, { Cookie: await openSession() });
    expect(outside).toEqual([]);
    const paths = [...visited.keys()].map((url) => url.slice(proxy.url.length));
    for (const known of ['/jobs', '/admin', '/docs', '/docs/errors', '/openapi.json', '/reports/new', '/suppressions'])
      expect(paths).toContain(known);
    const missing = [...visited].filter(([, status]) => status >= 400).map(([url]) => url.slice(proxy.url.length));
    expect(missing).toEqual(['/nothing-here']);
    for (const action of actions) {
      const allowed = (await fetch(action, { method: 'OPTIONS' })).headers.get('allow');
      expect([action, /POST|GET/.test(String(allowed))]).toEqual([action, true]);
    }
    expect(proxy.outside).toEqual([]);
  });

  it.each([
    ['//evil.example/x', `${PATH}/`],
    ['https://evil.example', `${PATH}/`],
    ['/\\evil.example', `${PATH}/`],
    ['/other', `${PATH}/other`],
    ['/../../other', `${PATH}/other`],
    ['/jobs?kind=images', `${PATH}/jobs?kind=images`],
    [`${PATH}/jobs`, `${PATH}/jobs`],
    [`${PATH}//evil.example`, `${PATH}/`],
    [`${PATH}x/jobs`, `${PATH}${PATH}x/jobs`],
  ])('signing in on the way to %s: on to %s', async (next, location) => {
    const signedIn = await fetch(`${proxy.url}/login?next=${encodeURIComponent(next)}`, {
      method: 'POST',
      body: new URLSearchParams({ key: KEYS.operator }),
      redirect: 'manual',
    });
    expect(new URL(String(signedIn.headers.get('location')), proxy.url).href).toBe(new URL(location, proxy.url).href);
  });

  it.each([
    ['a page of ours', () => `${proxy.url}/jobs/img_x`, `${PATH}/login?next=%2Fjobs%2Fimg_x`],
    ['another site', () => 'https://evil.example/jobs', `${PATH}/login`],
  ])('a form without a session, from %s: the sign-in page posts below the path', async (_from, referer, action) => {
    const asked = await fetch(`${proxy.url}/jobs/img_x/cancel`, {
      method: 'POST',
      headers: { Accept: 'text/html', Referer: referer() },
    });
    expect([asked.status, await asked.text()]).toEqual([401, expect.stringContaining(`action="${action}"`)]);
  });

  it('JSON, headers and webhooks have whole or right addresses only', async () => {
    const asked = await fetch(`${proxy.url}/v1/images?callbackUrl=${encodeURIComponent(receiver.url)}`, {
      method: 'POST',
      body: new Uint8Array((await drawPhoto(60, 40)).buffer),
      headers: { Authorization: `Bearer ${KEYS.kari}`, 'Content-Type': 'image/jpeg', Prefer: 'wait=30' },
    });
    const job = (await asked.json()) as { id: string };
    expect(asked.headers.get('location')).toBe(`${PATH}/v1/jobs/${job.id}`);
    const webhook = await until('the webhook', () => receiver.requests.find(({ body }) => body.includes(job.id)));
    const problem = await fetch(`${proxy.url}/v1/nothing`);
    const openapi = (await (await fetch(`${proxy.url}/openapi.json`)).json()) as { servers: unknown };
    const told = JSON.parse(webhook.body) as { data: { links: object; result: { files: { url: string }[] } } };
    const addresses = [
      ...addressesOf({ ...job, webhook: null }),
      ...addressesOf(await problem.json()),
      ...addressesOf(openapi.servers),
    ];
    expect(addresses.length).toBeGreaterThan(6);
    expect(addresses.filter((address) => !isBelow(proxy.url, new URL(address, proxy.url)))).toEqual([]);
    const sent = [...addressesOf(told.data.links), ...told.data.result.files.map(({ url }) => url)];
    expect(sent.filter((address) => !address.startsWith(`${proxy.url}/`))).toEqual([]);
    expect((await fetch(sent.at(-1) as string)).status).toBe(200);
  });
});

it('Chromium behind a proxy that passes the path on: no request leaves it', async () => {
  proxy.takesOff = false;
  await visitBelowPath({ browser, product, proxy }, true);
});
