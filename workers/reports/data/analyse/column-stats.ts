import type { Column, Total } from '../../input/columns.ts';
import type { Decimal } from '../../text/decimal.ts';
import { type BooleanWords, createFormatter, type Formatter, isUnbroken } from '../../text/formats.ts';
import { isEmpty } from '../values/empty.ts';
import { type Accumulator, createAccumulator } from './accumulator.ts';
import type { ColumnReader } from './column-reader.ts';
import type { ColumnTotal } from './column-total.ts';
import { createUnread, type Unread } from './unread.ts';
import { createLongestSample, createRandomSample, type WidthSample } from './width-sample.ts';

/** A cell as it is printed, and its number where it is summed up. */
export interface PrintedCell {
  text: string;
  number: Decimal | undefined;
  /** Where it is read as a date. */
  iso?: string | undefined;
}

/** A column while its rows pass: how its values are printed, and what is known of them so far. */
export interface ColumnStats {
  /** Reads and prints a cell of the row with that number, from 1; 0 for a row whose cells count for nothing. */
  read(value: unknown, row: number): PrintedCell;
  sample: WidthSample;
  /** What stands below it. */
  total: Total | undefined;
  formatTotal: Formatter;
  /** The formats of its numbers, and of what stands below them. */
  format: string | undefined;
  totalFormat: string | undefined;
  /** The numbers of all rows, and those of the present group. */
  all: Accumulator;
  group: Accumulator;
  /** The cells that were not what they are printed as, or summed up as. */
  unread: Unread;
}

/** How values are written: by a locale, and with a report's words for true and false. */
export interface Writing {
  locale: string;
  messages: BooleanWords;
}

/** A cell, and whether it is what its column is printed as. */
interface ReadCell extends PrintedCell {
  isRead: boolean;
}

const EMPTY: PrintedCell = { text: '', number: undefined };

/** Creates the reading and printing of values of a column that are numbers or dates, or are summed up. */
function createValueReader(reader: ColumnReader, writing: Writing): (value: unknown) => ReadCell {
  const { locale, messages } = writing;
  const format = createFormatter(reader.format, locale, messages);
  const plain = createFormatter(undefined, locale, messages);
  if (reader.isDate) {
    return (value) => {
      const iso = reader.date(value);
      return { text: format(iso ?? value).text, number: undefined, iso, isRead: iso !== undefined };
    };
  }
  return (value) => {
    const number = reader.number(value);
    // What is no number is printed as it is, also where another decimal sign would make one of it.
    const isWritten = reader.format === 'written' || (number === undefined && typeof value === 'string');
    const { text } = reader.isNumber && !isWritten ? format(number ?? value) : plain(value);
    return { text, number, isRead: number !== undefined };
  };
}

/** Creates the reading and printing of a column's cells. */
function createRead(reader: ColumnReader, writing: Writing, total: Total | undefined, unread: Unread) {
  const { locale, messages } = writing;
  const isSummed = total !== undefined && total !== 'count';
  const readValue = createValueReader(reader, writing);
  const plain = createFormatter(undefined, locale, messages);
  return (value: unknown, row: number): PrintedCell => {
    if (isEmpty(value)) return EMPTY;
    if (!reader.isDate && !reader.isNumber && !isSummed) {
      if (row > 0) unread.see(true, value, row);
      return { text: plain(value).text, number: undefined };
    }
    const cell = readValue(value);
    if (row > 0) unread.see(cell.isRead, reader.isDate ? value : cell.text, row);
    return cell;
  };
}

const SUM_PLAIN = 'exact';

/** Creates the statistics of a column; `total` is what stands below it. */
export function createColumnStats(reader: ColumnReader, total: Total | undefined, writing: Writing): ColumnStats {
  const { format: spec, isNumber } = reader;
  const unread = createUnread();
  // A column of texts has no format for its sum but all its digits; an average has no end of them.
  const plain = reader.percent ?? (total === 'avg' ? 'number' : SUM_PLAIN);
  const isOwn = isNumber && spec !== 'written' && !(spec === 'exact' && total === 'avg');
  const totalFormat = total === 'count' ? 'number' : isOwn ? spec : plain;
  return {
    format: isNumber ? spec : undefined,
    totalFormat,
    read: createRead(reader, writing, total, unread),
    sample: isUnbroken(spec) ? createLongestSample() : createRandomSample(),
    total,
    formatTotal: createFormatter(totalFormat, writing.locale),
    all: createAccumulator(),
    group: createAccumulator(),
    unread,
  };
}

/** What becomes of numbers that count different things; undefined where each is printed as it was written. */
export function outcomeOfMixed({ format }: ColumnReader, { total, missing }: ColumnTotal): string | undefined {
  if (missing === 'units') return 'they have no sum';
  if (total !== undefined && total !== 'count') return 'they are added up as if they were of one';
  return format === undefined || format === 'written' ? undefined : 'they are printed as if they were of one';
}

/** What becomes of the cells of a column that can't be read, as a sentence. */
export function outcomeOf({ format }: Pick<Column, 'format'>, total: Total | undefined): string {
  const isSummed = total !== undefined && total !== 'count';
  if (format === undefined) return 'What is none is left out of the total.';
  return isSummed
    ? 'What is none is printed as it is, and left out of the total.'
    : 'What is none is printed as it is.';
}
