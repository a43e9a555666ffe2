import { describe, expect, it } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import { openProfile, overflowOf, signIn } from '../../support/browser/browser.ts';
import { useDeployment } from '../../support/browser/use-browser.ts';
import { KEYS, type Product } from '../../support/product.ts';

describe('the page that documents the API', () => {
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
      await page.goto('/docs', { waitUntil: 'networkidle' });
      await openEverything(page);
      expect(await overflowOf(page)).toBe(0);
      const heights = await page
        .locator('button:visible, summary:visible, nav a:visible, input:visible')
        .evaluateAll((targets) => targets.map((target) => target.getBoundingClientRect().height));
      expect(Math.min(...heights)).toBeGreaterThanOrEqual(44);
      const unlabelled = await page
        .locator('input, textarea')
        .evaluateAll((fields) => fields.filter((field) => !(field as HTMLInputElement).labels?.length).length);
      expect([unlabelled, await page.locator('h1').count()]).toEqual([0, 1]);
      await context.close();
      expect(noticed).toEqual({ foreignRequests: [], faults: [] });
    },
  );

  it('try it: a report is posted, its id goes into the other fields, its events come in until it is done', async () => {
    const { context, page, noticed } = await openProfile(browser, product.url);
    await signIn(page, KEYS.kari);
    await page.goto('/docs');
    const outcome = async (operationId: string, path = '') => {
      const operation = page.locator(`#${operationId}`);
      if (path) await operation.getByLabel(path).fill('?');
      await operation.locator('[data-send]').click();
      await operation.locator('[data-send]:enabled').waitFor();
      return (await operation.locator('[data-outcome]').textContent()) ?? '';
    };
    const posted = await outcome('postReports');
    const id = /"id": "(rep_\w{26})"/.exec(posted)?.[1] ?? '';
    expect(posted).toMatch(/^202 Accepted/);
    expect(posted).toContain(`location: /v1/jobs/${id}`);
    expect(await page.locator('#getJob input').inputValue()).toBe(id);
    expect(await outcome('followJob')).toMatch(new RegExp(`event: completed\\n.*\\n.*"id":"${id}"`));
    expect(await outcome('getResult')).toMatch(/200 OK[\s\S]*bytes of application\/pdf/);
    expect(await outcome('listJobs', 'limit')).toMatch(/^400 Bad Request[\s\S]*must be a whole number/);
    await context.close();
    expect(noticed.faults).toEqual([]);
  });

  it('the copy button: the line is on the clipboard as it stands', async () => {
    const { context, page } = await openProfile(browser, product.url, {
      permissions: ['clipboard-read', 'clipboard-write'],
    });
    await page.goto('/docs');
    await page.getByRole('button', { name: 'Copy the curl line of getJob' }).click();
    await page.getByRole('button', { name: 'Copied' }).waitFor();
    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(
      `curl -H "Authorization: Bearer $KEY" \\\n  "${product.url}/v1/jobs/$ID"`,
    );
    await context.close();
  });

  it('not signed in: all can be read and nothing sent; signing in leads back', async () => {
    const { context, page } = await openProfile(browser, product.url);
    await page.goto('/docs');
    expect(await page.locator('[data-try]:visible').count()).toBe(0);
    await page.getByRole('main').getByRole('link', { name: 'Sign in' }).click();
    await page.getByLabel('API key').fill(KEYS.kari);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.waitForURL('/docs');
    expect(await page.locator('[data-try]:visible').count()).toBeGreaterThan(5);
    await context.close();
  });
});
