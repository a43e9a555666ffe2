import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import sharp from 'sharp';
import { drawPhoto, openBrowser } from '../../support/browser/browser.ts';
import { SECRET } from '../../support/clients/examples.ts';
import { startPathProxy } from '../../support/http/path-proxy.ts';
import { startProcess, type TestProcess } from '../../support/processes.ts';
import { findFreePort, KEYS, type Product, startProduct } from '../../support/product.ts';
import { until } from '../../support/until.ts';

const ROOT = new URL('../../..', import.meta.url).pathname;
const FOLDER = join(ROOT, 'docs/examples');
/** How each application is started. */
const APPS: Record<string, (port: number) => string[]> = {
  Express: () => [process.execPath, join(FOLDER, 'app.mjs')],
  Python: () => ['python3', join(FOLDER, 'app.py')],
  PHP: (port) => ['php', '-S', `127.0.0.1:${port}`, join(FOLDER, 'app.php')],
};

let product: Product;
let browser: Browser;
beforeAll(async () => {
  const env = { WEBHOOKS_SECRETS: SECRET, WEBHOOKS_ALLOW: '127.0.0.1' };
  product = await startProduct({ kinds: ['images', 'webhooks'], env });
  browser = await openBrowser();
});
afterAll(async () => {
  await browser.close();
  await product.close();
});

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

/** Starts an application of docs/examples; `origin` is what it believes its own to be, `heavylift` where it looks for us. */
async function startApp(
  name: string,
  origin?: string,
  heavylift = product.url,
): Promise<{ url: string; app: TestProcess }> {
  const port = await findFreePort();
  const url = `http://127.0.0.1:${port}`;
  const [command = '', ...args] = APPS[name]?.(port) ?? [];
  const settings = { HEAVYLIFT: heavylift, KEY: KEYS.kari, WEBHOOK_SECRET: SECRET, ORIGIN: origin ?? url };
  const app = startProcess(command, args, { ...settings, PORT: String(port) });
  closers.push(() => app.stop('SIGKILL'));
  await until(`${name} answers`, () => fetch(url)).catch((error) => {
    throw new Error(`${error.message}\n${app.output()}`);
  });
  return { url, app };
}

async function openPage(url: string, options: BrowserContextOptions = {}): Promise<{ page: Page; faults: string[] }> {
  const context = await browser.newContext(options);
  closers.push(() => context.close());
  const faults: string[] = [];
  context.on('console', (message) => {
    if (/content security policy|refused to (?!get)/i.test(message.text())) faults.push(message.text());
  });
  context.on('weberror', (error) => faults.push(String(error.error())));
  const page = await context.newPage();
  page.setDefaultTimeout(30_000);
  await page.goto(url);
  return { page, faults };
}

/** What lies in the product by kari's key. */
async function usageOf(): Promise<number> {
  const { storedBytes } = (await (await product.request('/v1/usage')).json()) as { storedBytes: { used: number } };
  return storedBytes.used;
}

const choose = async (page: Page, ...files: Parameters<ReturnType<Page['locator']>['setInputFiles']>[0][]) =>
  page.getByLabel('Photos').setInputFiles(files as never);
const order = (page: Page) => page.getByRole('button', { name: 'Order', exact: true }).click();
const textOf = async (page: Page) => (await page.locator('body').textContent()) ?? '';
const idsIn = (text: string) => text.match(/img_[a-z0-9]{26}/g) ?? [];

