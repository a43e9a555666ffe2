import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { afterAll, afterEach, describe, expect, it } from '@jest/globals';
import sharp from 'sharp';
import { reports } from '../../../../workers/reports/job.ts';
import { createRenderPool } from '../../../../workers/reports/render/pool.ts';
import { svgOf } from '../../../support/reports/drawings.ts';
import { type Bench, countDots, drawPage, openBench, readPages } from '../bench.ts';

const pool = createRenderPool(1);
afterAll(() => pool.close());

let bench: Bench | undefined;
afterEach(async () => {
  await bench?.remove();
  bench = undefined;
});

/** Draws a document of these blocks; returns the PDF's path and what is known of it. */
async function draw(blocks: object[], rest: object = {}) {
  bench = await openBench({ footer: '', data: { title: 'T', blocks }, ...rest });
  const { job, context } = bench;
  const pdf = bench.path('report.pdf');
  const task = { input: job.input, createdAt: job.createdAt, pdf, maxRows: 1000, maxPages: 1000 };
  const report = await pool.render(task, { signal: context.signal, onProgress: () => {} });
  return { ...report, pdf };
}

const blackPicture = (width: number, height: number) =>
  sharp({ create: { width, height, channels: 3, background: '#000' } });
const imageOf = (content: Buffer, rest: object = {}) => ({
  type: 'image',
  source: { content: content.toString('base64') },
  ...rest,
});

/** Width, height and left edge, in points, of what is black on a page; text is dark grey at most. */
async function measureBlack(pdf: string, page = 1): Promise<{ width: number; height: number; left: number }> {
  const { width, dots } = await drawPage(pdf, page);
  let [left, top, right, bottom] = [Infinity, Infinity, 0, 0];
  for (const [index, dot] of dots.entries()) {
    if (dot > 4) continue;
    const [x, y] = [index % width, Math.floor(index / width)];
    [left, top, right, bottom] = [Math.min(left, x), Math.min(top, y), Math.max(right, x), Math.max(bottom, y)];
  }
  // Poppler fills every dot that a picture touches: without the last ones the size is right to a dot.
  return { width: right - left, height: bottom - top, left };
}

