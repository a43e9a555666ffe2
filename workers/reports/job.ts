import { z } from 'zod';
import { defineJob } from '../../src/jobs/contract.ts';
import type { StoredFile } from '../../src/jobs/stored-file.ts';
import { attachedFields, attachedJobs } from './attachments.ts';
import { HEAD_BYTES } from './data/head.ts';
import { filesOf } from './data/sources.ts';
import { imageJobs } from './images.ts';
import { type InputBlock, MAX_BLOCKS } from './input/blocks.ts';
import { attachmentsField, checkPictures, checkProfile, passwordField, profileField } from './input/document.ts';
import { flagField, langField, localeField, pageField, textField } from './input/fields.ts';
import { isInline, MAX_ROWS } from './input/table.ts';
import { inspectFile } from './inspect-file.ts';
import type { ReportsConfig } from './settings.ts';
import { templateField } from './templates/index.ts';

/** Fields beside `data`, the same for all templates. */
const shared = {
  locale: localeField,
  lang: langField.optional(),
  page: pageField,
  header: textField(500, 0).default(''),
  footer: textField(500, 0).optional(),
  outline: flagField.default(false),
  strict: flagField.default(false),
  profile: profileField.optional(),
  password: passwordField.optional(),
  attachments: attachmentsField.default([]),
};

const input = templateField(shared).superRefine((report, context) => {
  if (report.template === 'document') checkTotalSize(report.data.blocks, context);
  checkProfile(report, context);
  if (report.template === 'document' && report.profile === 'PDF/UA-1') checkPictures(report.data.blocks, context);
});

/** Blocks and rows are bounded over the whole report: many small tables make one large report. */
function checkTotalSize(blocks: InputBlock[], context: z.RefinementCtx): void {
  const all = blocks.flatMap<InputBlock>((block) =>
    block.type === 'columns' ? [block, ...block.columns.flat()] : [block],
  );
  const rows = all.reduce(
    (sum, block) => sum + (block.type === 'table' && isInline(block.rows) ? block.rows.length : 0),
    0,
  );
  const addFault = (message: string) => context.addIssue({ code: 'custom', message, path: ['data', 'blocks'] });
  if (rows > MAX_ROWS) {
    addFault(
      `must have tables of at most ${MAX_ROWS.toLocaleString('en')} rows together, not ${rows.toLocaleString('en')}`,
    );
  }
  const isBeside = (block: InputBlock) =>
    block.type === 'columns' && block.columns.flat().some((inner) => inner.type === 'table' && !isInline(inner.rows));
  if (blocks.some(isBeside)) addFault('must not have a table inside columns whose rows come from a file or a URL');
  if (all.length > MAX_BLOCKS) {
    addFault(`must have at most ${MAX_BLOCKS.toLocaleString('en')} entries, those in columns included`);
  }
}

/** What the processor gets: the request's fields with their defaults filled in. */
export type ReportInput = z.infer<typeof input>;

const result = z.object({
  pages: z.number().int().describe('How many pages the PDF has.'),
  bytes: z.number().int().describe('The size of the PDF.'),
  warnings: z
    .array(z.object({ code: z.string(), message: z.string(), page: z.number().int() }))
    .describe('What was noticed while drawing, such as characters that the font lacks.'),
});

/** Reports: a PDF from JSON. */
export const reports = defineJob<ReportInput, z.infer<typeof result>, ReportsConfig>({
  kind: 'reports',
  idPrefix: 'rep',
  summary: 'Draws a PDF report: headings, text, lists, tables and pictures, or a ready template filled with data.',
  input,
  result,
  attempts: 3,
  backoff: { firstMs: 2000, factor: 3, maxMs: 60_000 },
  timeoutMs: (config: ReportsConfig) => config.REPORTS_TIMEOUT_SECONDS * 1000,
  accepts: 'json',
  title: titleOf,
  references: (report) => [...new Set([...imageJobs(report), ...attachedJobs(report)])],
  upload: {
    jsonField: 'report',
    files: (report) => [...new Set([...filesOf(report), ...attachedFields(report)])],
    maxBytes: (config: ReportsConfig) => config.REPORTS_MAX_FILE_BYTES,
    rawTypes: [],
    headBytes: HEAD_BYTES,
    inspect: inspectFile,
  },
  example: {
    template: 'monthly',
    locale: 'en-GB',
    data: {
      userId: 'u-1042',
      name: 'Kari Nordmann',
      month: '2026-10',
      summary: 'October had **three orders**, one more than September. Thank you for shopping with us.',
      columns: [
        { key: 'date', title: 'Date', format: 'date' },
        { key: 'order', title: 'Order' },
        { key: 'item', title: 'Item' },
        { key: 'amount', title: 'Amount', format: 'currency:NOK' },
      ],
      rows: [
        { date: '2026-10-02', order: 'A-1001', item: 'Coffee beans, 1 kg', amount: 249 },
        { date: '2026-10-14', order: 'A-1017', item: 'Paper filters', amount: 59.5 },
        { date: '2026-10-28', order: 'A-1039', item: 'Hand grinder', amount: 899 },
      ],
      totals: { amount: 'sum' },
      charts: [{ chart: 'bar', category: 'date', value: 'amount', format: 'currency:NOK', height: '45mm' }],
    },
  },
});

/** The document's title, else the name of its data file, the month of a monthly report, or the number of an invoice. */
function titleOf({ data }: ReportInput, uploads: Record<string, StoredFile>): string | undefined {
  const { title, month, number } = data as { title?: string; month?: string; number?: string };
  const [upload] = Object.values(uploads);
  return [title, upload?.name, month, number].find(Boolean);
}
