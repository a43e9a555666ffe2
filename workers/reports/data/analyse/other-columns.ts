import { columnName, type DataRows } from '../data-rows.ts';
import { areNumbers } from '../values/column-type.ts';
import { commonSign, createNumberEvidence, seeNumber } from '../values/number-evidence.ts';
import type { DecimalSign } from '../values/written-number.ts';

/** So many rows tell how numbers are written that nobody asked for. */
const MOST_ROWS = 10_000;
const known = new WeakMap<DataRows, { sign: DecimalSign | undefined }>();

function find(rows: DataRows): DecimalSign | undefined {
  const columns = rows.keys.map((key, index) => {
    const seen = rows.evidence.numbers(index);
    return { name: columnName(rows, key), isSeen: seen !== undefined, numbers: seen ?? createNumberEvidence() };
  });
  if (!columns.every(({ isSeen }) => isSeen)) {
    let row = 0;
    for (const values of rows.rows()) {
      for (const [index, { isSeen, numbers }] of columns.entries()) if (!isSeen) seeNumber(numbers, values[index]);
      row += 1;
      if (row >= MOST_ROWS) break;
    }
  }
  return commonSign(columns.filter(({ numbers, name }) => areNumbers(numbers, name)).map(({ numbers }) => numbers));
}

/**
 * The decimal sign that the columns of numbers show together, also those whose numbers nobody needs; undefined where
 * they are silent, or at odds. Called for columns that do not tell themselves: it goes through the rows once.
 */
export function findCommonSign(rows: DataRows): DecimalSign | undefined {
  const before = known.get(rows) ?? { sign: find(rows) };
  known.set(rows, before);
  return before.sign;
}
