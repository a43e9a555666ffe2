import { existsSync } from 'node:fs';
import { chromium } from 'playwright-core';
import sharp from 'sharp';
import { createRandom } from '../../test/support/hostile/files.ts';
import { KEYS, startProduct } from '../../test/support/product.ts';
import { svgOf } from '../../test/support/reports/drawings.ts';

const [WIDTH, HEIGHT] = [1200, 800];
const random = createRandom(17);
const within = (least: number, most: number) => Math.round(least + random() * (most - least));
const INKS = ['#1b4d89', '#d1495b', '#edae49', '#00798c', '#30638e', '#5f0f40'];
const times = (count: number, write: (index: number) => string) =>
  Array.from({ length: count }, (_, at) => write(at)).join('');
const text = (x: number, y: number, size: number, words: string) =>
  `<text x="${x}" y="${y}" font-size="${size}" font-family="sans-serif" fill="#222">${words}</text>`;

/** Drawings as people make them: a chart, a plan, icons, an illustration with soft shades, a page of text and lines. */
const DRAWINGS: readonly (() => string)[] = [
  () =>
    times(24, (at) => {
      const high = within(80, 560);
      return `<rect x="${60 + at * 46}" y="${700 - high}" width="34" height="${high}" fill="${INKS[at % 6]}"/>${text(62 + at * 46, 730, 16, `${at + 1}`)}`;
    }) + text(60, 60, 36, 'Orders by hour'),
  () =>
    times(
      60,
      () => `<path d="M${within(0, 1200)} 0L${within(0, 1200)} 800" stroke="#999" stroke-width="${within(1, 9)}"/>`,
    ) +
    times(
      40,
      () =>
        `<circle cx="${within(0, 1200)}" cy="${within(0, 800)}" r="${within(3, 60)}" fill="${INKS[within(0, 5)]}" opacity="0.6"/>`,
    ),
  () =>
    times(96, (at) => {
      const [x, y] = [50 + (at % 12) * 96, 50 + Math.floor(at / 12) * 92];
      return `<rect x="${x}" y="${y}" width="64" height="64" rx="14" fill="${INKS[at % 6]}"/><path d="M${x + 16} ${y + 34}l12 12l22 -${within(18, 30)}" fill="none" stroke="#fff" stroke-width="6"/>`;
    }),
  () =>
    '<linearGradient id="sky" x2="0" y2="1"><stop stop-color="#16324f"/><stop offset="1" stop-color="#f2a65a"/></linearGradient>' +
    '<rect width="1200" height="800" fill="url(#sky)"/><circle cx="820" cy="420" r="90" fill="#ffe8b6"/>' +
    times(5, (at) => {
      const top = 420 + at * 75;
      const ridge = times(13, (peak) => `L${peak * 100} ${top + within(-60, 60)}`);
      return `<path d="M0 800L0 ${top}${ridge}L1200 800Z" fill="${INKS[at]}"/>`;
    }),
  () =>
    times(30, (line) =>
      text(
        60,
        50 + line * 25,
        17,
        times(12, () => `${'lorem ipsum dolor sit amet'.slice(0, within(3, 26))} `),
      ),
    ) + times(8, (at) => `<path d="M0 ${at * 100}H1200" stroke="#1b4d89" stroke-width="1"/>`),
];
/** Pages of the product itself. */
const PAGES = ['/', '/docs', '/admin', '/templates', '/jobs'];
const BROWSERS = ['/usr/bin/chromium-headless-shell', '/usr/bin/chromium', '/usr/bin/chromium-browser'];

/** Draws five drawings, each a PNG. */
export function drawDrawings(): Promise<Buffer[]> {
  // Images do not let it be reached: they draw in a process of its own.
  sharp.unblock({ operation: ['VipsForeignLoadSvgBuffer'] });
  return Promise.all(
    DRAWINGS.map((draw) => {
      const paper = `<rect width="100%" height="100%" fill="#fff"/>`;
      const drawing = svgOf(paper + draw(), `width="${WIDTH}" height="${HEIGHT}"`);
      return sharp(drawing).png().toBuffer();
    }),
  );
}

/** Takes five screenshots of the product's pages, each a PNG; none where Chromium is not installed. */
export async function takeScreenshots(): Promise<Buffer[]> {
  const executablePath = BROWSERS.find(existsSync);
  if (executablePath === undefined) return [];
  const product = await startProduct({});
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] });
  try {
    const viewport = { width: WIDTH, height: HEIGHT };
    const page = await (await browser.newContext({ baseURL: product.url, viewport })).newPage();
    await page.request.post('/login', { form: { key: KEYS.operator }, maxRedirects: 0 });
    const shots: Buffer[] = [];
    for (const path of PAGES) {
      await page.goto(path);
      shots.push(await page.screenshot());
    }
    return shots;
  } finally {
    await browser.close();
    await product.close();
  }
}
