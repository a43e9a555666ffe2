import type { InputBlock } from '../input/blocks.ts';
import { isInline, type Row, type RowsSource } from '../input/table.ts';
import type { ReportInput } from '../report-input.ts';

const elsewhere = (rows: Row[] | RowsSource | undefined): RowsSource[] => (!rows || isInline(rows) ? [] : [rows]);

function sourcesOfBlock(block: InputBlock): RowsSource[] {
  if (block.type === 'columns') return block.columns.flat().flatMap(sourcesOfBlock);
  return block.type === 'table' || block.type === 'chart' ? elsewhere(block.rows) : [];
}

/** Where the rows of a report's tables and charts are that aren't inside the request, in their order. */
export function sourcesOf(input: ReportInput): RowsSource[] {
  if (input.template === 'document') return input.data.blocks.flatMap(sourcesOfBlock);
  return input.template === 'monthly' ? elsewhere(input.data.rows) : [];
}

/** The names of the form's files that a report refers to. */
export const filesOf = (input: ReportInput): string[] => [
  ...new Set(sourcesOf(input).flatMap((source) => ('file' in source ? [source.file] : []))),
];
