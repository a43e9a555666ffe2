import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import { createLinks } from '../../src/signing/links.ts';
import { drawPhoto, openBrowser, openProfile } from '../support/browser.ts';
import { answer, type HttpSink, openHttpSink } from '../support/http-sink.ts';
import { type PathProxy, startPathProxy } from '../support/path-proxy.ts';
import { KEYS, type Product, postPhoto, startProduct } from '../support/product.ts';
import { until } from '../support/until.ts';
import { isBelow, walkPages } from '../support/walk-pages.ts';

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

describe.each([
  ['with JavaScript', true, MODES[0]],
  ['without JavaScript', false, MODES[1]],
] as const)('Chromium %s', (_script, javaScriptEnabled, [name, takesOff]) => {
  let page: Page;
  let requests: string[];

  beforeAll(() => {
    proxy.takesOff = takesOff;
    proxy.outside.length = 0;
  });

  /** Signs in by the page, does something, and signs out; no request may leave the path. */
  async function visit(use: () => Promise<void>): Promise<void> {
    const { origin } = new URL(proxy.url);
    const { context, page: opened, noticed } = await openProfile(browser, origin, { javaScriptEnabled });
    page = opened;
    requests = [];
    context.on('request', (request) => requests.push(request.url()));
    await page.goto(`${proxy.url}/jobs`);
    await page.getByLabel('API key').fill(KEYS.operator);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.waitForURL(`${proxy.url}/jobs`);
    await use();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.waitForURL(`${proxy.url}/login`);
    await context.close();
    expect(noticed).toEqual({ foreignRequests: [], faults: [] });
    expect(requests.filter((url) => url.startsWith('http') && !isBelow(proxy.url, new URL(url)))).toEqual([]);
    expect(proxy.outside).toEqual([]);
  }

  const press = (button: string) => page.getByRole('button', { name: button, exact: true }).click();

  /** Uploads while the queue is paused, so that the page is there before the job's events are. */
  async function uploadAndWatch(): Promise<void> {
    await page.getByRole('link', { name: 'Upload', exact: true }).click();
    await page.waitForURL(`${proxy.url}/`);
    await page.getByLabel('Choose a picture').setInputFiles(await drawPhoto(300, 200));
    await press('Resize');
    await page.locator('[data-state="waiting"]').waitFor();
    if (javaScriptEnabled) {
      await until('the page listens', () => requests.some((url) => /\/v1\/jobs\/img_\w+\/events$/.test(url)));
    }
    await product.request('/admin/images/resume', { method: 'POST', key: KEYS.operator, redirect: 'manual' });
    await page.locator('[data-state="completed"] .picture img').waitFor();
  }

  it(`a proxy that ${name}: upload, watch, erase, pause, try a request, look at the board: all below the path`, async () => {
    await visit(async () => {
      await product.request('/admin/images/pause', { method: 'POST', key: KEYS.operator, redirect: 'manual' });
      await uploadAndWatch();
      await page.locator('.job-link').click();
      await page.waitForURL(`${proxy.url}/jobs/img_*`);
      await page.getByRole('link', { name: 'Erase this job' }).click();
      await press('Erase');
      await page.waitForURL(`${proxy.url}/jobs`);
      await page.getByText('Erased: photo.jpg.').waitFor();
      await page.getByRole('link', { name: 'Queues', exact: true }).click();
      await press('Pause emails');
      await press('Resume emails');
      await page.getByText('Emails: resumed.').waitFor();
      if (!javaScriptEnabled) return;
      await page.goto(`${proxy.url}/admin/queues`, { waitUntil: 'networkidle' });
      await page.getByText('images').first().waitFor();
      await page.goto(`${proxy.url}/docs`);
      const form = page.locator('form[data-path="/v1/usage"]');
      await form.getByRole('button', { name: 'Try it' }).click();
      await form.getByText('200 OK').waitFor();
    });
  });
});
