import { findCode } from './code-column.ts';
import type { Evidence } from './evidence.ts';
import type { NumberEvidence } from './number-evidence.ts';

/** What a column's values are. */
export type ColumnType = 'text' | 'number' | 'date' | 'datetime';

/** A column of numbers may have this part of other cells, such as N/A: they are named, not dropped. */
const MOST_OTHERS = 0.1;

/** Whether a column's cells are numbers, few of them apart, and no codes. */
export function areNumbers(numbers: NumberEvidence, name: string): boolean {
  if (numbers.numbers === 0 || findCode(numbers, name)) return false;
  const others = numbers.cells - numbers.numbers;
  return others <= numbers.cells * MOST_OTHERS || (others === 1 && numbers.numbers > 1);
}

/** Judges by all its cells what a column is: dates; numbers, few cells apart; else text. Codes and years are text. */
export function judgeType(evidence: Evidence, index: number, name: string, dateFormat?: string): ColumnType {
  const dates = evidence.dates(index, dateFormat);
  if (dates?.isDates(name)) return dates.hasTimes() ? 'datetime' : 'date';
  const numbers = evidence.numbers(index);
  return numbers && areNumbers(numbers, name) ? 'number' : 'text';
}
