import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { findViolations } from '../../support/browser/axe.ts';
import { drawPhoto, openBrowser, overflowOf } from '../../support/browser/browser.ts';
import { openCutProxy } from '../../support/browser/cut-proxy.ts';
import { openUploadPage, type UploadPage } from '../../support/browser/upload-page.ts';
import { KEYS, type Product, startProduct } from '../../support/product.ts';
import { makeTempDir } from '../../support/temp-dir.ts';
import { until } from '../../support/until.ts';

const FIELD = '<label>Photos <input type="file" name="photos" accept="image/*" multiple required></label>';
const element = (attributes = '', field = FIELD) =>
  `<heavylift-upload token-url="/token" ${attributes}>${field}</heavylift-upload>`;

let product: Product;
let browser: Browser;
let site: UploadPage;
beforeAll(async () => {
  product = await startProduct({ kinds: ['images'] });
  browser = await openBrowser();
  site = await openUploadPage(product, element());
});
afterAll(async () => {
  await browser.close();
  await site.close();
  await product.close();
});

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

/** Opens the application's page with that form; a test fails when the browser refused something or a script threw. */
async function open(html = element(), options: BrowserContextOptions = {}): Promise<Page> {
  site.html = html;
  site.token = {};
  site.posted = [];
  const context = await browser.newContext(options);
  const faults: string[] = [];
  context.on('console', (message) => {
    if (/content security policy|trusted type/i.test(message.text())) faults.push(message.text());
  });
  context.on('weberror', (error) => faults.push(String(error.error())));
  closers.push(async () => {
    await context.close();
    expect(faults).toEqual([]);
  });
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  await page.goto(site.url);
  await page.locator('heavylift-upload:defined').first().waitFor();
  return page;
}

interface Upload extends HTMLElement {
  value: string[];
  validationMessage: string;
  entries: { name: string; state: string; id: string }[];
  add(files: File[]): void;
}
const read = <T>(page: Page, ask: (element: Upload) => T) =>
  page
    .locator('heavylift-upload')
    .first()
    .evaluate(ask as never) as Promise<T>;
const idsOf = (page: Page) => read(page, ({ value }) => value);
const faultOf = (page: Page) => read(page, ({ validationMessage }) => validationMessage);
const field = (page: Page) => page.getByLabel('Photos');
const done = (page: Page, count = 1) =>
  page
    .getByText('Done', { exact: true })
    .nth(count - 1)
    .waitFor();
const order = (page: Page) => page.getByRole('button', { name: 'Order' }).click();
/** Slows down what the page sends. */
async function slowDown(page: Page, bytesPerSecond: number): Promise<{ end(): Promise<void>; stop(): Promise<void> }> {
  const session = await page.context().newCDPSession(page);
  const set = (uploadThroughput: number, offline = false) =>
    session.send('Network.emulateNetworkConditions', { offline, latency: 0, downloadThroughput: -1, uploadThroughput });
  await set(bytesPerSecond);
  return { end: async () => void (await set(-1)), stop: async () => void (await set(-1, true)) };
}

describe('the form', () => {
  it('gets the ids of the jobs, is valid when all is sent, and has them again after Back', async () => {
    const page = await open();
    expect(await faultOf(page)).toBe('Choose a file.');
    await order(page);
    expect(site.posted).toEqual([]);
    const slow = await slowDown(page, 400_000);
    await field(page).setInputFiles([await drawPhoto(2000, 1500, 'large.jpg'), await drawPhoto(60, 40, 'small.jpg')]);
    expect(await faultOf(page)).toBe('Wait until the files are uploaded.');
    await slow.end();
    await done(page, 2);
    expect(await faultOf(page)).toBe('');
    const ids = await idsOf(page);
    expect(ids.map((id) => id.slice(0, 4))).toEqual(['img_', 'img_']);
    await page.getByLabel('Note').fill('two prints');
    await order(page);
    await page.getByRole('heading', { name: 'Thanks' }).waitFor();
    const [posted = ''] = site.posted;
    const sent = [...posted.matchAll(/name="(\w+)"\r\n\r\n(.*)\r\n/g)].map(([, name, text]) => `${name}=${text}`);
    expect(sent.toSorted()).toEqual(['note=two prints', ...ids.map((id) => `photos=${id}`)].toSorted());
    expect(posted).not.toContain('filename');
    await page.goBack();
    await done(page, 2);
    expect(await idsOf(page)).toEqual(ids);
  });

  it('is emptied by a reset, and left alone while a fieldset is disabled', async () => {
    const page = await open(`<fieldset>${element('max-files="3"')}</fieldset><button type="reset">Reset</button>`);
    await field(page).setInputFiles(await drawPhoto(60, 40));
    await done(page);
    await page.evaluate(() => document.querySelector('fieldset')?.toggleAttribute('disabled'));
    expect(await field(page).isDisabled()).toBe(true);
    expect(await page.getByRole('button', { name: 'Remove: photo.jpg' }).isDisabled()).toBe(true);
    await page.evaluate(() => document.querySelector('fieldset')?.toggleAttribute('disabled'));
    await page.getByRole('button', { name: 'Reset' }).click();
    expect([await idsOf(page), await faultOf(page)]).toEqual([[], 'Choose a file.']);
  });

  it('where one file is wanted the next one takes its place, but not one that is refused', async () => {
    const page = await open(element('', '<label>Photos <input type="file" name="photo" accept="image/*"></label>'));
    await field(page).setInputFiles(await drawPhoto(60, 40, 'a.jpg'));
    await done(page);
    const [first] = await idsOf(page);
    await field(page).setInputFiles({ name: 'notes.txt', mimeType: 'text/plain', buffer: Buffer.from('x') });
    await page.getByText('Files of this type are not taken.').waitFor();
    expect(await idsOf(page)).toEqual([first]);
    await field(page).setInputFiles(await drawPhoto(60, 40, 'b.jpg'));
    await until('the other', async () => (await idsOf(page))[0] !== first && (await idsOf(page)).length === 1);
    expect(await read(page, ({ entries }) => entries.map(({ name }) => name))).toEqual(['b.jpg']);
  });
});

