import { Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { CsvError, parse } from 'csv-parse';
import { BadData } from './bad-data.ts';
import { type Encoding, readText } from './encoding.ts';
import { lineOf, type RowFile } from './row-file.ts';

/** Most bytes of a row: fifty cells of the greatest length. */
const MOST_ROW_BYTES = 1_000_000;
const DELIMITERS = [',', ';', '\t', '|'] as const;
export type Delimiter = (typeof DELIMITERS)[number];

/** Of a header row so much is looked at. */
const HEADER_CHARACTERS = 20_000;

/** The delimiter that the header row has most often, outside of quotes; a comma where it has none. */
export function detectDelimiter(start: string): Delimiter {
  const [named] = /^sep=[,;\t|](?=\r|\n)/i.exec(start) ?? [];
  if (named) return named.at(-1) as Delimiter;
  const [header = ''] = start
    .slice(0, HEADER_CHARACTERS)
    .replaceAll(/"[^"]*"/g, '')
    .split(/\r|\n/, 1);
  const counts = DELIMITERS.map((delimiter) => header.split(delimiter).length);
  return DELIMITERS[counts.indexOf(Math.max(...counts))] ?? ',';
}

const WRITE_TWICE = 'a quote inside a quoted cell must be written twice';

/** Returns what csv-parse found wrong, as a sentence. */
function explain(error: CsvError, file: RowFile): BadData {
  const line = Number(error['lines']);
  const where = lineOf(file, line);
  const limit = MOST_ROW_BYTES.toLocaleString('en');
  const sentences: Partial<Record<string, string>> = {
    CSV_QUOTE_NOT_CLOSED: `${where} has the beginning of a quoted cell that never ends.`,
    CSV_INVALID_CLOSING_QUOTE: `${where} has text right behind a closing quote: ${WRITE_TWICE}.`,
    INVALID_OPENING_QUOTE:
      `${where} has a quote inside a cell that doesn't begin with one: ` +
      'quote the whole cell and write the quote twice.',
    CSV_MAX_RECORD_SIZE:
      `The row at line ${line.toLocaleString('en')} of ${file.name} is longer than ${limit} bytes: ` +
      'is a quote not closed?',
  };
  const sentence = sentences[error.code] ?? `${where} can't be read as CSV.`;
  return new BadData(sentence, { cause: error });
}

export interface CsvReader {
  /** Called once with the first piece's delimiter, before the first record. */
  onDelimiter(delimiter: Delimiter): void;
  /** A record's cells as they are written, and the line it ends on. Rows of empty cells are left out. */
  onRecord(cells: string[], line: number): void;
  onBytes(bytes: number): void;
}

/**
 * Reads CSV as RFC 4180 has it, with any of four delimiters and of three line ends. Rejects with BadData, which names
 * the line.
 */
export async function readCsv(file: RowFile, encoding: Encoding, reader: CsvReader): Promise<void> {
  const pieces = readText(file.path, encoding, reader.onBytes);
  const first = (await pieces.next()).value ?? '';
  const delimiter = detectDelimiter(first);
  reader.onDelimiter(delimiter);
  const hasName = /^sep=/i.test(first);
  const parser = parse({
    delimiter,
    record_delimiter: ['\r\n', '\n', '\r'],
    relax_column_count: true,
    skip_records_with_empty_values: true,
    trim: true,
    max_record_size: MOST_ROW_BYTES,
    from_line: hasName ? 2 : 1,
    on_record: (cells: string[], { lines }) => {
      reader.onRecord(cells, lines);
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
