import { readFileSync } from 'node:fs';
import { drawPdfPage, readPdfPage } from '../../../src/pdf-pages/pdf-page.ts';

/** A page upright has about this many pixels to its width: its text can be read on a screen. */
const WIDTH = 900;
const POINTS = 595;

/** Draws the first page of the PDF in a file as a picture, in another file. Throws PdfError. */
export async function drawFirstPage(pdf: string, picture: string): Promise<void> {
  const content = readFileSync(pdf);
  const points = await readPdfPage({ content, page: 1 });
  const [width, height] = [points.width, points.height].map((length) => Math.round((length * WIDTH) / POINTS));
  const { data, ...size } = await drawPdfPage({ content, page: 1, width: width ?? 1, height: height ?? 1 });
  const { default: sharp } = await import('sharp');
  await sharp(data, { raw: { ...size, channels: 3 } })
    .png({ compressionLevel: 6 })
    .toFile(picture);
}
