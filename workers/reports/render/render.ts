import { layoutBlocks } from '../blocks/index.ts';
import type { BlockSetting } from '../blocks/setting.ts';
import { listHeadings, nestHeadings } from '../blocks/toc.ts';
import { countCharts } from '../data/analyse/count-charts.ts';
import { readTables } from '../data/analyse/read-tables.ts';
import type { RowFile } from '../data/read/row-file.ts';
import { loadFontStack } from '../fonts/font-stack.ts';
import { createPageMasters, type PageMasters } from '../layout/page-master.ts';
import { type PageSink, paginate } from '../layout/paginate.ts';
import { messagesFor } from '../locales/index.ts';
import { totalLabels } from '../locales/total-labels.ts';
import type { Report } from '../model.ts';
import { attachFiles } from '../pdf/attach.ts';
import type { Canvas } from '../pdf/canvas.ts';
import { createDocument } from '../pdf/document.ts';
import { openImages } from '../pdf/images.ts';
import { createBufferedPages } from '../pdf/pages/buffered-pages.ts';
import { createDeferredContent, type DeferredContent } from '../pdf/pages/deferred-content.ts';
import { createCanvas } from '../pdf/pdf-canvas.ts';
import { internalsOf } from '../pdf/pdfkit-internals.ts';
import { createStructure, type Structure } from '../pdf/tags/structure.ts';
import { createWarnings, type Warning } from '../pdf/warnings.ts';
import { directionOf } from '../text/bidi.ts';

/** What is known of a report that was drawn. */
export interface RenderedReport {
  pages: number;
  warnings: Warning[];
}

/** Thrown for a report with too many pages; the message is a public sentence. */
export class ReportTooLong extends Error {}

/** How far a report is: the share of all work from 0 to 1, and what was drawn of how much once that is known. */
export interface RenderProgress {
  share: number;
  done?: number;
  total?: number;
  unit?: 'rows' | 'blocks';
}

/** What a report is drawn with. */
export interface RenderSetting {
  /** Takes the PDF piece by piece; a piece's memory is its own. */
  write(piece: Uint8Array): void;
  onProgress?(progress: RenderProgress): void;
  /** Data files of tables, by `sourceKey`. */
  files?: Record<string, RowFile> | undefined;
  /** A folder of its own, for rows that don't fit into memory. */
  folder?: string | undefined;
  maxRows: number;
  maxPages: number;
  /** The entries of the setting REPORT_FONTS. */
  fonts?: string[] | undefined;
}

/** Reading the rows takes about this part of the time. */
const READING_SHARE = 0.3;

/**
 * Hands the document's bytes to `write` as they are made, past the stream that they would wait in: drawing is one
 * stretch without a pause, and a stream would hand on nothing before its end. Resolves with the last byte.
 */
function drain(doc: PDFKit.PDFDocument, write: (piece: Uint8Array) => void): Promise<void> {
  const ended = Promise.withResolvers<void>();
  for (let piece = doc.read(); piece !== null; piece = doc.read()) write(piece);
  internalsOf(doc).push = (piece) => {
    if (piece) write(piece);
    else ended.resolve();
    return true;
  };
  return ended.promise;
}

function refuseTooLong(page: number, maxPages: number): void {
  if (page <= maxPages) return;
  const limit = maxPages.toLocaleString('en');
  throw new ReportTooLong(`The report is longer than ${limit} pages: split its data into several reports.`);
}

/** Draws pages as they fill. What tells their number is put off until it is known. */
function createDrawingSink(
  canvas: Canvas,
  pageMasters: PageMasters,
  deferred: DeferredContent,
  structure: Structure | undefined,
  maxPages: number,
) {
  let pageMaster = pageMasters.upright;
  let pages = 0;
  const sink: PageSink = {
    startPage(page, isTurned) {
      refuseTooLong(page, maxPages);
      pages = page;
      const own = (isTurned && pageMasters.turned) || pageMasters.upright;
      pageMaster = own;
      canvas.startPage(page, own.paper);
      if (!own.showsPageCount) return own.drawBands(canvas, page, 0);
      structure?.beginContent();
      deferred.reserve(() => {
        canvas.returnTo(page, own.paper);
        own.drawBands(canvas, page, pages);
      });
    },
    place: (fragment, y) => fragment.draw(canvas, pageMaster.frame.left, pageMaster.frame.top + y),
  };
  return sink;
}

