import { describe, expect, it } from '@jest/globals';
import type { Page } from 'playwright-core';
import { drawPhoto, signIn } from '../../support/browser/browser.ts';
import { useBrowser } from '../../support/browser/use-browser.ts';
import { KEYS, type Product } from '../../support/product.ts';
import { until } from '../../support/until.ts';

describe('an operator with a browser', () => {
  let product: Product;
  let page: Page;

  useBrowser(
    () => ({ kinds: ['images'] }),
    (opened) => {
      ({ product, page } = opened);
    },
  );

  const count = (name: string) => page.locator(`[data-count="images-${name}"]`).textContent();
  const postPhoto = async () => {
    const { buffer } = await drawPhoto(60, 40);
    return product.request('/v1/images', {
      method: 'POST',
      body: new Uint8Array(buffer),
      headers: { 'Content-Type': 'image/jpeg' },
    });
  };

  it('pause: jobs wait and are counted in place; resume: they are done', async () => {
    await signIn(page, KEYS.operator);
    await page.goto('/');
    await page.getByRole('link', { name: 'Queues' }).click();
    await page.waitForURL('/admin');
    await page.getByRole('button', { name: 'Pause images' }).click();
    await page.getByText('Paused', { exact: true }).waitFor();
    expect([(await postPhoto()).status, (await postPhoto()).status]).toEqual([202, 202]);
    await until('the page shows two waiting jobs', async () => (await count('waiting')) === '2');
    await page.getByText('1 worker, 0 of 3 places busy').waitFor();
    await page.getByRole('button', { name: 'Resume images' }).click();
    await until('the page shows two completed jobs', async () => (await count('completed')) === '2');
    expect(await count('waiting')).toBe('0');
    expect(await page.getByText('Paused', { exact: true }).count()).toBe(0);
    expect(await page.locator('.notice').textContent()).toBe('Images: resumed.');
  });

  it('jobs of a kind that no worker runs: the page warns', async () => {
    const body = JSON.stringify({ to: 'kari@example.no', subject: 'Hello', text: 'Hello' });
    const headers = { 'Content-Type': 'application/json' };
    expect((await product.request('/v1/emails', { method: 'POST', body, headers })).status).toBe(202);
    await signIn(page, KEYS.operator);
    await page.goto('/admin');
    expect(await page.locator('.warning').allTextContents()).toEqual([
      'Jobs wait, and no worker of this kind is running.',
    ]);
  });

  it('the dashboard: without a session it leads to the sign-in and back; it shows the queues', async () => {
    await page.goto('/admin/queues');
    expect(new URL(page.url()).pathname).toBe('/login');
    await page.getByLabel('API key').fill(KEYS.operator);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.waitForURL('/admin/queues');
    await page.getByRole('link', { name: 'images' }).first().waitFor();
  });

  it('a key without the scope: no link to the queues, and a page that says what is missing', async () => {
    await signIn(page, KEYS.kari);
    await page.goto('/');
    expect(await page.getByRole('link', { name: 'Queues' }).count()).toBe(0);
    for (const path of ['/admin', '/admin/queues']) {
      expect((await page.goto(path))?.status()).toBe(403);
      expect(await page.getByRole('alert').textContent()).toBe('The API key lacks the scope "admin".');
    }
    const paused = await product.request('/admin/images/pause', { method: 'POST' });
    expect(paused.status).toBe(403);
  });

  it('a queue that does not exist: 404, nothing is switched', async () => {
    const answer = await product.request('/admin/videos/pause', { method: 'POST', key: KEYS.operator });
    expect(answer.status).toBe(404);
  });

  it('Redis is killed: the open page says so, asking anew is a 503; it heals by itself', async () => {
    await signIn(page, KEYS.operator);
    await page.goto('/admin');
    await product.redis.kill();
    await page.getByRole('heading', { name: 'Redis does not answer' }).waitFor();
    expect((await page.goto('/admin'))?.status()).toBe(503);
    await page.getByRole('heading', { name: 'Redis does not answer' }).waitFor();
    await product.redis.start();
    await page.getByRole('button', { name: 'Pause images' }).waitFor();
  });
});