describe.each(Object.keys(APPS))('the application of docs/examples, in %s', (name) => {
  it('takes photos that went past it, shows what became of them, and hears of it', async () => {
    const { url, app } = await startApp(name);
    const { page, faults } = await openPage(url);
    await choose(page, await drawPhoto(2000, 1200, 'IMG_2041 holiday.jpg'), await drawPhoto(300, 200, 'b.jpg'));
    const result = page.getByRole('link', { name: 'Open: IMG_2041 holiday.jpg' });
    await result.waitFor();
    const answer = await fetch((await result.getAttribute('href')) ?? '');
    const { width, format } = await sharp(await answer.arrayBuffer()).metadata();
    expect({ width, format }).toEqual({ width: 800, format: 'webp' });
    await page.getByRole('link', { name: 'Open: b.jpg' }).waitFor();
    expect(
      await page
        .locator('heavylift-upload img')
        .evaluateAll((all) => all.map((one) => (one as HTMLImageElement).naturalWidth)),
    ).toEqual([800, 300]);
    await order(page);
    const ids = idsIn(await textOf(page));
    expect(ids).toHaveLength(2);
    for (const id of ids) await until('its webhook', () => app.output().includes(`job.completed ${id}`));
    expect(faults).toEqual([]);
  });

  it('passes photos on that came without JavaScript', async () => {
    const { url, app } = await startApp(name);
    const { page } = await openPage(url, { javaScriptEnabled: false });
    await choose(page, await drawPhoto(900, 600, 'a.jpg'), await drawPhoto(300, 200, 'b.jpg'));
    await order(page);
    const ids = idsIn(await textOf(page));
    expect(ids).toHaveLength(2);
    for (const id of ids) await until('its webhook', () => app.output().includes(`job.completed ${id}`));
    const result = await product.request(`/v1/jobs/${ids[0]}/result`);
    expect((await sharp(await result.arrayBuffer()).metadata()).width).toBe(800);
  });

  it('takes no photo of another visitor, and no webhook that is not signed', async () => {
    const { url, app } = await startApp(name);
    const { page } = await openPage(url);
    await choose(page, await drawPhoto(300, 200, 'a.jpg'));
    await page.getByText('Done').waitFor();
    const [id = ''] = await page
      .locator('heavylift-upload')
      .evaluate((element) => (element as never as { value: string[] }).value);
    const form = new FormData();
    form.append(name === 'PHP' ? 'photos[]' : 'photos', id);
    const answer = await fetch(`${url}/order`, {
      method: 'POST',
      body: form,
      headers: { Cookie: 'visitor=somebody-else' },
    });
    expect(await answer.text()).toBe('Ordered: ');
    await until('its webhook', () => app.output().includes(`job.completed ${id}`));
    const headers = {
      'webhook-id': 'x',
      'webhook-timestamp': String(Math.floor(Date.now() / 1000)),
      'webhook-signature': 'v1,AAAA',
    };
    const body = JSON.stringify({ type: 'job.completed', data: { id: 'forged', metadata: {} } });
    const forged = await fetch(`${url}/webhook`, { method: 'POST', headers, body });
    expect([forged.status, app.output().includes('forged')]).toEqual([400, false]);
  });
});

