import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { afterAll, afterEach, describe, expect, it } from '@jest/globals';
import PDFDocument from 'pdfkit';
import { pino } from 'pino';
import sharp from 'sharp';
import type { JobBrand } from '../../../../src/brands/brand.ts';
import { contrast } from '../../../../src/brands/contrast.ts';
import type { FinishedJob } from '../../../../src/jobs/processor.ts';
import { defaultConfig } from '../../../../workers/config.ts';
import { PALETTE } from '../../../../workers/reports/blocks/chart/palette.ts';
import { createRecolour } from '../../../../workers/reports/brand/recolour.ts';
import { findFamily } from '../../../../workers/reports/fonts/families.ts';
import { COLORS } from '../../../../workers/reports/layout/style.ts';
import { createProcessor } from '../../../../workers/reports/processor.ts';
import { type Bench, checkPdf, openBench, readPages } from '../bench.ts';

const processor = createProcessor({ config: defaultConfig(), log: pino({ level: 'silent' }) });
afterAll(() => processor.close?.());
const benches: Bench[] = [];
afterEach(async () => {
  for (const bench of benches.splice(0)) await bench.remove();
});

const require = createRequire(import.meta.url);
const run = promisify(execFile);
const LOGO = '#d21f3c';
const MM = 72 / 25.4;
const BRAND: JobBrand = {
  name: 'acme',
  version: 1,
  logo: { upload: 'upd_logo' },
  colours: { accent: '#0a5f38', text: '#2b1d10' },
  senderName: 'Fjordkaffe AS',
  postalAddress: ['Strandgata 12', '5013 Bergen'],
  letterhead: { foot: 'Org.nr. 987 654 321' },
  words: { footer: 'Sheet {page} of {pages}' },
};

/** Files that a brand may have, by the ids of their uploads. */
const FILES: Record<string, () => Promise<Buffer>> = {
  upd_logo: () => makePng(80, 40, LOGO),
  upd_paper: () => makePaper('#7a1fa2'),
  upd_following: () => makePng(595, 842, '#ffe082'),
  upd_closed: () => makePaper('#7a1fa2', { userPassword: 'a' }),
};

const makePng = (width: number, height: number, background: string): Promise<Buffer> =>
  sharp({ create: { width, height, channels: 3, background } })
    .png()
    .toBuffer();

/** A page of A4 with a broad band at its upper edge and a text at its foot. */
function makePaper(colour: string, options: PDFKit.PDFDocumentOptions = {}): Promise<Buffer> {
  const doc = new PDFDocument({ size: 'A4', margin: 0, ...options });
  doc.rect(0, 0, 595, 60).fill(colour);
  doc.fillColor('#000000').fontSize(9).text('Fjordkaffe AS, Strandgata 12', 60, 800);
  doc.end();
  return buffer(doc);
}

/** Draws a report with a brand; `logo` is what has become of its files. */
async function draw(fields: object, brand: JobBrand, logo: FinishedJob['state'] = 'completed') {
  return (await drawResult(fields, brand, logo)).pdf;
}

async function drawResult(fields: object, brand: JobBrand, logo: FinishedJob['state'] = 'completed') {
  const bench = await openBench({ ...fields, brand: 'acme' });
  benches.push(bench);
  const find = async (id: string) => {
    const content = (await FILES[id]?.()) ?? Buffer.alloc(0);
    await writeFile(bench.path(id), content);
    const file = { key: `results/${id}`, name: id, type: '', bytes: content.length, sha256: '' };
    return { id, state: logo, files: logo === 'completed' ? [file] : [] };
  };
  const { files, result } = await processor.process({ ...bench.job, brand }, { ...bench.context, jobs: { find } });
  return { pdf: bench.path(files[0]?.name ?? ''), result };
}

/** The colours that the first page has, as #rrggbb. */
async function coloursOf(pdf: string, dpi = 72, page = 1): Promise<Set<string>> {
  const args = ['-r', String(dpi), '-png', '-f', String(page), '-singlefile', pdf];
  const { stdout } = await run('pdftoppm', args, { encoding: 'buffer', maxBuffer: 10_000_000 });
  const { data, info } = await sharp(stdout).removeAlpha().raw().toBuffer({ resolveWithObject: true });
  const colours = new Set<string>();
  for (let at = 0; at < data.length; at += info.channels) colours.add(`#${data.subarray(at, at + 3).toString('hex')}`);
  return colours;
}

