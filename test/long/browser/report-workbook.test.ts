import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import type { Page } from 'playwright-core';
import { overflowOf } from '../../support/browser/browser.ts';
import { useBrowser } from '../../support/browser/use-browser.ts';
import { KEYS } from '../../support/product.ts';
import { makeXlsx, rowsXml } from '../../support/workbooks/xlsx.ts';

const XLSX = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet';
const rows = (region: string) =>
  rowsXml(
    [
      ['Dato', 'Region', 'Beløp'],
      [46297, region, 1234.5],
      [46298, region, 99],
    ],
    [1, 0, 2],
  );
const book = () =>
  makeXlsx({
    sheets: [
      { name: 'Salg', rows: rows('Nord') },
      { name: '2025', rows: rows('Sør') },
    ],
    formats: ['dd/mm/yyyy', '#,##0.00'],
  });

describe('a person with a workbook', () => {
  let page: Page;

  useBrowser(
    () => ({ kinds: ['reports'] }),
    (opened) => {
      ({ page } = opened);
    },
    { signedInWith: KEYS.operator, profile: { viewport: { width: 390, height: 844 }, locale: 'nb-NO' } },
  );

  const firstRow = async () =>
    (await page.locator('.preview-rows tbody tr').first().locator('td').allTextContents()).map((text) =>
      text.replaceAll(/\s+/g, ' ').trim(),
    );

  it('drops it, sees what it has, chooses another sheet, and has the report', async () => {
    await page.goto('/reports/new');
    const content = (await book()).toString('base64');
    await page.evaluate(
      async ([base64 = '', type = '']) => {
        const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
        const data = new DataTransfer();
        data.items.add(new File([bytes], 'salg.xlsx', { type }));
        document.body.dispatchEvent(new DragEvent('drop', { dataTransfer: data, bubbles: true, cancelable: true }));
      },
      [content, XLSX],
    );
    await page.locator('.preview-page').waitFor();
    expect(await page.locator('[data-preview] .hint').textContent()).toBe(
      '2 rows, of the sheet "Salg", the names of the columns in line 1.',
    );
    expect(await firstRow()).toEqual(['2. okt. 2026', 'Nord', '1 234,50']);
    await page.getByText('The sheet "2025" of the file "salg.xlsx" is left out').waitFor();
    expect(await overflowOf(page)).toBe(0);

    await page.getByText('How the file is read').click();
    const offered = page.locator('#report-sheets option');
    expect(await offered.evaluateAll((options) => options.map((option) => option.getAttribute('value')))).toEqual([
      'Salg',
      '2025',
    ]);
    await page.getByLabel('Sheet').fill('2025');
    await page.getByLabel('Sheet').blur();
    await page.getByText('2 rows, of the sheet "2025"').waitFor();
    expect(await firstRow()).toEqual(['2. okt. 2026', 'Sør', '1 234,50']);
    await page.getByLabel('Title').fill('Salg 2025');
    await page.getByLabel('Files').selectOption('PDF, XLSX and CSV');
    await page.getByRole('button', { name: 'Draw the report' }).click();
    await page.locator('[data-job][data-state="completed"]').waitFor();
    expect(await page.locator('.file-name').allTextContents()).toEqual([
      'Salg 2025.pdf',
      'Salg 2025.xlsx',
      'Salg 2025.csv',
    ]);
    const download = page.waitForEvent('download');
    await page
      .getByRole('link', { name: /2025\.csv/ })
      .first()
      .click();
    const csv = readFileSync(await (await download).path(), 'utf8');
    expect(csv).toBe('\ufeffDato;Region;Beløp\r\n2026-10-02;Sør;1234,5\r\n2026-10-03;Sør;99\r\n');
  });

  it('chooses one that can not be read: what to save it as is said', async () => {
    await page.goto('/reports/new');
    const buffer = Buffer.concat([Buffer.from('d0cf11e0a1b11ae1', 'hex'), Buffer.alloc(600)]);
    await page
      .getByLabel('Choose a file')
      .setInputFiles({ name: 'salg.xls', mimeType: 'application/vnd.ms-excel', buffer });
    await page.getByText('save it as .xlsx without a password').first().waitFor();
  });
});
