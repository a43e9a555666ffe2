import { describe, expect, it } from '@jest/globals';
import type { BrowserContext, Page } from 'playwright-core';
import { drawPhoto, signIn } from '../../support/browser/browser.ts';
import { useBrowser } from '../../support/browser/use-browser.ts';
import { KEYS, type Product } from '../../support/product.ts';
import { until } from '../../support/until.ts';

/** A line on which an answer takes so long that people press a button again. */
const SLOW_LINE = { offline: false, latency: 800, downloadThroughput: -1, uploadThroughput: -1 };

const sendMail = (page: Page) => page.getByRole('button', { name: 'Send the mail' });

/** How many jobs there are, over all kinds and callers. */
async function countJobs(product: Product): Promise<number> {
  const answer = await product.request('/v1/jobs?limit=100', { key: KEYS.operator });
  return ((await answer.json()) as { jobs: object[] }).jobs.length;
}

async function slowDown(context: BrowserContext, page: Page): Promise<void> {
  const devtools = await context.newCDPSession(page);
  await devtools.send('Network.enable');
  await devtools.send('Network.emulateNetworkConditions', SLOW_LINE);
}

/** Presses the button three times, as fast as it goes, without waiting for what comes of it. */
const pressThrice = (page: Page) =>
  sendMail(page).evaluate((button) => {
    for (const _time of [1, 2, 3]) (button as HTMLButtonElement).click();
  });

describe('a person who presses twice', () => {
  let product: Product;
  let context: BrowserContext;
  let page: Page;

  useBrowser(
    () => ({ kinds: ['images'] }),
    (opened) => {
      ({ product, context, page } = opened);
    },
    { signedInWith: KEYS.kari },
  );

  const card = (state: string) => page.locator(`[data-job][data-state="${state}"]`);
  const choosePhoto = async () => page.getByLabel('Choose pictures').setInputFiles(await drawPhoto(60, 40));
  const resize = () => page.getByRole('button', { name: 'Resize' }).click();

  it('three presses on a slow line: the button shows that it works, and it is one mail', async () => {
    const before = await countJobs(product);
    await page.goto('/');
    await page.getByLabel('To', { exact: true }).fill('kari@example.no');
    await slowDown(context, page);
    await pressThrice(page);
    expect(await sendMail(page).getAttribute('aria-busy')).toBe('true');
    await page.waitForURL('/jobs/eml_*');
    expect(await countJobs(product)).toBe(before + 1);
  });

  it('the same picture with the same settings: nothing is made again; with others it is, and nothing is sent twice', async () => {
    await page.goto('/');
    await choosePhoto();
    await resize();
    await card('completed').waitFor();
    const before = await countJobs(product);
    await resize();
    await page.getByText('Nothing to do: all are made with these settings already.').waitFor({ state: 'attached' });
    expect(await countJobs(product)).toBe(before);
    await page.getByRole('spinbutton', { name: 'Width' }).fill('30');
    await page.locator('[data-send]').evaluate((button) => {
      for (const _time of [1, 2, 3]) (button as HTMLButtonElement).click();
    });
    await page.locator('[data-job] .file .hint', { hasText: 'JPEG · 30 ×' }).waitFor();
    expect(await countJobs(product)).toBe(before + 1);
  });

  it('Back, and sent again as it was: the job that was there, and the offer to send it once more', async () => {
    const before = await countJobs(product);
    await page.goto('/');
    const fill = () => page.getByLabel('To', { exact: true }).fill('ola@example.no');
    await fill();
    await sendMail(page).click();
    await page.waitForURL('/jobs/eml_*');
    await page.goBack();
    await fill();
    await sendMail(page).click();
    await page.waitForURL('/jobs/eml_*?sent=again');
    expect(await countJobs(product)).toBe(before + 1);
    await page.getByRole('button', { name: 'Send once more' }).click();
    await until('there is another job', async () => (await countJobs(product)) === before + 2);
  });

  describe('whose session has ended', () => {
    const dialog = () => page.getByRole('dialog', { name: 'Sign in again' });
    const signInThere = async () => {
      await dialog().getByLabel('API key').fill(KEYS.kari);
      await dialog().getByRole('button', { name: 'Sign in and send' }).click();
    };

    it('an upload: signs in in place, after a wrong key too, and the file is sent', async () => {
      await page.goto('/');
      await choosePhoto();
      await context.clearCookies();
      await resize();
      await dialog().getByLabel('API key').fill('not-a-key-of-ours');
      await dialog().getByRole('button', { name: 'Sign in and send' }).click();
      await dialog().getByText('This API key is not known.').waitFor();
      await signInThere();
      await card('completed').waitFor();
      expect(new URL(page.url()).pathname).toBe('/');
    });

    it('a mail: Cancel leaves everything as it was; signing in sends it', async () => {
      await page.goto('/');
      await page.getByLabel('To', { exact: true }).fill('kari@example.no');
      await page.getByLabel('Subject').fill('Typed with care');
      await context.clearCookies();
      await sendMail(page).click();
      await dialog().getByRole('button', { name: 'Cancel' }).click();
      expect(await page.getByLabel('Subject').inputValue()).toBe('Typed with care');
      expect(await sendMail(page).getAttribute('aria-busy')).toBeNull();
      await sendMail(page).click();
      await signInThere();
      await page.waitForURL('/jobs/eml_*');
      expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe('Typed with care');
    });
  });
});