describe('a file', () => {
  it('may be dropped, and pasted where no text is', async () => {
    const page = await open();
    const photo = await drawPhoto(60, 40);
    const transfer = await page.evaluateHandle(
      ({ bytes }) => {
        const data = new DataTransfer();
        data.items.add(new File([Uint8Array.from(bytes)], 'dropped.jpg', { type: 'image/jpeg' }));
        return data;
      },
      { bytes: [...photo.buffer] },
    );
    await page.locator('heavylift-upload').dispatchEvent('dragover', { dataTransfer: transfer });
    await page.locator('heavylift-upload .zone.over').waitFor();
    await page.locator('heavylift-upload').dispatchEvent('drop', { dataTransfer: transfer });
    await done(page);
    const paste = (target: string, name: string, text: string) =>
      page.evaluate(
        ({ target, bytes, name, text }) => {
          const clipboardData = new DataTransfer();
          clipboardData.items.add(new File([Uint8Array.from(bytes)], name, { type: 'image/jpeg' }));
          if (text) clipboardData.setData('text/plain', text);
          const event = new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true, composed: true });
          document.querySelector(target)?.dispatchEvent(event);
        },
        { target, bytes: [...photo.buffer], name, text },
      );
    await paste('[name=note]', 'into-text.jpg', '');
    await paste('body', 'cells.jpg', '1\t2');
    await paste('body', 'pasted.jpg', '');
    await done(page, 2);
    expect(await read(page, ({ entries }) => entries.map(({ name }) => name))).toEqual(['dropped.jpg', 'pasted.jpg']);
  });

  it('that is cut off goes on where it was, also when it is chosen again after a reload', async () => {
    const proxy = await openCutProxy(product.url);
    closers.push(() => proxy.close());
    site.html = '';
    const page = await open(`${element(`url="${proxy.url}"`)}`, { bypassCSP: true });
    const photo = await drawPhoto(4000, 3000, 'large.jpg');
    const size = photo.buffer.length;
    const folder = makeTempDir();
    closers.push(async () => folder.remove());
    // On disk it has one time of change, by which it is known again.
    const path = join(folder.path, photo.name);
    writeFileSync(path, photo.buffer);
    expect(size).toBeGreaterThan(4_000_000);
    proxy.cutAfter(size * 0.4);
    const slow = await slowDown(page, 600_000);
    await field(page).setInputFiles(path);
    await until('the first cut', () => proxy.isCut);
    proxy.cutAfter(size * 0.3);
    await until('the second cut', () => proxy.isCut);
    page.once('dialog', (dialog) => dialog.accept());
    await page.reload();
    await page.locator('heavylift-upload:defined').waitFor();
    await slow.end();
    await field(page).setInputFiles(path);
    await done(page);
    console.log(`sent ${(proxy.sent / size).toFixed(3)} times its bytes`);
    // What browsers send again by themselves is less than the piece that was under way.
    expect(proxy.sent).toBeLessThan(size + 3 * 1_100_000);
  });

  it('waits while there is no connection, and goes on by itself', async () => {
    const page = await open();
    const slow = await slowDown(page, 500_000);
    await field(page).setInputFiles(await drawPhoto(2000, 1500));
    await page.getByText(/\d% sent/).waitFor();
    await slow.stop();
    await page.getByText('No connection; goes on by itself').waitFor();
    await slow.end();
    await done(page);
  });

  it('goes on with a fresh token when the one it began with is over', async () => {
    const page = await open();
    const slow = await slowDown(page, 700_000);
    await field(page).setInputFiles(await drawPhoto(2500, 2000));
    await page.getByText(/\d% sent/).waitFor();
    const first = site.handedOut.at(-1) ?? '';
    await product.request('/v1/upload-tokens/current', { method: 'DELETE', key: first });
    await slow.end();
    await done(page);
    expect(site.handedOut.at(-1)).not.toBe(first);
  });

  it('that is cancelled is erased, and one whose job waits is not done', async () => {
    const page = await open();
    await slowDown(page, 300_000);
    const created = page.waitForResponse((answer) => answer.url().endsWith('/v1/uploads') && answer.status() === 201);
    await field(page).setInputFiles(await drawPhoto(2500, 2000, 'large.jpg'));
    const place = (await (await created).headerValue('location')) ?? '';
    await page.getByText(/\d% sent/).waitFor();
    await page.getByRole('button', { name: 'Cancel: large.jpg' }).click();
    await until('it is gone', async () => [404, 410].includes((await product.request(place)).status));
    await product.request('/admin/images/pause', { method: 'POST', key: KEYS.operator, redirect: 'manual' });
    closers.push(() =>
      product.request('/admin/images/resume', { method: 'POST', key: KEYS.operator, redirect: 'manual' }),
    );
    await field(page).setInputFiles(await drawPhoto(60, 40, 'small.jpg'));
    const id = await until('its job', async () => (await idsOf(page))[0]);
    await page.getByRole('button', { name: 'Remove: small.jpg' }).click();
    await product.jobReaches(id, 'cancelled');
    expect(await field(page).evaluate((input) => input === document.activeElement)).toBe(true);
  });

  it('is sent again by hand, once what was wrong is mended', async () => {
    const page = await open();
    site.token = { origins: ['no origin'] };
    await field(page).setInputFiles(await drawPhoto(60, 40));
    await page.getByText('No token for uploading could be had.').waitFor();
    site.token = {};
    await page.getByRole('button', { name: 'Try again: photo.jpg' }).click();
    expect(await page.evaluate(() => document.activeElement?.shadowRoot?.activeElement?.className)).toBe('remove');
    await done(page);
    expect(await idsOf(page)).toHaveLength(1);
  });

  it('gets the fields that the token leaves open; or no job, and the form gets the upload', async () => {
    const page = await open(element('results'));
    site.token = { open: ['width', 'format'] };
    await read(page, (one) => {
      (one as never as { fields: object }).fields = { width: 30, format: 'png' };
    });
    await field(page).setInputFiles(await drawPhoto(60, 40));
    await page.getByRole('link', { name: 'Open: photo.jpg' }).waitFor();
    const shown = await page.locator('heavylift-upload img').evaluate((one: HTMLImageElement) => one.naturalWidth);
    expect(shown).toBe(30);
    const other = await open(element('kind="uploads"'));
    await field(other).setInputFiles(await drawPhoto(60, 40));
    await done(other);
    const [id = ''] = await idsOf(other);
    expect(await (await product.request(`/v1/uploads/${id}`)).json()).toMatchObject({ id, name: 'photo.jpg' });
  });

  it('whose job fails is told so, and keeps the form from being sent', async () => {
    const page = await open();
    const photo = await drawPhoto(600, 400, 'broken.jpg');
    await field(page).setInputFiles({ ...photo, buffer: photo.buffer.subarray(0, 600) });
    await page.locator('heavylift-upload li.failed').waitFor();
    expect(await faultOf(page)).toBe('Remove the files that could not be uploaded, or try again.');
    await page.getByRole('button', { name: 'Remove: broken.jpg' }).click();
    expect(await faultOf(page)).toBe('Choose a file.');
  });
});

