import { describe, expect, it } from '@jest/globals';
import type { BrowserContext, Page } from 'playwright-core';
import { drawPhoto, overflowOf, signIn } from '../../support/browser/browser.ts';
import { useBrowser } from '../../support/browser/use-browser.ts';
import { KEYS } from '../../support/product.ts';

const CSV = { name: 'sales.csv', mimeType: 'text/csv', buffer: Buffer.from('month,amount\n2026-10,5\n2026-11,7\n') };
/** The longest names that screenshots and cameras give. */
const LONG_NAME = `${'A_rather_long_name_of_a_photograph_'.repeat(4)}.jpg`;

describe.each([
  ['with JavaScript', true],
  ['without JavaScript', false],
])('a form and its file, %s', (_name, javaScriptEnabled) => {
  let context: BrowserContext;
  let page: Page;

  useBrowser(
    () => ({ kinds: ['images', 'reports'] }),
    (opened) => {
      ({ context, page } = opened);
    },
    { signedInWith: KEYS.kari, profile: { javaScriptEnabled, viewport: { width: 390, height: 844 } } },
  );

  const resize = () => page.getByRole('button', { name: 'Resize' }).click();
  const draw = () => page.getByRole('button', { name: 'Draw the report' }).click();
  const completed = () => page.locator('[data-job][data-state="completed"]');
  const kept = () => page.locator('[data-kept]:visible');
  const chosen = () =>
    page
      .locator('input[name="file"]')
      .evaluate((input) => [...((input as HTMLInputElement).files ?? [])].map(({ name }) => name));
  /** Has the browser send what it would refuse itself. */
  const leaveItToTheServer = () =>
    page.locator('#images-form').evaluate((form) => {
      (form as HTMLFormElement).noValidate = true;
    });
  const fillReport = async () => {
    await page.goto('/reports/new');
    await page.getByLabel('Title').fill('Sales');
    await page.getByLabel('Choose a file').setInputFiles(CSV);
    if (javaScriptEnabled) await page.locator('.preview-page').waitFor();
  };

  it('data of a report, refused for the chart: is kept, and drawn; Back leads to the form as it was sent', async () => {
    await fillReport();
    await page.getByLabel('Chart', { exact: true }).selectOption('bar');
    await page.getByLabel('For each', { exact: true }).fill('');
    await draw();
    await kept().waitFor();
    await page.getByLabel('For each', { exact: true }).fill('month');
    await draw();
    await completed().waitFor();
    await page.goBack();
    expect(await page.getByLabel('Title').inputValue()).toBe('Sales');
    expect(await kept().textContent()).toContain('sales.csv, 33 bytes, is kept');
    await draw();
    await completed().waitFor();
  });

  it('Remove: the form asks for a file again', async () => {
    await fillReport();
    await page.getByLabel('Chart', { exact: true }).selectOption('bar');
    await page.getByLabel('For each', { exact: true }).fill('');
    await draw();
    await page.getByLabel('Remove').check();
    await draw();
    await page.getByText('File is missing: choose a file, or paste rows.').waitFor();
    expect(await kept().count()).toBe(0);
  });

  if (!javaScriptEnabled) {
    it('a picture, refused for its width: is kept, and resized; Back has it; made again without choosing it', async () => {
      await page.goto('/');
      await page.getByLabel('Choose pictures').setInputFiles(await drawPhoto(400, 300, LONG_NAME));
      await page.getByRole('spinbutton', { name: 'Width' }).fill('99999');
      await leaveItToTheServer();
      await resize();
      await kept().waitFor();
      expect(await kept().textContent()).toMatch(/photograph_\.jpg, [\d.]+ kB, is kept: choose another one/);
      expect([await overflowOf(page), await chosen()]).toEqual([0, []]);

      await page.getByRole('spinbutton', { name: 'Width' }).fill('90');
      await resize();
      await completed().waitFor();
      await page.goto(String(await completed().locator('.job-link').getAttribute('href')));
      await page.goBack();
      await kept().waitFor();
      expect(await page.getByRole('spinbutton', { name: 'Width' }).inputValue()).toBe('90');

      await page.goForward();
      await page.getByRole('link', { name: 'Make again with other settings' }).click();
      await page.waitForURL('/?from=img_*');
      expect(await page.getByRole('spinbutton', { name: 'Width' }).inputValue()).toBe('90');
      expect(await kept().textContent()).toContain('photograph_.jpg');
      await page.getByRole('spinbutton', { name: 'Width' }).fill('70');
      await resize();
      await completed().waitFor();
      expect(await completed().locator('.files .hint').textContent()).toContain('70 ×');
    });
    return;
  }

  it('Back to a form that was sent at once: has the file that the browser has dropped', async () => {
    await fillReport();
    await draw();
    await completed().waitFor();
    const first = page.url();
    await page.goBack();
    expect([await chosen(), await page.getByLabel('Title').inputValue()]).toEqual([[], 'Sales']);
    expect(await kept().textContent()).toContain('sales.csv, 33 bytes, is kept');
    await page.getByLabel('Title').fill('Sales of autumn');
    await draw();
    await completed().waitFor();
    expect(page.url()).not.toBe(first);
  });

  it('a session that has ended: after signing in the form is sent with its file', async () => {
    await fillReport();
    await context.clearCookies();
    await draw();
    const dialog = page.getByRole('dialog', { name: 'Sign in again' });
    await dialog.getByLabel('API key').fill(KEYS.kari);
    await dialog.getByRole('button', { name: 'Sign in and send' }).click();
    await completed().waitFor();
    expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe('Sales');
  });

  it('pictures: a reload and Back have the list; what was not sent is told, and takes its place when it is chosen again', async () => {
    const rows = () =>
      page
        .locator('[data-picture]')
        .evaluateAll((all) => all.map((row) => [row.dataset.state, row.querySelector('[data-name]')?.textContent]));
    await page.goto('/');
    await page.getByLabel('Choose pictures').setInputFiles(await drawPhoto(400, 300, LONG_NAME));
    await resize();
    await completed().waitFor();
    expect(await overflowOf(page)).toBe(0);
    const later = await drawPhoto(40, 30, 'later.jpg');
    await page.getByLabel('Choose pictures').setInputFiles(later);
    const list = [
      ['completed', LONG_NAME],
      ['lost', 'later.jpg'],
    ];
    await page.locator('[data-picture][data-state="ready"]').waitFor();
    await page.reload();
    await page.getByText('It was not sent: choose it again.').waitFor();
    expect(await rows()).toEqual(list);
    await page.goto('/jobs');
    await page.goBack();
    await page.locator('[data-picture]').first().waitFor();
    expect(await rows()).toEqual(list);
    await page.getByLabel('Choose pictures').setInputFiles(later);
    await page.locator('[data-picture][data-state="ready"]').waitFor();
    expect(await rows()).toEqual([
      ['completed', LONG_NAME],
      ['ready', 'later.jpg'],
    ]);
  });

  it('another person in the same browser: the list is not shown to them', async () => {
    await page.goto('/');
    await page.getByLabel('Choose pictures').setInputFiles(await drawPhoto(40, 30));
    await resize();
    await completed().waitFor();
    await page.goto(String(await completed().locator('.job-link').getAttribute('href')));
    await context.clearCookies();
    await signIn(page, KEYS.ola);
    await page.goBack();
    await page.locator('form[data-caller="ola"]').waitFor();
    expect(await page.locator('[data-picture]').count()).toBe(0);
  });
});
