import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import { drawPhoto, openProfile, overflowOf, signIn } from '../../support/browser/browser.ts';
import { useDeployment } from '../../support/browser/use-browser.ts';
import { KEYS, type Product, postPhoto } from '../../support/product.ts';

describe('every page', () => {
  let product: Product;
  let browser: Browser;

  useDeployment(
    () => ({ kinds: ['images'] }),
    (opened) => {
      ({ product, browser } = opened);
    },
  );

  /** Uploads and waits for the job's end; answers its path. */
  async function uploadPhoto(page: Page): Promise<string> {
    const name = `${'a-very-long-name-without-a-place-to-break'.repeat(3)}.jpg`;
    await page.goto('/');
    await page.getByLabel('Choose pictures').setInputFiles(await drawPhoto(900, 600, name));
    await page.getByRole('button', { name: 'Resize' }).click();
    await page.locator('[data-state="completed"] .picture img').waitFor();
    return `/jobs/${await page.locator('[data-job]').getAttribute('data-job')}`;
  }

  it('on a phone, dark: nothing to scroll sideways, touch targets of 44 px, no foreign request or refused script', async () => {
    const { context, page, noticed } = await openProfile(browser, product.url, {
      viewport: { width: 390, height: 844 },
      colorScheme: 'dark',
    });
    await page.goto('/login');
    expect(await overflowOf(page)).toBe(0);
    await signIn(page, KEYS.operator);
    const job = await uploadPhoto(page);
    expect(await overflowOf(page)).toBe(0);
    for (const path of [job, `${job}/erase`, '/jobs', '/', '/admin', '/nothing-here', '/admin/queues']) {
      await page.goto(path, { waitUntil: path === '/admin/queues' ? 'load' : 'networkidle' });
      if (path === '/admin/queues') await page.getByText('images').first().waitFor();
      expect({ path, overflow: await overflowOf(page) }).toEqual({ path, overflow: 0 });
      if (path === '/admin/queues') continue;
      const heights = await page
        .locator('button:visible, .button:visible, nav a:visible, input:visible, select')
        .evaluateAll((targets) =>
          // What is folded away has no height; a tick is pressed by its label.
          targets
            .filter((target) => target.checkVisibility())
            .map((target) => (target.closest('label') ?? target).getBoundingClientRect().height),
        );
      expect(Math.min(...heights)).toBeGreaterThanOrEqual(44);
    }
    await context.close();
    expect(noticed).toEqual({ foreignRequests: [], faults: [] });
  });

  it('each field has a label, each picture a text, each page one main heading and a language', async () => {
    const { context, page } = await openProfile(browser, product.url);
    await signIn(page, KEYS.operator);
    const job = await uploadPhoto(page);
    for (const path of ['/', job, `${job}/erase`, '/jobs', '/admin', '/nothing-here']) {
      await page.goto(path);
      const faults = await page.evaluate(() =>
        [
          ...[...document.querySelectorAll('input:not([type=hidden]), select, textarea')].filter(
            (field) => !(field as HTMLInputElement).labels?.length,
          ),
          ...document.querySelectorAll('img:not([alt])'),
        ].map((element) => element.outerHTML),
      );
      expect(faults).toEqual([]);
      expect(await page.locator('h1').count()).toBe(1);
      expect(await page.locator('html').getAttribute('lang')).toBe('en');
    }
    await context.close();
  });

  it('plain http under a name that is not loopback: signing in and uploading work', async () => {
    const origin = product.url.replace('127.0.0.1', 'heavylift.test');
    const { context, page, noticed } = await openProfile(browser, origin);
    await page.goto('/login');
    await page.getByLabel('API key').fill(KEYS.kari);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.waitForURL('/');
    await uploadPhoto(page);
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.waitForURL('/login');
    await context.close();
    expect(noticed).toEqual({ foreignRequests: [], faults: [] });
  });

  describe('another site', () => {
    let attacker: Server;
    let url: string;

    beforeAll(async () => {
      // Another port is another origin but the same site: the browser does send our cookie along.
      attacker = createServer((req, res) => {
        const action = new URL(req.url ?? '/', 'http://localhost').searchParams.get('action');
        res
          .setHeader('Content-Type', 'text/html')
          .end(`<form method="post" action="${action}"><button>Win</button></form>`);
      }).listen(0, '127.0.0.1');
      await once(attacker, 'listening');
      url = `http://127.0.0.1:${(attacker.address() as AddressInfo).port}`;
    });
    afterAll(() => new Promise((resolve) => attacker.close(resolve)));

    it.each(['/admin/images/pause', '/v1/images', '/emails', '/logout', '/login'])(
      'posts a form to %s: 403, nothing happens',
      async (path) => {
        const { context, page } = await openProfile(browser, product.url);
        await signIn(page, KEYS.operator);
        await page.goto(`${url}/?action=${encodeURIComponent(product.url + path)}`);
        const answered = page.waitForResponse((response) => response.url() === product.url + path);
        await page.getByRole('button', { name: 'Win' }).click();
        const answer = await answered;
        expect(answer.request().headers().cookie ?? (await answer.request().allHeaders()).cookie).toMatch(
          /heavylift_session/,
        );
        expect(answer.status()).toBe(403);
        expect(await page.getByRole('alert').textContent()).toBe('The request came from another site and was refused.');
        await page.goto(`${product.url}/admin`);
        expect(await page.getByRole('button', { name: 'Pause images' }).count()).toBe(1);
        await context.close();
      },
    );

    it('posts forms to the actions of a job: 403 each, and the job waits as before', async () => {
      const steer = (action: string) =>
        product.request(`/admin/images/${action}`, { method: 'POST', key: KEYS.operator, redirect: 'manual' });
      await steer('pause');
      const id = await postPhoto(product);
      const { context, page } = await openProfile(browser, product.url);
      await signIn(page, KEYS.kari);
      for (const action of ['cancel', 'retry', 'erase']) {
        const target = `${product.url}/jobs/${id}/${action}`;
        await page.goto(`${url}/?action=${encodeURIComponent(target)}`);
        const answered = page.waitForResponse((response) => response.url() === target);
        await page.getByRole('button', { name: 'Win' }).click();
        expect([action, (await answered).status()]).toEqual([action, 403]);
      }
      expect(await product.jobReaches(id, 'waiting')).toMatchObject({ position: 1 });
      await context.close();
      await steer('resume');
    });
  });

  it.each(['//evil.example', '/\\evil.example', 'https://evil.example', '/.//evil.example', '/\t/evil.example'])(
    'signing in with next=%j: leads to the upload page, not away',
    async (next) => {
      const body = new URLSearchParams({ key: KEYS.kari });
      const path = `${product.url}/login?next=${encodeURIComponent(next)}`;
      const answer = await fetch(path, { method: 'POST', body, redirect: 'manual' });
      expect([answer.status, answer.headers.get('location')]).toEqual([303, '/']);
    },
  );

  it('an asset: kept for ever under the current version, asked for again under another, nothing beside the folder', async () => {
    const html = await (await fetch(`${product.url}/login`, { headers: { Accept: 'text/html' } })).text();
    const path = /href="(\/assets\/[^/]+\/base\.css)"/.exec(html)?.[1] as string;
    const current = await fetch(product.url + path);
    expect(current.headers.get('content-type')).toMatch(/^text\/css/);
    expect(current.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
    const other = await fetch(`${product.url}/assets/older/base.css`);
    expect([other.status, other.headers.get('cache-control')]).toEqual([200, 'no-cache']);
    expect((await fetch(`${product.url}/assets/x/..%2f..%2fpackage.json`)).status).toBe(404);
  });
});
