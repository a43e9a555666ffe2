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

/** The uploads and the results of other jobs that a report's tables and charts are made of. */
export const rowReferences = (input: ReportInput): FileReference[] =>
  placeSources(input).flatMap(({ source, pointer }): FileReference[] => {
    if ('upload' in source) return [{ id: source.upload, pointer: `${pointer}/upload`, field: 'rows' }];
    return 'job' in source && source.job !== undefined ? [{ id: source.job, pointer: `${pointer}/job` }] : [];
  });

const isFormFile = (source: RowsSource): source is RowsSource & { file: string; job?: undefined } =>
  'file' in source && source.job === undefined;

/** The names of the form's files that a report refers to. */
export const filesOf = (input: ReportInput): string[] => [
  ...new Set(sourcesOf(input).flatMap((source) => (isFormFile(source) ? [source.file] : []))),
];
