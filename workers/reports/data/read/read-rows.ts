import { cellIssue, type SourceOptions } from '../../input/table.ts';
import { BadData } from './bad-data.ts';
import { readCsv } from './csv/csv.ts';
import { NO_DELIMITER } from './csv/csv-layout.ts';
import { joinNames } from './csv/head-rows.ts';
import type { DataWarning } from './data-warning.ts';
import { type Decoding, detectEncoding } from './encoding/encoding.ts';
import { findHeadIssue, isJson, isZip, readHead } from './file-head.ts';
import type { FileLayout } from './file-layout.ts';
import { findColumns, nameAll } from './header-row.ts';
import { readJson } from './json/json.ts';
import { collectAllKeys, findAskedKeys } from './json/json-columns.ts';
import { countOddRows } from './odd-rows.ts';
import { lineOf, type RowFile, startWith } from './row-file.ts';
import type { RowReader } from './row-reader.ts';
import { warnOfHead } from './warn-of-head.ts';
import { readWorkbook } from './workbook/read-workbook.ts';

/** What a file turned out to be. */
export interface FileFacts {
  warnings: DataWarning[];
  layout: FileLayout;
  /** What the columns are called in the file, by their keys. */
  titles: Map<string, string>;
  /** Columns of the file that have a name, or anything in them, where all were asked for. */
  width: number;
  /** Those of them that have neither a name nor anything in them, before the last that has. */
  unused?: ReadonlySet<string>;
  /** Whether values may be others than texts. */
  hasTypes: boolean;
}

/** A file that is read, and what is asked of it: the keys of its columns, or all of them. */
interface FileTask {
  file: RowFile;
  decoding: Decoding;
  options: SourceOptions;
  wanted: string[] | undefined;
  reader: RowReader;
}

function checkCells(values: unknown[], keys: string[], file: RowFile, line: number): void {
  for (let index = 0; index < values.length; index += 1) {
    const value = values[index];
    // Texts are the most, and short.
    if (typeof value === 'string' && value.length < 1000) continue;
    const issue = value === undefined ? undefined : cellIssue(value);
    if (issue) throw new BadData(`${lineOf(file, line)}: "${keys[index]}" ${issue}.`);
  }
}

async function readCsvRows({ file, decoding, options, wanted, reader }: FileTask): Promise<FileFacts> {
  let header: string[] | undefined;
  let keys: string[] = [];
  let places: number[] = [];
  let filled = 0;
  let row = 0;
  let nameless: number[] = [];
  let [groups, units]: [string[] | undefined, string] = [undefined, ''];
  let layout: FileLayout = { encoding: decoding.encoding, delimiter: null, headerRow: null };
  let titles = new Map<string, string>();
  const warnings: DataWarning[] = [];
  const short = countOddRows('missing_cells', file, 'The cells that are missing', 'are empty');
  const long = countOddRows('extra_cells', file, 'The cells that no column has', 'are left out');
  const begin = (names: string[], isMade = false) => {
    header = names;
    const all = nameAll(names, names.length);
    keys = wanted ?? all;
    places = findColumns(all, keys, file);
    filled = isMade ? 0 : names.findLastIndex((name) => name !== '') + 1;
    nameless = wanted || isMade ? [] : names.flatMap((name, index) => (name === '' ? [index] : []));
    titles = new Map(keys.map((key, index) => [key, all[places[index] ?? 0] ?? key]));
    reader.begin(keys);
  };
  await readCsv(
    file,
    { decoding, options, keys: wanted },
    {
      onLayout(found) {
        const { delimiter, firstLine, names } = found;
        ({ groups, units } = found);
        layout = { ...layout, delimiter: delimiter === NO_DELIMITER ? null : delimiter };
        if (names) {
          if (names.length > 0) begin(names, true);
          return;
        }
        layout.headerRow = firstLine;
        warnings.push(...warnOfHead(file, { ...found, line: firstLine }));
      },
      onRecord(cells, line) {
        if (!header) return begin(joinNames(cells, groups));
        if (row === 0 && units !== '') {
          units = '';
          return;
        }
        row += 1;
        if (nameless.length > 0) nameless = nameless.filter((index) => (cells[index] ?? '') === '');
        if (cells.length !== header.length) {
          const extra = cells.slice(header.length).filter((cell) => cell !== '');
          if (cells.length < header.length) short.see(row);
          else if (extra.length > 0) long.see(row, extra[0]);
        }
        for (let index = cells.length - 1; index >= filled; index -= 1) {
          if (cells[index] !== '' && index < header.length) filled = index + 1;
        }
        const values = places.map((place) => cells[place] ?? '');
        checkCells(values, keys, file, line);
        reader.cells?.(cells);
        reader.row(values, line);
      },
      onBytes: reader.bytes,
    },
  );
  if (!header)
    throw new BadData(
      `${startWith(file)} is empty: ${options.header === false ? 'it has no row' : 'a CSV begins with a header row'}.`,
    );
  const unused = new Set(nameless.map((index) => keys[index] ?? ''));
  const told = [...warnings, ...short.list(), ...long.list()];
  return { layout, warnings: told, titles, width: filled, unused, hasTypes: false };
}

