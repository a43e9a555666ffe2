import { type Column, cellIssue, cellValue } from '../../input/table.ts';
import { BadData } from './bad-data.ts';
import { readCsv } from './csv.ts';
import { detectEncoding, type Encoding } from './encoding.ts';
import { findHeadIssue, isNdjson, readHead } from './file-head.ts';
import { columnsFromNames, findColumns, nameAll } from './header-row.ts';
import { readDecimal } from './localized-number.ts';
import { readNdjson } from './ndjson.ts';
import { lineOf, type RowFile, startWith } from './row-file.ts';

/** What was noticed about the data as a whole. */
export interface DataWarning {
  code: string;
  message: string;
}

/** Takes a file's rows. */
export interface RowReader {
  /** Called once before the first row, and for a file without rows too. */
  begin(columns: Column[], readNumber: (value: unknown) => number | undefined): void;
  /** A value for each column. */
  row(values: unknown[]): void;
  bytes(count: number): void;
}

function checkCells(values: unknown[], columns: Column[], file: RowFile, line: number): void {
  for (const [index, value] of values.entries()) {
    const issue = value === undefined ? undefined : cellIssue(value);
    if (issue) throw new BadData(`${lineOf(file, line)}: "${columns[index]?.key}" ${issue}.`);
  }
}

/** Counts odd rows of one sort, and lists them in one sentence: `what`, where, and what became of it. */
function countOddRows(code: string, file: RowFile, what: string, outcome: string) {
  let count = 0;
  let first = 0;
  return {
    see(line: number): void {
      if (count === 0) first = line;
      count += 1;
    },
    list(): DataWarning[] {
      if (count === 0) return [];
      const at = first.toLocaleString('en');
      const where = count === 1 ? `in line ${at}` : `in ${count.toLocaleString('en')} rows (the first in line ${at})`;
      return [{ code, message: `${what} ${where} of ${file.name} ${outcome}.` }];
    },
  };
}

async function readCsvRows(
  file: RowFile,
  encoding: Encoding,
  wanted: Column[] | undefined,
  reader: RowReader,
): Promise<DataWarning[]> {
  let header: string[] | undefined;
  let columns: Column[] = [];
  let places: number[] = [];
  let comma = false;
  const short = countOddRows('missing_cells', file, 'The cells that are missing', 'are empty');
  const long = countOddRows('extra_cells', file, 'The cells that no column has', 'are left out');
  const begin = (names: string[]) => {
    header = names;
    const used = wanted ? names : nameAll(names);
    columns = wanted ?? columnsFromNames(used, file);
    places = findColumns(used, columns, file);
    reader.begin(columns, (value) => readDecimal(value, comma));
  };
  await readCsv(file, encoding, {
    onDelimiter(delimiter) {
      comma = delimiter === ';';
    },
    onRecord(cells, line) {
      if (!header) return begin(cells);
      if (cells.length < header.length) short.see(line);
      else if (cells.slice(header.length).some((cell) => cell !== '')) long.see(line);
      const values = places.map((place) => cells[place] ?? '');
      checkCells(values, columns, file, line);
      reader.row(values);
    },
    onBytes: reader.bytes,
  });
  if (!header) throw new BadData(`${startWith(file)} is empty: a CSV begins with a header row.`);
  return [...short.list(), ...long.list()];
}

async function readNdjsonRows(
  file: RowFile,
  encoding: Encoding,
  wanted: Column[] | undefined,
  reader: RowReader,
): Promise<DataWarning[]> {
  let columns = wanted;
  const names = new Set<string>();
  const extra = countOddRows('extra_cells', file, 'The keys that the first row lacks', 'are left out');
  const onRow = (row: Record<string, unknown>, line: number) => {
    if (!columns) {
      columns = columnsFromNames(Object.keys(row), file);
      for (const key of Object.keys(row)) names.add(key);
    }
    if (line === 1 || !isBegun) begin(columns);
    if (!wanted && Object.keys(row).some((key) => !names.has(key))) extra.see(line);
    const values = columns.map(({ key }) => cellValue(row, key));
    checkCells(values, columns, file, line);
    reader.row(values);
  };
  let isBegun = false;
  const begin = (of: Column[]) => {
    isBegun = true;
    reader.begin(of, (value) => readDecimal(value, false));
  };
  await readNdjson(file, encoding, onRow, reader.bytes);
  if (!isBegun) begin(columns ?? []);
  return extra.list();
}

/**
 * Reads a data file row by row, CSV or NDJSON, in whatever encoding it is. Without `wanted` the header row, or the
 * first object, says what the columns are. Throws BadData.
 */
export async function readRows(file: RowFile, wanted: Column[] | undefined, reader: RowReader): Promise<DataWarning[]> {
  const head = await readHead(file.path);
  const issue = findHeadIssue(head);
  if (issue) throw new BadData(`${startWith(file)} ${issue}`);
  const encoding = detectEncoding(file.path);
  const read = isNdjson(head) ? readNdjsonRows : readCsvRows;
  const warnings = await read(file, encoding, wanted, reader);
  if (encoding !== 'windows-1252') return warnings;
  const message = `${startWith(file)} is not UTF-8; it was read as Windows-1252 (Latin-1).`;
  return [...warnings, { code: 'encoding_guessed', message }];
}
