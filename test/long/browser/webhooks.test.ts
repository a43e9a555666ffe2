import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Page } from 'playwright-core';
import { ENDPOINT_EVENTS } from '../../../src/endpoints/endpoint.ts';
import { useBrowser } from '../../support/browser/use-browser.ts';
import { answer, type HttpSink, openHttpSink } from '../../support/http/http-sink.ts';
import { KEYS, type Product } from '../../support/product.ts';
import { until } from '../../support/until.ts';

const REPORT = { template: 'document', data: { title: 'T', blocks: [] } };

describe('the owner of an endpoint, with a browser without JavaScript', () => {
  let product: Product;
  let page: Page;
  let sink: HttpSink;
  beforeAll(async () => {
    sink = await openHttpSink(answer(500, {}, 'out of order'));
  });
  afterAll(() => sink.close());
  useBrowser(
    () => ({ kinds: ['reports', 'webhooks'], env: { WEBHOOKS_ALLOW: '127.0.0.1' } }),
    (opened) => {
      ({ product, page } = opened);
    },
    { signedInWith: KEYS.operator, profile: { javaScriptEnabled: false } },
  );
  const press = (name: string) => page.getByRole('button', { name, exact: true }).click();
  const notice = () => page.locator('.notice').textContent();
  const shows = (text: string | RegExp) =>
    until(`the page shows ${text}`, async () => {
      await page.reload();
      return (await page.getByText(text).count()) > 0;
    });

  it('adds it, sees it fail, reads what was answered, mends it, sends again, changes its secret, pauses and removes it', async () => {
    await page.goto('/');
    await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Webhooks' }).click();
    await page.getByLabel('Name').fill('shop');
    await page.getByLabel('Address').fill('http://10.0.0.1/');
    await press('Add');
    expect(await page.locator('#new-url-fault').textContent()).toMatch(/WEBHOOKS_ALLOW/);
    await page.getByLabel('Address').fill(sink.url);
    for (const event of ENDPOINT_EVENTS) await page.getByLabel(event).uncheck();
    await press('Add');
    expect(await page.locator('.boxes .fault').textContent()).toBe('Choose at least one.');
    await page.getByLabel('job.completed').check();
    await press('Add');
    expect(new URL(page.url()).pathname).toBe('/webhooks/shop');
    expect(await notice()).toBe('shop is saved.');

    const body = JSON.stringify(REPORT);
    const headers = { 'Content-Type': 'application/json' };
    await product.request('/v1/reports', { method: 'POST', body, headers, key: KEYS.operator });
    await shows('Sent again');
    await shows(/Every attempt has failed since/);
    await page.getByText('Attempts: ').click();
    expect(await page.locator('.answer').first().textContent()).toBe('out of order');
    await page.getByText('Payload').click();
    expect(await page.locator('.delivery pre').first().textContent()).toContain('"type": "job.completed"');

    sink.script = answer(204);
    await page.getByRole('button', { name: /^Send now/ }).click();
    await shows('Completed');
    const before = sink.requests.length;
    await press('Send again');
    expect(await notice()).toBe('Sent again, one after the other: 1.');
    await until('it came again', () => sink.requests.length === before + 1);
    await press('Send a test');
    await until('the test came', () => sink.requests.length === before + 2);

    await page.getByRole('link', { name: 'Show it' }).click();
    const old = await page.locator('.secrets code').textContent();
    await press('Make a new secret');
    expect((await page.locator('.secrets code').allTextContents())[1]).toBe(old);
    await press('Pause');
    await page.getByText('its owner has paused it').waitFor();
    await press('Go on');
    await page.getByText('What was sent last was taken.').waitFor();
    await page.getByRole('link', { name: 'Remove' }).click();
    await press('Remove');
    expect(await notice()).toBe('shop is removed.');
    await page.getByText('There is no endpoint yet.').waitFor();
  });
});
