import { z } from 'zod';
import { listField, objectField } from '../../../src/fields/fields.ts';
import { jobFileFields, uploadIdField } from '../../../src/jobs/files/file-reference.ts';
import type { NamedFile } from '../../../src/jobs/files/job-file.ts';

/** Most PDFs before a report, and as many behind it. */
const MAX_FILES = 20;
/** Most bytes of all of them together. */
export const MAX_APPENDED_BYTES = 100_000_000;

const SOURCE = 'must be {"upload": "<id>"} or {"job": "<id>", "file": "<name>"}';

/** PDFs whose pages stand before or behind those of a report. */
export const appendedField = listField(
  z.union([objectField({ upload: uploadIdField }), objectField(jobFileFields)], SOURCE),
  0,
  MAX_FILES,
);

/** The PDFs around a report. */
export interface Surrounded {
  prepend?: NamedFile[] | undefined;
  append?: NamedFile[] | undefined;
}

interface SurroundedFields extends Surrounded {
  profile?: string | undefined;
  einvoice?: string | undefined;
  preview: boolean;
  formats: readonly string[];
}

/** What pages of others do not go with, and why. */
const WITHOUT: Readonly<Record<'profile' | 'einvoice' | 'preview', string>> = {
  profile: ', which nobody knows of their pages',
  einvoice: ': the PDF is one of PDF/A-3b, which nobody knows of their pages',
  preview: ', which shows the first page of the report itself',
};

/** Adds an issue for fields that do not go with the pages of other PDFs. */
export function checkSurrounded(report: SurroundedFields, context: z.RefinementCtx): void {
  const fields = (['prepend', 'append'] as const).filter((field) => report[field]?.length);
  const addIssue = (field: string, message: string) => context.addIssue({ code: 'custom', message, path: [field] });
  for (const field of fields) {
    for (const [other, why] of Object.entries(WITHOUT)) {
      if (report[other as keyof typeof WITHOUT]) addIssue(field, `must be left out with ${other}${why}`);
    }
    if (!report.formats.includes('pdf')) addIssue(field, 'must be left out where formats have no "pdf"');
  }
}