async function readJsonRows({ file, decoding, wanted, reader }: FileTask): Promise<FileFacts> {
  const columns = wanted ? findAskedKeys(file, wanted) : collectAllKeys(file, (key) => reader.grow(key));
  let isBegun = false;
  const begin = () => {
    isBegun = true;
    reader.begin([...columns.keys]);
  };
  const onRow = (row: Record<string, unknown>, line: number) => {
    const values = columns.read(row, line);
    if (!isBegun) begin();
    checkCells(values, columns.keys, file, line);
    reader.cells?.(wanted ? Object.values(row) : values);
    reader.row(values, line);
  };
  await readJson(file, decoding, onRow, reader.bytes);
  if (!isBegun) begin();
  const layout = { encoding: decoding.encoding, delimiter: null, headerRow: null };
  return { layout, ...columns.finish(), width: columns.keys.length, hasTypes: true };
}

/** How a file is read: what the request says of it, and the report's locale where its own evidence does not tell. */
export interface FileSetting {
  options: SourceOptions;
  locale: string;
  /** Most bytes of a part of a workbook, unpacked. */
  maxUnpackedBytes?: number | undefined;
}

/** Of a part of a workbook, unpacked, where nothing is said. */
const MOST_UNPACKED_BYTES = 1_000_000_000;

/**
 * Reads a data file row by row: a workbook, CSV, or JSON objects, in whatever encoding and layout it is. Without
 * `wanted` the header row, or the first object, says what the columns are. Throws BadData.
 */
export async function readRows(
  file: RowFile,
  wanted: string[] | undefined,
  { options, locale, maxUnpackedBytes: maxBytes = MOST_UNPACKED_BYTES }: FileSetting,
  reader: RowReader,
): Promise<FileFacts> {
  const head = await readHead(file.path);
  const issue = options.encoding?.startsWith('utf-16') ? null : findHeadIssue(head);
  if (issue) throw new BadData(`${startWith(file)} ${issue}`);
  if (isZip(head)) {
    return { ...(await readWorkbook({ file, options, wanted, reader, maxBytes })), hasTypes: true };
  }
  const decoding = detectEncoding(file.path, locale, options.encoding);
  const isList = isJson(head) && options.delimiter === undefined && options.skipRows === undefined;
  const facts = await (isList ? readJsonRows : readCsvRows)({ file, decoding, options, wanted, reader });
  const warnOf = (name: string, what: string) =>
    facts.warnings.push({
      code: 'option_unused',
      message: `${startWith(file)} is ${what}: "${name}" says nothing of it.`,
    });
  if (options.sheet !== undefined) warnOf('sheet', 'no workbook');
  if (isList && options.header !== undefined) warnOf('header', 'JSON');
  if (!decoding.isGuessed) return facts;
  const guess = decoding.isFaulty
    ? 'is UTF-8 with bytes that are none, in whose place "\ufffd" stands: set "encoding" if it is another'
    : `is not UTF-8; by its letters it was read as ${decoding.encoding}: set "encoding" if they are wrong`;
  const warning = { code: 'encoding_guessed', message: `${startWith(file)} ${guess}.` };
  return { ...facts, warnings: [...facts.warnings, warning] };
}
