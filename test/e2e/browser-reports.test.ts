import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import type { BrowserContext, Page } from 'playwright-core';
import { overflowOf } from '../support/browser/browser.ts';
import { useBrowser } from '../support/browser/use-browser.ts';
import { KEYS } from '../support/product.ts';

const CSV =
  'day;region;"amount, kr"\n2026-10-01;North;1 234,50\n2026-10-03;"South; east";899\n2026-11-05;North;12,25\n';
const csvFile = { name: 'sales.csv', mimeType: 'text/csv', buffer: Buffer.from(CSV) };

/** A PDF's text on one line. */
async function readText(pdf: Buffer): Promise<string> {
  const running = promisify(execFile)('pdftotext', ['-layout', '-', '-']);
  running.child.stdin?.end(pdf);
  return (await running).stdout.replace(/\s+/g, ' ');
}

describe('a report from data in the browser', () => {
  let context: BrowserContext;
  let page: Page;

  useBrowser(
    () => ({ kinds: ['reports'] }),
    (opened) => {
      ({ context, page } = opened);
    },
    { signedInWith: KEYS.operator, profile: { viewport: { width: 390, height: 844 }, locale: 'nb-NO' } },
  );

  it('a file: its columns are ticked off, a chart is suggested, and the PDF has what was chosen', async () => {
    await page.goto('/');
    await page.getByRole('link', { name: 'report from your data' }).click();
    await page.getByLabel('Title').fill('Sales');
    await page.getByLabel('Choose a file').setInputFiles(csvFile);
    await page.locator('.preview-page').waitFor();
    await page.getByRole('checkbox', { name: 'region' }).uncheck();
    await page.getByLabel('How amount, kr is written').selectOption('currency:NOK');
    await page.getByLabel('Sums below columns of numbers').check();
    await page.getByLabel('Chart', { exact: true }).selectOption('bar');
    await page.getByLabel('Dates').selectOption('month');
    expect(await page.getByLabel('For each', { exact: true }).inputValue()).toBe('day');
    expect(await page.getByLabel('The sum of').inputValue()).toBe('amount, kr');
    expect(await overflowOf(page)).toBe(0);
    await page.getByRole('button', { name: 'Draw the report' }).click();
    await page.waitForURL('/jobs/rep_*');
    const link = page.getByRole('link', { name: /^Download/ });
    const pdf = await context.request.get(`${await link.getAttribute('href')}`);
    const text = await readText(await pdf.body());
    expect(text).toMatch(/^ ?Sales amount, kr/);
    expect(text).toContain('okt. 2026 nov. 2026');
    expect(text).toContain('1. okt. 2026 1 234,50 kr');
    expect(text).toContain('2 145,75 kr');
    expect(text).not.toContain('North');
  });
});
