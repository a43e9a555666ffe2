import type { Column } from '../../input/columns.ts';
import type { Decimal } from '../../text/decimal.ts';
import { isNumeric } from '../../text/formats.ts';
import { columnName, type DataRows } from '../data-rows.ts';
import type { DataWarning } from '../read/data-warning.ts';
import { judgeType } from '../values/column-type.ts';
import type { DateColumn } from '../values/date-column.ts';
import type { Need } from '../values/evidence.ts';
import { decideNumbers, type NumberReading, readNumber } from '../values/number-evidence.ts';
import { mixedUnitsOf, numberFormatOf, percentFormatOf } from './number-format.ts';
import { findCommonSign } from './other-columns.ts';
import { type NamedColumn, warnOfDates, warnOfNumbers } from './unread.ts';

/** What a request says of how a column is read: itself, or of all columns of its file. */
export interface ReadingOptions {
  decimal?: '.' | ',' | undefined;
  dateFormat?: string | undefined;
}

/** How a column is read and written, decided by all its cells. */
export interface ColumnReader {
  /** Its format, where `auto` has become one. */
  format: string | undefined;
  /** Whether it is printed as numbers, or dates. */
  isNumber: boolean;
  isDate: boolean;
  /** Undefined for what is no number; for columns whose numbers nobody needs too. */
  number(value: unknown): Decimal | undefined;
  /** The ISO text of a date; undefined for what is none. */
  date(value: unknown): string | undefined;
  /** The format of its numbers' sum where all are percentages. */
  percent: string | undefined;
  /** What its numbers count that can't be added up; none where they can. */
  mixed: string[];
  warnings: DataWarning[];
}

const isDateFormat = (format: string | undefined): boolean => format === 'date' || format === 'datetime';

/** Whether the reader itself has to find out what a column is. */
const isJudged = ({ format, type }: Column): boolean =>
  format === 'auto' || (format === undefined && type !== undefined);

/** What is to be known of a table's column before it is printed. */
export function needsOf(column: Column, isSummed: boolean, options: ReadingOptions): Need[] {
  const { key, format, type } = column;
  const dateFormat = column.dateFormat ?? options.dateFormat;
  const number: Need = { key, what: 'number' };
  const date: Need = { key, what: 'date', dateFormat };
  if (isJudged(column) && type !== 'text') return [number, date];
  const needs: Need[] = [];
  if (isNumeric(format) || isSummed) needs.push(number);
  if (isDateFormat(format)) needs.push(date);
  return needs;
}

function judgeFormat(column: Column, index: number, rows: DataRows, reading: NumberReading): string | undefined {
  const { type, dateFormat } = column;
  const numbers = rows.evidence.numbers(index);
  const title = column.title ?? columnName(rows, column.key);
  const dates = rows.evidence.dates(index, dateFormat);
  const judged = type ?? judgeType(rows.evidence, index, title, dateFormat);
  if (judged === 'number') return numbers && numberFormatOf(numbers, reading.sign);
  if (judged === 'date') return dates?.hasTimes() ? 'datetime' : 'date';
  return judged === 'datetime' ? judged : undefined;
}

/** What decides where cells do not. */
export interface ReadingSetting extends ReadingOptions {
  locale: string;
  named: NamedColumn;
  /** Whether its numbers are needed, whatever it is printed as. */
  isSummed: boolean;
}

/** Decides how the column at `index` of the rows is read. Throws BadData of a strict report. */
export function createColumnReader(
  asked: Column,
  index: number,
  rows: DataRows,
  setting: ReadingSetting,
): ColumnReader {
  const { locale, named, isSummed } = setting;
  const dateFormat = asked.dateFormat ?? setting.dateFormat;
  const column = { ...asked, dateFormat };
  const { evidence } = rows;
  const numbers = evidence.numbers(index);
  const decimal = asked.decimal ?? setting.decimal;
  const reading: NumberReading = numbers
    ? decideNumbers(numbers, { locale, decimal, others: () => findCommonSign(rows) })
    : { sign: '.', isNamed: false };
  const format = isJudged(column) ? judgeFormat(column, index, rows, reading) : column.format;
  const dates = isDateFormat(format) ? evidence.dates(index, dateFormat) : undefined;
  const hasNumbers = numbers !== undefined && (isNumeric(format) || isSummed);
  return {
    format,
    isNumber: isNumeric(format),
    isDate: dates !== undefined,
    number: hasNumbers ? (value) => readNumber(value, reading) : () => undefined,
    date: (value) => dates?.read(value),
    percent: hasNumbers ? percentFormatOf(numbers, reading.sign) : undefined,
    mixed: hasNumbers ? mixedUnitsOf(numbers, column.format) : [],
    warnings: [...(hasNumbers ? warnOfNumbers(reading, named) : []), ...warnOfDateColumn(dates, named)],
  };
}

/** Decides the order of a column's dates, and tells where the locale had to. Throws BadData of a strict report. */
export function warnOfDateColumn(dates: DateColumn | undefined, named: NamedColumn): DataWarning[] {
  const doubt = dates?.decide();
  return dates && doubt ? warnOfDates(doubt, dates.read(doubt.sample) ?? '', named) : [];
}
