import { invalidRequest } from '../../../src/fields/invalid-request.ts';
import type { ConductTools } from '../../../src/jobs/contract.ts';
import type { FlowInput, Row } from '../input/flow.ts';
import { beginsLikeRows } from './file-sort.ts';
import { MAX_LINE_BYTES, readLines } from './read-rows.ts';

/** The rows are read by a worker alone: of a table, or of a file that is still to be fetched. */
export const LATER = Symbol('later');

/**
 * Reads the first row that a flow is to be done for; null in a flow for one, LATER where no example stands for a row that is
 * not read here. Throws invalid_request for an upload that there is not, that is empty, or whose first line is no row.
 */
export async function readFirstRow(
  forEach: FlowInput['forEach'],
  { openUpload }: Pick<ConductTools, 'openUpload'>,
): Promise<Row | null | typeof LATER> {
  if (!forEach) return null;
  const { upload, rows, example } = forEach;
  if (rows) return rows[0] ?? null;
  if (upload === undefined) return example ?? LATER;
  const refuse = (detail: string) => invalidRequest([{ pointer: '/forEach/upload', detail }]);
  const opened = await openUpload(upload);
  if (!opened) throw refuse(`names no upload of yours: ${upload}`);
  if (opened.file.bytes > 0 && !(await beginsLikeRows(opened.open))) return example ?? LATER;
  const content = await opened.open(2 * MAX_LINE_BYTES);
  try {
    for await (const { number, row, fault } of readLines(content, { number: 1, at: 0 })) {
      if (row) return row;
      throw refuse(`must have a JSON object on each line (NDJSON); line ${number} ${fault}`);
    }
  } finally {
    content.destroy();
  }
  throw refuse('has no rows: each line is a JSON object (NDJSON)');
}
