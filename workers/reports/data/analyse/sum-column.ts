import { type Column, cellValue, type Row } from '../../input/table.ts';
import { sumDecimals } from '../../text/decimal.ts';
import { createFormatter } from '../../text/formats.ts';
import { createInlineRows } from '../data-rows.ts';
import { createColumnReader, needsOf } from './column-reader.ts';

/** The sum of a column of rows inside the request, as it is printed below their table too. */
export function printSum(column: Column, rows: readonly Row[], locale: string): string {
  const data = createInlineRows(rows, [column.key], needsOf(column, true, {}), locale);
  // What could not be read is told of by the table.
  const named = { name: column.key, pointer: '', isStrict: false };
  const { number, format, isNumber } = createColumnReader(column, 0, data, { locale, named, isSummed: true });
  const sum = sumDecimals(rows.map((row) => number(cellValue(row, column.key))));
  return createFormatter(isNumber ? format : 'exact', locale)(sum).text;
}
