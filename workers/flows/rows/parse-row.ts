import { isUtf8 } from 'node:buffer';
import { jsonField } from '../../../src/fields/fields.ts';
import type { Row } from '../input/flow.ts';

const BOM = Buffer.from([0xef, 0xbb, 0xbf]);

/** Reads a row from a line of JSON; what is wrong with it is the end of a sentence. */
export function parseRow(line: Buffer, isFirst: boolean): Parsed {
  const bytes = isFirst && line.subarray(0, BOM.length).equals(BOM) ? line.subarray(BOM.length) : line;
  const refuse = (fault: string) => ({ row: null, fault });
  if (!isUtf8(bytes)) return refuse('is not UTF-8');
  try {
    return checkRow(JSON.parse(bytes.toString()));
  } catch {
    return refuse('is no JSON: each line is one JSON object (NDJSON)');
  }
}

type Parsed = { row: Row; fault: null } | { row: null; fault: string };

function checkRow(row: unknown): Parsed {
  if (typeof row !== 'object' || row === null || Array.isArray(row)) {
    return { row: null, fault: 'is no JSON object: a row has names and values' };
  }
  const fault = jsonField.safeParse(row).error?.issues[0]?.message;
  return fault === undefined ? { row: row as Row, fault: null } : { row: null, fault };
}

/** A line that is made of a table's row: its number there, and the row, or why it is none as the end of a sentence. */
export interface NumberedLine {
  line: number;
  row: unknown;
  fault?: string;
}

/** Reads such a line. */
export function parseNumbered(bytes: Buffer): Parsed & { number: number } {
  const { line, row, fault } = JSON.parse(bytes.toString()) as NumberedLine;
  return { number: line, ...(fault === undefined ? checkRow(row) : { row: null, fault }) };
}
