import PDFDocument from 'pdfkit';
import { layoutBlocks } from './blocks/index.ts';
import type { BlockSetting } from './blocks/setting.ts';
import { type Band, createBand } from './layout/band.ts';
import { createFrame, EDGE, type Frame } from './layout/frame.ts';
import { type PageSink, paginate } from './layout/paginate.ts';
import type { Block, Report } from './model.ts';
import { type Canvas, createCanvas } from './pdf/canvas.ts';
import { type Faces, loadFaces } from './pdf/faces.ts';
import { openImages } from './pdf/images.ts';
import { createWarnings, type Warning } from './pdf/warnings.ts';
import { wordsFor } from './words.ts';

/** A drawn report. */
export interface RenderedReport {
  bytes: Uint8Array<ArrayBuffer>;
  pages: number;
  warnings: Warning[];
}

/** Thrown for a report that grows beyond MAX_PAGES; the message is a public sentence. */
export class ReportTooLong extends Error {}

/** Most pages of a report. */
export const MAX_PAGES = 5000;

/** Told now and then how much was laid out: rows where the report has tables, else blocks. */
export type OnStep = (done: number, total: number, unit: 'rows' | 'blocks') => void;

function createDocument({ title, author, lang, createdAt }: Report): PDFKit.PDFDocument {
  return new PDFDocument({
    autoFirstPage: false,
    margin: 0,
    // Fonts are registered later; without this pdfkit begins with Helvetica, which is not embedded.
    font: '',
    fontLayoutCache: false,
    pdfVersion: '1.7',
    lang,
    displayTitle: true,
    info: {
      Title: title,
      ...(author && { Author: author }),
      Creator: 'Heavylift',
      Producer: 'Heavylift',
      CreationDate: createdAt,
    },
  });
}

async function collect(doc: PDFKit.PDFDocument): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of doc) {
    chunks.push(chunk as Uint8Array);
    length += (chunk as Uint8Array).length;
  }
  // Memory of its own, not of Node's pool: so that it can be handed to another thread.
  const bytes = new Uint8Array(length);
  let offset = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, offset);
    offset += chunk.length;
  }
  return bytes;
}

function countSteps(blocks: Block[]): { total: number; unit: 'rows' | 'blocks' } {
  const all = blocks.flatMap((block) => (block.type === 'columns' ? block.columns.flat() : [block]));
  const rows = all.reduce((sum, block) => sum + (block.type === 'table' ? block.rows.length : 0), 0);
  return rows > 0 ? { total: rows, unit: 'rows' } : { total: blocks.length, unit: 'blocks' };
}

const refuseTooLong: PageSink = {
  startPage(page) {
    if (page <= MAX_PAGES) return;
    const limit = MAX_PAGES.toLocaleString('en');
    throw new ReportTooLong(`The report is longer than ${limit} pages: split its data into several reports.`);
  },
  place() {},
};

function drawingSink(canvas: Canvas, frame: Frame, header: Band, footer: Band, pages: number): PageSink {
  return {
    startPage(page) {
      canvas.startPage(page);
      header.draw(canvas, frame.left, EDGE, page, pages);
      footer.draw(canvas, frame.left, frame.pageHeight - EDGE - footer.height, page, pages);
    },
    place: (strip, y) => strip.draw(canvas, frame.left, frame.top + y),
  };
}

function createBands(report: Report, faces: Faces): { frame: Frame; header: Band; footer: Band } {
  const { width } = createFrame(report.page, 0, 0);
  const header = createBand(report.header, width, 'left', faces);
  const footer = createBand(report.footer, width, 'right', faces);
  return { frame: createFrame(report.page, header.height, footer.height), header, footer };
}

/**
 * Draws a report. It is laid out twice: once to count its pages, once to draw them with "page x of y". Both times
 * the strips are made one by one, so that memory does not grow with the number of rows. The same report gives the
 * same bytes. Throws UnusableImage and ReportTooLong.
 */
export async function renderReport(report: Report, onStep: OnStep = () => {}): Promise<RenderedReport> {
  const { blocks, locale, lang, outline } = report;
  const doc = createDocument(report);
  const finished = collect(doc);
  finished.catch(() => {});
  const faces = loadFaces(doc);
  const { frame, header, footer } = createBands(report, faces);
  const images = await openImages(doc, blocks);
  const warnings = createWarnings();
  const canvas = createCanvas(doc, [frame.pageWidth, frame.pageHeight], faces, warnings.add);
  const { total, unit } = countSteps(blocks);
  let steps = 0;
  const step = (of: 'rows' | 'blocks') => {
    // Laying out twice is twice the steps: half of them stand for the first time.
    if (of !== unit) return;
    steps += 1;
    onStep(steps / 2, total, unit);
  };
  const { bodyHeight } = frame;
  const onRow = () => step('rows');
  const setting: BlockSetting = { faces, locale, words: wordsFor(lang), outline, images, bodyHeight, onRow };
  const strips = () => layoutBlocks(blocks, frame.width, setting, () => step('blocks'));
  const pages = paginate(strips(), bodyHeight, refuseTooLong);
  paginate(strips(), bodyHeight, drawingSink(canvas, frame, header, footer, pages));
  doc.end();
  return { bytes: await finished, pages, warnings: warnings.list() };
}
