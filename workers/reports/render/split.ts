import { rowsBlocksOf } from '../data/analyse/read-sources.ts';
import { findPlace } from '../data/data-rows.ts';
import { BadData } from '../data/read/bad-data.ts';
import { MAX_SPLIT_BYTES, splitRows } from '../data/split-rows.ts';
import { ENGLISH_WORDS } from '../locales/tell-lacking.ts';
import type { Report } from '../model.ts';
import { MAX_WARNINGS, type Warning } from '../pdf/warnings.ts';
import { type RenderedReport, type RenderSetting, readData, renderData } from './render.ts';

/** A report of one group, in a file of its own. */
export interface RenderedGroup {
  /** The value that its rows have in the column by which the report is split. */
  name: string;
  pages: number;
}

/** What is known of the reports that one was split into. */
export interface SplitReport {
  pages: number;
  warnings: Warning[];
  groups: RenderedGroup[];
}

/** Draws the preview of a report that is to be split: all rows in one. Throws as `renderReport`, also for rows without the column. */
export async function previewSplit(report: Report, splitBy: string, setting: RenderSetting): Promise<RenderedReport> {
  const data = await readData(report, setting, splitBy);
  for (const block of rowsBlocksOf(report.blocks)) findPlace(data.rowsOf(block), splitBy);
  return renderData(report, data, setting);
}

/** Where the bytes of a group's PDF go, the first one's number being 0. */
export type OpenPieces = (group: number) => { write: RenderSetting['write']; close(): void };

/** Calls a report's title by the group's name too, on the paper and in the file. */
function nameGroup(report: Report, name: string): Report {
  const title = name === '' ? report.title : `${report.title}: ${name}`;
  const blocks = report.blocks.map((block) => (block.type === 'masthead' ? { ...block, title } : block));
  return { ...report, title, blocks, group: name };
}

const LIMIT = `${(MAX_SPLIT_BYTES / 1e6).toLocaleString('en')} MB`;

/** Throws BadData where files that each report has would come to too much. */
function assertAttachable({ attachments }: Report, count: number): void {
  const bytes = attachments.reduce((sum, { content }) => sum + content.length, 0);
  if (bytes * count <= MAX_SPLIT_BYTES) return;
  const each = `${Math.ceil(bytes / 1e6).toLocaleString('en')} MB in each of ${count.toLocaleString('en')} reports`;
  throw new BadData(
    `The files at /attachments come to ${each}, and the reports of splitBy may have ${LIMIT} together.`,
  );
}

/** Counts the bytes of all reports. */
function createCounter() {
  let bytes = 0;
  return (piece: Uint8Array): void => {
    bytes += piece.length;
    if (bytes <= MAX_SPLIT_BYTES) return;
    throw new BadData(`The reports of splitBy have more than ${LIMIT} together: give them smaller pictures or files.`);
  };
}

/**
 * Draws a report for each value that its rows have in the column `splitBy`. What columns are is decided by all rows, so
 * that all of the reports read alike; the page limit is for all of them together. Throws as `renderReport`.
 */
export async function renderSplit(
  report: Report,
  splitBy: string,
  setting: Omit<RenderSetting, 'write'>,
  open: OpenPieces,
): Promise<SplitReport> {
  const { folder, maxPages, onProgress } = setting;
  const reading = { ...setting, write: () => {} };
  const data = await readData(report, reading, splitBy);
  const parts = splitRows(rowsBlocksOf(report.blocks), data.rowsOf, splitBy, folder);
  assertAttachable(report, parts.length);
  const count = createCounter();
  const groups: RenderedGroup[] = [];
  const warnings = new Map<string, Warning>();
  let pages = 0;
  for (const [index, { name, rowsOf }] of parts.entries()) {
    const pieces = open(index);
    try {
      const write: RenderSetting['write'] = (piece) => {
        count(piece);
        pieces.write(piece);
      };
      const own = { ...setting, write, maxPages: maxPages - pages, onProgress: () => {} };
      const drawn = await renderData(nameGroup(report, name), { rowsOf, onRows: () => {} }, own);
      groups.push({ name, pages: drawn.pages });
      pages += drawn.pages;
      for (const warning of drawn.warnings) {
        // What one lacks, all lack together.
        const key = warning.code === ENGLISH_WORDS ? warning.code : warning.message;
        warnings.set(key, key === warning.code ? warning : (warnings.get(key) ?? warning));
      }
    } finally {
      pieces.close();
    }
    onProgress?.({ share: (index + 1) / parts.length, done: index + 1, total: parts.length });
  }
  return { pages, groups, warnings: [...warnings.values()].slice(0, MAX_WARNINGS) };
}
