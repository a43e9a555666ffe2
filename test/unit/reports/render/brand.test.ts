import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { afterAll, afterEach, describe, expect, it } from '@jest/globals';
import { pino } from 'pino';
import sharp from 'sharp';
import type { JobBrand } from '../../../../src/brands/brand.ts';
import { contrastWithWhite } from '../../../../src/http/api/brands/brand-fields.ts';
import type { FinishedJob } from '../../../../src/jobs/processor.ts';
import { defaultConfig } from '../../../../workers/config.ts';
import { PALETTE } from '../../../../workers/reports/blocks/chart/palette.ts';
import { createRecolour } from '../../../../workers/reports/brand/recolour.ts';
import { COLORS } from '../../../../workers/reports/layout/style.ts';
import { createProcessor } from '../../../../workers/reports/processor.ts';
import { type Bench, checkPdf, openBench, readPages } from '../bench.ts';

const processor = createProcessor({ config: defaultConfig(), log: pino({ level: 'silent' }) });
afterAll(() => processor.close?.());
const benches: Bench[] = [];
afterEach(async () => {
  for (const bench of benches.splice(0)) await bench.remove();
});

const run = promisify(execFile);
const LOGO = '#d21f3c';
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

/** Draws a report with a brand; `logo` is what has become of its upload. */
async function draw(fields: object, brand: JobBrand, logo: FinishedJob['state'] = 'completed') {
  const bench = await openBench({ ...fields, brand: 'acme' });
  benches.push(bench);
  const picture = await sharp({ create: { width: 80, height: 40, channels: 3, background: LOGO } })
    .png()
    .toBuffer();
  await writeFile(bench.path('logo.png'), picture);
  const file = { key: 'results/logo.png', name: 'logo.png', type: 'image/png', bytes: picture.length, sha256: '' };
  const jobs = { find: async (id: string) => ({ id, state: logo, files: logo === 'completed' ? [file] : [] }) };
  const { files } = await processor.process({ ...bench.job, brand }, { ...bench.context, jobs });
  return bench.path(files[0]?.name ?? '');
}

/** The colours that the first page has, as #rrggbb. */
async function coloursOf(pdf: string, dpi = 72): Promise<Set<string>> {
  const args = ['-r', String(dpi), '-png', '-f', '1', '-singlefile', pdf];
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
    expect(['#ffffff', '#000000', '#767676', '#0a5f38'].map((one) => contrastWithWhite(one).toFixed(2))).toEqual([
      '1.00',
      '21.00',
      '4.54',
      '7.76',
    ]);
  });
});
