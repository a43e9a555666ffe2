import { type Decimal, toFloat } from '../../text/decimal.ts';
import { type Accumulator, createAccumulator } from '../analyse/accumulator.ts';

/** What was counted of one category: a number for each series. */
export interface Group {
  name: string;
  accumulators: Accumulator[];
}

/** A category without a row. */
export const openGroup = (name: string, names: readonly string[]): Group => ({
  name,
  accumulators: names.map(createAccumulator),
});

/** The sum of what was counted; undefined where no cell had a number. */
const sumOrNone = (accumulator: Accumulator | undefined): Decimal | undefined =>
  accumulator?.result('min') === undefined ? undefined : accumulator.result('sum');

/** Adds what was counted of one category to another. */
export function addGroup(sum: Group, { accumulators }: Group): void {
  for (const [index, accumulator] of accumulators.entries()) {
    const own = sumOrNone(accumulator);
    sum.accumulators[index]?.add(own, own === undefined);
  }
}

const floatOf = (number: Decimal | undefined): number => (number ? toFloat(number) : 0);

/** How large a category is drawn. */
export const sizeOf = ({ accumulators }: Group): number =>
  accumulators.reduce((sum, accumulator) => sum + Math.abs(floatOf(accumulator.result('sum'))), 0);

/** A category's number in a series; null where it has none. */
export function sumIn({ accumulators }: Group, series: number): number | null {
  const sum = sumOrNone(accumulators[series]);
  return sum ? toFloat(sum) : null;
}
