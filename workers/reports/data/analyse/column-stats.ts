import type { Column, Total } from '../../input/table.ts';
import { createFormatter, type Formatter, isNumeric, isUnbroken } from '../../text/formats.ts';
import { type Accumulator, createAccumulator } from './accumulator.ts';
import { createLongestSample, createRandomSample, type WidthSample } from './width-sample.ts';

/** A column while its rows pass: how its values are printed, and what is known of them so far. */
export interface ColumnStats {
  format: Formatter;
  /** Whether numbers are read from its values. */
  isNumber: boolean;
  sample: WidthSample;
  /** What stands below it. */
  total: Total | undefined;
  formatTotal: Formatter;
  /** The numbers of all rows, and those of the present group. */
  all: Accumulator;
  group: Accumulator;
}

/** Creates the statistics of a column; `totals` are those of the table, by the keys of columns. */
export function createColumnStats(
  column: Column,
  totals: Record<string, Total> | undefined,
  locale: string,
): ColumnStats {
  const format = createFormatter(column.format, locale);
  const total = totals && Object.hasOwn(totals, column.key) ? totals[column.key] : undefined;
  const isPlain = column.format === undefined || column.format === 'text';
  return {
    format,
    isNumber: isNumeric(column.format),
    sample: isUnbroken(column.format) ? createLongestSample() : createRandomSample(),
    total,
    formatTotal: total === 'count' || isPlain ? createFormatter('number', locale) : format,
    all: createAccumulator(),
    group: createAccumulator(),
  };
}
