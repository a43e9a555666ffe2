import { closeSync, openSync, writeSync } from 'node:fs';
import { getHeapStatistics } from 'node:v8';
import type { MessagePort } from 'node:worker_threads';
import { BadData } from '../data/read/bad-data.ts';
import { forgetFonts } from '../fonts/font-stack.ts';
import type { Attachment } from '../pdf/attach.ts';
import { UnusableImage } from '../pdf/images.ts';
import { MissingGlyph } from '../pdf/warnings.ts';
import type { ReportInput } from '../report-input.ts';
import { composeReport } from './compose.ts';
import { ReportTooLong } from './drawing-sink.ts';
import { drawFirstPage } from './first-page.ts';
import type { RenderProgress } from './progress.ts';
import { type RenderedReport, type RenderSetting, renderReport } from './render.ts';
import { type RenderedGroup, renderSplit } from './split.ts';

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
  /** The PDF's path, with its group's number behind it where the report is split; its folder is there. */
  pdf: string;
  /** Where the first page goes as a PNG. */
  picture?: string | undefined;
}

/** What the thread is given. `port` takes its progress. */
export interface RenderRequest extends RenderTask {
  port: MessagePort;
}

/** A report that was drawn, with the groups that it was split into. */
export type DrawnReport = RenderedReport & { groups?: RenderedGroup[] };

/** What became of it, or the public sentence that says why there is no PDF: errors lose their class between threads. */
export type RenderAnswer = { report: DrawnReport } | { refused: string };

const PROGRESS_INTERVAL_MS = 100;
/** The PDF comes in small pieces: as many as fit here are written at once. */
const WRITE_BYTES = 1 << 20;
/** With more than this in use after a report, the fonts that it filled are forgotten: the next report has all the room. */
const KEPT_BYTES = 100_000_000;

/** Writes pieces to a new file. The thread has nothing else to do, so it waits for the disk. */
function openPieces(path: string): { write(piece: Uint8Array): void; close(): void } {
  const file = openSync(path, 'w', 0o600);
  const buffer = Buffer.allocUnsafe(WRITE_BYTES);
  let filled = 0;
  const writeAll = (bytes: Uint8Array) => {
    for (let offset = 0; offset < bytes.length; ) offset += writeSync(file, bytes, offset);
  };
  const flush = () => {
    writeAll(buffer.subarray(0, filled));
    filled = 0;
  };
  return {
    write(piece) {
      if (filled + piece.length > WRITE_BYTES) flush();
      if (piece.length > WRITE_BYTES) return writeAll(piece);
      buffer.set(piece, filled);
      filled += piece.length;
    },
    close() {
      flush();
      closeSync(file);
    },
  };
}

/** Runs in a thread of the pool: draws one report into a file. */
export default async function drawReport({
  input,
  createdAt,
  attachments,
  pdf,
  picture,
  port,
  ...rest
}: RenderRequest): Promise<RenderAnswer> {
  let saidAt = 0;
  const onProgress = (progress: RenderProgress) => {
    const now = performance.now();
    if (now - saidAt < PROGRESS_INTERVAL_MS) return;
    saidAt = now;
    port.postMessage(progress);
  };
  try {
    const composed = composeReport(input, createdAt, attachments);
    const setting = { ...rest, onProgress };
    if (input.splitBy !== undefined && !input.preview) {
      return { report: await renderSplit(composed, input.splitBy, setting, (group) => openPieces(`${pdf}-${group}`)) };
    }
    const pieces = openPieces(pdf);
    const report = await renderReport(composed, { ...setting, write: pieces.write }).finally(pieces.close);
    if (picture !== undefined) await drawFirstPage(pdf, picture);
    return { report };
  } catch (error) {
    const isRefusal = [UnusableImage, ReportTooLong, MissingGlyph, BadData].some((kind) => error instanceof kind);
    if (isRefusal) return { refused: (error as Error).message };
    throw error;
  } finally {
    port.close();
    if (getHeapStatistics().used_heap_size > KEPT_BYTES) forgetFonts();
  }
}
