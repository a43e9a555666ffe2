import type { Total } from '../../input/columns.ts';
import { add, compare, type Decimal, divide } from '../../text/decimal.ts';

/** What is known of the numbers of a column so far. */
export interface Accumulator {
  /** Adds a cell: its number, or that it has none; an empty cell counts for nothing. */
  add(number: Decimal | undefined, isEmpty: boolean): void;
  /** Undefined where there is no number to tell it of. */
  result(total: Total): Decimal | undefined;
  reset(): void;
}

const ZERO: Decimal = { digits: 0n, scale: 0 };

/** Adds numbers up exactly. */
export function createAccumulator(): Accumulator {
  let [numbers, cells] = [0, 0];
  let [sum, min, max] = [ZERO, ZERO, ZERO];
  return {
    add(number, isEmpty) {
      if (!isEmpty) cells += 1;
      if (number === undefined) return;
      sum = add(sum, number);
      if (numbers === 0 || compare(number, min) < 0) min = number;
      if (numbers === 0 || compare(number, max) > 0) max = number;
      numbers += 1;
    },
    result(total) {
      if (total === 'count') return { digits: BigInt(cells), scale: 0 };
      if (total === 'sum') return sum;
      if (numbers === 0) return undefined;
      return total === 'avg' ? divide(sum, numbers) : { min, max }[total];
    },
    reset() {
      [numbers, cells] = [0, 0];
      [sum, min, max] = [ZERO, ZERO, ZERO];
    },
  };
}
