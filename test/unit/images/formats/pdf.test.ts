import { describe, expect, it } from '@jest/globals';
import PDFDocument from 'pdfkit';
import sharp from 'sharp';
import { images } from '../../../../workers/images/job.ts';
import { chooseDrawnSize } from '../../../../workers/images/reading/drawn-size.ts';
import { ownSize } from '../../../../workers/images/reading/read-pdf.ts';
import { colourAt } from '../pictures.ts';
import { failureOf, prepare, processor, run } from '../run.ts';

const A4 = { width: 595.28, height: 841.89 };
const RED = [220, 20, 20];
const BLUE = [20, 20, 220];

/** A page with a square of that colour at its top left corner, and a word in a font that is not embedded. */
interface Page {
  colour?: number[];
  size?: [number, number];
}

async function pdfOf(pages: Page[], options: PDFKit.PDFDocumentOptions = {}): Promise<Buffer> {
  const pdf = new PDFDocument({ autoFirstPage: false, ...options });
  for (const { colour = RED, size = [200, 100] } of pages) {
    pdf.addPage({ size, margin: 0 });
    pdf.rect(0, 0, 50, 50).fill(colour as [number, number, number]);
    pdf.fill('black').font('Helvetica').fontSize(40).text('Hi', 100, 30);
  }
  pdf.end();
  const parts: Buffer[] = [];
  for await (const part of pdf) parts.push(part as Buffer);
  return Buffer.concat(parts);
}

/** A PDF by hand: one page of that size in points, a square root of it in black. */
const pageOf = (side: number) =>
  Buffer.from(
    [
      '%PDF-1.7',
      '1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj',
      '2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj',
      `3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 ${side} ${side}]/Contents 4 0 R>>endobj`,
      '4 0 obj<</Length 20>>stream',
      '0 0 900 900 re f    ',
      'endstream endobj',
      'trailer<</Root 1 0 R/Size 5>>',
    ].join('\n'),
  );

const opaque = (colour: number[]) => [...colour, 255];

