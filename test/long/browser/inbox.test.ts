import { createServer, type Server } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Page } from 'playwright-core';
import { openProfile, overflowOf, signIn } from '../../support/browser/browser.ts';
import { type Deployment, useDeployment } from '../../support/browser/use-browser.ts';
import { KEYS, type Product } from '../../support/product.ts';
import { until } from '../../support/until.ts';

const PIXEL = Buffer.from('R0lGODlhAQABAIAAAP8AAP///ywAAAAAAQABAAACAkQBADs=', 'base64').toString('base64');

describe('an operator with a browser: the inbox', () => {
  let deployment: Deployment;
  let product: Product;
  let tracker: Server;
  /** What the tracker was asked for; '' for a connection that has asked for nothing yet. */
  const asked: string[] = [];
  useDeployment(
    () => ({ kinds: ['emails'] }),
    (opened) => {
      deployment = opened;
      ({ product } = opened);
    },
  );
  beforeAll(async () => {
    tracker = createServer((socket) => {
      const place = asked.push('') - 1;
      socket.once('data', (head) => {
        asked[place] = head.toString().split(' ')[1] ?? '';
        socket.end('HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n');
      });
      socket.on('error', () => {});
    });
    await new Promise<void>((done) => tracker.listen(0, '127.0.0.1', done));
  });
  afterAll(() => void tracker.close());

  const trackerUrl = () => `http://127.0.0.1:${(tracker.address() as { port: number }).port}`;
  const send = async (mail: Record<string, unknown>) => {
    const answer = await product.request('/v1/emails', {
      method: 'POST',
      body: JSON.stringify({ to: 'Kari <kari@example.no>', text: 'Hei!', ...mail }),
      headers: { 'Content-Type': 'application/json' },
    });
    const { id } = (await answer.json()) as { id: string };
    await product.jobReaches(id, 'completed');
    return id;
  };
  const open = async (profile = {}): Promise<{ page: Page; close: () => Promise<void> }> => {
    const { context, page } = await openProfile(deployment.browser, product.url, profile);
    await signIn(page, KEYS.operator);
    return { page, close: () => context.close() };
  };

  it('a mail appears while the list is open; it leads to its job and back; it is deleted', async () => {
    const { page, close } = await open();
    await page.goto('/admin');
    expect(await page.getByText('Kept in the inbox, not sent: SMTP_URL is not set.').count()).toBe(1);
    await page.getByRole('link', { name: 'Inbox' }).click();
    await page.getByText('No mail is here.').waitFor();
    const id = await send({ subject: 'Rapporten er klar' });
    await page.getByRole('link', { name: 'Rapporten er klar' }).click();
    await page.getByRole('heading', { name: 'Rapporten er klar' }).waitFor();
    expect(await page.locator('pre').textContent()).toBe('Hei!\n');
    await page.getByRole('link', { name: id }).click();
    await page.getByRole('link', { name: 'Kept in the inbox, not sent: SMTP_URL is not set' }).click();
    await page.getByRole('link', { name: 'Rapporten er klar' }).click();
    await page.getByRole('button', { name: 'Delete this mail' }).click();
    await page.getByText('The mail was deleted.').waitFor();
    expect(await page.getByText('No mail is here.').count()).toBe(1);
    await close();
  });

  it('a hostile mail: its pictures are shown; nothing runs, nobody is asked, until the reader wants pictures of others', async () => {
    const url = trackerUrl();
    await send({
      subject: 'Hostile',
      html: `<base href="${url}/"><meta http-equiv="refresh" content="0;url=${url}/away"><link rel="preconnect" href="${url}">
        <link rel="stylesheet" href="${url}/x.css"><style>@import url(${url}/y.css); body { background: url(${url}/b.png) }</style>
        <script>fetch('${url}/fetch')</script><p id="word" onclick="location='${url}'">Word</p><img src="x" onerror="parent.location='${url}/error'">
        <iframe src="${url}/frame"></iframe><object data="${url}/object"></object><video poster="${url}/poster" src="${url}/video"></video>
        <form action="${url}/form"><button>Press</button></form><a href="${url}/link" ping="${url}/ping">Link</a>
        <img id="own" src="cid:logo"><img id="pixel" src="${url}/pixel.gif" alt="">`,
      attachments: [{ filename: 'logo.gif', content: PIXEL, type: 'image/gif', cid: 'logo' }],
    });
    const { page, close } = await open();
    await page.goto('/inbox');
    await page.getByRole('link', { name: 'Hostile' }).click();
    const frame = page.frameLocator('iframe');
    await frame.locator('#word').click();
    await frame.getByRole('button', { name: 'Press' }).click();
    const widthOf = (selector: string) =>
      frame.locator(selector).evaluate((image: HTMLImageElement) => image.naturalWidth);
    await until('the picture of the mail is shown', async () => (await widthOf('#own')) === 1);
    expect(new URL(page.url()).pathname).toMatch(/^\/inbox\/inb_/);
    expect(asked).toEqual([]);
    const opened = page.waitForEvent('popup');
    await frame.getByRole('link', { name: 'Link' }).click();
    const tab = await opened;
    await until('the link was followed', () => asked.includes('/link'));
    expect(await tab.evaluate(() => window.opener)).toBeNull();
    await tab.close();
    expect(new Set(asked.splice(0).filter(Boolean))).toEqual(new Set(['/link']));
    await page.getByRole('link', { name: 'Show them' }).click();
    await until('the picture is asked for', () => asked.includes('/pixel.gif'));
    expect(asked.filter((path) => path && !['/pixel.gif', '/b.png', '/poster'].includes(path))).toEqual([]);
    await close();
  });

  it('on a phone, without JavaScript: list, search and mail fit', async () => {
    await send({ subject: `Lang ${'x'.repeat(200)}`, html: '<table width="900"><tr><td>wide</td></tr></table>' });
    const { page, close } = await open({ viewport: { width: 390, height: 844 }, javaScriptEnabled: false });
    await page.goto('/inbox');
    await page.getByLabel('Search').fill('lang x');
    await page.getByRole('button', { name: 'Search' }).click();
    expect(await page.locator('#inbox-list li').count()).toBe(1);
    expect(await overflowOf(page)).toBe(0);
    await page.locator('#inbox-list a').first().click();
    expect(await overflowOf(page)).toBe(0);
    expect(await page.locator('iframe').count()).toBe(1);
    await close();
  });
});
