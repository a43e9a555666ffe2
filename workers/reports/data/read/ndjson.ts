import { BadData } from './bad-data.ts';
import type { Encoding } from './encoding.ts';
import { readText } from './encoding.ts';
import { lineOf, type RowFile } from './row-file.ts';

/** Most characters of a line: fifty cells of the greatest length. */
const MOST_CHARACTERS = 1_000_000;

function parseLine(text: string, file: RowFile, line: number): Record<string, unknown> {
  let row: unknown;
  try {
    row = JSON.parse(text);
  } catch {
    throw new BadData(`${lineOf(file, line)} is not JSON: each line must be one object.`);
  }
  if (typeof row !== 'object' || row === null || Array.isArray(row)) {
    throw new BadData(`${lineOf(file, line)} is not an object with a value for each column.`);
  }
  return row as Record<string, unknown>;
}

/** Reads NDJSON, one object a line; empty lines are left out. Throws BadData, which names the line. */
export async function readNdjson(
  file: RowFile,
  encoding: Encoding,
  onRow: (row: Record<string, unknown>, line: number) => void,
  onBytes: (bytes: number) => void,
): Promise<void> {
  let rest = '';
  let line = 0;
  const take = (text: string) => {
    line += 1;
    if (text.trim() !== '') onRow(parseLine(text, file, line), line);
  };
  for await (const piece of readText(file.path, encoding, onBytes)) {
    // A \r before the end of a line is white space to JSON.
    const lines = (rest + piece).split('\n');
    rest = lines.pop() ?? '';
    for (const text of lines) take(text);
    if (rest.length > MOST_CHARACTERS) {
      throw new BadData(`${lineOf(file, line + 1)} has more than ${MOST_CHARACTERS.toLocaleString('en')} characters.`);
    }
  }
  take(rest);
}
