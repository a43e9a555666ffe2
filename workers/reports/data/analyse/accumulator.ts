import { TOTALS, type Total } from '../../input/table.ts';

/** What is known of the numbers of a column so far. */
export interface Accumulator {
  /** Adds a cell: its number, or that it has none; an empty cell counts for nothing. */
  add(number: number | undefined, isEmpty: boolean): void;
  /** Undefined where there is no number to tell it of. */
  result(total: Total): number | undefined;
  reset(): void;
}

/**
 * Adds numbers up with the rounding error of each step carried along: 0.1 + 0.2 is 0.3. A sum beyond what a number can
 * hold is infinite, and stays so.
 */
export function createAccumulator(): Accumulator {
  let [sum, lost, numbers, cells, min, max] = [0, 0, 0, 0, Infinity, -Infinity];
  return {
    add(number, isEmpty) {
      if (!isEmpty) cells += 1;
      if (number === undefined) return;
      const next = sum + number;
      if (Number.isFinite(next)) lost += Math.abs(sum) >= Math.abs(number) ? sum - next + number : number - next + sum;
      sum = next;
      numbers += 1;
      if (number < min) min = number;
      if (number > max) max = number;
    },
    result(total) {
      if (total === 'count') return cells;
      if (total === 'sum') return sum + lost;
      if (numbers === 0) return undefined;
      return { avg: (sum + lost) / numbers, min, max }[total];
    },
    reset() {
      [sum, lost, numbers, cells, min, max] = [0, 0, 0, 0, Infinity, -Infinity];
    },
  };
}

/** The totals that are asked for, in the order in which their rows stand below the table. */
export const totalsInOrder = (totals: Record<string, Total> | undefined): Total[] =>
  TOTALS.filter((total) => Object.values(totals ?? {}).includes(total));