describe('pictures', () => {
  it('no width: 96 pixels an inch, at the left margin', async () => {
    const { pdf } = await draw([imageOf(await blackPicture(160, 80).png().toBuffer())], { page: { margin: '36pt' } });
    expect(await measureBlack(pdf)).toEqual({ width: 120, height: 60, left: 36 });
  });

  it('a width: that part of the line, in its own proportions', async () => {
    const image = imageOf(await blackPicture(160, 80).jpeg().toBuffer(), { width: '50%' });
    const { pdf } = await draw([image], { page: { size: 'Letter', margin: '36pt' } });
    expect(await measureBlack(pdf)).toEqual({ width: 270, height: 135, left: 36 });
  });

  it('larger than a page: is scaled down until it fits on one', async () => {
    const { pdf, pages } = await draw([imageOf(await blackPicture(900, 4000).png().toBuffer())]);
    expect(pages).toBe(2);
    const { width, height } = await measureBlack(pdf, 2);
    expect(height).toBeGreaterThan(700);
    expect(height).toBeLessThanOrEqual(842 - 2 * 56);
    expect(width / height).toBeCloseTo(900 / 4000, 2);
  });

  it('a photo taken sideways (EXIF orientation 6): stands upright', async () => {
    const photo = await blackPicture(160, 80).withMetadata({ orientation: 6 }).jpeg().toBuffer();
    const { pdf } = await draw([imageOf(photo)]);
    expect(await measureBlack(pdf)).toMatchObject({ width: 60, height: 120 });
  });

  it('WebP, the first frame of a GIF, a PNG in the colours of a wide screen, data URLs: are printed in their colours', async () => {
    const solid = (background: string) => sharp({ create: { width: 80, height: 80, channels: 3, background } });
    const frames = await Promise.all([solid('#20c040'), solid('#c02040')].map((frame) => frame.png().toBuffer()));
    const gif = await sharp(frames, { join: { animated: true } })
      .gif()
      .toBuffer();
    const wide = await solid('#c83232').withIccProfile('p3').png().toBuffer();
    const webp = await solid('#000000').webp().toBuffer();
    const clear = await sharp({ create: { width: 80, height: 80, channels: 4, background: '#f0f' } })
      .webp({ lossless: true })
      .toBuffer();
    const url = { type: 'image', source: { content: `data:image/webp;base64,${clear.toString('base64')}` }, alt: 'x' };
    const photo = await solid('#3232c8').withIccProfile('p3').jpeg({ quality: 100 }).toBuffer();
    const plain = await solid('#7832c8').withIccProfile('srgb').jpeg({ quality: 100 }).toBuffer();
    const images = [webp, gif, gif, wide, photo, plain].map((content) => imageOf(content, { width: '12%' }));
    const { pdf } = await draw([...images, url], { profile: 'PDF/A-2b' });
    const colours = ['#000000', '#20c040', '#c83232', '#ff00ff', '#3232c8', '#7832c8', '#c02040'];
    const counts = await countDots(pdf, 1, colours);
    expect(counts.map((count) => count > 700)).toEqual([true, true, true, true, true, true, false]);
    // What says that it is sRGB stays as it was encoded.
    expect((await readFile(pdf)).includes(plain)).toBe(true);
  });

  it('drawings: stand in the size that CSS gives them, fine as paper is, transparent, in blocks and in cells', async () => {
    const disc = svgOf('<circle cx="50" cy="50" r="50"/>');
    const text = `data:image/svg+xml;utf8,${encodeURIComponent(disc.toString())}`;
    const table = {
      type: 'table',
      columns: [{ key: 'a', pictures: { black: text } }],
      rows: [{ a: 'black' }],
    };
    const square = svgOf('<rect width="100" height="100" fill="#20c040"/>').toString('base64');
    const green = { type: 'image', source: { content: `data:image/svg+xml;charset=utf-8;base64,${square}` }, alt: 'g' };
    const { pdf } = await draw([imageOf(disc), imageOf(disc, { width: '20%' }), green, table]);
    const { stdout } = await promisify(execFile)('pdfimages', ['-list', pdf]);
    const listed = stdout.split('\n').map((line) => line.trim().split(/ +/));
    // 75 points, a fifth of 170 mm, 48 points, each at 300 dots an inch; the transparent ones with a mask.
    const sizes = listed.filter(([, , kind]) => kind === 'image').map(([, , , width, height]) => [width, height]);
    expect(sizes.map(String)).toEqual(['313,313', '402,402', '313,313', '200,200']);
    expect(listed.filter(([, , kind]) => kind === 'smask')).toHaveLength(3);
    const [, green75 = 0] = await countDots(pdf, 1, ['#000000', '#20c040']);
    expect(Math.abs(green75 - (75 / 2) ** 2)).toBeLessThan(80);
    const { dots } = await drawPage(pdf, 1);
    const black = dots.filter((dot) => dot < 5).length;
    const discs = Math.PI * (37.5 ** 2 + (0.1 * 170 * (72 / 25.4)) ** 2 + 24 ** 2);
    expect(Math.abs(black / discs - 1)).toBeLessThan(0.05);
  });

  it.each([
    ['something outside', '<image href="https://x.example/a.png"/>', 'refers to something outside of itself'],
    ['nothing that is XML', '<g', 'is no well-formed XML'],
  ])('a drawing that holds %s: is refused with its place', async (_what, content, sentence) => {
    await expect(draw([imageOf(svgOf(content))])).rejects.toMatchObject({
      code: 'report_failed',
      message: expect.stringMatching(`^The image at /data/blocks/0 is an SVG that .*${sentence}`),
    });
  });

  it.each([
    ['of 16 bits', false, 3600, 'a PNG of 16 bits with 3600 x 3600 pixels, which unpack to more than 100 MB'],
    [
      'of 16 bits, interlaced',
      true,
      2600,
      'an interlaced PNG of 16 bits with 2600 x 2600 pixels, which unpack to more than 50 MB',
    ],
  ])(
    'a PNG %s that would take much memory: is refused before it is unpacked',
    async (_what, progressive, side, sentence) => {
      const background = { r: 1, g: 2, b: 3, alpha: 0.5 };
      const picture = sharp({ create: { width: side, height: side, channels: 4, background } }).toColourspace('rgb16');
      await expect(draw([imageOf(await picture.png({ progressive, compressionLevel: 1 }).toBuffer())])).rejects.toThrow(
        sentence,
      );
    },
  );

  it.each([1, 4, 5])('a PNG cut off in its %ith fifth: is refused with its place', async (fifth) => {
    const whole = await sharp({
      create: {
        width: 80,
        height: 80,
        channels: 4,
        background: '#0008',
        noise: { type: 'gaussian', mean: 99, sigma: 40 },
      },
    })
      .png()
      .toBuffer();
    const cut = imageOf(whole.subarray(0, Math.floor(whole.length * (fifth / 5)) - 60));
    await expect(draw([{ type: 'columns', columns: [[], [cut]] }])).rejects.toMatchObject({
      code: 'report_failed',
      message:
        "The image at /data/blocks/0/columns/1/0 can't be read as PNG, JPEG, WebP, GIF or SVG: it seems damaged or cut off.",
    });
  });
});

