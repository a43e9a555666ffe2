import type { z } from 'zod';
import { choiceField, flagField, lineField, listField, textField } from '../../src/fields/fields.ts';
import { checkEInvoice } from './einvoice/demands.ts';
import { EINVOICES } from './einvoice/profiles.ts';
import { appendedField, checkSurrounded } from './input/appended.ts';
import { type InputBlock, MAX_BLOCKS } from './input/blocks.ts';
import { MAX_CODE_BYTES } from './input/code.ts';
import { isOfPictures } from './input/columns.ts';
import {
  attachmentsField,
  checkPictures,
  checkProfile,
  filenameField,
  passwordField,
  profileField,
} from './input/document.ts';
import { langField, localeField, MAX_KEY, type PageSetting, pageField, timeZoneField } from './input/fields.ts';
import { cellValue, isInline, isNoPicture, MAX_ROWS } from './input/table.ts';
import { wordsField } from './input/words.ts';
import { type TemplateInput, templateField } from './templates/index.ts';

/** What a preview is called as long as it has no title of its own. */
export const UNTITLED = 'Preview';

/** What a report's files may be. */
const FORMATS = ['pdf', 'xlsx', 'csv'] as const;
const formatsField = listField(choiceField(...FORMATS), 1, FORMATS.length).superRefine((formats, context) => {
  for (const [index, format] of formats.entries()) {
    if (formats.indexOf(format) === index) continue;
    context.addIssue({ code: 'custom', message: 'must differ from those before it', path: [index] });
  }
});

/** Fields beside `data`, the same for all templates. */
const shared = {
  locale: localeField,
  lang: langField.optional(),
  timeZone: timeZoneField.optional(),
  words: wordsField.optional(),
  page: pageField,
  header: textField(500, 0).default(''),
  footer: textField(500, 0).optional(),
  outline: flagField.default(false),
  strict: flagField.default(false),
  profile: profileField.optional(),
  password: passwordField.optional(),
  einvoice: choiceField(...EINVOICES).optional(),
  attachments: attachmentsField.default([]),
  prepend: appendedField.optional(),
  append: appendedField.optional(),
  formats: formatsField.default(['pdf']),
  preview: flagField.default(false),
  splitBy: textField(MAX_KEY).optional(),
  fileName: filenameField.optional(),
  brand: lineField(64).nullish(),
};

/** A request for a report, checked as a whole. */
export const reportInput = templateField(shared).superRefine((report, context) => {
  if (report.template === 'document') checkTotalSize(report.data.blocks, context);
  checkProfile(report, context);
  checkSlip(report, context);
  if (report.splitBy !== undefined) checkSplit(report, context);
  checkFormats(report, context);
  checkEInvoice(report, context);
  checkSurrounded(report, context);
  if (report.template === 'document' && report.profile === 'PDF/UA-1') checkPictures(report.data.blocks, context);
});

/** Adds an issue for a Swiss payment slip on paper that it does not fit. */
function checkSlip(report: TemplateInput & { page: PageSetting }, context: z.RefinementCtx): void {
  const { size, orientation } = report.page;
  if (report.template !== 'invoice' || report.data.payment?.qr !== 'swiss') return;
  if (size === 'A4' && orientation === 'portrait') return;
  const message = 'must be A4, portrait, with payment.qr "swiss"';
  context.addIssue({ code: 'custom', message, path: ['page'] });
}

/** Most pictures in the tables of a report. */
const MAX_PICTURES = 2000;

/** How many pictures a table names, those of its cells included. */
function countPictures(block: InputBlock): number {
  if (block.type !== 'table') return 0;
  const { columns = [], rows } = block;
  const inPlace = columns.reduce((sum, { pictures = {} }) => sum + Object.keys(pictures).length, 0);
  const keys = columns.filter(isOfPictures).map(({ key }) => key);
  if (keys.length === 0 || !isInline(rows)) return inPlace;
  return rows.reduce((sum, row) => sum + keys.filter((key) => !isNoPicture(cellValue(row, key))).length, inPlace);
}

