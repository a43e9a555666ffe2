import { Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { CsvError, parse } from 'csv-parse';
import type { SourceOptions } from '../../../input/table.ts';
import { BadData } from '../bad-data.ts';
import { type Decoding, readText } from '../encoding/encoding.ts';
import { lineOf, type RowFile } from '../row-file.ts';
import { type CsvLayout, detectLayout, trimCells } from './csv-layout.ts';
import { CSV_OPTIONS } from './quoting.ts';

/** Most bytes of a row: fifty cells of the greatest length. */
const MOST_ROW_BYTES = 1_000_000;

/** Returns what csv-parse found wrong, as a sentence. */
function explain(error: CsvError, file: RowFile): BadData {
  const line = Number(error['lines']);
  const where = lineOf(file, line);
  const limit = MOST_ROW_BYTES.toLocaleString('en');
  const sentences: Partial<Record<string, string>> = {
    CSV_QUOTE_NOT_CLOSED: `${where} has the beginning of a quoted cell that never ends.`,
    CSV_MAX_RECORD_SIZE:
      `The row at line ${line.toLocaleString('en')} of ${file.name} is longer than ${limit} bytes: ` +
      'is a quote not closed?',
  };
  const sentence = sentences[error.code] ?? `${where} can't be read as CSV.`;
  return new BadData(sentence, { cause: error });
}

export interface CsvReader {
  /** Called once with how the file is laid out, before the first record. */
  onLayout(layout: CsvLayout): void;
  /** A record's cells as they are written, and the line it ends on. Rows of empty cells are left out. */
  onRecord(cells: string[], line: number): void;
  onBytes(bytes: number): void;
}

/**
 * Reads CSV as RFC 4180 has it, with any delimiter and of three line ends, from where its table begins; quotes in the
 * middle of a cell are what they are. Rejects with BadData, which names the line.
 */
export async function readCsv(
  file: RowFile,
  { decoding, options, keys }: { decoding: Decoding; options: SourceOptions; keys: readonly string[] | undefined },
  reader: CsvReader,
): Promise<void> {
  const pieces = readText(file.path, decoding, reader.onBytes);
  const first = (await pieces.next()).value ?? '';
  const layout = detectLayout(first, { ...options, keys });
  reader.onLayout(layout);
  const parser = parse({
    ...CSV_OPTIONS,
    ...layout.quoting,
    delimiter: layout.delimiter,
    max_record_size: MOST_ROW_BYTES,
    from_line: layout.firstLine,
    on_record: (cells: string[], { lines }) => {
      reader.onRecord(trimCells(cells), lines);
      // Nothing is handed on: the rows end here.
      return null;
    },
  });
  async function* all() {
    yield first;
    yield* pieces;
  }
  const nowhere = new Writable({ objectMode: true, write: (_record, _encoding, done) => done() });
  try {
    await pipeline(Readable.from(all()), parser, nowhere);
  } catch (error) {
    throw error instanceof CsvError ? explain(error, file) : error;
  }
}
