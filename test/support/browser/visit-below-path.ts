import { expect } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import type { PathProxy } from '../http/path-proxy.ts';
import { KEYS, type Product } from '../product.ts';
import { until } from '../until.ts';
import { drawPhoto, openProfile } from './browser.ts';
import { isBelow } from './walk-pages.ts';

interface Place {
  browser: Browser;
  product: Product;
  /** Where the product is reached. */
  proxy: PathProxy;
}

const OPERATOR = { method: 'POST', key: KEYS.operator, redirect: 'manual' } as const;
const press = (page: Page, name: string) => page.getByRole('button', { name, exact: true }).click();

/**
 * Signs in by the page, uploads, follows the job to its end, erases it, switches a queue, with JavaScript also tries a
 * request and looks at the board, and signs out. Fails when any request left the proxy's path.
 */
export async function visitBelowPath({ browser, product, proxy }: Place, javaScriptEnabled: boolean): Promise<void> {
  const { origin } = new URL(proxy.url);
  const { context, page, noticed } = await openProfile(browser, origin, { javaScriptEnabled });
  const requests: string[] = [];
  context.on('request', (request) => requests.push(request.url()));
  await page.goto(`${proxy.url}/jobs`);
  await page.getByLabel('API key').fill(KEYS.operator);
  await press(page, 'Sign in');
  await page.waitForURL(`${proxy.url}/jobs`);

  await product.request('/admin/images/pause', OPERATOR);
  await page.getByRole('link', { name: 'Upload', exact: true }).click();
  await page.waitForURL(`${proxy.url}/`);
  await page.getByLabel('Choose pictures').setInputFiles(await drawPhoto(300, 200));
  await press(page, 'Resize');
  await page.locator('[data-job][data-state="waiting"]').waitFor();
  if (javaScriptEnabled) {
    await until('the page listens', () => requests.some((url) => /\/v1\/jobs\/img_\w+\/events$/.test(url)));
  }
  await product.request('/admin/images/resume', OPERATOR);
  await page.locator('[data-state="completed"] .picture img').waitFor();
  await page.locator('.job-link').click();
  await page.waitForURL(`${proxy.url}/jobs/img_*`);
  await page.getByRole('link', { name: 'Erase this job' }).click();
  await press(page, 'Erase');
  await page.waitForURL(`${proxy.url}/jobs`);
  await page.getByText('Erased: photo.jpg.').waitFor();
  await page.getByRole('link', { name: 'Queues', exact: true }).click();
  await press(page, 'Pause emails');
  await press(page, 'Resume emails');
  await page.getByText('Emails: resumed.').waitFor();
  if (javaScriptEnabled) await useScripts(page, proxy);

  await press(page, 'Sign out');
  await page.waitForURL(`${proxy.url}/login`);
  await context.close();
  expect(noticed).toEqual({ foreignRequests: [], faults: [] });
  expect(requests.filter((url) => url.startsWith('http') && !isBelow(proxy.url, new URL(url)))).toEqual([]);
  expect(proxy.outside).toEqual([]);
}

async function useScripts(page: Page, proxy: PathProxy): Promise<void> {
  // Not until it is silent: it asks again and again.
  await page.goto(`${proxy.url}/admin/queues`);
  await page.getByText('images').first().waitFor();
  await page.goto(`${proxy.url}/docs`);
  await page.getByRole('searchbox').fill('getUsage');
  await page.locator('[data-found] a').first().click();
  await page.waitForURL('**/docs/api/jobs#getUsage');
  await page.locator('#getUsage [data-try-fold] > summary').click();
  const form = page.locator('form[data-path="/v1/usage"]');
  await form.getByRole('button', { name: 'Send' }).click();
  await form.getByText('200 OK').waitFor();
}
