import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { getHeapStatistics } from 'node:v8';
import type { MessagePort } from 'node:worker_threads';
import { drawLetterhead } from '../brand/letterhead.ts';
import type { ReportBrand } from '../brand/report-brand.ts';
import { BadData } from '../data/read/bad-data.ts';
import { createExports } from '../export/create-exports.ts';
import type { ExportedFile } from '../export/table-exports.ts';
import type { AppendedFiles } from '../files/appended-files.ts';
import { baseName } from '../files/name-pdfs.ts';
import { openPieces } from '../files/pieces.ts';
import { forgetFonts } from '../fonts/font-stack.ts';
import { UnusablePdf } from '../merge/unusable-pdf.ts';
import type { Report } from '../model.ts';
import type { Attachment } from '../pdf/attach.ts';
import { UnusableImage } from '../pdf/pictures/embed-image.ts';
import { MissingGlyph } from '../pdf/warnings.ts';
import type { ReportInput } from '../report-input.ts';
import { composeReport } from './compose.ts';
import { ReportTooLong } from './drawing-sink.ts';
import { drawFirstPage } from './first-page.ts';
import type { RenderProgress } from './progress.ts';
import { type RenderedReport, type RenderSetting, renderReport } from './render.ts';
import { previewSplit, type RenderedGroup, renderSplit } from './split.ts';

/** A report to draw: the request's fields, and where the PDF goes. */
export interface RenderTask
  extends Pick<
    RenderSetting,
    'files' | 'folder' | 'maxRows' | 'maxUnpackedBytes' | 'maxPages' | 'fonts' | 'isPreview'
  > {
  input: ReportInput;
  createdAt: Date;
  /** The content of the files that the input attaches. */
  attachments?: Attachment[];
  /** The brand that the input names. */
  brand?: ReportBrand | undefined;
  /** The PDFs whose pages stand before and behind its own. */
  appended?: AppendedFiles | undefined;
  /** The PDF's path, with its group's number behind it where the report is split; its folder is there. */
  pdf: string;
  /** Where the first page goes as a PNG. */
  picture?: string | undefined;
}

/** What the thread is given. `port` takes its progress. */
export interface RenderRequest extends RenderTask {
  port: MessagePort;
}

/** A report that was drawn, with the groups that it was split into, and the files that its tables went into. */
export type DrawnReport = RenderedReport & { groups?: RenderedGroup[]; exported?: ExportedFile[] };

/** What became of it, or the public sentence that says why there is no PDF: errors lose their class between threads. */
export type RenderAnswer = { report: DrawnReport } | { refused: string };

const PROGRESS_INTERVAL_MS = 100;
/** With more than this in use after a report, the fonts that it filled are forgotten: the next report has all the room. */
const KEPT_BYTES = 100_000_000;

/** A report that is ready to be laid out, and the files beside it that are there already. */
interface ComposedReport {
  report: Report;
  beside: ExportedFile[];
}

/** The report that a request asks for, with the invoice for programs that is to lie inside. */
async function composeWhole(
  { input, createdAt, folder }: Pick<RenderTask, 'input' | 'createdAt' | 'folder'>,
  parts: NonNullable<Parameters<typeof composeReport>[2]>,
): Promise<ComposedReport> {
  const brand = parts.brand && (await drawLetterhead(parts.brand));
  const report = composeReport(input, createdAt, { ...parts, brand });
  if (input.template !== 'invoice' || input.einvoice === undefined || input.preview) return { report, beside: [] };
  const { addEInvoice } = await import('../einvoice/add-einvoice.ts');
  const made = addEInvoice(report, input.data, input.einvoice);
  if (!made.beside || folder === undefined) return { report: made.report, beside: [] };
  const path = join(folder, 'einvoice.xml');
  writeFileSync(path, made.beside, { mode: 0o600 });
  const file = { name: `${baseName(input)}.xml`, type: 'application/xml', path };
  return { report: made.report, beside: [file] };
}

/** Puts the pages of other PDFs before and behind those that were drawn. */
async function addAppended(report: DrawnReport, task: RenderTask): Promise<DrawnReport> {
  const { input, appended, folder, pdf, maxPages } = task;
  if (!appended || folder === undefined) return report;
  const { mergePdfs } = await import('../merge/merge-pdfs.ts');
  const pdfs = report.groups?.map((_, index) => `${pdf}-${index}`) ?? [pdf];
  const setting = { folder, room: maxPages - report.pages, password: input.password };
  const { before, behind, warnings } = await mergePdfs(pdfs, appended, setting);
  const own = report.warnings.map((warning) => ({ ...warning, page: warning.page + before }));
  const groups = report.groups?.map((group) => ({ ...group, pages: before + group.pages + behind }));
  return {
    ...report,
    pages: report.pages + pdfs.length * (before + behind),
    warnings: [...own, ...warnings],
    ...(groups && { groups }),
  };
}

/** Runs in a thread of the pool: draws one report into a file. */
export default async function drawReport({ port, ...task }: RenderRequest): Promise<RenderAnswer> {
  const { input, createdAt: _createdAt, attachments, brand, pdf, picture, appended, ...rest } = task;
  let saidAt = 0;
  const onProgress = (progress: RenderProgress) => {
    const now = performance.now();
    if (now - saidAt < PROGRESS_INTERVAL_MS) return;
    saidAt = now;
    port.postMessage(progress);
  };
  try {
    const { report: composed, beside } = await composeWhole(task, { attachments, brand });
    const setting = { ...rest, onProgress };
    if (input.splitBy !== undefined && !input.preview) {
      const split = await renderSplit(composed, input.splitBy, setting, (group) => openPieces(`${pdf}-${group}`));
      return { report: await addAppended(split, task) };
    }
    const formats = input.formats.filter((format) => format !== 'pdf');
    const { folder } = rest;
    const isExported = formats.length > 0 && !input.preview && folder !== undefined;
    const exports = isExported
      ? createExports(formats, { folder, name: baseName(input), report: composed })
      : undefined;
    const isDrawn = input.preview || input.formats.includes('pdf');
    const pieces = openPieces(pdf);
    const own = { ...setting, write: pieces.write, exports, isDrawn };
    const { splitBy } = input;
    const drawing = splitBy === undefined ? renderReport(composed, own) : previewSplit(composed, splitBy, own);
    const report = await addAppended(await drawing.finally(pieces.close), task);
    if (picture !== undefined) await drawFirstPage(pdf, picture);
    const exported = [...((await exports?.finish()) ?? []), ...beside];
    return { report: { ...report, ...(exported.length > 0 && { exported }) } };
  } catch (error) {
    const isRefusal = [UnusableImage, ReportTooLong, MissingGlyph, BadData, UnusablePdf].some(
      (kind) => error instanceof kind,
    );
    if (isRefusal) return { refused: (error as Error).message };
    throw error;
  } finally {
    port.close();
    if (getHeapStatistics().used_heap_size > KEPT_BYTES) forgetFonts();
  }
}
