import { add, compare, type Decimal, isDecimal, multiply, negate, quotient, roundTo } from '../../../text/decimal.ts';
import { NotComputed } from '../../values/not-computed.ts';
import type { Expression, Operator } from './parse.ts';

/** What comes out for a row: a number, or why there is none. */
export type Computed = Decimal | NotComputed;

/** Computes a row's value. */
export type Compute = (row: readonly unknown[]) => Computed;

/** More digits than any number that is printed. */
const LIMIT = 10n ** 320n;
/** Decimals beyond these are rounded away. */
const MOST_DECIMALS = 60;

/** A number that is neither too large nor too long to go on with. */
function bound(number: Decimal): Computed {
  const kept = number.scale > MOST_DECIMALS ? roundTo(number, MOST_DECIMALS) : number;
  return kept.digits > LIMIT || kept.digits < -LIMIT ? NotComputed.TOO_LARGE : kept;
}

const OPERATIONS: Record<Operator, (left: Decimal, right: Decimal) => Computed> = {
  '+': (left, right) => bound(add(left, right)),
  '-': (left, right) => bound(add(left, negate(right))),
  '*': (left, right) => bound(multiply(left, right)),
  '/': (left, right) => (right.digits === 0n ? NotComputed.BY_ZERO : bound(quotient(left, right))),
};

const choose = (values: readonly Decimal[], sign: 1 | -1): Decimal | undefined =>
  values.reduce<Decimal | undefined>((best, one) => (best && compare(best, one) * sign >= 0 ? best : one), undefined);

function call(name: 'abs' | 'min' | 'max', values: readonly Decimal[]): Computed {
  const [first] = values;
  if (name === 'abs' && first) return first.digits < 0n ? negate(first) : first;
  return choose(values, name === 'max' ? 1 : -1) ?? NotComputed.EMPTY;
}

/** Compiles an expression; `columnOf` returns what reads a column. */
export function compile(expression: Expression, columnOf: (key: string) => Compute): Compute {
  const inner = (one: Expression): Compute => compile(one, columnOf);
  switch (expression.kind) {
    case 'number':
      return () => expression.value;
    case 'column':
      return columnOf(expression.key);
    case 'negative': {
      const of = inner(expression.of);
      return (row) => {
        const value = of(row);
        return isDecimal(value) ? negate(value) : value;
      };
    }
    case 'round': {
      const of = inner(expression.of);
      return (row) => {
        const value = of(row);
        return isDecimal(value) ? roundTo(value, expression.decimals) : value;
      };
    }
    case 'operation': {
      const [left, right] = [inner(expression.left), inner(expression.right)];
      const operation = OPERATIONS[expression.operator];
      return (row) => {
        const one = left(row);
        if (!isDecimal(one)) return one;
        const other = right(row);
        return isDecimal(other) ? operation(one, other) : other;
      };
    }
    default:
      return compileCall(expression, inner);
  }
}

function compileCall({ name, values }: Extract<Expression, { kind: 'call' }>, inner: (one: Expression) => Compute) {
  const computes = values.map(inner);
  const [first, other] = computes;
  if (name === 'ifEmpty' && first && other) {
    return (row: readonly unknown[]): Computed => {
      const value = first(row);
      return value === NotComputed.EMPTY ? other(row) : value;
    };
  }
  return (row: readonly unknown[]): Computed => {
    const given = computes.map((compute) => compute(row));
    const lack = given.find((value) => value instanceof NotComputed);
    return lack ?? call(name as 'abs' | 'min' | 'max', given as Decimal[]);
  };
}
