import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { BrowserContext, Page } from 'playwright-core';
import { drawPhoto } from '../../support/browser/browser.ts';
import { useBrowser } from '../../support/browser/use-browser.ts';
import { KEYS, type Product, postPhoto } from '../../support/product.ts';
import { readZip } from '../../support/storage/read-zip.ts';

describe('a browser without JavaScript', () => {
  let product: Product;
  let context: BrowserContext;
  let page: Page;

  useBrowser(
    () => ({ kinds: ['images'] }),
    (opened) => {
      ({ product, context, page } = opened);
    },
    { signedInWith: KEYS.operator, profile: { javaScriptEnabled: false } },
  );

  const send = () => page.getByRole('button', { name: 'Resize' }).click();
  const steer = async (name: 'Pause' | 'Resume') => {
    await page.goto('/admin');
    await page.getByRole('button', { name: `${name} images` }).click();
    await page.waitForURL('/admin');
  };

  it('an upload: leads to the job, whose page asks again by itself until the picture of the asked size is there', async () => {
    await steer('Pause');
    await page.goto('/');
    await page.getByLabel('Choose pictures').setInputFiles(await drawPhoto(400, 300));
    await page.getByRole('spinbutton', { name: 'Width' }).fill('80');
    await send();
    await page.waitForURL('/jobs/img_*');
    const address = page.url();
    await page.locator('[data-state="waiting"]').waitFor();
    const resumed = await product.request('/admin/images/resume', {
      method: 'POST',
      key: KEYS.operator,
      redirect: 'manual',
    });
    expect(resumed.status).toBe(303);
    const picture = page.locator('[data-state="completed"] .picture img');
    await picture.waitFor();
    expect(page.url()).toBe(address);
    const link = await page.getByRole('link', { name: 'Download photo.jpg' }).getAttribute('href');
    expect((await context.request.get(`${link}`)).headers()['content-disposition']).toMatch(/^attachment/);
    expect(await picture.evaluate((image) => (image as HTMLImageElement).naturalWidth)).toBe(80);
  });

  it('several pictures: one is no picture; the list of the others has their sizes, and a zip under their own names', async () => {
    await page.goto('/');
    const text = { name: 'notes.jpg', mimeType: 'image/jpeg', buffer: Buffer.from('Only words.') };
    const files = [await drawPhoto(200, 100, 'IMG_1 a.jpg'), text, await drawPhoto(300, 200, 'IMG_1 a.jpg')];
    await page.getByLabel('Choose pictures').setInputFiles(files);
    await page.getByRole('spinbutton', { name: 'Width' }).fill('80');
    await send();
    await page.waitForURL('/jobs?batch=bat_*');
    expect(await page.locator('.notice').textContent()).toMatch(/^2 of 3 files were accepted\. notes\.jpg: /);
    await page.locator('.state-completed').nth(1).waitFor();
    expect(await page.locator('.job-row .hint').first().textContent()).toMatch(/ kB → [\d.]+ (kB|bytes)$/);
    const zip = await page.request.get(String(await page.locator('#results-zip').getAttribute('href')));
    expect([...(await readZip(await zip.body())).keys()].sort()).toEqual(['IMG_1 a (2).jpg', 'IMG_1 a.jpg']);
  });

  it('a file that is no image: 415, the message at the field, what was typed is still there', async () => {
    await page.goto('/');
    await page.getByLabel('Choose pictures').setInputFiles({
      name: 'notes.jpg',
      mimeType: 'image/jpeg',
      buffer: Buffer.from('Only words, no picture at all.'),
    });
    await page.getByRole('spinbutton', { name: 'Width' }).fill('321');
    await page.getByLabel('Format', { exact: true }).selectOption('avif');
    const answered = page.waitForResponse((response) => response.request().method() === 'POST');
    await send();
    expect((await answered).status()).toBe(415);
    const fault = page.locator('#images-file-fault');
    expect(await fault.textContent()).toMatch(/not an image/);
    expect(await page.getByLabel('Choose pictures').getAttribute('aria-describedby')).toContain('images-file-fault');
    expect(await page.getByRole('spinbutton', { name: 'Width' }).inputValue()).toBe('321');
    expect(await page.getByLabel('Format', { exact: true }).inputValue()).toBe('avif');
  });

  it('a width that is too large: the message at that field alone', async () => {
    await page.goto('/');
    await page.evaluate(() => document.querySelector('#images-form')?.setAttribute('novalidate', ''));
    await page.getByLabel('Choose pictures').setInputFiles(await drawPhoto(40, 30));
    await page.getByRole('spinbutton', { name: 'Width' }).fill('99999');
    await send();
    const faults = page.locator('.fault:visible');
    expect(await faults.allTextContents()).toEqual(['Width must be a whole number from 1 to 16384.']);
    expect(await page.getByRole('spinbutton', { name: 'Width' }).getAttribute('aria-invalid')).toBe('true');
  });

  it('a mail to no address: the message at the field, the text is still there', async () => {
    await page.goto('/');
    await page.getByLabel('To', { exact: true }).evaluate((field) => field.setAttribute('type', 'text'));
    await page.getByLabel('To', { exact: true }).fill('nobody');
    await page.locator('#emails-text').fill('Typed with care');
    await page.getByRole('button', { name: 'Send the mail' }).click();
    await page.locator('#emails-to-fault').waitFor();
    expect(await page.locator('#emails-to-fault').textContent()).toMatch(/^To /);
    expect(await page.locator('#emails-text').inputValue()).toBe('Typed with care');
    expect(await page.getByLabel('To', { exact: true }).inputValue()).toBe('nobody');
  });

  describe('a job that waits', () => {
    let id: string;

    beforeEach(async () => {
      await steer('Pause');
      id = await postPhoto(product);
    });
    afterEach(() =>
      product.request('/admin/images/resume', { method: 'POST', key: KEYS.operator, redirect: 'manual' }),
    );

    it('Cancel: leads back to the job, which is cancelled; Run again lets it wait anew', async () => {
      await page.goto(`/jobs/${id}`);
      await page.getByRole('button', { name: 'Cancel this job' }).click();
      await page.locator('[data-state="cancelled"]').waitFor();
      expect(new URL(page.url()).pathname).toBe(`/jobs/${id}`);
      expect(await page.locator('.sentence').textContent()).toBe('The job was cancelled.');
      expect(await product.jobReaches(id, 'cancelled')).toMatchObject({ error: { code: 'cancelled' } });
      await page.getByRole('button', { name: 'Run again' }).click();
      await page.locator('[data-state="waiting"], [data-state="delayed"]').waitFor();
    });

    it('Erase: asks first; Keep it changes nothing, Erase leaves nothing', async () => {
      await page.goto(`/jobs/${id}`);
      await page.getByRole('link', { name: 'Erase this job' }).click();
      await page.getByRole('link', { name: 'Keep it' }).click();
      await page.locator('[data-state="waiting"]').waitFor();
      await page.getByRole('link', { name: 'Erase this job' }).click();
      await page.getByRole('button', { name: 'Erase' }).click();
      await page.waitForURL('/jobs');
      expect((await product.request(`/v1/jobs/${id}`)).status).toBe(404);
      expect((await page.goto(`/jobs/${id}`))?.status()).toBe(404);
    });

    it('the list of jobs: leads to it; filtered by a state it is not in, it is not there', async () => {
      await page.goto('/jobs');
      await page.getByLabel('State').selectOption('waiting');
      await page.getByRole('button', { name: 'Show' }).click();
      await page.waitForURL('/jobs?*state=waiting*');
      expect(await page.locator(`[data-row="${id}"]`).count()).toBe(1);
      await page.getByLabel('State').selectOption('failed');
      await page.getByRole('button', { name: 'Show' }).click();
      await page.waitForURL('/jobs?*state=failed*');
      expect(await page.locator(`[data-row="${id}"]`).count()).toBe(0);
      expect(await page.getByText('No job is of that sort.').count()).toBe(1);
    });
  });
});
