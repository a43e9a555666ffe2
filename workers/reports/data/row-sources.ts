import type { FileReference } from '../../../src/jobs/files/file-reference.ts';
import type { InputBlock } from '../input/blocks.ts';
import { isInline, type Row, type RowsSource } from '../input/table.ts';
import type { ReportInput } from '../report-input.ts';

const elsewhere = (rows: Row[] | RowsSource | undefined): RowsSource[] => (!rows || isInline(rows) ? [] : [rows]);

/** Where rows are, and where the request says so (RFC 6901). */
interface PlacedSource {
  source: RowsSource;
  pointer: string;
}

const place = (rows: Row[] | RowsSource | undefined, pointer: string): PlacedSource[] =>
  elsewhere(rows).map((source) => ({ source, pointer: `${pointer}/rows` }));

function placeInBlocks(blocks: readonly InputBlock[], pointer: string): PlacedSource[] {
  return blocks.flatMap((block, index): PlacedSource[] => {
    const at = `${pointer}/${index}`;
    if (block.type === 'columns') {
      return block.columns.flatMap((column, inner) => placeInBlocks(column, `${at}/columns/${inner}`));
    }
    return block.type === 'table' || block.type === 'chart' ? place(block.rows, at) : [];
  });
}

function placeSources(input: ReportInput): PlacedSource[] {
  if (input.template === 'document') return placeInBlocks(input.data.blocks, '/data/blocks');
  return input.template === 'monthly' ? place(input.data.rows, '/data') : [];
}

/** Where the rows of a report's tables and charts are that aren't inside the request, in their order. */
export const sourcesOf = (input: ReportInput): RowsSource[] => placeSources(input).map(({ source }) => source);

/** The uploads that a report's tables and charts are made of. */
export const rowUploads = (input: ReportInput): FileReference[] =>
  placeSources(input).flatMap(({ source, pointer }) =>
    'upload' in source ? [{ id: source.upload, pointer: `${pointer}/upload`, field: 'rows' }] : [],
  );

/** The names of the form's files that a report refers to. */
export const filesOf = (input: ReportInput): string[] => [
  ...new Set(sourcesOf(input).flatMap((source) => ('file' in source ? [source.file] : []))),
];
