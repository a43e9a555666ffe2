import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import type { Browser, BrowserContext, CDPSession, Page, Route } from 'playwright-core';
import { findViolations } from '../../support/browser/axe.ts';
import { drawPhoto, openProfile, overflowOf, signIn } from '../../support/browser/browser.ts';
import { drawScene, dropPictures } from '../../support/browser/drop-pictures.ts';
import { useBrowser } from '../../support/browser/use-browser.ts';
import { KEYS, type Product } from '../../support/product.ts';
import { readZip } from '../../support/storage/read-zip.ts';
import { makeTempDir } from '../../support/temp-dir.ts';
import { until } from '../../support/until.ts';

const PICTURES = 100;
const OFFLINE_MS = 10_000;
/** Where the pictures of the page are put, to be looked at. */
const SCREENSHOTS = new URL('../../../var/upload-page/', import.meta.url).pathname;
const SLOW = { timeoutMs: 240_000, everyMs: 200 };

const online = { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: 4_000_000 };

/** How many rows there are in each state. */
const statesOf = (page: Page): Promise<Record<string, number>> =>
  page.locator('[data-picture]').evaluateAll((rows) => {
    const states: Record<string, number> = {};
    for (const { dataset } of rows as HTMLElement[])
      states[`${dataset['state']}`] = (states[`${dataset['state']}`] ?? 0) + 1;
    return states;
  });
const row = (page: Page, name: string) =>
  page.locator('[data-picture]').filter({ has: page.locator(`[data-name]:text-is("${name}")`) });
const memoryOf = (pid: number) =>
  Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;

