import { dropPdfium, openPdfium } from './pdfium.ts';

/** Why a PDF can not be drawn: it wants a password, is damaged, or takes more memory than it may. */
export type PdfFault = 'encrypted' | 'damaged' | 'too large';

/** A PDF can not be drawn. */
export class PdfError extends Error {
  override readonly name = 'PdfError';
  readonly fault: PdfFault;

  constructor(fault: PdfFault, cause: unknown) {
    super(`the PDF is ${fault}`, { cause });
    this.fault = fault;
  }
}

/** A page of a PDF, from 1 on. */
export interface PdfPage {
  content: Uint8Array;
  page: number;
}

/** How many pages a PDF has, and the size of the one asked for, upright, in points; no size where there is none. */
export interface PdfPageFacts {
  pages: number;
  width: number;
  height: number;
}

/** A page in a size in pixels. */
export interface PdfDrawing extends PdfPage {
  width: number;
  height: number;
}

/** Pixels of three bytes, row by row. */
export interface PdfPicture {
  width: number;
  height: number;
  data: Uint8Array<ArrayBuffer>;
}

/**
 * Reads the size of a PDF's page. It parses what others sent, and takes its time: call it in a thread that may be ended.
 * Throws PdfError.
 */
export const readPdfPage = ({ content, page }: PdfPage): Promise<PdfPageFacts> =>
  withDocument(content, (document) => {
    const pages = document.getPageCount();
    if (page > pages) return { pages, width: 0, height: 0 };
    const { originalWidth, originalHeight } = document.getPage(page - 1).getOriginalSize();
    return { pages, width: originalWidth, height: originalHeight };
  });

/** Draws a page of a PDF on white, stretched to that size. To be called as `readPdfPage`. Throws PdfError. */
export const drawPdfPage = ({ content, page, width, height }: PdfDrawing): Promise<PdfPicture> =>
  withDocument(content, async (document) => {
    const { data } = await document.getPage(page - 1).render({ width, height, scale: 1, render: 'bitmap' });
    return { width, height, data: withoutAlpha(data) };
  });

type Document = Awaited<ReturnType<Awaited<ReturnType<typeof openPdfium>>['loadDocument']>>;

async function withDocument<T>(content: Uint8Array, use: (document: Document) => T | Promise<T>): Promise<T> {
  const pdfium = await openPdfium();
  let document: Document | undefined;
  try {
    document = await pdfium.loadDocument(content);
    return await use(document);
  } catch (error) {
    throw new PdfError(classify(error), error);
  } finally {
    document?.destroy();
  }
}

/** Errors of the file are known by their sentences; any other is one of pdfium itself, which then can not go on. */
function classify(error: unknown): PdfFault {
  const sentence = error instanceof Error ? error.message : '';
  if (/password|security scheme/i.test(sentence)) return 'encrypted';
  if (/not in PDF format|page|could not be opened|unknown error/i.test(sentence)) return 'damaged';
  dropPdfium();
  return /memory|allocat|out of bounds|OOM|array length/i.test(sentence) ? 'too large' : 'damaged';
}

function withoutAlpha(pixels: Uint8Array): Uint8Array<ArrayBuffer> {
  const colours = new Uint8Array((pixels.length / 4) * 3);
  for (let from = 0, to = 0; from < pixels.length; from += 4, to += 3) {
    colours[to] = pixels[from] as number;
    colours[to + 1] = pixels[from + 1] as number;
    colours[to + 2] = pixels[from + 2] as number;
  }
  return colours;
}