/** Each cell takes about 100 bytes of the file that says what it is: below these that is little, above them too much. */
const FREE_CELLS = 3000;
const MAX_TAGGED_CELLS = 300_000;

/** Whether the file says what its parts are, for those who have it read aloud. Throws ReportTooLong where it must and can't. */
function decideTags({ profile }: Report, tables: Awaited<ReturnType<typeof readTables>>): boolean {
  const cells = [...tables.values()].reduce((sum, { count, columns }) => sum + count * columns.length, 0);
  if (profile !== 'PDF/UA-1') return cells <= FREE_CELLS;
  if (cells <= MAX_TAGGED_CELLS) return true;
  const [limit, own] = [MAX_TAGGED_CELLS.toLocaleString('en'), cells.toLocaleString('en')];
  throw new ReportTooLong(
    `A PDF/UA-1 report may have ${limit} table cells, this one has ${own}: split its data into several reports.`,
  );
}

/** Counts rows where the report has tables, else blocks, and tells of them from READING_SHARE on. */
function createSteps(rows: number, blocks: number, onProgress: (progress: RenderProgress) => void) {
  const total = rows > 0 ? rows : blocks;
  const unit = rows > 0 ? 'rows' : 'blocks';
  let done = 0;
  return (of: 'rows' | 'blocks') => {
    if (of !== unit) return;
    done += 1;
    // A table that is printed in parts passes its rows more than once.
    const share = Math.min(1, done / total);
    onProgress({ share: READING_SHARE + (1 - READING_SHARE) * share, done: Math.min(done, total), total, unit });
  };
}

/**
 * Draws a report. Its rows are read once and then laid out one by one, and its pages are written as they fill, so that
 * memory does not grow with the number of rows. The same report gives the same bytes. Throws UnusableImage,
 * ReportTooLong and BadData.
 */
export async function renderReport(report: Report, setting: RenderSetting): Promise<RenderedReport> {
  const { locale, lang, outline, attachments, createdAt } = report;
  const { write, onProgress = () => {}, files = {}, folder, maxRows, maxPages, fonts = [] } = setting;
  const messages = messagesFor(lang);
  const labels = totalLabels(lang, messages);
  const onRead = (share: number) => onProgress({ share: READING_SHARE * share });
  const blocks = await countCharts(report.blocks, { files, maxRows, locale, messages });
  const tables = await readTables(blocks, { files, folder, maxRows, locale, labels, onRead });
  const doc = createDocument(report);
  const written = drain(doc, write);
  const fontStack = loadFontStack(fonts, locale.startsWith(lang) ? locale : lang);
  const direction = directionOf(lang);
  const pageMasters = createPageMasters(report, fontStack);
  const { upright, turned } = pageMasters;
  const images = await openImages(doc, blocks, report.profile?.startsWith('PDF/A') === true);
  const warnings = createWarnings(report.strict);
  const { frame } = upright;
  const bufferedPages = createBufferedPages(doc);
  const isTagged = decideTags(report, tables);
  const structure = isTagged ? createStructure(doc, bufferedPages) : undefined;
  const headings = listHeadings(blocks);
  const canvas = createCanvas(doc, {
    fontStack,
    isMirrored: direction === 'rtl',
    bufferedPages,
    structure,
    onWarning: warnings.add,
  });
  const rowCount = [...tables.values()].reduce((sum, { count }) => sum + count, 0);
  const step = createSteps(rowCount, blocks.length, onProgress);
  const blockSetting: BlockSetting = {
    fontStack,
    locale,
    direction,
    messages,
    outline,
    contents: headings,
    headingRoles: nestHeadings(headings),
    isTagged,
    images,
    tables,
    bodyHeight: frame.bodyHeight,
    turnedWidth: turned?.frame.width,
    onRow: () => step('rows'),
  };
  const fragments = layoutBlocks(blocks, frame.width, blockSetting, () => step('blocks'));
  const deferred = createDeferredContent(doc);
  const heights = { upright: frame.bodyHeight, turned: (turned ?? upright).frame.bodyHeight };
  const pages = paginate(fragments, heights, createDrawingSink(canvas, pageMasters, deferred, structure, maxPages));
  structure?.leavePage();
  deferred.flush();
  bufferedPages.flush();
  structure?.end();
  attachFiles(doc, attachments, createdAt);
  doc.end();
  await written;
  return { pages, warnings: warnings.list() };
}