describe('columns', () => {
  it('a list and a table side by side over pages: all of both is printed, the header on each page', async () => {
    const names = Array.from({ length: 120 }, (_, index) => `n${index + 1}`);
    const items = names.map((name) => `i-${name}`);
    const table = {
      type: 'table',
      columns: [{ key: 'a', title: 'Heading' }],
      rows: names.map((name) => ({ a: `r-${name}` })),
    };
    const { pdf } = await draw([{ type: 'columns', columns: [[{ type: 'list', items }], [table]] }]);
    const pages = await readPages(pdf);
    const text = pages.join('\n');
    expect(text.match(/i-n\d+/g)).toEqual(items);
    expect(text.match(/r-n\d+/g)).toEqual(names.map((name) => `r-${name}`));
    for (const page of pages) expect(page.match(/Heading/g)).toHaveLength(1);
    expect(pages.length).toBe(4);
  });
});

describe('what readers find beside the text', () => {
  it('links lead where they should, headings stand in the side bar by their level and page', async () => {
    const { pdf } = await draw(
      [
        { type: 'heading', text: 'One' },
        { type: 'text', text: 'See [Blåbær](https://example.no/å) or [mail](mailto:a@example.no)' },
        { type: 'heading', level: 2, text: 'One æ' },
        { type: 'pageBreak' },
        { type: 'heading', text: 'Two' },
      ],
      { outline: true },
    );
    const { stdout } = await promisify(execFile)('qpdf', ['--json', pdf], { maxBuffer: 10_000_000 });
    const { outlines } = JSON.parse(stdout);
    const entry = (title: string, destpageposfrom1: number, kids: object[]) =>
      expect.objectContaining({ title, destpageposfrom1, kids });
    expect(outlines).toEqual([entry('One', 1, [entry('One æ', 1, [])]), entry('Two', 2, [])]);
    expect(stdout.match(/"\/URI": "u:[^"]+"/g)).toEqual([
      '"/URI": "u:https://example.no/%C3%A5"',
      '"/URI": "u:mailto:a@example.no"',
    ]);
  });

  it('header and footer: on each page, with the numbers filled in, clear of the body', async () => {
    const blocks = [{ type: 'text', text: 'body one' }, { type: 'pageBreak' }, { type: 'text', text: 'body two' }];
    const { pdf } = await draw(blocks, {
      header: 'a\nb\nHead {page}',
      footer: '{page}/{pages}',
      page: { margin: '5mm' },
    });
    const pages = (await readPages(pdf)).map((page) => page.trim().split(/\s*\n\s*/));
    expect(pages).toEqual([
      ['a', 'b', 'Head 1', 'T', 'body one', '1/2'],
      ['a', 'b', 'Head 2', 'body two', '2/2'],
    ]);
  });

  it('a second report in the same thread: its letters can be copied, whatever the first one used', async () => {
    for (const text of ['Månedsrapport Ærø Å É', 'MANEDSRAPPORT A E y Månedsrapport']) {
      const { pdf } = await draw([{ type: 'text', text: `${text} **${text}**` }]);
      expect((await readPages(pdf))[0]).toContain(`${text} ${text}`);
      await bench?.remove();
      bench = undefined;
    }
  });

  it('more different letters than there are codes without a meaning to PDF: each is read back as itself', async () => {
    const letters = (from: number, count: number) =>
      Array.from({ length: count }, (_, index) => String.fromCodePoint(from + index)).join('');
    const texts = [letters(0x21, 94), letters(0xc0, 64), letters(0x391, 17), letters(0x410, 64)];
    const columns = [{ key: 'a', title: 'A' }];
    const rows = texts.map((a) => ({ a }));
    const { pdf } = await draw([{ type: 'table', columns, rows }]);
    const [page = ''] = await readPages(pdf);
    expect(page.split('\n').map((line) => line.trim())).toEqual(expect.arrayContaining(texts));
  });

  it('fields with characters that PDF gives a meaning: are printed as they are', async () => {
    const text = 'a) b( c\\ <x> & <<y>> %z /n';
    const { pdf } = await draw([{ type: 'text', text: text.replaceAll('\\', '\\\\') }]);
    expect((await readPages(pdf))[0]).toContain(text);
    expect(reports.input.safeParse({ data: { title: text } }).success).toBe(true);
  });
});
