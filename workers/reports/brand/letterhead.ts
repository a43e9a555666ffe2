import type { Size } from '../layout/picture-size.ts';
import type { Canvas } from '../pdf/canvas.ts';
import type { OpenedImage } from '../pdf/pictures/embed-image.ts';
import { UnusableImage } from '../pdf/pictures/embed-image.ts';
import { keepMade } from '../pdf/pictures/keep-made.ts';
import type { ReportBrand } from './report-brand.ts';

/** As fine as offices print. */
const DOTS_PER_POINT = 300 / 72;
/** A page of A4 has so many dots; a larger one is drawn a little coarser. */
const MOST_DOTS = 9_000_000;
const PDF_HEAD = Buffer.from('%PDF-');

/** Draws the first page of a PDF as a PNG. Rejects with PdfError. */
async function drawPaper(content: Buffer): Promise<Buffer> {
  const { drawPdfPage, readPdfPage } = await import('../../../src/pdf-pages/pdf-page.ts');
  const points = await readPdfPage({ content, page: 1 });
  const scale = Math.min(DOTS_PER_POINT, Math.sqrt(MOST_DOTS / Math.max(1, points.width * points.height)));
  const [width, height] = [points.width, points.height].map((length) => Math.max(1, Math.round(length * scale)));
  const { data, ...size } = await drawPdfPage({ content, page: 1, width: width ?? 1, height: height ?? 1 });
  const { default: sharp } = await import('sharp');
  return sharp(data, { raw: { ...size, channels: 3 } })
    .png({ compressionLevel: 6 })
    .toBuffer();
}

/** Why a page can not be drawn, as the end of a sentence. */
const FAULTS: Readonly<Record<string, string>> = {
  encrypted: 'is encrypted: take its password off first',
  damaged: 'is damaged, or no PDF',
  'too large': 'takes too much memory to be drawn',
};

async function toPicture(page: string): Promise<string> {
  const content = Buffer.from(page, 'base64');
  if (!content.subarray(0, PDF_HEAD.length).equals(PDF_HEAD)) return page;
  try {
    return (await keepMade(content, 'paper', () => drawPaper(content))).toString('base64');
  } catch (cause) {
    const fault = FAULTS[(cause as { fault?: string }).fault ?? ''];
    if (fault === undefined) throw cause;
    throw new UnusableImage(`The letterhead of the brand ${fault}.`, { cause });
  }
}

/** Makes pictures of the pages of a brand's letterhead that are PDFs. Throws UnusableImage. */
export async function drawLetterhead(brand: ReportBrand): Promise<ReportBrand> {
  const { letterhead } = brand;
  if (!letterhead) return brand;
  const [page, following] = [letterhead.page, letterhead.following];
  const drawn = {
    ...letterhead,
    ...(page !== undefined && { page: await toPicture(page) }),
    ...(following !== undefined && { following: await toPicture(following) }),
  };
  return { ...brand, letterhead: drawn };
}

const isWide = ({ width, height }: Size): boolean => width > height;

/** Draws what is printed on the paper before anything else: as large as the paper has room for, at its upper edge. */
export function drawOnPaper(canvas: Canvas, image: OpenedImage, [paperWidth, paperHeight]: [number, number]): void {
  if (isWide(image) !== isWide({ width: paperWidth, height: paperHeight })) {
    canvas.warn('letterhead_unused', "The brand's letterhead lies the other way than the page: it is left out there.");
    return;
  }
  const scale = Math.min(paperWidth / image.width, paperHeight / image.height);
  const [width, height] = [image.width * scale, image.height * scale];
  canvas.image(image, { x: (paperWidth - width) / 2, y: 0, width, height });
}