describe('a report with a brand', () => {
  it('has its logo, its sender and its colours on the first page, its text at the foot of each', async () => {
    const blocks = [
      { type: 'heading', text: 'Numbers' },
      { type: 'chart', chart: 'bar', categories: ['Jan'], series: [{ name: 'A', values: [1] }] },
      { type: 'pageBreak' },
      { type: 'text', text: 'Second page' },
    ];
    const pdf = await draw({ profile: 'PDF/UA-1', data: { title: 'Sales', blocks } }, BRAND);
    await checkPdf(pdf);
    const [first = '', second = ''] = await readPages(pdf);
    expect(first.replace(/\s+/g, ' ')).toMatch(
      /^ ?Fjordkaffe AS Strandgata 12 5013 Bergen Sales .*Org\.nr\. 987 654 321 $/,
    );
    expect(second.replace(/\s+/g, ' ')).toMatch(/^ ?Second page .*Sheet 2 of 2 Org\.nr\. 987 654 321 $/);
    const colours = await coloursOf(pdf);
    expect([LOGO, '#0a5f38', COLORS.accent].map((colour) => colours.has(colour))).toEqual([true, true, false]);
  });

  it('that is an invoice has the logo and says who sends it once, unless the brand has lines of its own', async () => {
    const data = {
      number: '1',
      issued: '2026-10-31',
      currency: 'NOK',
      seller: { name: 'Fjordkaffe AS' },
      buyer: { name: 'Kari' },
      lines: [{ description: 'Beans', unitPrice: 10 }],
    };
    const head = { head: ['Since 1912'], foot: '' };
    const [without] = await readPages(await draw({ template: 'invoice', data }, BRAND));
    const [own] = await readPages(await draw({ template: 'invoice', data }, { ...BRAND, letterhead: head }));
    expect(without).not.toContain('Strandgata');
    expect(own).toMatch(/^\s*Since 1912/);
  });

  it('whose logo was erased fails, and says which brand needs another', async () => {
    await expect(draw({ data: { title: 'T' } }, BRAND, 'missing')).rejects.toMatchObject({
      code: 'source_unavailable',
      message: 'The logo of the brand "acme" was erased: give the brand another one.',
    });
  });
});

describe('the letterhead of a brand', () => {
  const letterhead = {
    page: { upload: 'upd_paper' },
    following: { upload: 'upd_following' },
    top: '60mm',
    bottom: '40mm',
  };
  const blocks = [{ type: 'pageBreak' }, { type: 'text', text: 'Second page' }];
  const yOf = async (pdf: string, word: string): Promise<number[]> => {
    const { stdout } = await run('pdftotext', ['-bbox', pdf, '-']);
    return [...stdout.matchAll(new RegExp(`yMin="([\\d.]+)" xMax="[\\d.]+" yMax="[\\d.]+">${word}<`, 'g'))].map(
      ([, y]) => Number(y),
    );
  };

  it.each(['PDF/A-2b', 'PDF/UA-1', undefined])('is what the pages are printed on, in a file of %s', async (profile) => {
    const { pdf, result } = await drawResult({ profile, data: { title: 'Sales', blocks } }, { ...BRAND, letterhead });
    await checkPdf(pdf);
    const [first, second] = [await coloursOf(pdf), await coloursOf(pdf, 72, 2)];
    expect([first, second].map((colours) => ['#7a1fa2', '#ffe082', LOGO].map((colour) => colours.has(colour)))).toEqual(
      [
        [true, false, false],
        [false, true, false],
      ],
    );
    expect(result).toMatchObject({ pages: 2, warnings: [] });
    const [title = 0] = await yOf(pdf, 'Sales');
    expect(title).toBeGreaterThan(60 * MM - 1);
    for (const y of await yOf(pdf, 'Sheet')) expect(y).toBeLessThan((297 - 40) * MM);
    expect(await readPages(pdf)).not.toContain('Strandgata');
  });

  it('is left out of pages that lie the other way, with a warning; one that is closed fails, and says so', async () => {
    const page = { orientation: 'landscape' };
    const { pdf, result } = await drawResult({ page, data: { title: 'Sales' } }, { ...BRAND, letterhead });
    expect([(await coloursOf(pdf)).has('#7a1fa2'), result.warnings]).toEqual([
      false,
      [expect.objectContaining({ code: 'letterhead_unused' })],
    ]);
    const closed = draw({ data: { title: 'T' } }, { ...BRAND, letterhead: { page: { upload: 'upd_closed' } } });
    await expect(closed).rejects.toThrow('The letterhead of the brand is encrypted: take its password off first.');
  });
});

