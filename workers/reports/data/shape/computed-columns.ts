import type { Column } from '../../input/columns.ts';
import { columnsIn, type Expression, parseExpression } from './expression/parse.ts';

/** A column that is computed from others of its row. */
export interface ComputedColumn {
  column: Column;
  expression: Expression;
  /** The keys of the columns that it is made of. */
  operands: string[];
}

/** The computed columns among some, each parsed. Throws ExpressionFault. */
export function computedColumns(columns: readonly Column[] = []): ComputedColumn[] {
  return columns.flatMap((column): ComputedColumn[] => {
    if (column.value === undefined) return [];
    const expression = parseExpression(column.value);
    return [{ column, expression, operands: columnsIn(expression) }];
  });
}

/**
 * Computed columns in an order in which each comes after those that it is made of. What is left over is made of
 * itself, over others or at once: `circle`.
 */
export function orderComputed(columns: readonly ComputedColumn[]): {
  ordered: ComputedColumn[];
  circle: ComputedColumn[];
} {
  const ordered: ComputedColumn[] = [];
  let left = [...columns];
  for (let isMoving = true; isMoving; ) {
    const waiting = new Set(left.map(({ column }) => column.key));
    const ready = left.filter(({ operands }) => !operands.some((key) => waiting.has(key)));
    ordered.push(...ready);
    left = left.filter((one) => !ready.includes(one));
    isMoving = ready.length > 0;
  }
  return { ordered, circle: left };
}