describe('the element', () => {
  it('two of them in one page, moved, taken out and put back while they send', async () => {
    const page = await open(
      `<div id="a">${element('name="first"')}</div><div id="b">${element('name="second"')}</div>`,
    );
    const slow = await slowDown(page, 500_000);
    await page.locator('#a label input').setInputFiles(await drawPhoto(2000, 1500, 'moved.jpg'));
    await page.locator('#b label input').setInputFiles(await drawPhoto(60, 40, 'b.jpg'));
    await page
      .locator('#a')
      .getByText(/\d% sent/)
      .waitFor();
    await page.evaluate(() => {
      const moved = document.querySelector('#a heavylift-upload') as Node;
      document.querySelector('#b')?.append(moved);
    });
    await page.evaluate(async () => {
      const taken = document.querySelector('#b heavylift-upload:last-child') as Element;
      taken.remove();
      await new Promise((resolve) => setTimeout(resolve, 200));
      document.querySelector('#a')?.append(taken);
    });
    await slow.end();
    await done(page, 2);
    await order(page);
    await until('the form', () => site.posted[0]);
    expect(site.posted[0]?.match(/name="\w+"\r\n\r\nimg_/g)).toHaveLength(2);
  });

  it('keeps what was set on it before its script had loaded', async () => {
    const page = await open();
    const kept = await page.evaluate(async (address) => {
      // The same script by another address is another module, which finds the name taken: so a fresh frame.
      const frame = document.createElement('iframe');
      document.body.append(frame);
      const inner = frame.contentDocument as Document;
      const early = inner.createElement('heavylift-upload') as HTMLElement & Record<string, unknown>;
      early['fields'] = { width: 7 };
      early['words'] = { choose: 'Velg' };
      early['token'] = 'tok_early';
      inner.body.append(early);
      const script = Object.assign(inner.createElement('script'), { type: 'module' });
      // biome-ignore lint/suspicious/noExplicitAny: trusted types want a policy, which the page has none of
      const policy = (globalThis as any).trustedTypes?.createPolicy('test', { createScriptURL: (url: string) => url });
      script.src = policy ? policy.createScriptURL(address) : address;
      inner.head.append(script);
      await new Promise((resolve) => script.addEventListener('load', resolve));
      const { fields, words, token } = early;
      return { fields, words, token, text: early.shadowRoot?.querySelector('.choose')?.textContent };
    }, `${product.url}/heavylift-upload.js`);
    const { text, ...set } = kept;
    expect(set).toEqual({ fields: { width: 7 }, words: { choose: 'Velg' }, token: 'tok_early' });
    expect(text).toBe('Velg');
  });

  it('leaves no name in the page', async () => {
    const page = await open();
    const before = await browser.newContext().then(async (context) => {
      closers.push(() => context.close());
      const blank = await context.newPage();
      await blank.goto(`${site.origin}/`, { waitUntil: 'commit' });
      return blank.evaluate(() => Object.keys(globalThis));
    });
    expect((await page.evaluate(() => Object.keys(globalThis))).filter((name) => !before.includes(name))).toEqual([]);
  });
});