describe('the same without JavaScript', () => {
  let product: Product;
  let context: BrowserContext;
  let page: Page;

  useBrowser(
    () => ({}),
    (opened) => {
      ({ product, context, page } = opened);
    },
    { profile: { javaScriptEnabled: false } },
  );

  it('three presses on a slow line: one mail', async () => {
    await signIn(page, KEYS.kari);
    await page.goto('/');
    await page.getByLabel('To', { exact: true }).fill('kari@example.no');
    await slowDown(context, page);
    const posted: string[] = [];
    page.on('request', (request) => request.method() === 'POST' && posted.push(request.url()));
    await sendMail(page).scrollIntoViewIfNeeded();
    const { x = 0, y = 0 } = (await sendMail(page).boundingBox()) ?? {};
    for (const time of [1, 2, 3]) {
      // A locator would wait for the answer.
      await page.mouse.click(x + 5, y + 5);
      await until(`it was posted ${time} times`, () => posted.length === time);
    }
    await page.waitForURL('/jobs/eml_*');
    await until('the mail is there', async () => (await countJobs(product)) === 1);
  });

  it('a session that has ended: what was typed comes back after signing in, and is sent', async () => {
    await signIn(page, KEYS.kari);
    await page.goto('/');
    await page.getByLabel('To', { exact: true }).fill('kari@example.no');
    await page.getByLabel('Subject').fill('Typed with care');
    await context.clearCookies();
    await sendMail(page).click();
    await page.getByText('What you typed comes back when you have signed in').waitFor();
    await page.getByLabel('API key').fill(KEYS.kari);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByText('You are signed in. What you typed is here again.').waitFor();
    expect(await page.getByLabel('Subject').inputValue()).toBe('Typed with care');
    await sendMail(page).click();
    await page.waitForURL('/jobs/eml_*');
  });

  it('Erase: the list says once what was done', async () => {
    await signIn(page, KEYS.operator);
    await page.goto('/jobs');
    await page.locator('[data-row] a').first().click();
    await page.getByRole('link', { name: 'Erase this job' }).click();
    await page.getByRole('button', { name: 'Erase' }).click();
    await page.waitForURL('/jobs');
    expect(await page.locator('.notice').textContent()).toMatch(/^Erased: /);
    await page.reload();
    expect(await page.locator('.notice').count()).toBe(0);
  });
});
