import { statSync } from 'node:fs';
import { layoutBlocks } from '../blocks/index.ts';
import type { BlockSetting } from '../blocks/setting.ts';
import { listHeadings, nestHeadings } from '../blocks/toc.ts';
import { createRecolour } from '../brand/recolour.ts';
import { type RowsOf, readSources, sourceKeysOf } from '../data/analyse/read-sources.ts';
import { readTables, type TableData } from '../data/analyse/read-tables.ts';
import { type ShownTable, showTables } from '../data/analyse/show-tables.ts';
import { checkFileCharts, countCharts } from '../data/charts/count-charts.ts';
import type { RowFile } from '../data/read/row-file.ts';
import { shapeRows } from '../data/shape/shape-rows.ts';
import type { TableExports } from '../export/table-exports.ts';
import { loadFontStack } from '../fonts/font-stack.ts';
import { tellMissing } from '../fonts/tell-missing.ts';
import type { Fragment } from '../layout/fragment.ts';
import { firstRoom } from '../layout/frame.ts';
import { createPageMasters } from '../layout/page-master.ts';
import { paginate } from '../layout/paginate.ts';
import { tellLacking } from '../locales/tell-lacking.ts';
import type { Block, Report } from '../model.ts';
import { attachFiles } from '../pdf/attach.ts';
import { createDocument } from '../pdf/document.ts';
import { createBufferedPages } from '../pdf/pages/buffered-pages.ts';
import { createDeferredContent } from '../pdf/pages/deferred-content.ts';
import { createCanvas } from '../pdf/pdf-canvas.ts';
import { internalsOf } from '../pdf/pdfkit-internals.ts';
import { openImages } from '../pdf/pictures/images.ts';
import { createStructure } from '../pdf/tags/structure.ts';
import { createWarnings, type Warning } from '../pdf/warnings.ts';
import { directionOf } from '../text/bidi.ts';
import { createDrawingSink, EnoughPages } from './drawing-sink.ts';
import { createSteps, openReading, type RenderProgress, readingProgress } from './progress.ts';
import { decideTagging } from './tagging.ts';

/** What is known of a report that was drawn. */
export interface RenderedReport {
  pages: number;
  warnings: Warning[];
  /** Of a preview: the tables as they were understood. */
  tables?: ShownTable[];
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
  /** Most bytes of a part of a workbook, unpacked. */
  maxUnpackedBytes?: number | undefined;
  maxPages: number;
  /** The entries of the setting REPORTS_FONTS. */
  fonts?: string[] | undefined;
  /** The files that the tables go into beside the PDF. */
  exports?: TableExports | undefined;
  /** Whether a PDF is drawn; without it the tables alone are read. */
  isDrawn?: boolean | undefined;
  /** Draws no more than the first page, and says how the tables were understood. */
  isPreview?: boolean | undefined;
}

/** The rows of a report's files, and who is told how many were printed. */
export interface ReportData {
  rowsOf: RowsOf;
  onRows(rows: number): void;
}

/** A report whose rows were read: its charts have their numbers. */
interface ReadReport {
  report: Report;
  blocks: Block[];
  tables: Map<Block, TableData>;
}

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

const sizeOf = (file: RowFile | undefined): number => (file ? statSync(file.path).size : 0);

/** Reads the data files of a report; what is left of it to be told is how far the rows are printed. Throws BadData. */
export async function readData(report: Report, setting: RenderSetting, splitBy?: string): Promise<ReportData> {
  const { onProgress, files = {}, folder, maxRows, maxUnpackedBytes } = setting;
  checkFileCharts(report.blocks);
  const bytes = sourceKeysOf(report.blocks).reduce((sum, key) => sum + sizeOf(files[key]), 0);
  const { onBytes, onRows } = openReading(bytes, (share) => onProgress?.(readingProgress(share)));
  const { locale, timeZone } = report;
  const sources = { files, folder, maxRows, maxUnpackedBytes, locale, timeZone, splitBy, onBytes };
  const rowsOf = await readSources(report.blocks, sources);
  const shaping = { folder, locale, isStrict: report.strict, pointers: report.pointers };
  return { rowsOf: shapeRows(rowsOf, shaping), onRows };
}

/** The tag of the language with its country, where that is the locale's: it tells digits, and forms of Chinese letters. */
const fullTag = ({ locale, lang }: Report): string => (locale.startsWith(lang) ? locale : lang);

function printData(report: Report, { rowsOf, onRows }: ReportData, setting: RenderSetting): ReadReport {
  const { locale, words, strict: isStrict, pointers } = report;
  const lang = fullTag(report);
  const { folder, maxRows, exports } = setting;
  const { messages } = words;
  const counting = { rowsOf, locale, lang, messages, isStrict, pointers };
  const blocks = countCharts(report.blocks, counting);
  return {
    report,
    blocks,
    tables: readTables(blocks, rowsOf, { ...counting, folder, maxRows, exports, onRows }),
  };
}

/** Returns how many pages were filled: one where nobody wants the others. */
function fillPages(fill: () => number): number {
  try {
    return fill();
  } catch (error) {
    if (error instanceof EnoughPages) return 1;
    throw error;
  }
}

