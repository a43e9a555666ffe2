import { invalidRequest } from '../../../src/fields/invalid-request.ts';
import type { ConductTools } from '../../../src/jobs/contract.ts';
import type { FlowInput, Row } from '../input/flow.ts';
import { MAX_LINE_BYTES, readLines } from './read-rows.ts';

/**
 * Reads the first row that a flow is to be done for; null in a flow for one. Throws invalid_request for an upload that there
 * is not, that has no row, or whose first line is none.
 */
export async function readFirstRow(
  forEach: FlowInput['forEach'],
  { openUpload }: Pick<ConductTools, 'openUpload'>,
): Promise<Row | null> {
  if (!forEach) return null;
  const { upload, rows } = forEach;
  if (upload === undefined) return rows?.[0] ?? null;
  const refuse = (detail: string) => invalidRequest([{ pointer: '/forEach/upload', detail }]);
  const opened = await openUpload(upload);
  if (!opened) throw refuse(`names no upload of yours: ${upload}`);
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
