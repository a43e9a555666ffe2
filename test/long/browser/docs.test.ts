import { describe, expect, it } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import sharp from 'sharp';
import { openProfile, overflowOf, signIn } from '../../support/browser/browser.ts';
import { useDeployment } from '../../support/browser/use-browser.ts';
import { KEYS, type Product } from '../../support/product.ts';

/** One of each sort. */
const PAGES = [
  ...['/docs', '/docs/flows', '/docs/reports/blocks', '/docs/mail-answers', '/docs/api/images', '/docs/api/jobs'],
  ...['/docs/errors', '/docs/search?q=image'],
];

describe('the pages that document the API', () => {
  let product: Product;
  let browser: Browser;

  useDeployment(
    () => ({ kinds: ['reports'] }),
    (opened) => {
      ({ product, browser } = opened);
    },
  );

  const openEverything = (page: Page) =>
    page.locator('details').evaluateAll((all) => {
      for (const one of all as HTMLDetailsElement[]) one.open = true;
    });

  it.each([
    [390, 'dark'],
    [1280, 'light'],
  ] as const)(
    '%i px, %s, all unfolded: nothing to scroll sideways, touch targets of 44 px, nothing refused, nothing foreign',
    async (width, colorScheme) => {
      const { context, page, noticed } = await openProfile(browser, product.url, {
        viewport: { width, height: 844 },
        colorScheme,
      });
      await signIn(page, KEYS.operator);
      for (const path of PAGES) {
        await page.goto(path, { waitUntil: 'networkidle' });
        await openEverything(page);
        expect([path, await overflowOf(page)]).toEqual([path, 0]);
        const small = await page
          .locator('button:visible, summary:visible, nav a:visible, input:visible')
          .evaluateAll((targets) =>
            targets.filter((target) => target.getBoundingClientRect().height < 44).map((target) => target.outerHTML),
          );
        const unlabelled = await page
          .locator('input:not([type=hidden]), textarea')
          .evaluateAll((fields) => fields.filter((field) => !(field as HTMLInputElement).labels?.length).length);
        expect([path, small, unlabelled, await page.locator('h1').count()]).toEqual([path, [], 0, 1]);
      }
      await context.close();
      expect(noticed).toEqual({ foreignRequests: [], faults: [] });
    },
  );

  it('try it: a report is posted, its id goes into other fields of this page and the next, its events come in', async () => {
    const { context, page, noticed } = await openProfile(browser, product.url);
    await signIn(page, KEYS.kari);
    const outcome = (operationId: string, fields: Record<string, string> = {}) => send(page, operationId, fields);
    await page.goto('/docs/api/reports');
    const posted = await outcome('postReports');
    const id = /"id": "(rep_\w{26})"/.exec(posted)?.[1] ?? '';
    expect(posted).toMatch(/^202 Accepted · \d+ ms/);
    expect(posted).toContain(`location: /v1/jobs/${id}`);
    await page.goto('/docs/api/jobs');
    expect(await page.locator('#getJob input[name="id"]').inputValue()).toBe(id);
    expect(await outcome('followJob')).toMatch(new RegExp(`event: completed\\n.*\\n.*"id":"${id}"`));
    expect(await outcome('getResult')).toMatch(/200 OK[\s\S]*bytes of application\/pdf/);
    expect(await outcome('listJobs', { limit: '?' })).toMatch(/^400 Bad Request[\s\S]*must be a whole number/);
    expect(await outcome('cancelJob')).toMatch(/^409 Conflict/);
    // What would be asked of another route, or not be sent at all, is said at its field.
    for (const [operationId, name, value] of [
      ['eraseJob', 'id', ' '],
      ['eraseJob', 'id', '.'],
      ['getJob', 'If-None-Match', '"snø☃"'],
    ] as const) {
      await unfold(page, operationId);
      const field = page.locator(`#${operationId} [data-in][name="${name}"]`);
      await field.fill(value);
      await page.locator(`#${operationId} [data-send]`).click();
      expect(await field.evaluate((input) => (input as HTMLInputElement).validationMessage)).toMatch(/^This must/);
      await field.fill(name === 'id' ? id : '');
    }
    let asked = '';
    page.once('dialog', (dialog) => {
      asked = dialog.message();
      return dialog.dismiss();
    });
    await unfold(page, 'eraseJob');
    await page.locator('#eraseJob [data-send]').click();
    expect(asked).toContain(`DELETE /v1/jobs/${id}`);
    expect((await product.request(`/v1/jobs/${id}`)).status).toBe(200);
    page.once('dialog', (dialog) => dialog.accept());
    expect(await outcome('eraseJob')).toMatch(/^204/);
    expect((await product.request(`/v1/jobs/${id}`)).status).toBe(404);
    await context.close();
    expect(noticed.faults.filter((fault) => !/40[049]/.test(fault))).toEqual([]);
  });

  it('try it: a form with a file, a file as the body, and an upload by tus', async () => {
    const { context, page } = await openProfile(browser, product.url);
    await signIn(page, KEYS.kari);
    const pixel = await sharp({ create: { width: 9, height: 9, channels: 3, background: '#27507c' } })
      .png()
      .toBuffer();
    const file = { name: 'pixel.png', mimeType: 'image/png', buffer: pixel };
    await page.goto('/docs/api/images');
    for (const id of ['postImages', 'postImagesRaw', 'postImagesBatchForm']) {
      await page.locator(`#${id} [data-try-fold] > summary`).click();
      await page.locator(`#${id} input[type=file]`).setInputFiles(id === 'postImagesBatchForm' ? [file, file] : file);
      expect([id, await send(page, id)]).toEqual([id, expect.stringMatching(/^20[02]/)]);
    }
    await page.goto('/docs/api/uploads');
    expect(await send(page, 'postUpload', { 'Tus-Resumable': '1.0.0', 'Upload-Length': String(pixel.length) })).toMatch(
      /^201 Created[\s\S]*location: \/v1\/uploads\/upd_/,
    );
    // Each field has what it asks for, whatever was made after it.
    await page.goto('/docs/api/jobs');
    const idOf = (operationId: string) => page.locator(`#${operationId} input[name="id"]`).inputValue();
    expect([await idOf('getJob'), await idOf('getBatch'), await idOf('getActionOnJobs')]).toEqual([
      expect.stringMatching(/^img_/),
      expect.stringMatching(/^bat_/),
      '',
    ]);
    await context.close();
  });

  it('a search as one types, by keys alone: "/" begins it, arrows choose, Escape ends it', async () => {
    const { context, page, noticed } = await openProfile(browser, product.url);
    await page.goto('/docs/jobs');
    await page.keyboard.press('/');
    await page.keyboard.type('queue_ful');
    const found = page.locator('[data-found] a');
    await found.first().waitFor();
    expect(await found.first().textContent()).toContain('queue_full');
    await page.keyboard.press('Escape');
    await found.first().waitFor({ state: 'hidden' });
    await page.keyboard.type('l');
    await found.first().waitFor();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await page.waitForURL('**/docs/errors#queue_full');
    await context.close();
    expect(noticed).toEqual({ foreignRequests: [], faults: [] });
  });

  it('without JavaScript: the search answers a page, samples are all there, nothing can be tried', async () => {
    const { context, page } = await openProfile(browser, product.url, { javaScriptEnabled: false });
    await page.goto('/docs');
    await page.getByRole('searchbox').fill('idempotncy');
    await page.getByRole('button', { name: 'Search' }).click();
    expect(await page.locator('.found a').first().textContent()).toBe('Idempotency-Key');
    await page.goto('/docs/api/images');
    expect(await page.locator('#postImages .sample:visible').count()).toBeGreaterThan(2);
    expect(await page.locator('[data-try]:visible, [data-copy]:visible, [data-key]:visible').count()).toBe(0);
    await context.close();
  });

  it('a language is chosen once for all pages; the key that is given stands in all lines, and only in this tab', async () => {
    const { context, page } = await openProfile(browser, product.url);
    await page.goto('/docs/api/reports');
    const lines = page.locator('#postReports .sample:visible');
    expect(await lines.first().textContent()).toContain(`${product.url}/v1/reports`);
    await page.locator('#postReports').getByRole('button', { name: 'Python' }).click();
    expect(await lines.allTextContents()).toEqual([expect.stringContaining('from heavylift import')]);
    await page.goto('/docs/api/images');
    expect(await page.locator('#postImages .sample:visible').textContent()).toContain('from heavylift import');
    expect(await page.locator('[data-try]:visible, [data-try-fold]:visible').count()).toBe(0);
    await page.locator('[data-key] summary').click();
    await page.getByLabel('API key').fill(KEYS.kari);
    await page.getByRole('button', { name: 'Fill in' }).click();
    expect(await page.locator('#postImages .sample:visible').textContent()).toContain(`HEAVYLIFT_KEY=${KEYS.kari}`);
    await page.goto('/docs/api/jobs');
    expect(await page.locator('#listJobs .sample:visible').textContent()).toContain(`"${KEYS.kari}")`);
    expect(await send(page, 'listJobs')).toMatch(/^200 OK/);
    expect(await (await page.request.get('/docs/api/jobs')).text()).not.toContain(KEYS.kari);
    const other = await context.newPage();
    await other.goto('/docs/api/jobs');
    expect(await other.locator('#listJobs .sample:visible').textContent()).toContain('"$KEY")');
    await context.close();
  });

  it('the copy button: the line is on the clipboard as it stands', async () => {
    const { context, page } = await openProfile(browser, product.url, {
      permissions: ['clipboard-read', 'clipboard-write'],
    });
    await page.goto('/docs/api/jobs');
    await page.getByRole('button', { name: 'Copy the curl lines of getJob' }).click();
    await page.getByRole('button', { name: 'Copied' }).waitFor();
    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(
      `curl -H "Authorization: Bearer $KEY" \\\n  "${product.url}/v1/jobs/$ID"`,
    );
    await context.close();
  });

  it('not signed in: all can be read and nothing sent; signing in leads back', async () => {
    const { context, page } = await openProfile(browser, product.url);
    await page.goto('/docs/api/jobs');
    expect(await page.locator('[data-try-fold]:visible').count()).toBe(0);
    await page.getByRole('main').getByRole('link', { name: 'Sign in' }).click();
    await page.getByLabel('API key').fill(KEYS.kari);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.waitForURL('/docs/api/jobs');
    expect(await page.locator('[data-try-fold]:visible').count()).toBeGreaterThan(5);
    await context.close();
  });

  it('every route has a form; an address of before leads to its route', async () => {
    const { paths } = (await (await product.request('/openapi.json')).json()) as { paths: Record<string, object> };
    const { context, page } = await openProfile(browser, product.url);
    await signIn(page, KEYS.kari);
    await page.goto('/docs#getJob');
    const routes = page.locator('.routes li[id]');
    expect(await routes.count()).toBe(Object.values(paths).flatMap((methods) => Object.keys(methods)).length);
    await page.locator('#getJob a').click();
    await page.waitForURL('**/docs/api/jobs#getJob');
    const operations = await page.locator('.operation').count();
    expect(await page.locator('.operation [data-try]').count()).toBe(operations);
    await context.close();
  });
});

/** Sends the form of an operation; what came back. */
async function send(page: Page, operationId: string, fields: Record<string, string> = {}): Promise<string> {
  const operation = page.locator(`#${operationId}`);
  await unfold(page, operationId);
  for (const [name, value] of Object.entries(fields)) await operation.locator(`[data-in][name="${name}"]`).fill(value);
  await operation.locator('[data-send]').click();
  await operation.locator('[data-send]:enabled').waitFor();
  return (await operation.locator('[data-outcome]').textContent()) ?? '';
}

const unfold = (page: Page, operationId: string) =>
  page.locator(`#${operationId} [data-try-fold]`).evaluate((fold) => {
    (fold as HTMLDetailsElement).open = true;
  });
