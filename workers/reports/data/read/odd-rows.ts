import type { DataWarning } from './data-warning.ts';
import type { RowFile } from './row-file.ts';

const SAMPLE = 40;

/**
 * Counts odd rows of one sort, and lists them in one sentence: `what`, where, what became of it, and a sample. Rows are those of
 * the data, from 1.
 */
export function countOddRows(code: string, file: RowFile, what: string, outcome: string) {
  let count = 0;
  let first = 0;
  let sample = '';
  return {
    see(row: number, text = ''): void {
      if (count === 0) {
        first = row;
        sample = text.slice(0, SAMPLE);
      }
      count += 1;
    },
    list(): DataWarning[] {
      if (count === 0) return [];
      const at = first.toLocaleString('en');
      const where = count === 1 ? `in row ${at}` : `in ${count.toLocaleString('en')} rows (the first is row ${at})`;
      const words = sample === '' ? '' : ` ("${sample}")`;
      return [{ code, message: `${what} ${where} of ${file.name} ${outcome}${words}.` }];
    },
  };
}
