import { describe, expect, it } from '@jest/globals';
import type { BrowserContext, Page } from 'playwright-core';
import { overflowOf } from '../../support/browser/browser.ts';
import { useBrowser } from '../../support/browser/use-browser.ts';
import { KEYS } from '../../support/product.ts';

/** As a bank's and Excel's exports are in Norway: lines before the table, Windows-1252, semicolons, commas. */
const EXPORT = Buffer.from(
  'Konto 1503 40 12345;;\n\ndato;kunde;beløp\n31.10.2026;Sørli;1 234,50\n1.11.2026;;N/A\n2.11.2026;Øst;7,5\n',
  'latin1',
);
const file = (buffer: Buffer, name = 'salg.csv') => ({ name, mimeType: 'text/csv', buffer });
const TAB = '\t';

describe.each([
  ['with JavaScript', true],
  ['without JavaScript', false],
])('a report is shown before it is drawn, %s', (_name, javaScriptEnabled) => {
  let context: BrowserContext;
  let page: Page;

  useBrowser(
    () => ({ kinds: ['reports'] }),
    (opened) => {
      ({ context, page } = opened);
    },
    {
      signedInWith: KEYS.operator,
      profile: { javaScriptEnabled, viewport: { width: 390, height: 844 }, locale: 'nb-NO' },
    },
  );

  const heads = async () =>
    (await page.locator('.preview-rows th').allTextContents()).map((text) => text.replace(/\s+/g, ' ').trim());
  const draw = async () => {
    await page.getByRole('button', { name: 'Draw the report' }).click();
    await page.locator('[data-job][data-state="completed"]').waitFor();
  };
  const SHOWN = ['dato date, 3 of 3 read', 'kunde text', 'beløp number, 2 of 3 read; not "N/A"'];

  if (!javaScriptEnabled) {
    it('the button shows a page with the rows, and from there the form has all again', async () => {
      await page.goto('/reports/new');
      await page.getByLabel('Choose a file').setInputFiles(file(EXPORT));
      await page.getByText('More: which rows').click();
      await page.getByLabel('Only rows where').fill('kunde');
      await page.getByLabel('Its value').selectOption('is not empty');
      await page.getByRole('button', { name: 'Preview' }).click();
      await page.locator('[data-preview]').waitFor({ timeout: 30_000 });
      expect(await page.locator('.preview-rows tbody tr').count()).toBe(2);
      await page.getByRole('link', { name: 'Make again' }).click();
      expect(await page.getByLabel('Only rows where').inputValue()).toBe('kunde');
      await page.getByLabel('Only rows where').fill('');
      await page.getByRole('button', { name: 'Preview' }).click();
      await page.locator('[data-preview]').waitFor({ timeout: 30_000 });
      expect(await heads()).toEqual(SHOWN);
      expect([await page.locator('h1').textContent(), await overflowOf(page)]).toEqual(['Preview: salg.csv', 0]);

      await page.getByRole('link', { name: 'Make again' }).click();
      expect(await page.getByLabel('Title').inputValue()).toBe('');
      await page.getByLabel('Title').fill('Salg');
      await draw();
      expect(await page.locator('.file-name').textContent()).toBe('Salg.pdf');
    });
    return;
  }

  it('a file: what it was read as, column by column; a column that is changed is read anew; then drawn', async () => {
    await page.goto('/reports/new');
    await page.getByLabel('Choose a file').setInputFiles(file(EXPORT));
    await page.locator('.preview-page').waitFor();
    expect(await heads()).toEqual(SHOWN);
    expect(await page.locator('[data-preview] .hint').textContent()).toBe(
      '3 rows, read as windows-1252, parted by ";", the names of the columns in line 3.',
    );
    expect(await page.locator('[data-kept]:visible').textContent()).toContain('salg.csv');
    expect(await overflowOf(page)).toBe(0);

    await page.getByLabel('How kunde is written').selectOption('number');
    await page.locator('.preview-type.is-partial', { hasText: '0 of 2 read' }).waitFor();
    await page.getByRole('checkbox', { name: 'kunde' }).uncheck();
    await page.locator('.preview-rows th').nth(2).waitFor({ state: 'detached' });
    expect(await heads()).toEqual([SHOWN[0], SHOWN[2]]);
    // A further column and an order leave the columns of the file as they are.
    await page.getByText('More: which rows').click();
    await page.getByLabel('A further column').fill('Dobbel');
    await page.getByLabel('Is', { exact: true }).fill('beløp * 2');
    await page.getByLabel('Sorted by').fill('dato');
    await page.getByLabel('Order').selectOption('descending');
    await page.locator('.preview-rows th', { hasText: 'Dobbel' }).waitFor();
    expect(await page.locator('.column-row').count()).toBe(3);
    await page.locator('.preview-rows tbody tr:first-child', { hasText: /^\s*0?2\./ }).waitFor();
    await page.getByLabel('Title').fill('Salg');
    await page.getByLabel('Sums below columns of numbers').check();
    await page.getByLabel('One report for each').fill('dato');
    await draw();
    expect(await page.locator('.file-name').allTextContents()).toEqual(
      ['2.11.2026', '1.11.2026', '31.10.2026'].map((day) => `Salg-${day}.pdf`),
    );
  });

  it('rows copied in a spreadsheet: the text is taken, not the picture beside it', async () => {
    await page.goto('/reports/new');
    await page.getByLabel('Paste rows').focus();
    const rows = [`dato${TAB}beløp`, `31.10.2026${TAB}1 234,5`, `1.11.2026${TAB}109,9`].join('\r\n');
    await page.evaluate((text) => {
      const data = new DataTransfer();
      data.setData('text/plain', text);
      data.items.add(new File([new Uint8Array([137, 80, 78, 71])], 'image.png', { type: 'image/png' }));
      const field = document.getElementById('report-pasted') as HTMLTextAreaElement;
      field.dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true }));
      field.value = text;
      field.dispatchEvent(new InputEvent('input', { bubbles: true }));
    }, rows);
    await page.locator('.preview-page').waitFor();
    expect(await heads()).toEqual(['dato date, 2 of 2 read', 'beløp number, 2 of 2 read']);
    const chosen = (input: Element) => (input as HTMLInputElement).files?.length;
    expect(await page.locator('#report-file').evaluate(chosen)).toBe(0);
    await page.getByLabel('Title').fill('Limt inn');
    await page.getByLabel('Sums below columns of numbers').check();
    await draw();
    const url = await page.getByRole('link', { name: /^Download/ }).getAttribute('href');
    expect((await (await context.request.get(`${url}`)).body()).subarray(0, 5).toString()).toBe('%PDF-');
  });

  it('a file without names of columns: is said to have a row in their place; as chosen, no row is lost', async () => {
    await page.goto('/reports/new');
    await page.getByLabel('Choose a file').setInputFiles(file(Buffer.from('2026-10-01;Ann;5\n2026-10-02;Bob;6\n')));
    await page.locator('[data-preview-part] li', { hasText: 'is taken for the header row' }).waitFor();
    await page.getByText('How the file is read').click();
    await page.getByLabel('Names of the columns', { exact: true }).selectOption('None: the first line is a row');
    await page.locator('.preview-rows tbody tr').nth(1).waitFor();
    expect(await heads()).toEqual(['Column 1 date, 2 of 2 read', 'Column 2 text', 'Column 3 number, 2 of 2 read']);
    expect(await page.locator('[data-preview-part] li').count()).toBe(0);
    expect(await page.locator('[data-preview] .hint').textContent()).toBe(
      '2 rows, read as utf-8, parted by ";", without names of the columns.',
    );
    await page.getByLabel('Title').fill('Uten navn');
    await draw();
    await page.getByRole('link', { name: 'Make again' }).click();
    expect(await page.getByLabel('Names of the columns', { exact: true }).inputValue()).toBe('false');
  });

  it('a picture as the file, and data that can not be read: said in place, and no column is shown', async () => {
    await page.goto('/reports/new');
    await page
      .getByLabel('Choose a file')
      .setInputFiles(file(Buffer.from([137, 80, 78, 71, 13, 10, 26, 10, 0, 0]), 'a.png'));
    await page.locator('[data-preview-state]', { hasText: 'is not text' }).waitFor();
    expect(await page.locator('.column-row').count()).toBe(0);
    await page.getByLabel('Choose a file').setInputFiles(file(Buffer.from('{"a":1}\n{"a":')));
    await page.locator('[data-preview-state]', { hasText: 'Line 2' }).waitFor();
  });
});
