import { expect, it } from '@jest/globals';
import PDFDocument from 'pdfkit';
import sharp from 'sharp';
import type { RenditionOptions } from '../../../workers/images/input/rendition.ts';
import { heicFixture } from '../../support/heic/build.ts';
import { LAYOUTS, layout } from '../../support/images/truth.ts';
import { COLOUR_LAYOUTS } from '../../support/images/truth-colours.ts';
import { svgOf } from '../../support/reports/drawings.ts';
import { drawNoise } from '../../unit/images/pictures.ts';
import { run } from '../../unit/images/run.ts';

const CASES: readonly RenditionOptions[] = [
  {},
  { dpr: 2 },
  { aspectRatio: '1:1' },
  { aspectRatio: '3:1', fit: 'contain', rotate: 90 },
  { radius: 'circle' },
  { radius: 'circle', height: 33 },
  { trim: true },
  { trim: true, rotate: 90, aspectRatio: '2:1' },
  { trim: true, width: 120 },
  { rotate: 90, padding: 3 },
  { crop: { left: 30, top: 10, width: 70, height: 31 } },
  { crop: { left: 30, top: 10, width: 70, height: 31 }, width: 300 },
  { regions: [{ left: 10, top: 10, width: 40, height: 40, effect: 'blur' }] },
  { height: 33, fit: 'outside' },
  { width: 50, height: 90, fit: 'cover' },
];

async function drawPage(): Promise<Buffer> {
  const pdf = new PDFDocument({ size: [100.3, 51.7], margin: 0 });
  pdf.rect(10, 10, 40, 30).fill('red');
  pdf.end();
  const parts: Buffer[] = [];
  for await (const part of pdf) parts.push(part as Buffer);
  return Buffer.concat(parts);
}

it.each([
  ['a drawing', async () => svgOf('<rect x="20" y="20" width="80" height="60"/>', 'width="200" height="100"')],
  ['a page', drawPage],
])('%s: each rendition is as large among others as alone', async (_name, draw) => {
  const upload = await draw();
  const list = CASES.map((one, index) => ({ name: `r${index}`, format: 'png', ...one }));
  const { result } = await run(upload, { renditions: [...list, { name: 'large', width: 1234, format: 'png' }] });
  expect(result.renditions.at(-1)?.width).toBe(1234);
  for (const [index, one] of list.entries()) {
    const [alone] = (await run(upload, one)).result.renditions;
    const among = result.renditions[index];
    // An edge between two pixels is found in one of them.
    const most = one.trim ? 1 : 0;
    const differences = [(among?.width ?? 0) - (alone?.width ?? 0), (among?.height ?? 0) - (alone?.height ?? 0)];
    expect([one, ...differences.map((pixels) => Math.abs(pixels) <= most)]).toEqual([one, true, true]);
  }
});

const ASKED: readonly RenditionOptions[] = [
  ...CASES.slice(1),
  { width: 50, height: 50, fit: 'cover', position: 'attention' },
  { width: 60, height: 60, fit: 'contain', background: 'red', format: 'jpeg' },
  { width: 55, metadata: 'all' },
  { width: 80, blur: 3, grayscale: true },
  { width: 81, flop: true, format: 'webp' },
  { width: 199, format: 'gif' },
];
/** Pixels that others show too, encoded otherwise. */
const ENCODED: readonly RenditionOptions[] = [
  { width: 199, format: 'gif' },
  ...(['webp', 'jpeg', 'tiff', 'auto'] as const).map((format) => ({ width: 199, format })),
  { width: 199, format: 'jpeg', quality: 40 },
  { width: 199, format: 'avif', maxBytes: 5000 },
];
const noise = (width = 400, height = 300) => drawNoise(width, height).blur(1);
const LARGE = [
  layout('JPEG', async () => noise().jpeg()),
  layout('progressive JPEG', async () => noise().jpeg({ progressive: true })),
  layout('turned JPEG', async () => noise().withMetadata({ orientation: 6 }).jpeg()),
  layout('turned TIFF', async () => noise().withMetadata({ orientation: 5 }).tiff()),
  layout('PNG', async () => noise().png()),
  layout('WebP', async () => noise().webp()),
  layout('AVIF', async () => noise().avif({ effort: 0 })),
  layout('TIFF of inks', async () => noise().toColourspace('cmyk').tiff()),
  { name: 'HEIC', make: async () => heicFixture('quadrants') },
  layout('animated GIF', async () =>
    sharp([await noise(90, 60).png().toBuffer(), await noise(90, 60).png().toBuffer()], {
      join: { animated: true },
    }).gif(),
  ),
];

it.each([...LARGE, ...LAYOUTS, ...COLOUR_LAYOUTS])('$name: each rendition has the same bytes as alone', async (one) => {
  const upload = await one.make();
  const { width, height } = (await run(upload, { width: 1 })).result.source;
  const fits = ({ crop }: RenditionOptions) =>
    !crop || (crop.left + crop.width <= width && crop.top + crop.height <= height);
  for (const together of [ASKED.filter(fits), ENCODED]) {
    const list = together.map((asked, index) => ({ name: `r${index}`, format: 'png' as const, ...asked }));
    const made = await run(upload, { renditions: list });
    const files = await Promise.all(made.files.map(({ name }) => made.read(name)));
    expect(files).toHaveLength(list.length);
    for (const [index, asked] of list.entries()) {
      const { content } = await run(upload, asked);
      expect([asked, content.equals(files[index] as Buffer)]).toEqual([asked, true]);
    }
  }
});
