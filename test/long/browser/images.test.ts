import { describe, expect, it } from '@jest/globals';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import sharp from 'sharp';
import { drawPhoto, openProfile, overflowOf, signIn } from '../../support/browser/browser.ts';
import { useBrowser } from '../../support/browser/use-browser.ts';
import { KEYS, type Product } from '../../support/product.ts';

describe('the page of an image job', () => {
  let product: Product;
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;

  useBrowser(
    () => ({ kinds: ['images'] }),
    (opened) => {
      ({ product, browser, context, page } = opened);
    },
    { signedInWith: KEYS.kari },
  );

  /** Posts an image as kari; answers the job's id when it is done. */
  async function post(content: Buffer, type: string, fields: Record<string, string>): Promise<string> {
    const body = new FormData();
    for (const [name, text] of Object.entries(fields)) body.append(name, text);
    body.append('file', new File([new Uint8Array(content)], 'a, b.jpg', { type }));
    const answer = await product.request('/v1/images', { method: 'POST', body });
    const { id } = (await answer.json()) as { id: string };
    await product.jobReaches(id, 'completed');
    return id;
  }
  const postPhoto = async () =>
    post((await drawPhoto(600, 400)).buffer, 'image/jpeg', { width: '300', format: 'webp' });

  it('before and after: the upload beside the rendition, the border moved by keys and by the pointer', async () => {
    const asked: string[] = [];
    page.on('request', (request) => asked.push(new URL(request.url()).pathname));
    await page.goto(`/jobs/${await postPhoto()}`, { waitUntil: 'networkidle' });
    // The upload may be large: it is loaded when it is asked for.
    expect(asked.filter((path) => path.endsWith('/source'))).toEqual([]);
    await page.getByText('Before and after').click();
    await page.getByRole('slider').waitFor();
    await page.waitForLoadState('networkidle');
    const pair = page.locator('compare-pictures');
    const split = () => pair.evaluate((element) => (element as HTMLElement).style.getPropertyValue('--split'));
    const widths = await pair
      .locator('img')
      .evaluateAll((all) => all.map((one) => (one as HTMLImageElement).naturalWidth));
    expect(widths).toEqual([600, 300]);
    expect(await split()).toBe('50%');
    await page.getByRole('slider').press('ArrowRight');
    expect(await split()).toBe('51%');
    const box = await pair.locator('img').first().boundingBox();
    await page.mouse.move((box?.x ?? 0) + 30, (box?.y ?? 0) + 40);
    await page.mouse.down();
    await page.mouse.move((box?.x ?? 0) + 60, (box?.y ?? 0) + 40);
    await page.mouse.up();
    expect(Number.parseInt(await split(), 10)).toBe(Math.round((100 * 60) / (box?.width ?? 0)));
    expect(await page.locator('.saving p').textContent()).toMatch(
      /kB came in, .* came out: (more than )?\d+ % smaller\.$/,
    );
  });

  it('the markup: the files lie where the person says, and the button copies it', async () => {
    const id = await postPhoto();
    await page.goto(`/jobs/${id}`);
    const code = page.locator('copy-markup code');
    expect(await code.textContent()).toContain(`src="/v1/jobs/${id}/files/image.webp"`);
    await page.getByLabel('Where the files will lie').fill('https://cdn.example.com/i"m g');
    expect(await code.textContent()).toContain('src="https://cdn.example.com/i%22m%20g/a%2C%20b.webp"');
    await context.grantPermissions(['clipboard-read', 'clipboard-write']);
    await page.getByRole('button', { name: 'Copy the HTML' }).click();
    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(await code.textContent());
  });

  it('the markup: what the picture shows is filled in by the person, whatever signs are in it', async () => {
    await page.goto(`/jobs/${await postPhoto()}`);
    const code = page.locator('copy-markup code');
    expect(await code.textContent()).toContain('alt="[describe the picture here]"');
    await page.getByLabel('What the picture shows').fill('A "dog" & $& <cat>');
    expect(await code.textContent()).toContain('alt="A &quot;dog&quot; &amp; $&amp; &lt;cat&gt;"');
  });

  it('several widths and formats by the form: a file each, the page shows the HTML with what the picture shows', async () => {
    await page.goto('/');
    await page.getByText('Shape, text, several sizes').click();
    await page.getByLabel('Several widths').fill('100, 200');
    expect(await page.getByLabel('Width', { exact: false }).first().isDisabled()).toBe(true);
    await page.getByLabel('Several formats').selectOption('webp, jpeg');
    expect(await page.locator('#images-format').isDisabled()).toBe(true);
    await page.getByLabel('Proportions').selectOption('1:1');
    await page.getByLabel('Corners').selectOption('circle');
    await page.getByLabel('Text over the picture').fill('© Kari');
    await page.getByLabel('What the picture shows').fill('Noise');
    await page.getByLabel('Choose pictures').setInputFiles(await drawPhoto(600, 400));
    await page.getByRole('button', { name: 'Resize' }).click();
    await page.locator('[data-job][data-state="completed"]').waitFor();
    const code = await page.locator('copy-markup code').textContent();
    expect(code).toMatch(/w100-webp\.webp 100w, .*w200-webp\.webp 200w/);
    expect(code).toContain('width="200" height="200" alt="Noise"');
  });

  it('widths that are none: the fold is open, with the sentence at the field and all that was typed', async () => {
    await page.goto('/');
    await page.getByText('Shape, text, several sizes').click();
    await page.getByLabel('Several widths').fill('400, wide');
    await page.getByLabel('Text over the picture').fill('© Kari');
    await page.getByLabel('Choose pictures').setInputFiles(await drawPhoto(60, 40));
    await page.getByRole('button', { name: 'Resize' }).click();
    await page.locator('#images-widths-fault', { hasText: 'must be a whole number from 1 to 16384' }).waitFor();
    expect(await page.getByLabel('Text over the picture').inputValue()).toBe('© Kari');
    expect(await page.getByLabel('Several widths').inputValue()).toBe('400, wide');
  });

  it('while a callback is still to come: a slider that was moved stays', async () => {
    const fields = { width: '300', format: 'webp', callbackUrl: 'https://nowhere.invalid/never' };
    const id = await post((await drawPhoto(600, 400)).buffer, 'image/jpeg', fields);
    await page.clock.install();
    await page.goto(`/jobs/${id}`);
    await page.getByText('Before and after').click();
    await page.getByRole('slider').press('ArrowLeft');
    for (let looks = 0; looks < 2; looks += 1) {
      const answered = page.waitForResponse((response) => response.url().endsWith(`/jobs/${id}`));
      await page.clock.runFor(5000);
      await (await answered).finished();
    }
    expect(await page.getByRole('slider').inputValue()).toBe('49');
  });

  it('on a phone: nothing to be scrolled sideways but the markup itself', async () => {
    const id = await postPhoto();
    await page.setViewportSize({ width: 390, height: 800 });
    await page.goto(`/jobs/${id}`);
    await page.getByText('Before and after').click();
    await page.getByRole('slider').waitFor();
    expect(await overflowOf(page)).toBe(0);
  });

  it('without a script: both pictures side by side, the markup to be read', async () => {
    const id = await postPhoto();
    const plain = await openProfile(browser, product.url, { javaScriptEnabled: false });
    await signIn(plain.page, KEYS.kari);
    await plain.page.goto(`/jobs/${id}`);
    await plain.page.getByText('Before and after').click();
    expect(await plain.page.getByText('Before: the upload').isVisible()).toBe(true);
    expect(await plain.page.getByText('After: a, b.webp').isVisible()).toBe(true);
    expect(await plain.page.getByLabel('Where the files will lie').isVisible()).toBe(false);
    expect(await plain.page.locator('copy-markup code').textContent()).toMatch(/^<picture>/);
    await plain.context.close();
  });

  it('the upload is shown to the job’s owner alone, as the type that was found in it, and only as a picture', async () => {
    const id = await postPhoto();
    const mine = await page.request.get(`/jobs/${id}/source`);
    expect(mine.headers()).toMatchObject({ 'content-type': 'image/jpeg', 'x-content-type-options': 'nosniff' });
    expect((await sharp(await mine.body()).metadata()).width).toBe(600);
    expect((await product.request(`/jobs/${id}/source`, { key: KEYS.ola })).status).toBe(404);
    expect((await fetch(`${product.url}/jobs/${id}/source`)).status).toBe(401);
    const tiff = await sharp((await drawPhoto(60, 40)).buffer)
      .tiff()
      .toBuffer();
    const other = await post(tiff, 'image/tiff', { format: 'webp' });
    expect((await page.request.get(`/jobs/${other}/source`)).status()).toBe(404);
    await page.goto(`/jobs/${other}`);
    expect(await page.locator('compare-pictures').count()).toBe(0);
  });
});