/** Lets the first page begin so many points below the others. */
function* beginBelow(height: number, fragments: Iterable<Fragment>): Iterable<Fragment> {
  if (height > 0) yield { height, keep: true, draw() {} };
  yield* fragments;
}

/** Lays out and draws the pages of a report into a document, and returns how many they are. */
async function drawPages(
  doc: PDFKit.PDFDocument,
  { report, blocks, tables }: ReadReport,
  setting: RenderSetting,
  onWarning: (warning: Warning) => void,
): Promise<number> {
  const { locale, lang, words, outline } = report;
  const { onProgress = () => {}, maxPages, fonts = [], isPreview = false } = setting;
  const { fontStack, missing } = loadFontStack(fonts, fullTag(report), report.fonts);
  for (const warning of tellMissing(missing)) onWarning(warning);
  const direction = directionOf(lang);
  const pageMasters = createPageMasters(report, fontStack);
  const { upright, turned } = pageMasters;
  const isArchived = report.profile?.startsWith('PDF/A') === true;
  const line = { width: upright.frame.width, height: upright.frame.bodyHeight };
  const { paper } = report;
  const papers = [paper?.page, paper?.following].filter((page) => page !== undefined);
  const { images, pictures } = await openImages({ doc, isArchived }, blocks, line, papers);
  const isTagged = decideTagging(report, tables.values());
  const bufferedPages = createBufferedPages(doc);
  const structure = isTagged ? createStructure(doc, bufferedPages) : undefined;
  const recolour = createRecolour(report.colours);
  const drawing = { fontStack, isMirrored: direction === 'rtl', recolour, bufferedPages, structure, onWarning };
  const canvas = createCanvas(doc, drawing);
  const headings = listHeadings(blocks);
  const rowCount = [...tables.values()].reduce((sum, { count }) => sum + count, 0);
  const step = createSteps(rowCount, blocks.length, onProgress);
  const heights = { upright: upright.frame.bodyHeight, turned: (turned ?? upright).frame.bodyHeight };
  const blockSetting: BlockSetting = {
    fontStack,
    locale,
    direction,
    messages: words.messages,
    outline,
    contents: headings,
    headingRoles: nestHeadings(headings),
    isTagged,
    images,
    pictures,
    pointers: report.pointers,
    tables,
    frame: upright.frame,
    bodyHeight: upright.frame.bodyHeight,
    turnedWidth: turned?.frame.width,
    turnedHeight: heights.turned,
    onRow: () => step('rows'),
  };
  const laidOut = layoutBlocks(blocks, upright.frame.width, blockSetting, () => step('blocks'));
  const fragments = beginBelow(firstRoom(upright.frame, paper), laidOut);
  const printed = {
    first: paper?.page && images.get(paper.page),
    following: paper?.following && images.get(paper.following),
  };
  const deferred = createDeferredContent(doc);
  const mayCover = blocks.some(({ type }) => type === 'paymentSlip');
  const sink = createDrawingSink({ canvas, pageMasters, deferred, structure, maxPages, mayCover, isPreview, printed });
  const pages = fillPages(() => paginate(fragments, heights, sink));
  structure?.leavePage();
  deferred.flush();
  bufferedPages.flush();
  structure?.end();
  return pages;
}

/**
 * Draws a report. Its rows are read once and then laid out one by one, and its pages are written as they fill, so that
 * memory does not grow with the number of rows. A row's way: data/read parses it, data/analyse prints it into
 * data/row-store, blocks/table makes a fragment of it, layout/paginate gives that its page, pdf/pdf-canvas draws it.
 * The same report gives the same bytes. Throws UnusableImage, ReportTooLong, MissingGlyph and BadData.
 */
export async function renderReport(report: Report, setting: RenderSetting): Promise<RenderedReport> {
  return renderData(report, await readData(report, setting), setting);
}

/** What was noticed of a report's data, where nothing is drawn. */
function warningsOf({ report, tables }: ReadReport): Warning[] {
  const warnings = createWarnings(report.strict);
  for (const table of tables.values())
    for (const { code, message } of table.warnings) warnings.add({ code, message, page: 1 });
  for (const warning of tellLacking(report)) warnings.add(warning);
  return warnings.list();
}

/** Draws a report of data that was read. Throws as `renderReport`. */
export async function renderData(report: Report, data: ReportData, setting: RenderSetting): Promise<RenderedReport> {
  const read = printData(report, data, setting);
  if (setting.isDrawn === false) return { pages: 0, warnings: warningsOf(read) };
  const doc = createDocument(report);
  const written = drain(doc, setting.write);
  const warnings = createWarnings(report.strict);
  const pages = await drawPages(doc, read, setting, warnings.add);
  for (const warning of tellLacking(report)) warnings.add(warning);
  attachFiles(doc, report.attachments, report.createdAt);
  doc.end();
  await written;
  const tables = setting.isPreview && { tables: showTables([...read.tables.values()]) };
  return { pages, warnings: warnings.list(), ...tables };
}
