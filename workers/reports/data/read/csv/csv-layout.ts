import { CsvError } from 'csv-parse';
import { parse } from 'csv-parse/sync';
import type { Delimiter } from '../../../input/table.ts';
import { isPlace, numberColumns } from '../header-row.ts';
import { findHeader, findKeys, isDataRow, type Split } from './find-header.ts';
import { findGroups, showUnits } from './head-rows.ts';
import { CSV_OPTIONS, detectQuoting, hasStrictQuotes, type Quoting, SAMPLE_CHARACTERS } from './quoting.ts';
import { isValue, LOOKED_AT, type Sample } from './records.ts';

/** Those that are found by themselves, the likelier first where all else is equal. */
const FOUND: readonly Delimiter[] = ['\t', ';', '|', ','];
/** So many records of the beginning are looked at. */
const SAMPLE_RECORDS = 1000;
/** From the first of them on, this part of the records has to agree. */
const MOST_AGREE = 0.5;

/** What no text has: the rows of a file of one column are not parted. */
export const NO_DELIMITER = '\u001f';

/** How a CSV is laid out: what parts its cells, and where its table begins. */
export interface CsvLayout {
  delimiter: string;
  quoting: Quoting;
  /** The line that the table begins in, from 1: its header row, or its first row where it has none. */
  firstLine: number;
  /** What the columns are called where no row says so; undefined where a header row does. */
  names: string[] | undefined;
  /** The first words of the lines before it, where they are no empty ones and no `sep=`. */
  preamble: string;
  /** The first cells of a header row that looks like the rows below it; '' where it has names. */
  unlikely: string;
  /** The names of groups above the header row, one for each of its columns; undefined where it has none. */
  groups: string[] | undefined;
  /** The cells of a row below the header row that has units; '' where there is none. */
  units: string;
}

const NO_EXTRAS = { preamble: '', unlikely: '', groups: undefined, units: '' };

/** A record's cells without the spaces at their ends; a quoted cell with spaces behind it without its quotes. */
export function trimCells(cells: string[]): string[] {
  for (let index = 0; index < cells.length; index += 1) {
    const cell = cells[index] as string;
    const last = cell.charCodeAt(cell.length - 1);
    if (last > 0x20 && last < 0x80) continue;
    const text = cell.trimEnd();
    const isQuoted = text.length < cell.length && text.length > 1 && text.startsWith('"') && text.endsWith('"');
    cells[index] = isQuoted ? text.slice(1, -1) : text;
  }
  return cells;
}

const NAMED = /^"?sep=([,;\t|:^~])"?(?=\r|\n)/i;

/** The delimiter that a first line such as `sep=;` names, as Excel writes it. */
const namedDelimiter = (start: string): Delimiter | undefined => NAMED.exec(start)?.[1] as Delimiter | undefined;

/** From which line on a file is split, and how its cells are quoted. */
interface Start {
  fromLine: number;
  quoting: Quoting;
}

/** Records of the beginning; the last one may be cut off, and is left out where the text goes on. */
function sampleRecords(text: string, delimiter: Delimiter, { fromLine, quoting }: Start): Sample[] {
  const records: Sample[] = [];
  let lines = fromLine - 1;
  const isCut = text.length >= SAMPLE_CHARACTERS;
  try {
    parse(text.slice(0, SAMPLE_CHARACTERS), {
      ...CSV_OPTIONS,
      ...quoting,
      delimiter,
      from_line: fromLine,
      to: SAMPLE_RECORDS,
      skip_records_with_empty_values: false,
      on_record: (cells: string[], context) => {
        if (trimCells(cells).some((cell) => cell !== '')) records.push({ cells, line: lines + 1 });
        lines = context.lines;
        return null;
      },
    });
  } catch (error) {
    // A quote that the sample's end cuts off, or that is never closed: the reading itself names its line.
    if (!(error instanceof CsvError)) throw error;
  }
  return isCut && records.length > 1 ? records.slice(0, -1) : records;
}

/** How many records have each number of cells, and where the first of them is. */
function countWidths(records: readonly Sample[]): Map<number, { count: number; first: number }> {
  const widths = new Map<number, { count: number; first: number }>();
  for (const [index, { cells }] of records.entries()) {
    const known = widths.get(cells.length);
    if (known) known.count += 1;
    else widths.set(cells.length, { count: 1, first: index });
  }
  return widths;
}

function split(text: string, delimiter: Delimiter, start: Start): Split {
  const records = sampleRecords(text, delimiter, start);
  const isSpaced = text.slice(0, SAMPLE_CHARACTERS).includes(`${delimiter} `);
  let best: Split = { delimiter, records, width: 1, first: 0, agree: 0, isSpaced };
  for (const [width, { count, first }] of countWidths(records)) {
    if (width === 1) continue;
    const isRule = count >= (records.length - first) * MOST_AGREE && (count > 1 || records.length <= 2);
    if (isRule && (count > best.agree || (count === best.agree && width > best.width))) {
      best = { ...best, width, first, agree: count };
    }
  }
  return best;
}

/** What each delimiter that stands in the sample makes of it. */
function splitAll(text: string, delimiters: readonly Delimiter[], start: Start): Split[] {
  const sample = text.slice(0, SAMPLE_CHARACTERS);
  return delimiters.filter((one) => sample.includes(one)).map((one) => split(text, one, start));
}

/** The records where no delimiter parts them. */
function takeWhole(text: string, [delimiter]: readonly Delimiter[], start: Start) {
  const records = sampleRecords(text, delimiter ?? '\t', start);
  return { records, header: records[0] };
}

