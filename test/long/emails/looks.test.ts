import { execFileSync, spawnSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Browser } from 'playwright-core';
import { HOUSE_COLOURS } from '../../../workers/emails/brand/mail-brand.ts';
import { renderContent } from '../../../workers/emails/content/render-content.ts';
import { readTemplates } from '../../../workers/emails/content/template-files.ts';
import { createTemplates } from '../../../workers/emails/content/templates.ts';
import { inScheme, SCHEMES } from '../../../workers/emails/preview/scheme.ts';
import { openBrowser } from '../../support/browser/browser.ts';
import { openMail } from '../../unit/emails/open-mail.ts';

const templates = createTemplates(readTemplates());
const LONG = '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08';
const VARIABLES = {
  ...{ title: `Rapport ${LONG}`, name: 'Kari Nordmann', message: LONG.repeat(2), summary: LONG, period: 'Oktober' },
  ...{ url: 'https://example.no/ordre/7', button: `Se ${LONG}` },
  facts: [
    { label: 'Kontrollsum', value: LONG },
    { label: 'Menneskerettighetsorganisasjonssekretariatet', value: 'Ja' },
  ],
};
const brand = { name: 'b', senderName: LONG, postalAddress: [LONG, '5013 Bergen'], logo: null };

describe('the mails that are there', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await openBrowser();
  });
  afterAll(() => browser.close());

  it.each(['nb', 'ar'])('cut nothing of long words in %s, wide and narrow, light and dark', async (lang) => {
    const page = await browser.newPage();
    for (const template of ['report-ready', 'notification']) {
      const source = { template, variables: VARIABLES, lang, unsubscribeUrl: 'https://b.no/', links: [], brand };
      const { html = '' } = renderContent({ ...source, colours: HOUSE_COLOURS }, templates);
      for (const width of [600, 320]) {
        for (const scheme of SCHEMES) {
          await page.setViewportSize({ width, height: 600 });
          await page.setContent(inScheme(html, scheme));
          const right = await page.evaluate('document.documentElement.scrollWidth');
          expect([template, width, scheme, right]).toEqual([template, width, scheme, width]);
        }
      }
    }
    await page.close();
  });
});

const hasSpamAssassin = spawnSync('spamassassin', ['--version']).status === 0;
if (!hasSpamAssassin) console.log('SpamAssassin is not installed: what it makes of our mails is not asked.');

(hasSpamAssassin ? it : it.skip)('are no spam to SpamAssassin: below 2 points', async () => {
  const { server, send } = await openMail();
  const variables = {
    ...{
      title: 'Rapport for oktober',
      name: 'Kari Nordmann',
      message: 'Bestillingen din er på vei.',
      period: 'Oktober',
    },
    ...{
      summary: 'Salget økte med 12 prosent.',
      url: 'https://example.no/ordre/7',
      facts: [{ label: 'Sum', value: '499 kr' }],
    },
  };
  const lang = ['nb', 'en', 'ar'];
  for (const one of lang) {
    for (const template of ['report-ready', 'notification']) {
      await send({ to: 'Kari <kari@example.no>', template, variables, lang: one });
      await send({ to: 'Kari <kari@example.no>', template, variables, lang: one, messageStream: 'news' });
    }
  }
  const scores = server.mails.map(({ source }) => {
    const received = `Received: from mail.firma.no (mail.firma.no [192.0.2.7]) by mx.example.no; Sat, 31 Oct 2026 08:00:01 +0000\r\n`;
    const marked = execFileSync('spamassassin', ['-t', '-L'], {
      input: received + source,
      maxBuffer: 10_000_000,
    }).toString();
    return Number(/X-Spam-Status: .*?score=(-?[\d.]+)/s.exec(marked)?.[1]);
  });
  expect(scores).toHaveLength(12);
  expect(Math.max(...scores)).toBeLessThan(2);
});