describe('the fonts of a brand', () => {
  const fontsOf = async (pdf: string) => (await run('pdffonts', [pdf])).stdout;
  const data = {
    title: 'Sales',
    blocks: [
      { type: 'heading', text: 'Numbers' },
      { type: 'text', text: 'A **bold** text.' },
    ],
  };

  it('are those of its headings and texts; one that is not here has another in its place, and a warning', async () => {
    const fonts = { heading: 'Source Sans 3', body: 'source code pro' };
    const own = await drawResult({ data }, { ...BRAND, fonts });
    const has = (text: string) =>
      ['SourceSans3-SemiBold', 'SourceSans3-Regular', 'SourceCodePro-Regular', 'SourceCodePro-SemiBold'].map((name) =>
        text.includes(name),
      );
    expect([own.result.warnings, has(await fontsOf(own.pdf))]).toEqual([[], [true, false, true, true]]);
    const { pdf, result } = await drawResult(
      { data },
      { ...BRAND, fonts: { heading: 'Source Code Pro', body: 'Helvetica Neue' } },
    );
    expect([result.warnings, has(await fontsOf(pdf))]).toEqual([
      [
        {
          code: 'font_missing',
          message: expect.stringContaining('the font "Helvetica Neue", which is not here: Source Sans 3'),
          page: 1,
        },
      ],
      [true, true, false, true],
    ]);
  });

  it('are found in the files of REPORTS_FONTS by their families, with their bold and italic', () => {
    const folder = dirname(require.resolve('@expo-google-fonts/noto-sans-hebrew/package.json'));
    const family = findFamily('noto  sans Hebrew', [folder]);
    expect(findFamily('No Such Family', [folder])).toBeUndefined();
    expect(Object.values(family ?? {}).map(({ name }) => name)).toEqual(
      ['Regular', 'Regular', 'Bold', 'Bold'].map((cut) => `NotoSansHebrew-${cut}`),
    );
  });
});

describe('the colours of a brand', () => {
  it("take the place of the house's; a series that would look alike takes the house's accent", () => {
    const like = createRecolour({ accent: '#8233cd', muted: '#555555' });
    expect([COLORS.accent, COLORS.muted, COLORS.ink, COLORS.rule].map(like)).toEqual([
      '#8233cd',
      '#555555',
      COLORS.ink,
      COLORS.rule,
    ]);
    expect(PALETTE.map(like)).toEqual(['#8233cd', PALETTE[1], PALETTE[0], ...PALETTE.slice(3)]);
    const green = createRecolour({ accent: '#0a5f38' });
    expect(PALETTE.map(green)).toEqual(['#0a5f38', ...PALETTE.slice(1)]);
  });

  it('have an ink on them in charts that can be read', async () => {
    const slices = { categories: ['A', 'B', 'C', 'D'], series: [{ name: 'S', values: [1, 1, 1, 97] }] };
    const blocks = [{ type: 'chart', chart: 'pie', ...slices }];
    // The fourth slice is like the accent, and has the accent of the house: the ink of its own colour is dark.
    const colours = await coloursOf(
      await draw({ data: { title: 'T', blocks } }, { ...BRAND, colours: { accent: '#0f766e' } }),
      200,
    );
    expect(['#1f4e79', '#12181f'].map((colour) => colours.has(colour))).toEqual([true, false]);
    const house = await coloursOf(await draw({ data: { title: 'T', blocks } }, { ...BRAND, colours: {} }), 200);
    expect(['#0f9f96', '#12181f'].map((colour) => house.has(colour))).toEqual([true, true]);
  });

  it('are judged by their contrast, as WCAG counts it', () => {
    expect(['#ffffff', '#000000', '#767676', '#0a5f38'].map((one) => contrast(one, '#ffffff').toFixed(2))).toEqual([
      '1.00',
      '21.00',
      '4.54',
      '7.76',
    ]);
  });
});
