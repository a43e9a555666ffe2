import { CsvError, type Options } from 'csv-parse';
import { parse } from 'csv-parse/sync';
import type { Delimiter } from '../../input/table.ts';
import { readWrittenDate } from '../values/written-date.ts';
import { digitsBy, takeApart } from '../values/written-number.ts';

/** Those that are found by themselves, the likelier first where all else is equal. */
const FOUND: readonly Delimiter[] = ['\t', ';', '|', ','];
/** So many characters and records of the beginning are looked at. */
const SAMPLE_CHARACTERS = 100_000;
const SAMPLE_RECORDS = 1000;
/** From the first of them on, this part of the records has to agree. */
const MOST_AGREE = 0.5;

/** How a CSV is laid out: what parts its cells, and where its table begins. */
export interface CsvLayout {
  delimiter: Delimiter;
  /** The line that the header row begins in, from 1. */
  headerLine: number;
  /** The first words of the lines before it, where they are no empty ones and no `sep=`. */
  preamble: string;
}

interface Sample {
  cells: string[];
  /** The line it begins in, from 1. */
  line: number;
}

/** What every reading of a CSV has in common. */
export const CSV_OPTIONS = {
  record_delimiter: ['\r\n', '\n', '\r'],
  relax_column_count: true,
  relax_quotes: true,
  skip_records_with_empty_values: true,
  trim: true,
} satisfies Options;

const NAMED = /^"?sep=([,;\t|:^~])"?(?=\r|\n)/i;

/** The delimiter that a first line such as `sep=;` names, as Excel writes it. */
export const namedDelimiter = (start: string): Delimiter | undefined => NAMED.exec(start)?.[1] as Delimiter | undefined;

/** Records of the beginning; the last one may be cut off, and is left out where the text goes on. */
function sampleRecords(text: string, delimiter: Delimiter, fromLine: number): Sample[] {
  const records: Sample[] = [];
  let lines = fromLine - 1;
  const isCut = text.length >= SAMPLE_CHARACTERS;
  try {
    parse(text.slice(0, SAMPLE_CHARACTERS), {
      ...CSV_OPTIONS,
      delimiter,
      from_line: fromLine,
      to: SAMPLE_RECORDS,
      skip_records_with_empty_values: false,
      on_record: (cells: string[], context) => {
        if (cells.some((cell) => cell !== '')) records.push({ cells, line: lines + 1 });
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

/** What a delimiter makes of the sample. */
interface Split {
  delimiter: Delimiter;
  records: Sample[];
  /** The number of cells that most records agree in; 1 where they don't. */
  width: number;
  /** The first record of that many. */
  first: number;
  agree: number;
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

function split(text: string, delimiter: Delimiter, fromLine: number): Split {
  const records = sampleRecords(text, delimiter, fromLine);
  let best: Split = { delimiter, records, width: 1, first: 0, agree: 0 };
  for (const [width, { count, first }] of countWidths(records)) {
    if (width === 1) continue;
    const isRule = count >= (records.length - first) * MOST_AGREE && (count > 1 || records.length <= 2);
    if (isRule && (count > best.agree || (count === best.agree && width > best.width))) {
      best = { delimiter, records, width, first, agree: count };
    }
  }
  return best;
}

/** Whether a cell is a number or a date. */
function isValue(cell: string): boolean {
  const number = takeApart(cell);
  if (number && (digitsBy(number.core, '.') ?? digitsBy(number.core, ',')) !== undefined) return true;
  return readWrittenDate(cell, 'en') !== undefined;
}

const LOOKED_AT = 50;

/** The part of cells that are values: cut at the right places, more of them are. */
function shareOfValues({ records, width }: Split): number {
  const cells = records
    .filter((record) => record.cells.length === width)
    .slice(0, LOOKED_AT)
    .flatMap((record) => record.cells);
  return cells.filter(isValue).length / (cells.length || 1);
}

/** The split that most records agree in; of those with as many, the one whose cells are values more often. */
function chooseSplit(splits: Split[]): Split {
  const most = Math.max(...splits.map(({ agree }) => agree));
  const equal = splits.filter(({ agree }) => agree === most);
  if (equal.length === 1 || most === 0) return equal.find(({ delimiter }) => delimiter === ',') ?? (equal[0] as Split);
  const shares = equal.map(shareOfValues);
  return equal[shares.indexOf(Math.max(...shares))] as Split;
}

const trimmedWidth = ({ cells }: Sample): number => cells.findLastIndex((cell) => cell !== '') + 1;

/** Names of columns: texts, and most of them there. */
const isHeader = ({ cells }: Sample): boolean =>
  !cells.some(isValue) && cells.filter((cell) => cell !== '').length * 2 > cells.length;

/** Whether rows below a header have anything but texts: then a row of texts above them is one of names. */
const haveValues = (records: readonly Sample[]): boolean =>
  records.slice(0, LOOKED_AT).some(({ cells }) => cells.some(isValue));

/**
 * The header row: of the records down to the first of the usual width the first that looks like one, else one that is
 * narrower than its rows, else the first that has cells for (nearly) all columns.
 */
function findHeader({ records, width, first }: Split): Sample | undefined {
  const [top] = records;
  if (width === 1 || first === 0) return top;
  const rows = records.slice(first).filter(({ cells }) => cells.length === width);
  const usual = Math.min(width, ...rows.slice(0, LOOKED_AT).map(trimmedWidth));
  const above = records.slice(0, first + 1).filter(({ cells }) => cells.length > 1);
  const wide = above.filter(({ cells }) => cells.length >= usual);
  const named = wide.find(isHeader);
  const narrow = above.find(isHeader);
  if (named && (named !== records[first] || haveValues(records.slice(first + 1)))) return named;
  return narrow ?? wide[0] ?? records[first];
}

/**
 * Finds out how a CSV is laid out by the rows of its beginning that agree: the delimiter is the one that gives most
 * of them the same number of cells, and the table begins with the first row that has them. What the request says, or
 * the file itself in a line `sep=;`, is believed.
 */
export function detectLayout(
  start: string,
  asked: { delimiter?: Delimiter | undefined; skipRows?: number | undefined },
): CsvLayout {
  const named = namedDelimiter(start);
  const isSkipped = asked.skipRows !== undefined;
  const fromLine = (asked.skipRows ?? 0) + (named && !isSkipped ? 2 : 1);
  const known = asked.delimiter ?? named;
  const splits = (known ? [known] : FOUND).map((delimiter) => split(start, delimiter, fromLine));
  const chosen = chooseSplit(splits);
  const [top] = chosen.records;
  const header = isSkipped ? top : findHeader(chosen);
  const before = chosen.records.slice(0, Math.max(0, header ? chosen.records.indexOf(header) : 0));
  const preamble = before.map(({ cells }) => cells.filter(Boolean).join(' ')).join(' / ');
  return { delimiter: chosen.delimiter, headerLine: header?.line ?? fromLine, preamble };
}
