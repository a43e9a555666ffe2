import { existsSync } from 'node:fs';
import { jest } from '@jest/globals';
import { type Browser, type BrowserContext, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import sharp from 'sharp';

/**
 * A test that drives a browser may be tried again: on a small machine Chromium drops an input or starves for seconds.
 * What failed the first time is printed all the same.
 */
jest.retryTimes(2, { logErrorsBeforeRetry: true });

/** What the browser noticed that no page of ours may cause. */
export interface Noticed {
  /** Addresses asked for outside the product's own origin. */
  foreignRequests: string[];
  /** Console errors that speak of the content security policy, and uncaught errors of scripts. */
  faults: string[];
}

/**
 * Chromium as programs without a screen use it, where it is to be had (Debian): the same engine without a browser around
 * it, which halves what these tests take. Else the whole browser.
 */
const EXECUTABLES = ['/usr/bin/chromium-headless-shell', '/usr/bin/chromium', '/usr/bin/chromium-browser'];

/** Chromium without a screen; nothing of its own goes out. */
export const openBrowser = (): Promise<Browser> =>
  chromium.launch({
    executablePath: EXECUTABLES.find(existsSync) ?? 'chromium',
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      // A name that is not loopback: browsers treat it as an ordinary host without TLS.
      '--host-resolver-rules=MAP heavylift.test 127.0.0.1',
    ],
  });

/** A browser profile of its own, and what it notices about pages of `origin`. */
export async function openProfile(
  browser: Browser,
  origin: string,
  options: BrowserContextOptions = {},
): Promise<{ context: BrowserContext; page: Page; noticed: Noticed }> {
  const context = await browser.newContext({ baseURL: origin, ...options });
  const noticed: Noticed = { foreignRequests: [], faults: [] };
  context.on('request', (request) => {
    const url = new URL(request.url());
    if (['http:', 'https:'].includes(url.protocol) && url.origin !== origin) noticed.foreignRequests.push(url.href);
  });
  context.on('console', (message) => {
    if (/content security policy|refused to/i.test(message.text())) noticed.faults.push(message.text());
  });
  context.on('weberror', (error) => noticed.faults.push(String(error.error())));
  const page = await context.newPage();
  page.setDefaultTimeout(15_000);
  return { context, page, noticed };
}

/** Signs the page's profile in by what the form would send, and leaves the page as it is. */
export async function signIn(page: Page, key: string): Promise<void> {
  const answer = await page.request.post('/login', { form: { key }, maxRedirects: 0 });
  if (answer.status() !== 303) throw new Error(`signing in: ${answer.status()}`);
}

/** How much wider than the window the page is, in pixels; 0 when nothing has to be scrolled sideways. */
export const overflowOf = (page: Page): Promise<number> =>
  page.evaluate(() => Math.max(0, document.documentElement.scrollWidth - innerWidth));

/** A photo-like JPEG of that size, for file fields. */
export async function drawPhoto(width: number, height: number, name = 'photo.jpg') {
  const noise = { type: 'gaussian', mean: 120, sigma: 40 } as const;
  const buffer = await sharp({ create: { width, height, channels: 3, background: '#27507c', noise } })
    .jpeg()
    .toBuffer();
  return { name, mimeType: 'image/jpeg', buffer };
}