/** Blocks and rows are bounded over the whole report: many small tables make one large report. */
function checkTotalSize(blocks: InputBlock[], context: z.RefinementCtx): void {
  const all = blocks.flatMap<InputBlock>((block) =>
    block.type === 'columns' ? [block, ...block.columns.flat()] : [block],
  );
  const rows = all.reduce(
    (sum, block) => sum + (block.type === 'table' && isInline(block.rows) ? block.rows.length : 0),
    0,
  );
  const addIssue = (message: string) => context.addIssue({ code: 'custom', message, path: ['data', 'blocks'] });
  if (rows > MAX_ROWS) {
    addIssue(
      `must have tables of at most ${MAX_ROWS.toLocaleString('en')} rows together, not ${rows.toLocaleString('en')}`,
    );
  }
  const isBeside = (block: InputBlock) =>
    block.type === 'columns' && block.columns.flat().some((inner) => inner.type === 'table' && !isInline(inner.rows));
  if (blocks.some(isBeside)) addIssue('must not have a table inside columns whose rows come from a file or a URL');
  const pictures = all.reduce((sum, block) => sum + countPictures(block), 0);
  if (pictures > MAX_PICTURES) {
    addIssue(
      `must have tables of at most ${MAX_PICTURES.toLocaleString('en')} pictures together, not ${pictures.toLocaleString('en')}`,
    );
  }
  const bytes = all.reduce((sum, block) => sum + (block.type === 'code' ? Buffer.byteLength(block.text) : 0), 0);
  if (bytes > MAX_CODE_BYTES) {
    addIssue(`must have codes with texts of at most ${MAX_CODE_BYTES.toLocaleString('en')} bytes together`);
  }
  if (all.length > MAX_BLOCKS) {
    addIssue(`must have at most ${MAX_BLOCKS.toLocaleString('en')} entries, those in columns included`);
  }
}

type CheckedReport = TemplateInput & {
  formats: readonly string[];
  splitBy?: string | undefined;
  password?: string | undefined;
};

/** Adds an issue for files beside the PDF that can not be made: there is no table, or what holds for the PDF does not for them. */
function checkFormats({ template, data, formats, splitBy, password }: CheckedReport, context: z.RefinementCtx): void {
  if (formats.every((format) => format === 'pdf')) return;
  const addIssue = (message: string) => context.addIssue({ code: 'custom', message, path: ['formats'] });
  const hasTable = ({ type, ...block }: InputBlock): boolean =>
    type === 'columns' ? (block as { columns: InputBlock[][] }).columns.flat().some(hasTable) : type === 'table';
  if (splitBy !== undefined) addIssue('must be ["pdf"] with splitBy');
  if (password !== undefined) addIssue('must be ["pdf"] with a password, which would not close the other files');
  if (template === 'document' && !data.blocks.some(hasTable)) addIssue('must be ["pdf"] where there is no table');
}

/** Adds an issue for a report that can not be split: it has no rows, or a template that sums them up before. */
function checkSplit({ template, data }: TemplateInput, context: z.RefinementCtx): void {
  const addIssue = (message: string) => context.addIssue({ code: 'custom', message, path: ['splitBy'] });
  const hasRows = ({ type, ...block }: InputBlock): boolean =>
    type === 'columns'
      ? (block as { columns: InputBlock[][] }).columns.flat().some(hasRows)
      : type === 'table' || (type === 'chart' && 'rows' in block);
  if (template !== 'document') addIssue('must be left out with a template other than document');
  else if (!data.blocks.some(hasRows)) addIssue('must be left out where no table or chart is made of rows');
}

/** What the processor gets: the request's fields with their defaults filled in. */
export type ReportInput = z.infer<typeof reportInput>;
