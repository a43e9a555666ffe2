import { invalidRequest } from '../../../src/fields/invalid-request.ts';
import { findExpressionFault } from '../data/shape/expression/parse.ts';
import type { Column } from '../input/columns.ts';
import type { Condition, SortKey } from '../input/conditions.ts';

/** The form's fields for which rows there are, in which order, and with which further column; as they are at first. */
export const SHAPE_FIELDS = {
  filter: '',
  filterTest: 'is',
  filterWith: '',
  sort: '',
  sortOrder: 'ascending',
  computed: '',
  computedValue: '',
} as const;

/** What the form can say of a cell, in its words. */
export const TESTS = [
  ['is', 'is'],
  ['isNot', 'is not'],
  ['above', 'is above'],
  ['below', 'is below'],
  ['atLeast', 'is at least'],
  ['atMost', 'is at most'],
  ['contains', 'contains'],
  ['isEmpty', 'is empty'],
  ['isFilled', 'is not empty'],
] as const;
const WITHOUT_VALUE = ['isEmpty', 'isFilled'];

/** A table's rows as the form asks for them; its columns but the computed one are chosen elsewhere. */
export interface AskedShape {
  filter?: object[];
  sort?: object[];
  computed?: { key: string; value: string };
}

const missing = (name: string, detail: string) => invalidRequest([{ pointer: `/${name}`, detail }]);

function readFilter(read: (name: string) => string): object | undefined {
  const [key, test, operand] = [read('filter'), read('filterTest') || SHAPE_FIELDS.filterTest, read('filterWith')];
  if (key === '') {
    if (operand !== '') throw missing('filter', 'must name a column that is compared with what stands behind it');
    return undefined;
  }
  if (!TESTS.some(([name]) => name === test)) throw missing('filterTest', 'must be one of those that are offered');
  if (WITHOUT_VALUE.includes(test)) return { key, isEmpty: test === 'isEmpty' };
  if (operand === '') throw missing('filterWith', 'must say what the column is compared with');
  return { key, [test]: operand };
}

/** Reads which rows are asked for, in which order, and the column that is computed. Throws invalid_request. */
export function readShape(read: (name: string) => string): AskedShape {
  const condition = readFilter(read);
  const sorted = read('sort');
  const [key, value] = [read('computed'), read('computedValue')];
  if (key === '' && value !== '') throw missing('computed', 'must be what the further column is called');
  if (key !== '' && value === '') throw missing('computedValue', 'must say what the column is computed of');
  const fault = value === '' ? undefined : findExpressionFault(value);
  if (fault !== undefined) throw missing('computedValue', fault);
  return {
    ...(condition && { filter: [condition] }),
    ...(sorted !== '' && { sort: [{ key: sorted, order: read('sortOrder') || SHAPE_FIELDS.sortOrder }] }),
    ...(key !== '' && { computed: { key, value } }),
  };
}

/** The form's fields of a condition; undefined for one that the form can't say. */
function fromCondition({ key, ...tests }: Condition): Record<string, string> | undefined {
  const [first, ...others] = Object.entries(tests).filter(([, operand]) => operand !== undefined);
  if (!first || others.length > 0 || Array.isArray(first[1])) return undefined;
  const [test, operand] = first;
  if (test === 'isEmpty') return { filter: key, filterTest: operand === true ? 'isEmpty' : 'isFilled', filterWith: '' };
  return { filter: key, filterTest: test, filterWith: String(operand) };
}

/** The form's fields that ask for such rows; undefined where it can not. */
export function fromShape(table: {
  filter?: Condition[] | undefined;
  sort?: SortKey[] | undefined;
  columns?: Column[] | undefined;
}): Record<string, string> | undefined {
  const { filter = [], sort = [], columns = [] } = table;
  const computed = columns.filter(({ value }) => value !== undefined);
  if ([filter, sort, computed].some((list) => list.length > 1)) return undefined;
  const [condition, order, column] = [filter[0], sort[0], computed[0]];
  const asked = condition ? fromCondition(condition) : {};
  return (
    asked && {
      ...SHAPE_FIELDS,
      ...asked,
      ...(order && { sort: order.key, sortOrder: order.order }),
      ...(column && { computed: column.key, computedValue: column.value ?? '' }),
    }
  );
}
