import { isInline, type RowsSource } from '../input/table.ts';
import type { ReportInput } from '../job.ts';

/** Where the rows of a report's tables are that aren't inside the request, in the order of the tables. */
export function sourcesOf(input: ReportInput): RowsSource[] {
  if (input.template !== 'document') return [];
  return input.data.blocks.flatMap((block) => (block.type === 'table' && !isInline(block.rows) ? [block.rows] : []));
}

/** The names of the form's files that a report refers to. */
export const filesOf = (input: ReportInput): string[] => [
  ...new Set(sourcesOf(input).flatMap((source) => ('file' in source ? [source.file] : []))),
];
