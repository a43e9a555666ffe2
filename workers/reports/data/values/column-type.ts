import { findCode } from './code-column.ts';
import type { Evidence } from './evidence.ts';
import { countNumbers, type NumberEvidence } from './number-evidence.ts';

/** What a column's values are. */
export type ColumnType = 'text' | 'number' | 'date' | 'datetime';

/** A column of numbers may have this part of other cells: they are named, not dropped, as are words such as N/A. */
const MOST_OTHERS = 0.1;

/** Whether a column's cells are numbers, few of them and words that mean nothing apart, and no codes. */
export function areNumbers(numbers: NumberEvidence, name: string): boolean {
  if (numbers.numbers === 0 || findCode(numbers, name)) return false;
  const cells = numbers.cells - numbers.nothings;
  const count = countNumbers(numbers);
  return cells - count <= cells * MOST_OTHERS || (cells - count === 1 && count > 1);
}

/** Judges by all its cells what a column is: dates; numbers, few cells apart; else text. Codes and years are text. */
export function judgeType(evidence: Evidence, index: number, name: string, dateFormat?: string): ColumnType {
  const dates = evidence.dates(index, dateFormat);
  if (dates?.isDates(name)) return dates.hasTimes() ? 'datetime' : 'date';
  const numbers = evidence.numbers(index);
  return numbers && areNumbers(numbers, name) ? 'number' : 'text';
}