describe('the upload page', () => {
  let product: Product;
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;

  useBrowser(
    () => ({ kinds: ['images'] }),
    (opened) => {
      ({ product, browser, context, page } = opened);
    },
    { signedInWith: KEYS.operator },
  );
  const steer = (action: 'pause' | 'resume') =>
    product.request(`/admin/images/${action}`, { method: 'POST', key: KEYS.operator, redirect: 'manual' });
  afterEach(() => steer('resume'));

  const open = async (): Promise<CDPSession> => {
    await page.goto('/');
    const devtools = await context.newCDPSession(page);
    await devtools.send('Network.enable');
    return devtools;
  };
  const press = (name: string) => page.getByRole('button', { name }).click();
  const choose = (...files: Awaited<ReturnType<typeof drawPhoto>>[]) =>
    page.getByLabel('Choose pictures').setInputFiles(files);
  const reach = (wanted: Record<string, number>) =>
    until(
      `the rows are ${JSON.stringify(wanted)}`,
      async () => {
        const states = await statesOf(page);
        if (JSON.stringify(states) === JSON.stringify(wanted)) return true;
        throw new Error(JSON.stringify(states));
      },
      SLOW,
    );

  it.each([390, 1280])(
    '100 photos dropped at %d px, one of them broken, without a connection for 10 s',
    async (width) => {
      mkdirSync(SCREENSHOTS, { recursive: true });
      const show = (name: string) => page.screenshot({ path: `${SCREENSHOTS}${width}-${name}.png` });
      await page.setViewportSize({ width, height: 844 });
      const before = memoryOf(product.web.pid);
      const devtools = await open();
      await devtools.send('Network.emulateNetworkConditions', online);
      const names = Array.from({ length: PICTURES }, (_, index) => `IMG_${2000 + index} holiday.jpg`);
      const scene = await drawScene(1600, 1200);
      await dropPictures(page, { scene, names, broken: [`${names[40]}`] });
      await page.locator('[data-count]', { hasText: '100 ready' }).waitFor();
      await show('chosen');
      await page.getByLabel('Format', { exact: true }).selectOption('webp');
      await press('Resize 100 pictures');
      await until('some are done', async () => ((await statesOf(page))['completed'] ?? 0) >= 5, SLOW);
      await page.locator('#pictures-title').scrollIntoViewIfNeeded();
      await show('sending');
      await devtools.send('Network.emulateNetworkConditions', { ...online, offline: true });
      await page
        .getByText(/Goes on by itself/)
        .first()
        .waitFor();
      await show('offline');
      await page.waitForTimeout(OFFLINE_MS);
      await devtools.send('Network.emulateNetworkConditions', online);
      await reach({ completed: PICTURES - 1, failed: 1 });
      await until('it is told', async () => (await page.title()).startsWith('100 of 100, 1 failed'));
      await show('done');
      expect(await row(page, `${names[40]}`).locator('[data-sentence]').textContent()).toMatch(/could not be decoded/);
      expect(await overflowOf(page)).toBe(0);
      expect(await findViolations(page)).toEqual([]);
      const saved = page.waitForEvent('download');
      await press('Download all as a zip');
      const zip = await readZip(readFileSync(await (await saved).path()));
      const whole = names.filter((_, index) => index !== 40).map((name) => name.replace('.jpg', '.webp'));
      expect([...zip.keys()].sort()).toEqual(whole);
      const jobs = (await (await product.request('/v1/jobs?limit=100&kind=images', { key: KEYS.operator })).json()) as {
        jobs: { facts: { file: string } }[];
      };
      expect(new Set(jobs.jobs.map(({ facts }) => facts.file)).size).toBe(PICTURES);
      const [idle, most] = [before, memoryOf(product.web.pid)].map(Math.round);
      process.stdout.write(`${width} px: the web process had ${idle} MB before, ${most} MB at most\n`);
    },
  );

  it('on a small phone, dark: every sort of row fits, axe finds nothing, the camera is offered, and a long name is cut', async () => {
    const phone = {
      viewport: { width: 320, height: 640 },
      colorScheme: 'dark',
      hasTouch: true,
      isMobile: true,
    } as const;
    const { context: own, page: small, noticed } = await openProfile(browser, product.url, phone);
    await signIn(small, KEYS.operator);
    await small.goto('/');
    await small.getByRole('button', { name: 'Take a photo' }).waitFor();
    const names = [`${'a'.repeat(190)}.jpg`, 'good.jpg', 'broken.jpg'];
    await dropPictures(small, { scene: await drawScene(600, 400), names, broken: ['broken.jpg'] });
    await small.getByRole('button', { name: 'Resize 3 pictures' }).click();
    await until('all have ended', async () => (await small.title()).startsWith('3 of 3, 1 failed'));
    await dropPictures(small, { scene: await drawScene(60, 40), names: ['more.jpg'] });
    await small.getByRole('button', { name: 'Details good.jpg' }).click();
    await small.locator('[data-job][data-state="completed"]').waitFor();
    expect(await overflowOf(small)).toBe(0);
    expect(await findViolations(small)).toEqual([]);
    await small.screenshot({ path: `${SCREENSHOTS}320-dark.png`, fullPage: true });
    await own.close();
    expect(noticed).toEqual({ foreignRequests: [], faults: [] });
  });

  it('1,000 files: the page stays awake, few previews are drawn, and the list is there again after a reload', async () => {
    await open();
    const names = Array.from({ length: 1000 }, (_, index) => `scan-${index}.jpg`);
    await page.evaluate(() => {
      const seen = { longest: 0 };
      Object.assign(window, { seen });
      let last = performance.now();
      setInterval(() => {
        seen.longest = Math.max(seen.longest, performance.now() - last);
        last = performance.now();
      }, 10);
    });
    await dropPictures(page, { scene: await drawScene(300, 200), names });
    await page.locator('[data-count]', { hasText: '1000 ready' }).waitFor({ timeout: 60_000 });
    const drawn = await page.locator('[data-picture] canvas:not([hidden])').count();
    expect(drawn).toBeLessThan(100);
    const { longest } = await page.evaluate(() => (window as unknown as { seen: { longest: number } }).seen);
    process.stdout.write(
      `1,000 files: the page stood still for ${Math.round(longest)} ms at most, ${drawn} previews\n`,
    );
    await page.reload();
    await reach({ lost: 1000 });
  });

  it('a folder with folders in it, chosen or dropped, and a picture in the clipboard: pictures are taken, the rest is told or passed over', async () => {
    const devtools = await open();
    const { path, remove } = makeTempDir();
    mkdirSync(join(path, 'deeper'));
    const { buffer } = await drawPhoto(40, 30);
    for (const name of ['a.jpg', 'deeper/a.jpg', 'notes.txt', '.DS_Store']) writeFileSync(join(path, name), buffer);
    const chooser = page.waitForEvent('filechooser');
    await press('Choose a folder');
    await (await chooser).setFiles(path);
    await reach({ ready: 2 });
    expect((await page.locator('.shot-name').allTextContents()).sort()).toEqual(['a (2).jpg', 'a.jpg']);
    const fault = '“notes.txt” is not a picture of a type that is taken.';
    expect(await page.locator('#images-file-fault').textContent()).toBe(`Left out: ${fault}`);
    await press('Clear the list');
    const data = { items: [], files: [path], dragOperationsMask: 1 };
    for (const type of ['dragEnter', 'dragOver', 'drop'] as const) {
      await devtools.send('Input.dispatchDragEvent', { type, x: 200, y: 300, data });
    }
    await reach({ ready: 2 });
    expect(await page.locator('#images-file-fault').textContent()).toBe(`Left out: ${fault}`);
    await page.evaluate(
      (bytes) => {
        const clipboardData = new DataTransfer();
        clipboardData.items.add(new File([new Uint8Array(bytes)], 'image.png', { type: 'image/png' }));
        document.body.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true }));
      },
      [...buffer],
    );
    await reach({ ready: 3 });
    expect(await page.locator('#images-file-fault').isVisible()).toBe(false);
    remove();
  });

  it('more files than are taken at a time: says so', async () => {
    await open();
    await page.evaluate(() => {
      const dataTransfer = new DataTransfer();
      for (let count = 0; count < 5001; count += 1) dataTransfer.items.add(new File(['x'], `${count}.txt`));
      document.body.dispatchEvent(new DragEvent('drop', { dataTransfer, bubbles: true, cancelable: true }));
    });
    const fault = page.locator('#images-file-fault');
    await fault.filter({ hasText: 'Left out' }).waitFor();
    expect(await fault.textContent()).toMatch(
      /^Only the first 5,000 files were looked at: choose the others by themselves\. Left out: “0\.txt” .* So are 4,997 more/,
    );
  });

  it('leaving: is asked about while a file is being sent, and then only', async () => {
    const devtools = await open();
    await steer('pause');
    await choose(await drawPhoto(40, 30, 'small.jpg'));
    const asked: string[] = [];
    page.on('dialog', (dialog) => {
      asked.push(dialog.type());
      return dialog.dismiss();
    });
    const leave = () => page.getByRole('link', { name: 'Jobs', exact: true }).click({ noWaitAfter: true });
    await devtools.send('Network.emulateNetworkConditions', { ...online, uploadThroughput: 20_000 });
    await choose(await drawPhoto(900, 700, 'large.jpg'));
    await press('Resize 2 pictures');
    await reach({ waiting: 1, sending: 1 });
    await leave();
    await until('it was asked', () => asked.length === 1);
    expect([asked, new URL(page.url()).pathname]).toEqual([['beforeunload'], '/']);
    await press('Cancel large.jpg');
    await reach({ waiting: 1, cancelled: 1 });
    await leave();
    await page.waitForURL('/jobs');
    expect(asked).toHaveLength(1);
  });

  it('in the background: the title counts, and a notification comes for who asked for one', async () => {
    await context.grantPermissions(['notifications']);
    await page.addInitScript(() => {
      const told: string[] = [];
      const hidden = { value: false };
      Object.assign(window, { told, hide: (value: boolean) => Object.assign(hidden, { value }) });
      Object.defineProperty(document, 'hidden', { get: () => hidden.value });
      class Told {
        static permission = 'default';
        static requestPermission = async () => 'granted';
        constructor(_title: string, { body }: { body: string }) {
          told.push(body);
        }
      }
      Object.defineProperty(window, 'Notification', { value: Told });
    });
    await open();
    await steer('pause');
    await choose(await drawPhoto(40, 30, 'a.jpg'), await drawPhoto(40, 30, 'a.jpg'));
    await press('Resize 2 pictures');
    await reach({ waiting: 2 });
    expect(await page.title()).toMatch(/^0 of 2 · /);
    expect(await page.locator('[data-name]').allTextContents()).toEqual(['a.jpg', 'a (2).jpg']);
    await press('Notify me when done');
    await page.evaluate('hide(true)');
    await steer('resume');
    await until('the title says it', async () => (await page.title()).startsWith('2 of 2 · '));
    expect(await page.evaluate('told')).toEqual(['2 of 2 pictures done.']);
  });

  it('Redis away: the pictures wait, say why, and go on by themselves', async () => {
    await open();
    await choose(await drawPhoto(40, 30, 'a.jpg'), await drawPhoto(50, 40, 'b.jpg'));
    await product.redis.kill();
    try {
      await press('Resize 2 pictures');
      await page
        .locator('[data-sentence]', { hasText: /can not take (it|pictures) at the moment. Goes on/ })
        .first()
        .waitFor();
      expect((await statesOf(page))['failed']).toBeUndefined();
    } finally {
      await product.redis.start();
    }
    await reach({ completed: 2 });
    expect(await page.locator('[data-hold]').isVisible()).toBe(false);
  });

  it('a server that stands still: the rows say so, and go on as soon as it does not', async () => {
    await open();
    await choose(await drawPhoto(40, 30, 'a.jpg'), await drawPhoto(50, 40, 'b.jpg'));
    product.web.signal('SIGSTOP');
    try {
      await page.getByRole('button', { name: 'Resize 2 pictures' }).click({ noWaitAfter: true });
      await page.locator('[data-sentence]', { hasText: 'The server does not answer' }).nth(1).waitFor();
    } finally {
      product.web.signal('SIGCONT');
    }
    await reach({ completed: 2 });
  });

  it('a session that ends in between: is begun again in place; whoever does not want to finds a way to go on', async () => {
    await open();
    await choose(await drawPhoto(40, 30, 'a.jpg'), await drawPhoto(50, 40, 'b.jpg'));
    const endSession = async (route: Route) => {
      await context.clearCookies();
      await route.continue();
    };
    await page.route('**/v1/uploads', endSession, { times: 1 });
    await press('Resize 2 pictures');
    const dialog = page.getByRole('dialog', { name: 'Sign in again' });
    await dialog.getByRole('button', { name: 'Cancel' }).click();
    await page.locator('[data-hold]', { hasText: 'You are not signed in any more.' }).waitFor();
    await press('Go on');
    await dialog.getByLabel('API key').fill(KEYS.operator);
    await dialog.getByRole('button', { name: 'Sign in and send' }).click();
    await reach({ completed: 2 });
  });

  const finish = async () => {
    await choose(await drawPhoto(40, 30, 'a.jpg'), await drawPhoto(50, 40, 'b.jpg'));
    await press('Resize 2 pictures');
    await reach({ completed: 2 });
    const urls = await page.locator('[data-download]').evaluateAll((links) => links.map((link) => `${link}`));
    return urls.map((url) => `${/img_\w+/.exec(url)?.[0]}`);
  };

  it('settings that are refused, and a new making that is cancelled: the results stay, and so do the uploads that have jobs', async () => {
    await open();
    const [job] = await finish();
    await page.locator('#images-width').fill('99999');
    await press('Make all again with these settings');
    await page.locator('#images-width-fault', { hasText: 'must be a whole number from 1 to 16384' }).waitFor();
    await reach({ completed: 2 });
    await page.locator('#images-width').fill('20');
    const lose = (route: Route) => void setTimeout(() => route.abort().catch(() => {}), 2000);
    await page.route('**/v1/images', lose, { times: 1 });
    await press('Make again a.jpg');
    await press('Cancel a.jpg');
    await reach({ completed: 2 });
    await page.getByRole('button', { name: 'Clear the list' }).press('Enter');
    expect(await page.locator('#images-file').evaluate((input) => input === document.activeElement)).toBe(true);
    await page.goto(`/jobs/${job}`);
    const source = await page.locator('.before img').getAttribute('src');
    expect((await product.request(`${source}`, { key: KEYS.operator })).status).toBe(200);
  });

  it('cancelled while its job is being asked for: the job that is accepted all the same is cancelled too', async () => {
    await open();
    await steer('pause');
    await choose(await drawPhoto(40, 30, 'a.jpg'));
    const delay = async (route: Route) => {
      const response = await route.fetch();
      await page.waitForTimeout(1500);
      await route.fulfill({ response });
    };
    await page.route('**/v1/images', delay, { times: 1 });
    await press('Resize');
    const newest = async () => {
      const answer = await product.request('/v1/jobs?limit=1&kind=images', { key: KEYS.operator });
      const [job] = ((await answer.json()) as { jobs: { id: string; state: string; facts: { file: string } }[] }).jobs;
      return job?.facts.file === 'a.jpg' ? job : null;
    };
    const waiting = await until('it is accepted', async () => {
      const job = await newest();
      return job?.state === 'waiting' ? job : null;
    });
    await press('Cancel a.jpg');
    await reach({ cancelled: 1 });
    await product.jobReaches(waiting.id, 'cancelled');
  });

  it('a picture smaller than asked for: says so, and is made larger where that is wished', async () => {
    await open();
    await choose(await drawPhoto(40, 30, 'a.jpg'));
    await press('Resize');
    await row(page, 'a.jpg').getByText('40 × 30, not enlarged · JPEG').waitFor();
    const card = page.locator('[data-job][data-state="completed"]');
    expect(await card.locator('.file-name').textContent()).toBe('a.jpg');
    expect(await card.locator('.file .hint').textContent()).toMatch(/^JPEG · 40 × 30, not enlarged · /);
    await page.getByLabel('Enlarge pictures that are smaller').check();
    await press('Make again a.jpg');
    await row(page, 'a.jpg').getByText('800 × 600 · JPEG').waitFor();
  });

  it('the session ends, or a result is erased: the zip and the rows say so, and no file is lost', async () => {
    await open();
    const [job] = await finish();
    await choose(await drawPhoto(60, 40, 'c.jpg'));
    await reach({ completed: 2, ready: 1 });
    await context.clearCookies();
    await press('Download all as a zip');
    await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click();
    await page.getByText('Nothing was saved. You are not signed in any more.').waitFor();
    await reach({ completed: 2, ready: 1 });
    await signIn(page, KEYS.operator);
    await product.request(`/v1/jobs/${job}`, { method: 'DELETE', key: KEYS.operator });
    await page.goto('/');
    await reach({ lost: 2, completed: 1 });
  });

  it('the card of a picture whose session has ended: the page stays, with what is not sent yet', async () => {
    await open();
    await steer('pause');
    await choose(await drawPhoto(40, 30, 'a.jpg'));
    await press('Resize');
    await page.locator('[data-job]').waitFor();
    await choose(await drawPhoto(60, 40, 'b.jpg'));
    await page.route('**/v1/jobs/*/events', (route) => route.abort());
    await context.clearCookies();
    await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
    await page.locator('[data-job] .sentence', { hasText: 'You are not signed in any more.' }).waitFor();
    await reach({ waiting: 1, ready: 1 });
  });
});
