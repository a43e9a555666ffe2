import { readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { BrowserContext, Locator, Page } from 'playwright-core';
import sharp from 'sharp';
import { openKeyring } from '../../src/keys/keyring.ts';
import { parseConfig } from '../../workers/config.ts';
import { SCOPES } from '../../workers/index.ts';
import { drawPhoto, signIn } from '../support/browser/browser.ts';
import { useBrowser } from '../support/browser/use-browser.ts';
import { openSmtpServer, type TestSmtpServer } from '../support/emails/smtp-server.ts';
import { KEYS, type Product } from '../support/product.ts';
import { until } from '../support/until.ts';

const naturalWidth = (picture: Locator) => picture.evaluate((image) => (image as HTMLImageElement).naturalWidth);

describe('a person with a browser', () => {
  let product: Product;
  let smtp: TestSmtpServer;
  let context: BrowserContext;
  let page: Page;

  beforeAll(async () => {
    smtp = await openSmtpServer();
  });
  useBrowser(
    () => ({ kinds: [['images', 'reports', 'emails']], env: { SMTP_URL: smtp.url } }),
    (opened) => {
      ({ product, context, page } = opened);
    },
  );
  afterAll(() => smtp.close());

  const steer = (action: 'pause' | 'resume') =>
    product.request(`/admin/images/${action}`, { method: 'POST', key: KEYS.operator, redirect: 'manual' });
  const card = (state: string) => page.locator(`[data-job][data-state="${state}"]`);
  const row = (state: string) => page.locator(`[data-picture][data-state="${state}"]`);
  const send = () => page.getByRole('button', { name: 'Resize' }).click();
  const openForms = async () => {
    await signIn(page, KEYS.kari);
    await page.goto('/');
  };

  describe('signing in', () => {
    it('the printed link: signed in at once, on the upload page', async () => {
      const settings = { DATA_DIR: product.dir, PUBLIC_URL: product.url, API_KEYS: `operator:${KEYS.operator}:admin` };
      await page.goto(await openKeyring(parseConfig(settings), SCOPES).signInLink());
      await page.waitForURL('/');
      expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe('Resize pictures');
      expect(await page.locator('.who').textContent()).toBe('operator');
    });

    it('a link that was tampered with: 401, and the form to sign in by key', async () => {
      const answer = await page.goto('/login?token=WyJzaWduLWluIl0.AAAA');
      expect(answer?.status()).toBe(401);
      expect(await page.getByRole('alert').textContent()).toMatch(/link does not hold/);
      expect(await page.getByLabel('API key').count()).toBe(1);
    });

    it('a wrong key: 401 with the message at the field; the right one leads where the person was going', async () => {
      await page.goto('/admin');
      expect(new URL(page.url()).pathname + new URL(page.url()).search).toBe('/login?next=%2Fadmin');
      await page.getByLabel('API key').fill('not-a-key-of-ours');
      const answered = page.waitForResponse((response) => response.request().method() === 'POST');
      await page.getByRole('button', { name: 'Sign in' }).click();
      expect((await answered).status()).toBe(401);
      const field = page.getByLabel('API key');
      expect(await field.getAttribute('aria-invalid')).toBe('true');
      expect(await field.getAttribute('aria-describedby')).toContain('key-fault');
      expect(await page.locator('#key-fault').textContent()).toBe('This API key is not known.');
      await field.fill(KEYS.operator);
      await page.getByRole('button', { name: 'Sign in' }).click();
      await page.waitForURL('/admin');
    });

    it('signing out: the next page asks for the key again', async () => {
      await openForms();
      await page.getByRole('button', { name: 'Sign out' }).click();
      await page.waitForURL('/login');
      await page.goto('/');
      expect(new URL(page.url()).pathname).toBe('/login');
    });
  });

  describe('uploading', () => {
    beforeEach(openForms);
    afterEach(() => steer('resume'));

    it('shows the picture, the upload and the wait, then the result of the asked size, without leaving the page', async () => {
      const devtools = await context.newCDPSession(page);
      await devtools.send('Network.emulateNetworkConditions', {
        offline: false,
        latency: 0,
        downloadThroughput: -1,
        uploadThroughput: 2_000_000,
      });
      await steer('pause');
      await page.evaluate(() => document.body.setAttribute('data-still-here', ''));
      await page.getByLabel('Choose pictures').setInputFiles(await drawPhoto(2400, 1600));
      await row('ready').locator('canvas').waitFor();
      expect(await row('ready').locator('[data-name]').textContent()).toBe('photo.jpg');
      await page.getByRole('spinbutton', { name: 'Width' }).fill('300');
      await page.getByLabel('Format', { exact: true }).selectOption('webp');
      await send();
      await page.waitForFunction(() => {
        const { value = 0 } = document.querySelector<HTMLProgressElement>('[data-bar]') ?? {};
        return value > 0 && value < 100;
      });
      await card('waiting').waitFor();
      expect(await card('waiting').locator('.sentence').textContent()).toBe(
        'Images are paused at the moment. Next in line for a worker.',
      );
      await steer('resume');
      await card('completed').waitFor();
      await page.locator('.file-name', { hasText: 'photo.webp' }).waitFor();
      expect(await page.locator('#job-status').textContent()).toMatch(/^Completed\. Done in /);
      await page.waitForFunction(() => document.querySelector<HTMLImageElement>('.picture img')?.complete);
      expect(await naturalWidth(page.locator('.picture img'))).toBe(300);
      expect(await page.locator('.file .hint').textContent()).toMatch(
        /^WEBP · 300 × 200 · [\d.]+ kB · quality 80 · (more than )?\d+ % smaller$/,
      );
      expect(await page.locator('body[data-still-here]').count()).toBe(1);
    });

    it('download: a file of the asked size and format', async () => {
      await page.getByLabel('Choose pictures').setInputFiles(await drawPhoto(400, 300));
      await page.getByRole('spinbutton', { name: 'Width' }).fill('120');
      await page.getByLabel('Format', { exact: true }).selectOption('png');
      await send();
      const [download] = await Promise.all([
        page.waitForEvent('download'),
        page.getByRole('link', { name: 'Download photo.png' }).click(),
      ]);
      expect(download.suggestedFilename()).toBe('photo.png');
      expect(await sharp(readFileSync(await download.path())).metadata()).toMatchObject({ format: 'png', width: 120 });
    });

    it('a preset: what the form proposes makes room for it, and the picture is as the preset says', async () => {
      const width = page.getByRole('spinbutton', { name: 'Width' });
      expect(await width.inputValue()).toBe('800');
      await page.getByLabel('Preset').selectOption('thumb');
      expect(await width.inputValue()).toBe('');
      expect(await page.locator('#images-fit option:checked').textContent()).toBe('As the preset');
      await page.getByLabel('Choose pictures').setInputFiles(await drawPhoto(400, 300));
      await send();
      await page.locator('.file .hint', { hasText: '200 × 200' }).waitFor();
      await page.getByLabel('Preset').selectOption('');
      expect(await width.inputValue()).toBe('800');
    });

    it('by keyboard alone: choose, send, download', async () => {
      const focusOn = async (selector: string) => {
        for (let press = 0; press < 30; press += 1) {
          if (await page.evaluate((wanted) => document.activeElement?.matches(wanted), selector)) return;
          await page.keyboard.press('Tab');
        }
        throw new Error(`Tab does not reach ${selector}`);
      };
      await focusOn('input[type=file]');
      const chooser = page.waitForEvent('filechooser');
      // Chromium overlooks a key now and then while it is still settling the page.
      await until('the file chooser opens', async () => {
        await page.keyboard.press('Space');
        return Promise.race([chooser.then(() => true), page.waitForTimeout(1000).then(() => false)]);
      });
      await (await chooser).setFiles(await drawPhoto(200, 100));
      await focusOn('[data-send]');
      await page.keyboard.press('Enter');
      await card('completed').waitFor();
      await focusOn('a[download]');
      const [download] = await Promise.all([page.waitForEvent('download'), page.keyboard.press('Enter')]);
      expect(download.suggestedFilename()).toBe('photo.jpg');
    });

    it('what can not work is told: a type when it is chosen, a text named .jpg when it is looked at', async () => {
      const text = { ...(await drawPhoto(1, 1)), buffer: Buffer.from('Only words, no picture at all.') };
      const notes = { name: 'notes.txt', mimeType: 'text/plain', buffer: text.buffer };
      await page.getByLabel('Choose pictures').setInputFiles([notes, text, await drawPhoto(50, 50, 'good.jpg')]);
      const fault = page.locator('#images-file-fault');
      expect(await fault.textContent()).toBe('Left out: “notes.txt” is not a picture of a type that is taken.');
      expect(await page.getByLabel('Choose pictures').getAttribute('aria-invalid')).toBe('true');
      await page.getByRole('spinbutton', { name: 'Width' }).fill('32');
      await page.getByRole('button', { name: 'Resize 2 pictures' }).click();
      await row('completed').waitFor();
      expect(await row('failed').locator('[data-sentence]').textContent()).toMatch(/not an image/);
      expect(await row('completed').locator('[data-sentence]').textContent()).toBe('32 × 32 · JPEG');
      expect(await fault.isVisible()).toBe(false);
    });

    it('refused for its width: the picture is not sent again; made again with another width, in its row and on its page', async () => {
      const uploads: string[] = [];
      page.on('request', (request) => request.url().includes('/v1/uploads') && uploads.push(request.method()));
      await page.getByLabel('Choose pictures').setInputFiles(await drawPhoto(300, 200, 'kept.jpg'));
      await page.getByRole('spinbutton', { name: 'Width' }).fill('99999');
      await page.locator('#images-form').evaluate((form) => {
        (form as HTMLFormElement).noValidate = true;
      });
      await send();
      await page.locator('#images-width-fault', { hasText: 'Width must be a whole number from 1' }).waitFor();
      await row('ready').waitFor();
      const made = async (width: number) => {
        await page.locator('.file .hint', { hasText: `JPEG · ${width} ×` }).waitFor();
        return naturalWidth(page.locator('.picture img'));
      };
      await page.getByRole('spinbutton', { name: 'Width' }).fill('90');
      await send();
      expect(await made(90)).toBe(90);
      await page.getByRole('spinbutton', { name: 'Width' }).fill('80');
      await row('completed').getByRole('button', { name: 'Make again kept.jpg' }).click();
      expect(await made(80)).toBe(80);
      expect(uploads).toEqual(['POST']);
      await card('completed').getByRole('link', { name: 'Make again with other settings' }).click();
      await page.waitForURL('/?from=img_*');
      expect(await page.getByRole('spinbutton', { name: 'Width' }).inputValue()).toBe('80');
      expect(await row('ready').locator('[data-name]').textContent()).toBe('kept.jpg');
      await page.getByRole('spinbutton', { name: 'Width' }).fill('70');
      await send();
      expect(await made(70)).toBe(70);
      expect(await card('completed').getByRole('heading', { level: 1 }).textContent()).toBe('kept.jpg');
      expect(uploads).toEqual(['POST']);
    });

    it('a picture dropped anywhere on the page is chosen', async () => {
      const { buffer } = await drawPhoto(64, 64);
      await page.evaluate(
        (bytes) => {
          const transfer = new DataTransfer();
          transfer.items.add(new File([new Uint8Array(bytes)], 'dropped.jpg', { type: 'image/jpeg' }));
          document.body.dispatchEvent(
            new DragEvent('drop', { dataTransfer: transfer, bubbles: true, cancelable: true }),
          );
        },
        [...buffer],
      );
      await row('ready').filter({ hasText: 'dropped.jpg' }).waitFor();
      await send();
      await card('completed').waitFor();
      expect(await card('completed').getByRole('heading', { level: 1 }).textContent()).toBe('dropped.jpg');
    });
  });

  describe('a job that failed', () => {
    it('for good: says why, and offers the form as it was filled in instead of another run', async () => {
      await openForms();
      const photo = await drawPhoto(300, 300, 'broken.jpg');
      await page.getByLabel('Choose pictures').setInputFiles({ ...photo, buffer: photo.buffer.subarray(0, 800) });
      await page.getByRole('spinbutton', { name: 'Width' }).fill('321');
      await send();
      await card('failed').waitFor();
      await page.locator('.facts a').click();
      await page.waitForURL('/jobs/*');
      expect(await page.locator('.trouble').textContent()).toMatch(
        /^\s*Image unreadable\. The image could not be decoded/,
      );
      expect(await page.getByRole('button', { name: 'Run again' }).count()).toBe(0);
      await page.getByRole('link', { name: 'Change and send again' }).click();
      await page.waitForURL('/?from=img_*');
      expect(await page.getByRole('spinbutton', { name: 'Width' }).inputValue()).toBe('321');
      expect(await page.locator('#images-form .notice').textContent()).toMatch(/Choose the file again\.$/);
    });
  });

  describe('the other kinds', () => {
    beforeEach(openForms);

    it('a mail: each recipient with the answer of the mail server', async () => {
      await page.getByLabel('To', { exact: true }).fill('kari@example.no, ola@example.no');
      await page.getByRole('button', { name: 'Send the mail' }).click();
      await card('completed').waitFor();
      expect(await page.locator('.recipients .address').allTextContents()).toEqual([
        'kari@example.no',
        'ola@example.no',
      ]);
      expect(smtp.mails.at(-1)?.parsed.subject).toBe('A test mail');
    });

    it('a report: a PDF to open, saved by whose it is', async () => {
      await page.getByLabel('Month').fill('2026-09');
      await page.getByRole('button', { name: 'Draw the report' }).click();
      await card('completed').waitFor();
      const url = await page.getByRole('link', { name: 'Open Kari Nordmann, 2026-09.pdf' }).getAttribute('href');
      const answer = await context.request.get(`${url}`);
      expect(answer.headers()['content-type']).toBe('application/pdf');
      expect(answer.headers()['content-disposition']).toBe('inline; filename="Kari Nordmann, 2026-09.pdf"');
      expect((await answer.body()).subarray(0, 5).toString()).toBe('%PDF-');
    });
  });
});
