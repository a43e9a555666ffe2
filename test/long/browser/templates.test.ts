import { describe, expect, it } from '@jest/globals';
import type { Page } from 'playwright-core';
import { useBrowser } from '../../support/browser/use-browser.ts';
import { KEYS, type Product } from '../../support/product.ts';
import { until } from '../../support/until.ts';

describe('a person who keeps templates and brands, with a browser without JavaScript', () => {
  let product: Product;
  let page: Page;
  useBrowser(
    () => ({ kinds: ['reports'] }),
    (opened) => {
      ({ product, page } = opened);
    },
    { signedInWith: KEYS.operator, profile: { javaScriptEnabled: false } },
  );
  const press = (name: string) => page.getByRole('button', { name, exact: true }).click();
  const notice = () => page.locator('.notice').textContent();
  const path = () => new URL(page.url()).pathname;
  /** Waits until the page of a preview shows the first page, and answers its words. */
  const preview = async (): Promise<string | null> => {
    await press('Preview');
    expect(path()).toMatch(/^\/jobs\/rep_/);
    await product.jobReaches(path().slice('/jobs/'.length), 'completed');
    await until('the picture is shown', async () => {
      await page.reload();
      return (await page.locator('img[src*="preview.png"]').count()) > 0;
    });
    return page.locator('main').textContent();
  };

  it('adds a template, is told what is wrong, tries it, changes it, looks at its versions, removes it', async () => {
    await page.goto('/');
    await page.getByRole('contentinfo').getByRole('link', { name: 'Templates', exact: true }).click();
    expect(await page.getByText('There is no template yet.').count()).toBe(1);
    await page.getByLabel('Name').fill('invoice');
    await press('Add');
    expect(await page.locator('#new-name-fault').textContent()).toMatch(/^It must be 1 to 64/);
    await page.getByLabel('Name').fill('orders');
    const example = await page.getByLabel('As JSON').inputValue();
    await page.getByLabel('As JSON').fill('{ "data": ');
    await press('Add');
    expect(await page.locator('#new-body-fault').textContent()).toContain('This is no JSON');
    await page.getByLabel('As JSON').fill(example.replace('"type": "text"', '"type": "texts"'));
    await press('Add');
    expect(await page.locator('#new-body-fault').textContent()).toContain('/data/blocks/0/type must be');
    await page.getByLabel('As JSON').fill(example);
    await press('Add');
    expect([path(), await notice()]).toEqual(['/templates/orders', 'orders is saved.']);

    const data = await page.getByLabel('Filled with these data').inputValue();
    await page.getByLabel('Filled with these data').fill(data.replace('"total": 308.5,', ''));
    await press('Preview');
    expect(await page.locator('#data-fault').textContent()).toContain('/data/total must be given');
    await page.getByLabel('Filled with these data').fill(data);
    expect(await preview()).toContain('Preview: Orders of Kari Nordmann');

    await page.goto('/templates/orders');
    await page.getByLabel('The template as JSON').fill(example.replace('Orders of', 'All orders of'));
    await press('Save');
    await page.getByRole('link', { name: 'Version 1' }).click();
    expect(await page.getByText('This is a former version').count()).toBe(1);
    expect(await page.getByLabel('The template as JSON').inputValue()).toContain('"Orders of');
    await page.goto('/templates');
    await page.getByLabel('Name').fill('orders');
    await press('Add');
    expect(await page.locator('#new-name-fault').textContent()).toBe('There is one of that name already.');
    await page.getByRole('link', { name: 'orders' }).click();
    await page.getByRole('link', { name: 'Remove' }).click();
    await press('Remove');
    expect([path(), await notice()]).toEqual(['/templates', 'orders is removed.']);
  });

  it('adds a brand and sees a report with it; what another has changed meanwhile is not lost', async () => {
    await page.goto('/brands');
    await page.getByLabel('Name').fill('house');
    await press('Add');
    expect(await notice()).toBe('house is saved.');
    expect(await preview()).toContain('Preview: Sales in October');
    await page.goto('/brands/house');
    await product.request('/v1/brands/house', {
      method: 'PUT',
      key: KEYS.operator,
      body: JSON.stringify({ senderName: 'Somebody else' }),
      headers: { 'Content-Type': 'application/json' },
    });
    await page.getByLabel('The brand as JSON').fill('{ "senderName": "Me" }');
    await press('Save');
    expect(await page.locator('#body-fault').textContent()).toContain('has been changed or removed meanwhile');
    await page.getByLabel('The brand as JSON').fill('{ "colours": { "accent": "#ffff00" } }');
    await press('Save');
    expect(await page.locator('#body-fault').textContent()).toContain('/colours/accent must have a contrast of 5:1');
  });
});

describe('a person who writes a mail, with a browser without JavaScript', () => {
  let product: Product;
  let page: Page;
  useBrowser(
    () => ({ kinds: ['emails'] }),
    (opened) => {
      ({ product, page } = opened);
    },
    { signedInWith: KEYS.operator, profile: { javaScriptEnabled: false, viewport: { width: 1400, height: 1600 } } },
  );
  const press = (name: string) => page.getByRole('button', { name, exact: true }).click();
  const path = () => new URL(page.url()).pathname;

  it('sees it wide and narrow, light and dark, as it would be sent', async () => {
    await page.goto('/mail-templates');
    await page.getByLabel('Name').fill('shipped');
    const html = await page.getByLabel('HTML', { exact: true }).inputValue();
    const style =
      '<style>body{background:#ffffff}@media (prefers-color-scheme:dark){body{background:#000000;color:#fff}}</style><script>document.body.textContent="run"</script><h1';
    await page.getByLabel('HTML', { exact: true }).fill(html.replace('<h1', style));
    await press('Add');
    expect(path()).toBe('/mail-templates/shipped');
    await press('Preview');
    expect(path()).toMatch(/^\/mail-previews\/eml_/);
    await product.jobReaches(path().slice('/mail-previews/'.length), 'completed');
    await until('the mail is shown', async () => {
      await page.reload();
      return (await page.locator('iframe').count()) === 4;
    });
    const seen: unknown[] = [];
    for (const element of await page.locator('iframe').all()) {
      await element.scrollIntoViewIfNeeded();
      const frame = await (await element.elementHandle())?.contentFrame();
      const body = frame?.locator('body');
      await body?.getByText('Order 7 is on its way').waitFor();
      seen.push([
        await body?.evaluate((node) => node.ownerDocument.defaultView?.innerWidth),
        await body?.evaluate((node) => getComputedStyle(node).backgroundColor),
      ]);
    }
    expect(seen).toEqual([
      [600, 'rgb(255, 255, 255)'],
      [600, 'rgb(0, 0, 0)'],
      [320, 'rgb(255, 255, 255)'],
      [320, 'rgb(0, 0, 0)'],
    ]);

    await page.goto('/mail-templates/shipped');
    await page.getByLabel('Send it to').fill('kari@example.no');
    await press('Send a test mail');
    expect(path()).toMatch(/^\/jobs\/eml_/);
    await product.jobReaches(path().slice('/jobs/'.length), 'completed');
  });
});
