import type { Condition, Operand } from '../../input/conditions.ts';
import { compare, type Decimal, isDecimal, toDecimal, toNumeric } from '../../text/decimal.ts';
import { BadData } from '../read/bad-data.ts';
import { isEmpty } from '../values/empty.ts';
import { NotComputed } from '../values/not-computed.ts';
import type { ValueReader } from './value-reader.ts';

/** Returns whether all that was said of a row's cell holds. */
export type Test = (row: readonly unknown[], rowNumber: number) => boolean;

/** A part of a date, from its year on: days are compared with what they have of it. */
const DATE = /^\d{4}(?:-\d\d(?:-\d\d(?:T\d\d:\d\d(?::\d\d)?)?)?)?$/;

/** A cell beside what it is compared with: below zero where the cell is the smaller; undefined where neither is. */
type Compare = (value: unknown) => number | undefined;

interface Comparison {
  /** Whether the operand itself is one of the column's kind. */
  isOfKind: boolean;
  compare: Compare;
}

const textOf = (value: unknown): string => (isDecimal(value) ? toNumeric(value) : String(value));

/** Texts are compared as the locale sorts them; capitals make no difference for what is equal. */
export interface Collators {
  order: Intl.Collator;
  equal: Intl.Collator;
}

/** Creates what compares the texts of a locale. */
export const createCollators = (locale: string): Collators => ({
  order: new Intl.Collator(locale, { numeric: true }),
  equal: new Intl.Collator(locale, { sensitivity: 'accent' }),
});

function compareNumbers(reader: ValueReader, operand: Operand): Comparison {
  const bound: Decimal | undefined = typeof operand === 'string' ? reader.number(operand) : toDecimal(operand);
  return {
    isOfKind: bound !== undefined,
    compare: (value) => {
      const number = reader.number(value);
      return bound && number && compare(number, bound);
    },
  };
}

function compareDates(reader: ValueReader, operand: Operand): Comparison {
  const bound = String(operand).replace(' ', 'T');
  return {
    isOfKind: DATE.test(bound),
    compare: (value) => {
      const date = reader.date(value)?.slice(0, bound.length);
      if (date === undefined) return undefined;
      if (date === bound) return 0;
      return date < bound ? -1 : 1;
    },
  };
}

function compareTexts({ order }: Collators, operand: Operand): Comparison {
  const bound = String(operand);
  return { isOfKind: true, compare: (value) => order.compare(textOf(value).trim(), bound) };
}

function openComparison(reader: ValueReader, operand: Operand, collators: Collators): Comparison {
  if (reader.kind === 'number') return compareNumbers(reader, operand);
  return reader.kind === 'date' ? compareDates(reader, operand) : compareTexts(collators, operand);
}

/** Whether a cell is the operand: the same number or date, else the same text whatever its capitals. */
function openEquality(reader: ValueReader, operand: Operand, { equal, order }: Collators): (value: unknown) => boolean {
  const own = reader.kind === 'text' ? undefined : openComparison(reader, operand, { equal, order });
  if (own?.isOfKind) return (value) => own.compare(value) === 0;
  const text = String(operand).trim();
  return (value) => {
    const cell = textOf(value).trim();
    return cell === text || equal.compare(cell, text) === 0;
  };
}

const HOLDS = {
  above: (side: number) => side > 0,
  below: (side: number) => side < 0,
  atLeast: (side: number) => side >= 0,
  atMost: (side: number) => side <= 0,
} as const;
type Bound = keyof typeof HOLDS;
const BOUNDS = Object.keys(HOLDS) as Bound[];

const KINDS = { number: 'a number', date: 'a date such as "2026-10-31"', text: 'a text' } as const;

function openBound(reader: ValueReader, bound: Bound, operand: Operand, collators: Collators) {
  const { isOfKind, compare: sideOf } = openComparison(reader, operand, collators);
  if (!isOfKind) {
    const { name, pointer } = reader.name;
    const place = pointer === '' ? '' : `, asked of ${pointer}`;
    throw new BadData(
      `${name}${place}: "${bound}" must be ${KINDS[reader.kind]}, as its values are, not "${operand}".`,
    );
  }
  const holds = HOLDS[bound];
  return (value: unknown): boolean => {
    const side = sideOf(value);
    return side !== undefined && holds(side);
  };
}

function openIs(reader: ValueReader, given: Operand | Operand[], collators: Collators): (value: unknown) => boolean {
  const all = [given].flat().map((operand) => openEquality(reader, operand, collators));
  return (value) => all.some((isEqual) => isEqual(value));
}

/** The tests of a cell that is not empty. */
function openTests(condition: Condition, reader: ValueReader, collators: Collators, locale: string) {
  const { is, isNot, contains } = condition;
  const tests: ((value: unknown) => boolean)[] = [];
  if (is !== undefined) tests.push(openIs(reader, is, collators));
  if (isNot !== undefined) {
    const isOne = openIs(reader, isNot, collators);
    tests.push((value) => !isOne(value));
  }
  for (const bound of BOUNDS) {
    const operand = condition[bound];
    if (operand !== undefined) tests.push(openBound(reader, bound, operand, collators));
  }
  if (contains !== undefined) {
    const part = contains.toLocaleLowerCase(locale);
    tests.push((value) => textOf(value).toLocaleLowerCase(locale).includes(part));
  }
  return tests;
}

/** What compares texts, and the locale that it is of. */
export interface TestSetting {
  collators: Collators;
  locale: string;
}

/**
 * Opens a condition over a column that was opened. An empty cell fulfils `isEmpty` and `isNot` alone; one that is not
 * what its column is has no place above or below anything, and is counted as unread. Throws BadData for a bound that is
 * none of what the column has.
 */
export function openTest(condition: Condition, reader: ValueReader, { collators, locale }: TestSetting): Test {
  const tests = openTests(condition, reader, collators, locale);
  const hasBounds = reader.kind !== 'text' && BOUNDS.some((bound) => condition[bound] !== undefined);
  const isOther = (value: unknown): boolean =>
    (reader.kind === 'date' ? reader.date(value) : reader.number(value)) === undefined;
  const { isEmpty: wanted } = condition;
  const needsValue =
    condition.is !== undefined ||
    condition.contains !== undefined ||
    BOUNDS.some((one) => condition[one] !== undefined);
  return (row, rowNumber) => {
    const value = row[reader.place];
    if (isEmpty(value) || value instanceof NotComputed) return wanted !== false && !needsValue;
    if (wanted === true) return false;
    if (hasBounds) reader.unread.see(!isOther(value), value, rowNumber);
    return tests.every((test) => test(value));
  };
}
