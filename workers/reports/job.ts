import { z } from 'zod';
import { defineJob } from '../../src/jobs/contract.ts';
import type { StoredFile } from '../../src/jobs/files/stored-file.ts';
import { HEAD_BYTES } from './data/read/file-head.ts';
import { filesOf, rowReferences } from './data/row-sources.ts';
import { EINVOICES } from './einvoice/profiles.ts';
import { appendedReferences } from './files/appended-files.ts';
import { attachedFields, attachedReferences } from './files/attachments.ts';
import { savedAs } from './files/name-pdfs.ts';
import { imageReferences } from './files/named-images.ts';
import { wordsField } from './input/words.ts';
import { inspectFile } from './inspect-file.ts';
import { type ReportInput, reportInput, UNTITLED } from './report-input.ts';
import type { ReportsConfig } from './settings.ts';
import { TEMPLATE_NAMES } from './templates/index.ts';

const shownTable = z.object({
  columns: z
    .array(
      z.object({
        key: z.string(),
        title: z.string(),
        type: z.enum(['text', 'number', 'date']),
        format: z.string().nullable().describe('What its values are printed as; null: as they stand.'),
        samples: z.array(z.string()).describe('Its first values as they are printed.'),
        read: z.number().int().describe('How many of its values were read as its type.'),
        of: z.number().int().describe('How many values it has; empty ones do not count.'),
        unread: z.array(z.string()).describe('Some of those that were not read.'),
      }),
    )
    .describe('Its columns, as they were understood.'),
  rows: z.array(z.array(z.string())).describe('The first rows as they are printed.'),
  count: z.number().int().describe('How many rows it has.'),
  encoding: z
    .string()
    .nullable()
    .describe('What its file was read as; null for rows in the request, and for workbooks.'),
  delimiter: z.string().nullable().describe('What parts the cells of its file; null where nothing does.'),
  headerRow: z.number().int().nullable().describe('The line that the names of its columns begin in, from 1.'),
  sheet: z.string().nullable().describe('The sheet of a workbook that was read; null for other files.'),
  sheets: z.array(z.string()).describe('The names of the first hundred sheets of a workbook.'),
});

const result = z.object({
  pages: z
    .number()
    .int()
    .describe(
      'How many pages the PDF has, those of others that were put around them included; 1 in a preview, which draws no more; 0 without a PDF.',
    ),
  bytes: z.number().int().describe('The size of the PDF; 0 where there is none, as in a preview.'),
  groups: z
    .array(z.object({ name: z.string(), file: z.string(), pages: z.number().int() }))
    .optional()
    .describe('Of a report that was split: the value that each of its files is for.'),
  einvoice: z.enum(EINVOICES).optional().describe('The invoice for programs that lies inside the PDF.'),
  tables: z.array(shownTable).optional().describe('Of a preview: its first ten tables, as they were understood.'),
  warnings: z
    .array(z.object({ code: z.string(), message: z.string(), page: z.number().int() }))
    .describe('What was noticed while drawing, such as characters that the font lacks.'),
});

/** Reports: a PDF from JSON. */
export const reports = defineJob<ReportInput, z.infer<typeof result>, ReportsConfig>({
  kind: 'reports',
  idPrefix: 'rep',
  summary: 'Draws a PDF report: headings, text, lists, tables and pictures, or a ready template filled with data.',
  input: reportInput,
  result,
  attempts: 3,
  backoff: { firstMs: 2000, factor: 3, maxMs: 60_000 },
  timeoutMs: (config: ReportsConfig) => config.REPORTS_TIMEOUT_SECONDS * 1000,
  accepts: 'json',
  batch: { path: 'batch', field: 'reports', max: 500 },
  title: titleOf,
  savedAs,
  facts(input, uploads) {
    const title = titleOf(input, uploads);
    return title === undefined ? {} : { title };
  },
  secretFields: ['password'],
  templates: { builtIn: TEMPLATE_NAMES, load: () => import('./stored/engine.ts') },
  brandOf: ({ brand }) => brand,
  brandWords: wordsField as z.ZodType as z.ZodType<Record<string, string>>,
  makes: ['application/*', 'text/*', 'image/*'],
  references: (report) => [
    ...rowReferences(report),
    ...imageReferences(report),
    ...attachedReferences(report),
    ...appendedReferences(report),
  ],
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

/**
 * The document's title, else the name of its data file, whose a monthly report is and of which month, or the number of an
 * invoice.
 */
function titleOf({ data, preview }: ReportInput, uploads: Record<string, StoredFile>): string | undefined {
  type Named = { title?: string; name?: string; userId?: string; month?: string; number?: string };
  const { title, name, userId, month, number } = data as Named;
  const [upload] = Object.values(uploads);
  const own = preview && title === UNTITLED ? undefined : title;
  const monthly = month && [name ?? userId, month].filter(Boolean).join(', ');
  const known = [own, upload?.name, monthly, number].find(Boolean);
  return preview ? [UNTITLED, known].filter(Boolean).join(': ') : known;
}