describe('what is refused is told, and nothing of it is stored', () => {
  /** What the element says of a file. */
  const told = (page: Page, name: string) =>
    page.locator('heavylift-upload li').filter({ hasText: name }).locator('[part=status]').textContent();
  const failed = (page: Page) => page.locator('heavylift-upload li.failed').first().waitFor();

  it('a fifth file of four, and a file of another type', async () => {
    const { url } = await startApp('Express');
    const before = await usageOf();
    const { page } = await openPage(url);
    const photo = await drawPhoto(60, 40);
    const names = ['1.jpg', '2.jpg', '3.jpg', '4.jpg', '5.jpg'];
    const text = { name: 'notes.txt', mimeType: 'text/plain', buffer: Buffer.from('x') };
    await choose(page, text, ...names.map((name) => ({ ...photo, name })));
    expect(await told(page, '5.jpg')).toContain('Only 4 files are taken.');
    expect(await told(page, 'notes.txt')).toContain('Files of this type are not taken.');
    await page.getByText('Done').nth(3).waitFor();
    expect((await usageOf()) - before).toBeLessThan(5 * 2 * photo.buffer.length);
    await order(page);
    expect(idsIn(await textOf(page))).toHaveLength(4);
  });

  it('a fifth file whatever the page says, and a text that calls itself a picture', async () => {
    const { url } = await startApp('Express');
    const { page } = await openPage(url);
    await page.locator('heavylift-upload').evaluate((element) => element.removeAttribute('max-files'));
    const photo = await drawPhoto(60, 40);
    await choose(page, { name: 'fake.jpg', mimeType: 'image/jpeg', buffer: Buffer.from('not a picture') });
    await failed(page);
    expect(await told(page, 'fake.jpg')).toContain('Files of this type are not taken.');
    await page.getByRole('button', { name: 'Remove: fake.jpg' }).click();
    const before = await usageOf();
    await choose(page, ...['1.jpg', '2.jpg', '3.jpg', '4.jpg'].map((name) => ({ ...photo, name })));
    await page.getByText('Done').nth(3).waitFor();
    const full = await usageOf();
    expect(full).toBeGreaterThan(before);
    await choose(page, { ...photo, name: '5.jpg' });
    await failed(page);
    expect(await told(page, '5.jpg')).toContain('No more files are taken.');
    expect(await usageOf()).toBe(full);
  });

  it('a page of another origin', async () => {
    const { url } = await startApp('Express', 'https://shop.example');
    const before = await usageOf();
    const { page } = await openPage(url);
    await choose(page, await drawPhoto(60, 40));
    await failed(page);
    expect(await told(page, 'photo.jpg')).toContain('This page may not upload there.');
    expect(await usageOf()).toBe(before);
  });
});

it('a page works with a Heavylift below a path', async () => {
  const proxy = await startPathProxy('/heavylift');
  closers.push(() => proxy.close());
  const below = await startProduct({
    kinds: ['images'],
    env: { PUBLIC_URL: proxy.url, WEBHOOKS_SECRETS: SECRET, WEBHOOKS_ALLOW: '127.0.0.1' },
  });
  closers.push(() => below.close());
  proxy.target = below.url;
  const { url } = await startApp('Express', undefined, proxy.url);
  const { page, faults } = await openPage(url);
  await choose(page, await drawPhoto(2000, 1200, 'large.jpg'));
  await page.getByRole('link', { name: 'Open: large.jpg' }).waitFor();
  await page.locator('heavylift-upload img').waitFor();
  expect([faults, proxy.outside]).toEqual([[], []]);
});

const closeServer = (server: Server) =>
  new Promise((resolve) => {
    server.close(resolve);
    server.closeAllConnections();
  });

it('a page without an application has its token from a command, and is told when it is over', async () => {
  const readme = readFileSync(join(FOLDER, 'README.md'), 'utf8');
  const [, command = ''] = /```sh\n(token=[\s\S]+?)```/.exec(readme) ?? [];
  const server = createServer((_req, res) => void res.setHeader('Content-Type', 'text/html').end(page));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(() => closeServer(server));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  // biome-ignore lint/style/noProcessEnv: what every program needs to run at all
  const { PATH = '' } = process.env;
  const env = { PATH, HEAVYLIFT: product.url, KEY: KEYS.kari, ORIGIN: url };
  const page = execFileSync('sh', ['-c', command], { cwd: FOLDER, env, encoding: 'utf8' });
  const [, token = ''] = /token="(tok_[^"]+)"/.exec(page) ?? [];
  const { page: opened } = await openPage(url);
  await choose(opened, await drawPhoto(300, 200, 'a.jpg'));
  await opened.getByText('Done').waitFor();
  await product.request('/v1/upload-tokens/current', { method: 'DELETE', key: token });
  const before = await usageOf();
  await choose(opened, await drawPhoto(300, 200, 'b.jpg'));
  await opened.getByText('The time for uploading is over. Load the page again.', { exact: true }).waitFor();
  expect(await usageOf()).toBe(before);
});