describe('a PDF as an image', () => {
  it('its first page, as a PNG at 144 an inch, on white; text without an embedded font is drawn', async () => {
    const { result, content, metadata } = await run(await pdfOf([{}, { colour: BLUE }]));
    expect(result.source).toMatchObject({ format: 'pdf', width: 400, height: 200, pages: 2, animated: false });
    expect(metadata).toMatchObject({ format: 'png', width: 400, height: 200 });
    expect(await colourAt(content, 0.1, 0.2)).toEqual(opaque(RED));
    expect(await colourAt(content, 0.95, 0.9)).toEqual(opaque([255, 255, 255]));
    const { channels } = await sharp(content).extract({ left: 200, top: 50, width: 100, height: 100 }).stats();
    expect(channels[0]?.min).toBeLessThan(60);
    expect(result.warnings.map(({ code }) => code)).toEqual(['pages_left']);
  });

  it('page chooses another; one beyond the last is invalid_request at /page', async () => {
    const pdf = await pdfOf([{}, { colour: BLUE, size: [100, 100] }]);
    const { result, content } = await run(pdf, { page: 2, width: 300, format: 'jpeg' });
    expect(result.renditions[0]).toMatchObject({ width: 300, height: 300, format: 'jpeg' });
    expect((await colourAt(content, 0.2, 0.2))[2]).toBeGreaterThan(200);
    expect(result.warnings).toEqual([]);
    const error = await failureOf(pdf, { page: 3 });
    expect([error.code, error.errors?.[0]?.pointer]).toEqual(['invalid_request', '/page']);
  });

  it('several renditions, each in its size; a crop counts pixels at 144 an inch', async () => {
    const renditions = [
      { name: 'small', width: 100 },
      { name: 'large', width: 1000, format: 'webp' },
    ];
    const { result } = await run(await pdfOf([{}]), { renditions });
    expect(result.renditions.map(({ width, height }) => [width, height])).toEqual([
      [100, 50],
      [1000, 500],
    ]);
    const cut = await run(await pdfOf([{}]), { crop: { left: 0, top: 0, width: 100, height: 100 }, width: 50 });
    expect(cut.result.renditions[0]).toMatchObject({ width: 50, height: 50 });
    expect(await colourAt(cut.content, 0.9, 0.9)).toEqual(opaque(RED));
  });

  it('each rendition is as large among others as alone; one that is too large costs only itself', async () => {
    const pdf = await pdfOf([{}]);
    const cases = [{}, { aspectRatio: '1:1' }, { radius: 'circle' }, { trim: true, rotate: 90 }, { width: 800 }];
    const list = cases.map((one, index) => ({ name: `r${index}`, format: 'png', ...one }));
    const hidden = { name: 'hidden', regions: [{ left: 0, top: 0, width: 100, height: 100 }], width: 600 };
    const { job, context } = await prepare(pdf, { renditions: [...list, hidden, { name: 'huge', width: 16_000 }] });
    const { result } = await processor.process(job, context);
    expect(result.source).toMatchObject({ width: 400, height: 200 });
    const sizes = [
      { width: 400, height: 200 },
      { width: 200, height: 200 },
      { width: 200, height: 200 },
      { width: 200, height: 400 },
      { width: 800, height: 400 },
      { width: 600, height: 300 },
    ];
    expect(result.renditions).toMatchObject([...sizes, { name: 'huge', error: { code: 'payload_too_large' } }]);
  });

  it.each([
    ['wants a password', () => pdfOf([{}], { userPassword: 'secret' }), 'image_unreadable', /wants a password/],
    ['is cut', async () => (await pdfOf([{}])).subarray(0, 300), 'image_unreadable', /truncated or damaged/],
    [
      'is nothing else but its first line',
      async () => Buffer.from('%PDF-1.7\n% nothing'),
      'image_unreadable',
      /damaged/,
    ],
  ])('one that %s: a clear error', async (_name, make, code, sentence) => {
    const error = await failureOf(await make());
    expect([error.code, error.message]).toEqual([code, expect.stringMatching(sentence)]);
  });

  it('a page of a million points a side: drawn in the size that is asked for; refused where that is too much', async () => {
    const { result } = await run(pageOf(1_000_000), { width: 80 });
    expect(result.renditions[0]).toMatchObject({ width: 80, height: 80 });
    expect((await failureOf(pageOf(1_000_000), { width: 4000 })).code).toBe('payload_too_large');
  });
});

describe('the size in which a page is drawn', () => {
  const sizeFor = (fields: Record<string, unknown>) =>
    chooseDrawnSize(ownSize(A4), images.input.parse(fields).renditions).size;

  it.each([
    ['no size', {}, [1191, 1684]],
    ['a width', { width: 800 }, [800, 1131]],
    ['a height', { height: 800 }, [566, 800]],
    ['a dense screen', { width: 400, dpr: 2 }, [800, 1131]],
    ['a square that is filled', { width: 400, height: 400, fit: 'cover' }, [400, 566]],
    ['turned', { width: 800, rotate: 90 }, [566, 800]],
    ['a part of it', { width: 800, crop: { left: 0, top: 0, width: 400, height: 400 } }, [2381, 3368]],
  ])('%s', (_name, fields, [width, height]) => {
    expect(sizeFor(fields)).toEqual({ width, height });
  });

  it('the largest of several; no more than 20 megapixels where none is asked for', () => {
    expect(sizeFor({ renditions: [{ width: 100 }, { name: 'b', width: 2000 }] })).toMatchObject({ width: 2000 });
    const large = ownSize({ width: 20_000, height: 10_000 });
    expect(large.width * large.height).toBeLessThanOrEqual(20_100_000);
    expect(Math.max(large.width, large.height)).toBeLessThanOrEqual(8192);
  });
});