describe('a person', () => {
  it('does all of it by keyboard, and hears of it', async () => {
    const page = await open();
    await field(page).setInputFiles([await drawPhoto(60, 40, 'a.jpg'), await drawPhoto(60, 40, 'b.jpg')]);
    const said = page.locator('heavylift-upload').getByRole('status');
    await said.filter({ hasText: '2 files' }).waitFor();
    await done(page, 2);
    await field(page).focus();
    const names: (string | null)[] = [];
    for (let step = 0; step < 2; step += 1) {
      await page.keyboard.press('Tab');
      names.push(await page.evaluate(() => document.activeElement?.shadowRoot?.activeElement?.ariaLabel ?? null));
    }
    expect(names).toEqual(['Remove: a.jpg', 'Remove: b.jpg']);
    await page.keyboard.press('Enter');
    await said.filter({ hasText: 'Removed: b.jpg.' }).waitFor();
    expect(await page.evaluate(() => document.activeElement?.shadowRoot?.activeElement?.ariaLabel)).toBe(
      'Remove: a.jpg',
    );
  });

  it.each<[string, BrowserContextOptions, string]>([
    ['a wide window', { viewport: { width: 1280, height: 900 } }, 'ltr'],
    ['a phone, dark', { viewport: { width: 390, height: 844 }, colorScheme: 'dark', hasTouch: true }, 'ltr'],
    ['a small phone, from right to left', { viewport: { width: 320, height: 640 }, hasTouch: true }, 'rtl'],
  ])('finds nothing in the way, as axe judges it, whatever the state of the files: %s', async (_name, options, dir) => {
    const attributes = 'max-files="3" max-bytes="20MB" camera results';
    const page = await open(element(attributes), { ...options, bypassCSP: true });
    await page.evaluate((text) => {
      document.documentElement.dir = text;
    }, dir);
    const judge = async () => [
      ...(await findViolations(page)),
      ...((await overflowOf(page)) > 0 ? ['scrolls sideways'] : []),
    ];
    expect(await judge()).toEqual([]);
    const slow = await slowDown(page, 300_000);
    const photo = await drawPhoto(1600, 1200, 'IMG_2041 holiday.jpg');
    const small = await drawPhoto(60, 40, `${'long name '.repeat(8)}${'x'.repeat(100)}.jpg`);
    const broken = { ...photo, name: 'broken.jpg', buffer: photo.buffer.subarray(0, 5000) };
    await field(page).setInputFiles([photo, small, broken, { ...small, name: 'fourth.jpg' }]);
    await page
      .getByText(/\d% sent/)
      .first()
      .waitFor();
    expect(await judge()).toEqual([]);
    await slow.end();
    await page.getByRole('link', { name: 'Open: IMG_2041 holiday.jpg' }).waitFor();
    await page.locator('heavylift-upload li.failed').waitFor();
    expect(await judge()).toEqual([]);
  });
});
