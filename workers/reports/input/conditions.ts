import { z } from 'zod';
import { choiceField, flagField, listField, objectField, textField } from '../../../src/fields/fields.ts';
import { MAX_KEY } from './fields.ts';

/** Most characters of what a cell is compared with. */
const MAX_OPERAND = 200;
/** Most values that `is` and `isNot` list. */
const MAX_VALUES = 100;
const MAX_CONDITIONS = 20;
const MAX_SORT_KEYS = 5;

const operandField = z.union(
  [textField(MAX_OPERAND), z.number(), z.boolean()],
  `must be a text of 1 to ${MAX_OPERAND} characters, a number, true or false`,
);
const operandsField = z.union(
  [operandField, listField(operandField, 1, MAX_VALUES)],
  `must be a text of 1 to ${MAX_OPERAND} characters, a number, true or false, or a list of 1 to ${MAX_VALUES} of them`,
);
const boundField = z.union(
  [textField(MAX_OPERAND), z.number()],
  `must be a number, a date such as "2026-10-31", or a text of 1 to ${MAX_OPERAND} characters`,
);

/** What may be said of a cell; all that is said has to hold. */
const tests = {
  is: operandsField.optional(),
  isNot: operandsField.optional(),
  above: boundField.optional(),
  below: boundField.optional(),
  atLeast: boundField.optional(),
  atMost: boundField.optional(),
  contains: textField(MAX_OPERAND).optional(),
  isEmpty: flagField.optional(),
};

const testsField = objectField(tests);

/** What a cell is compared with. */
export type Operand = z.infer<typeof operandField>;
/** What is said of a cell. */
export type Tests = z.infer<typeof testsField>;
/** What is said of the cells of a column. */
export type Condition = Tests & { key: string };

const NAMES = Object.keys(tests) as (keyof Tests)[];
const NO_TEST = `must have one of ${NAMES.join(', ')}`;
const hasTest = (given: Tests): boolean => NAMES.some((name) => given[name] !== undefined);

const conditionField = objectField({ key: textField(MAX_KEY), ...tests }).refine(hasTest, NO_TEST);

/** The rows that a table or a chart has: those of which every condition holds. */
export const filterField = listField(conditionField, 0, MAX_CONDITIONS);

/** When a rule of a column holds: of its own cell, or of the row's cell in another column. */
export const whenField = objectField({ key: textField(MAX_KEY).optional(), ...tests }).refine(hasTest, NO_TEST);

/** The order of a table's rows. */
export const sortField = listField(
  objectField({ key: textField(MAX_KEY), order: choiceField('ascending', 'descending').default('ascending') }),
  0,
  MAX_SORT_KEYS,
);
export type SortKey = z.infer<typeof sortField>[number];
