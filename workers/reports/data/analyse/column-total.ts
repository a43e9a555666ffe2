import type { TableBlock } from '../../input/blocks.ts';
import type { Column, Total } from '../../input/columns.ts';
import { isNumeric } from '../../text/formats.ts';
import type { DataRows } from '../data-rows.ts';
import type { DataWarning } from '../read/data-warning.ts';
import { findCode } from '../values/code-column.ts';
import { judgeType } from '../values/column-type.ts';
import type { ColumnReader } from './column-reader.ts';

/** What stands below a column, and why its numbers have no sum although sums were asked for. */
export interface ColumnTotal {
  total: Total | undefined;
  missing?: 'codes' | 'texts' | 'units' | 'dates';
}

/** A column as it was judged: how it is read, its place among the rows, and its name. */
export interface JudgedColumn {
  reader: ColumnReader;
  index: number;
  name: string;
}

const NONE: ColumnTotal = { total: undefined };

/** What stands below a column: what was asked for, else by `sums` a sum below numbers that are no codes and no percentages. */
export function totalOf(
  { totals, sums }: Pick<TableBlock, 'totals' | 'sums'>,
  column: Column,
  { reader, index, name }: JudgedColumn,
  { evidence }: DataRows,
): ColumnTotal {
  if (totals && Object.hasOwn(totals, column.key)) {
    const total = totals[column.key];
    return reader.isDate && total !== 'count' ? { total: undefined, missing: 'dates' } : { total };
  }
  const numbers = evidence.numbers(index);
  if (!sums || !numbers || column.type === 'text' || reader.percent) return NONE;
  const sum: ColumnTotal = reader.mixed.length > 0 ? { total: undefined, missing: 'units' } : { total: 'sum' };
  if (column.format !== undefined && column.format !== 'auto') {
    return isNumeric(column.format) && column.format !== 'percent' ? sum : NONE;
  }
  const type = column.type ?? judgeType(evidence, index, name, column.dateFormat);
  if (type === 'number') return sum;
  if (type !== 'text' || numbers.numbers * 2 < numbers.cells - numbers.nothings || numbers.numbers === 0) return NONE;
  const code = findCode(numbers, name);
  // Of what can be nothing else there is nothing to say.
  return code === 'form' ? NONE : { total: undefined, missing: code ? 'codes' : 'texts' };
}

const ADVICE = 'set "type": "number"';

/** The warnings of columns whose numbers have no sum although sums were asked for. */
export function warnOfMissing(
  columns: readonly (ColumnTotal & JudgedColumn)[],
  { evidence }: Pick<DataRows, 'evidence'>,
): DataWarning[] {
  const code = 'not_summed';
  const codes = columns.filter(({ missing }) => missing === 'codes').map(({ name }) => `"${name}"`);
  const have = codes.length === 1 ? `Column ${codes[0]} has` : `Columns ${codes.join(', ')} have`;
  const sentence = `${have} no sum, since the numbers look like codes: ${ADVICE} where they are amounts.`;
  const texts = columns.flatMap(({ missing, index, name }): DataWarning[] => {
    if (missing === 'dates') return [{ code, message: `Column "${name}" has no total, since it has dates.` }];
    const numbers = evidence.numbers(index);
    if (missing !== 'texts' || !numbers) return [];
    const counts = `${numbers.numbers.toLocaleString('en')} of ${numbers.cells.toLocaleString('en')} values are numbers`;
    return [{ code, message: `Column "${name}" has no sum, since only ${counts}: ${ADVICE} to add those up.` }];
  });
  return codes.length > 0 ? [{ code, message: sentence }, ...texts] : texts;
}
