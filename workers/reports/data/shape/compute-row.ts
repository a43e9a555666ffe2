import { isDecimal, withoutZeros } from '../../text/decimal.ts';
import type { NamedColumn } from '../analyse/unread.ts';
import { BadData } from '../read/bad-data.ts';
import type { DataWarning } from '../read/data-warning.ts';
import { isEmpty } from '../values/empty.ts';
import { NotComputed } from '../values/not-computed.ts';
import type { ComputedColumn } from './computed-columns.ts';
import { type Compute, compile } from './expression/evaluate.ts';
import type { ValueReader } from './value-reader.ts';

/** Fills in the computed columns of rows, and knows where nothing came out. */
export interface RowComputer {
  /** Puts the values of a row in their places; what comes later is made of what came before. */
  fill(row: unknown[], rowNumber: number): void;
  /** What could not be computed, one warning for each column and reason. Throws BadData of a strict report. */
  warnings(): DataWarning[];
}

interface Lack {
  count: number;
  first: number;
}

/** A computed column's place in the row, and how a warning names it. */
interface Made {
  place: number;
  compute: Compute;
  named: NamedColumn;
  lacks: Map<NotComputed, Lack>;
}

function readOperand({ place, number }: ValueReader): Compute {
  return (row) => {
    const value = row[place];
    if (isEmpty(value)) return NotComputed.EMPTY;
    return number(value) ?? NotComputed.UNREAD;
  };
}

function tell({ lacks, named }: Made, count: number): DataWarning[] {
  return [...lacks].flatMap(([reason, lack]): DataWarning[] => {
    // What is empty was not read wrongly.
    if (reason === NotComputed.EMPTY) return [];
    const counts = `${lack.count.toLocaleString('en')} of ${count.toLocaleString('en')} values`;
    const first = `the first in row ${lack.first.toLocaleString('en')}`;
    const sentence = `${named.name}: ${counts} could not be computed, since ${reason.why} (${first})`;
    if (named.isStrict) {
      throw new BadData(`${sentence}: mend the data, or leave out "strict" to have them left empty instead.`);
    }
    return [{ code: 'not_computed', message: `${sentence}. They are left empty.` }];
  });
}

/** Creates what computes columns, given in their order; `places` has where each stands, `open` opens what they are made of. */
export function createRowComputer(
  columns: readonly ComputedColumn[],
  places: ReadonlyMap<string, number>,
  open: (key: string) => ValueReader,
): RowComputer {
  const readers = new Map<string, Compute>();
  const columnOf = (key: string): Compute => {
    const place = places.get(key);
    if (place !== undefined) return (row) => row[place] as ReturnType<Compute>;
    const reader = readers.get(key) ?? readOperand(open(key));
    readers.set(key, reader);
    return reader;
  };
  const made = columns.map(({ column, expression }): Made => {
    const place = places.get(column.key) ?? -1;
    return { place, compute: compile(expression, columnOf), named: open(column.key).name, lacks: new Map() };
  });
  let count = 0;
  return {
    fill(row, rowNumber) {
      count += 1;
      for (const { place, compute, lacks } of made) {
        const value = compute(row);
        row[place] = isDecimal(value) ? withoutZeros(value) : value;
        if (!(value instanceof NotComputed)) continue;
        const lack = lacks.get(value) ?? { count: 0, first: rowNumber };
        lack.count += 1;
        lacks.set(value, lack);
      }
    },
    warnings: () => made.flatMap((one) => tell(one, count)),
  };
}