/** How many cells are values: cut at the right places, more of them are. */
function countValues({ records, width }: Split): number {
  const rows = records.filter((record) => record.cells.length === width).slice(0, LOOKED_AT);
  return rows.flatMap((record) => record.cells).filter(isValue).length;
}

/** Rows that do not agree, from the first that does. */
const countOthers = ({ records, first, agree }: Split): number => records.length - first - agree;

/** A split whose header row was found. */
interface Headed extends Split {
  header: Sample;
}

/** The splits for which a number is smallest. */
function least(splits: readonly Headed[], count: (split: Headed) => number): Headed[] {
  const counts = splits.map(count);
  const smallest = Math.min(...counts);
  return splits.filter((_, index) => counts[index] === smallest);
}

/** Of those in which all quotes stand where RFC 4180 has them, if there are any, the split that most records agree in; of those with as many, the one with fewer others, then with more values. */
function chooseSplit(all: readonly Headed[], isStrict: (delimiter: Delimiter) => boolean): Headed | undefined {
  const strict = all.length > 1 ? all.filter(({ delimiter }) => isStrict(delimiter)) : all;
  const splits = strict.length > 0 ? strict : all;
  const most = Math.max(...splits.map(({ agree }) => agree));
  const equal = splits.filter(({ agree }) => agree === most);
  if (equal.length <= 1) return equal[0];
  const clean = least(equal, countOthers);
  return least(clean, (split) => -countValues(split))[0];
}

const withHeader = (split: Split, header: Sample | undefined): Headed[] => (header ? [{ ...split, header }] : []);

/** So many cells of a header row tell which it is. */
const SHOWN_CELLS = 5;

/** What is known of a CSV before it is read. */
export interface AskedLayout {
  delimiter?: Delimiter | undefined;
  skipRows?: number | undefined;
  header?: boolean | undefined;
  /** The columns that are asked for; undefined for all. */
  keys?: readonly string[] | undefined;
}

/**
 * The first cells of a header row that looks like one of the rows below it; '' for one that has names, that is said to,
 * or that has a column which is asked for by its name.
 */
export function showUnlikely(
  header: Sample,
  below: readonly Sample[],
  { header: isSaid, keys = [] }: AskedLayout,
): string {
  if (isSaid || !keys.every(isPlace) || !isDataRow(header, below.slice(0, LOOKED_AT))) return '';
  return header.cells.slice(0, SHOWN_CELLS).join(', ');
}

/** The splits with their header rows, or with the first row as wide as most where there is none: those that have every column which is asked for, where there are such ones. */
function findHeaders(splits: readonly Split[], { skipRows, header, keys = [] }: AskedLayout): Headed[] {
  if (header === false) return splits.flatMap((split) => withHeader(split, split.records[split.first]));
  if (skipRows !== undefined) return splits.flatMap((split) => withHeader(split, split.records[0]));
  const byKeys = splits.flatMap((split) => withHeader(split, findKeys(split, keys)));
  const wide = byKeys.filter(({ header }) => header.cells.length > 1);
  return wide.length > 0 ? wide : splits.flatMap((split) => withHeader(split, findHeader(split)));
}

/** A split by a delimiter that most rows have, though not in one number; undefined where there is one column. */
const looseSplit = (splits: readonly Split[]): Headed | undefined =>
  splits
    .filter(({ records }) => records.length === 1 || records.slice(1).some(({ cells }) => cells.length > 1))
    .flatMap((split) => withHeader(split, split.records[0]))
    .filter(({ header }) => header.cells.length > 1)
    .toSorted((one, other) => other.header.cells.length - one.header.cells.length)[0];

/**
 * Finds out how a CSV is laid out by the rows of its beginning that agree: the delimiter is the one that gives most
 * of them the same number of cells and stands in the header row too, and the table begins with the first row that has
 * them. What the request says, or the file itself in a line `sep=;`, is believed.
 */
export function detectLayout(start: string, asked: AskedLayout): CsvLayout {
  const named = namedDelimiter(start);
  const isSkipped = asked.skipRows !== undefined;
  const fromLine = (asked.skipRows ?? 0) + (named && !isSkipped ? 2 : 1);
  const known = asked.delimiter ?? named;
  const delimiters = known ? [known] : FOUND;
  const quoting = detectQuoting(start, delimiters, fromLine);
  const splits = splitAll(start, delimiters, { fromLine, quoting });
  const headed = findHeaders(splits, asked).filter(({ header }) => header.cells.length > 1);
  const isStrict = (delimiter: Delimiter) => hasStrictQuotes(start, delimiter, fromLine, quoting);
  const chosen =
    chooseSplit(
      headed.filter(({ agree }) => agree > 0),
      isStrict,
    ) ?? looseSplit(splits);
  const { records, header } = chosen ?? takeWhole(start, delimiters, { fromLine, quoting });
  const found = { delimiter: known ?? chosen?.delimiter ?? NO_DELIMITER, quoting };
  if (asked.header === false) {
    const names = numberColumns(Math.max(0, ...records.map(({ cells }) => cells.length)));
    return { ...found, firstLine: records[0]?.line ?? fromLine, names, ...NO_EXTRAS };
  }
  const at = Math.max(0, header ? records.indexOf(header) : 0);
  const groups = header && asked.skipRows === undefined ? findGroups(records, at, asked.keys) : undefined;
  const before = records.slice(0, groups ? at - 1 : at);
  const preamble = before.map(({ cells }) => cells.filter(Boolean).join(' ')).join(' / ');
  const units = header ? showUnits(records.slice(at + 1)) : '';
  const unlikely = header ? showUnlikely(header, records.slice(at + 1), asked) : '';
  return { ...found, firstLine: header?.line ?? fromLine, names: undefined, preamble, unlikely, groups, units };
}
